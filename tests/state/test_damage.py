import pytest

from state import connections
from state.conflicts import Conflict, Conflicts
from state.damage import damaged_cells
from state.file import StateFile
from state.links import Links
from tests.state.files import link, opened

TITLE = Conflict(1, "title", "ada@example.com", '"CEO"', '"CTO"', 50, None, 100, "r1")


def with_conflict(state: StateFile, *fields: str) -> list[str]:
    """Store a conflict about a title under a mapping with these fields, and return what is damaged."""
    with state.atomic() as transaction:
        connections.add_mapping(transaction, 1, "second", fields)
        Links(state.db, 1, "contacts").save_link(transaction, link(), "r1")
        Conflicts(state.db, 1, "contacts").put_conflict(transaction, TITLE)
    return [fault.column for fault in damaged_cells(state.db, {}) if fault.table == "conflict"]


@pytest.mark.parametrize(
    "field",
    ["title", 'title {"growthhub": "contact.a title"}', 'title at {"growthgenius": "custom3"}',
     'title [{}, "type=number"]'],
)  # fmt: skip
def test_a_conflict_about_a_field_with_a_place_of_the_config_is_no_damage(field: str) -> None:
    with opened() as state:
        assert with_conflict(state, "email", field) == []


@pytest.mark.parametrize("field", ["email", "titles", 'subtitle {"growthhub": "title"}', "job title"])
def test_a_conflict_about_a_field_that_no_mapping_had_is_damage(field: str) -> None:
    with opened() as state:
        assert with_conflict(state, field) == ["field"]
