"""Holds: differences that an undo has created on purpose."""

import pytest

from state.holds import Hold
from state.links import Link
from sync.contacts.context import Context
from sync.contacts.link_state import hold, release
from sync.contacts.verify import held_entries
from sync.output.formats import WHOLE
from tests.sync.contacts.memory_world import MemoryWorld


@pytest.fixture
def ada(memory: MemoryWorld) -> str:
    left_id, _ = memory.add_linked(first_name="Ada", email="ada@example.com", city="Oslo", tags=("a", "b"))
    return left_id


def held(context: Context, link: Link) -> list[str]:
    return sorted(context.tables.holds.of_link(link.id))


def test_fields_that_differ_are_held_and_no_others(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        link = memory.agree(context, ada, right={"city": "Rome"})
        with memory.state.atomic() as transaction:
            hold(transaction, context, link, ["city", "first_name"])
        assert held(context, link) == ["city"]


def test_a_field_that_differs_no_more_is_released(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        link = memory.agree(context, ada, right={"city": "Rome"})
        with memory.state.atomic() as transaction:
            hold(transaction, context, link, ["city"])
        link = memory.agree(context, ada, right={"city": "Oslo"})
        with memory.state.atomic() as transaction:
            hold(transaction, context, link, ["city"])
        assert held(context, link) == []


@pytest.mark.parametrize(("touched", "left"), [({"city"}, []), ({"first_name"}, ["city"]), (set(), ["city"])])
def test_a_held_field_is_released_by_its_next_edit_alone(
    memory: MemoryWorld, ada: str, touched: set[str], left: list[str]
) -> None:
    with memory.context() as context:
        link = memory.agree(context, ada, right={"city": "Rome"})
        with memory.state.atomic() as transaction:
            hold(transaction, context, link, ["city"])
            release(transaction, context, link, touched)
        assert held(context, link) == left


def test_a_held_set_stays_held_for_as_long_as_its_sides_differ(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        link = memory.agree(context, ada, right={"tags": ("a",)})
        with memory.state.atomic() as transaction:
            hold(transaction, context, link, ["tags"])
            release(transaction, context, link, {"tags"})
        assert held(context, link) == ["tags"]
        link = memory.agree(context, ada, right={"tags": ("a", "b")})
        with memory.state.atomic() as transaction:
            release(transaction, context, link, {"tags"})
        assert held(context, link) == []


def test_a_field_that_is_not_mapped_any_more_is_released(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        link = memory.agree(context, ada, right={"city": "Rome"})
        with memory.state.atomic() as transaction:
            hold(transaction, context, link, ["city"])
        context.mapping.rules = {name: rule for name, rule in context.mapping.rules.items() if name != "city"}
        with memory.state.atomic() as transaction:
            release(transaction, context, link, set())
        assert held(context, link) == []


@pytest.mark.parametrize(("back", "left"), [(True, []), (False, [WHOLE])])
def test_a_whole_record_is_released_when_it_is_back(memory: MemoryWorld, ada: str, back: bool, left: list[str]) -> None:
    with memory.context() as context:
        link = memory.link(context, ada)
        with memory.state.atomic() as transaction:
            context.tables.holds.put_hold(transaction, Hold(link.id, WHOLE, 0, "an undo"))
            release(transaction, context, link, set(), back=back)
        assert held(context, link) == left


def test_held_differences_are_listed_with_both_values_and_their_time(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        link = memory.agree(context, ada, right={"city": "Rome"})
        with memory.state.atomic() as transaction:
            hold(transaction, context, link, ["city"])
        (entry,) = held_entries(context)
    assert (entry["who"], entry["field"], entry["left"], entry["right"]) == (
        "ada@example.com", "city", "Oslo", "Rome",
    )  # fmt: skip
    assert entry["since"] is not None
