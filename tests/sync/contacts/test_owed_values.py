"""Values without a place on the other side, until there is one."""

from typing import Any

import pytest

from state.owed_values import OwedValue
from sync.contacts.context import Context
from sync.contacts.owed_values import by_account, refresh_places, restore_owed, steps_of_owed
from tests.memory_connector import ALL_FIELDS
from tests.sync.contacts.memory_world import MemoryWorld

CITY = frozenset({"city"})


@pytest.fixture
def cityless(memory: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let the right account have no place for a city, nor create one; return with which `retry` it is asked again."""
    asked: list[bool] = []
    memory.right.fields_to_create = memory.right.fields_without_place = CITY
    memory.right.fields = ALL_FIELDS - CITY
    monkeypatch.setattr(memory.right, "create_places", lambda _: ())
    monkeypatch.setattr(memory.right, "recheck_places", lambda *, retry: asked.append(retry))
    return asked


def give_place(memory: MemoryWorld) -> None:
    memory.right.fields_without_place, memory.right.fields = frozenset(), ALL_FIELDS


def owed(context: Context) -> dict[tuple[str, str], int]:
    return dict(context.tables.owed_values.count_waiting())


def steps(context: Context, side: Any) -> list[int | None]:
    return [step.link for page in steps_of_owed(context, side) for step in page]


@pytest.mark.usefixtures("cityless")
def test_a_value_without_a_place_is_owed_and_reported(memory: MemoryWorld) -> None:
    memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    context = memory.sync_changes()
    assert owed(context) == {("right", "city"): 1}
    assert by_account(context.findings.expected_owed) == {"two": {"city": 1}}
    assert context.report.unmapped == 1


@pytest.mark.usefixtures("cityless")
def test_a_value_without_a_place_is_not_agreed_to_be_empty(memory: MemoryWorld) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    context = memory.sync_changes()
    assert "city" not in context.mapping.shadow(memory.link(context, ada), "right")
    memory.sync_changes()
    assert memory.left.shown(ada)["city"] == "Oslo"


def test_an_owed_value_is_carried_without_an_edit_once_it_has_a_place(
    memory: MemoryWorld, cityless: list[bool]
) -> None:
    memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    memory.sync_changes()
    give_place(memory)
    context = memory.sync_changes()
    (carried,) = memory.right.records
    assert memory.right.shown(carried)["city"] == "Oslo"
    assert owed(context) == {}
    assert cityless == [True]  # nothing was owed when the first run began


def test_a_place_that_can_be_created_now_is_created_and_filled_by_the_same_run(
    memory: MemoryWorld, cityless: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    memory.sync_changes()

    def create(names: frozenset[str]) -> list[str]:
        give_place(memory)
        return sorted(names)

    monkeypatch.setattr(memory.right, "create_places", create)
    context = memory.sync_changes()
    (carried,) = memory.right.records
    assert memory.right.shown(carried)["city"] == "Oslo"
    assert context.findings.created_places == {"right": frozenset({"city"})}
    assert owed(context) == {}
    assert cityless == [True]


def test_a_full_comparison_and_a_dry_run_try_to_create_nothing(memory: MemoryWorld, cityless: list[bool]) -> None:
    memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    memory.sync_changes()
    with memory.context() as context:
        refresh_places(context, retry=False)
    with memory.context(dry=True) as context:
        refresh_places(context, retry=True)
    assert cityless == [False, False]


@pytest.mark.usefixtures("cityless")
def test_a_value_that_is_emptied_is_owed_no_more(memory: MemoryWorld) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    memory.sync_changes()
    memory.left.edit(ada, city=None)
    assert owed(memory.sync_changes()) == {}


@pytest.mark.usefixtures("cityless")
def test_a_pair_that_is_listed_as_a_failure_or_planned_anyway_needs_no_step_of_its_own(memory: MemoryWorld) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    memory.sync_changes()
    give_place(memory)
    with memory.context() as context:
        assert steps(context, context.connection.right) == [memory.link(context, ada).id]
        assert steps(context, context.connection.left) == []
    memory.left.edit(ada, first_name="Adah")
    with memory.planned() as context:
        assert steps(context, context.connection.right) == []


def test_a_value_that_an_earlier_version_agreed_to_be_empty_is_owed_once(memory: MemoryWorld) -> None:
    memory.right.fields_to_create = frozenset({"city"})
    ada, _ = memory.add_linked(first_name="Ada", email="ada@example.com", city="Oslo")
    bob, _ = memory.add_linked(first_name="Bob", email="bob@example.com")
    with memory.context() as context:
        for left_id in (ada, bob):
            memory.agree(context, left_id, right={"city": None})
        link_of_ada = memory.link(context, ada).id
    with memory.context() as context:
        restore_owed(context)
        assert owed(context) == {("right", "city"): 1}
        assert context.tables.owed_values.of_link(link_of_ada)["city"] == OwedValue(
            link_of_ada, "right", "city", '"Oslo"', ""
        )
        assert "city" not in context.mapping.shadow(memory.link(context, ada), "right")
        with memory.state.atomic() as transaction:
            context.tables.owed_values.end_owed(transaction, link_of_ada, ["city"])
        restore_owed(context)
        assert owed(context) == {}
