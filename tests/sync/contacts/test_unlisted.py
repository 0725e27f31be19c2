"""Records with rows that do not show what decides about them are read by id, once."""

import pytest

from connectors.errors import RecordGone, RecordRefused, ServerTrouble
from sync.config.scope import Only
from tests.sync.contacts.memory_world import MemoryWorld

IN_OSLO = {"left": {"all": [{"field": "city", "in": "Oslo"}]}}
BINDING = {"left": {"bind": True, "all": [{"field": "city", "in": "Oslo"}]}}


@pytest.fixture
def hidden(memory: MemoryWorld) -> MemoryWorld:
    """Give a world with a city that no row of the left side shows, and a scope that asks for it."""
    memory.left.hidden = frozenset({"city"})
    memory.settings = memory.settings.model_copy(update={"only": Only.model_validate(IN_OSLO)})
    return memory


def reads(memory: MemoryWorld) -> int:
    before = len(memory.left.calls)
    memory.sync_changes()
    return sum(call == "read_record" for call, _ in memory.left.calls[before:])


def on_the_right(memory: MemoryWorld) -> list[str]:
    return sorted(str(raw.get("first_name")) for raw in memory.right.records.values())


def test_the_record_decides_whether_a_contact_is_created(hidden: MemoryWorld) -> None:
    hidden.left.add(first_name="Ann", email="a@example.com", city="Oslo")
    hidden.left.add(first_name="Bob", email="b@example.com", city="Rome")
    assert reads(hidden) == 2
    assert on_the_right(hidden) == ["Ann"]
    assert reads(hidden) == 0


@pytest.mark.parametrize("error", [RecordRefused("one", "no"), ServerTrouble("one", "not now")])
def test_a_contact_with_a_record_that_cannot_be_read_waits_and_is_not_left_out(
    hidden: MemoryWorld, error: RecordRefused | ServerTrouble
) -> None:
    hidden.left.add(first_name="Ann", email="a@example.com", city="Oslo")
    hidden.left.fail("read_record", error)
    context = hidden.sync_changes()
    assert (on_the_right(hidden), context.report.left_out) == ([], 0)
    hidden.clock.pass_by(90_000)
    hidden.reconcile()
    assert on_the_right(hidden) == ["Ann"]


def test_a_contact_that_is_gone_meanwhile_is_neither_created_nor_listed(hidden: MemoryWorld) -> None:
    hidden.left.add(first_name="Ann", email="a@example.com", city="Oslo")
    hidden.left.fail("read_record", RecordGone("one", "gone"))
    context = hidden.sync_changes()
    assert (on_the_right(hidden), context.report.failed) == ([], 0)


def test_a_linked_contact_that_cannot_be_read_is_not_merged_by_its_row_alone(hidden: MemoryWorld) -> None:
    hidden.settings = hidden.settings.model_copy(update={"only": Only.model_validate(BINDING)})
    ann = hidden.left.add(first_name="Ann", email="a@example.com", city="Oslo")
    hidden.sync_changes()
    hidden.clock.pass_by(60)
    hidden.left.edit(ann, city="Rome", first_name="Anna")
    hidden.left.fail("read_record", RecordRefused("one", "no"))
    context = hidden.sync_changes()
    assert (on_the_right(hidden), context.report.failed) == (["Ann"], 1)
