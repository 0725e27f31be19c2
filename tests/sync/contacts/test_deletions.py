"""Records that are gone from one side, and what a run does with their survivors."""

from typing import Any

import pytest

from connectors.errors import OutcomeUnknown, RecordRefused
from connectors.records import Page
from state.conflicts import resolve_conflict
from state.history import DELETED
from state.holds import Hold
from sync.config.contacts import ContactsStream
from sync.contacts.context import Context
from sync.contacts.deletions import find_vanished, weigh_with_the_last_day
from sync.contacts.execute import write
from sync.contacts.plan_steps import DELETE
from sync.contacts.read import read_side
from sync.contacts.recovery import settle_intents
from sync.output.formats import WHOLE
from sync.rules.windows import ReadRange
from tests.sync.contacts.memory_world import MemoryWorld

Pair = tuple[str, str]


@pytest.fixture
def ada(memory: MemoryWorld) -> Pair:
    """Return both ids of a linked contact, where deletions are propagated."""
    memory.settings = ContactsStream(max_changed=1.0, deletes="propagate")
    return memory.add_linked(first_name="Ada", email="ada@example.com", city="Oslo")


def scanned(context: Context) -> set[int]:
    for side in context.connection.sides:
        read_side(context, side, ReadRange(whole=True))
    return find_vanished(context)


def planned(context: Context) -> list[str]:
    pages = [context.staging.steps(DELETE, (side,)) for side in ("left", "right")]
    return [step.side for steps in pages for page in steps for step in page]


def conflict_of(memory: MemoryWorld, left_id: str) -> Any:
    with memory.context() as context:
        return context.tables.conflicts.of_link(memory.link(context, left_id).id).get(WHOLE)


def decide(memory: MemoryWorld, left_id: str, side: str) -> None:
    conflict = conflict_of(memory, left_id)
    with memory.state.atomic() as transaction:
        resolve_conflict(transaction, conflict.id, side)


def test_a_record_that_a_scan_does_not_show_and_the_server_does_not_have_is_gone(
    memory: MemoryWorld, ada: Pair
) -> None:
    del memory.left.records[ada[0]]
    with memory.context() as context:
        found = scanned(context)
        link = memory.link(context, ada[0])
        assert (found, link.gone) == ({link.id}, "left")


def test_a_record_that_a_scan_does_not_show_but_the_server_has_is_not_gone(
    memory: MemoryWorld, ada: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory.left, "read_window", lambda _: iter([Page([], memory.clock.now())]))
    with memory.context() as context:
        assert scanned(context) == set()
        assert memory.link(context, ada[0]).gone is None


def test_an_ignored_deletion_leaves_the_survivor_and_creates_nothing(memory: MemoryWorld, ada: Pair) -> None:
    memory.settings = ContactsStream(max_changed=1.0)
    del memory.left.records[ada[0]]
    for _ in range(2):
        memory.reconcile()
        assert (list(memory.left.records), list(memory.right.records)) == ([], [ada[1]])


@pytest.mark.parametrize("gone", ["left", "right"])
def test_a_propagated_deletion_deletes_the_survivor_and_keeps_what_it_showed(
    memory: MemoryWorld, ada: Pair, gone: str
) -> None:
    lost, kept = (memory.left, memory.right) if gone == "left" else (memory.right, memory.left)
    del lost.records[ada[gone == "right"]]
    context = memory.reconcile()
    assert kept.records == {}
    assert context.report.accounts[kept.account].deleted == 1
    assert list(context.tables.links.all_links()) == []
    (entry,) = [line.entry for line in context.tables.history.of_run(context.run.id) if line.entry.rule == DELETED]
    assert (entry.account, entry.field) == (kept.account, WHOLE)
    assert '"email": "ada@example.com"' in str(entry.old)


def test_a_deletion_does_not_go_against_the_direction_of_the_stream(memory: MemoryWorld, ada: Pair) -> None:
    memory.settings = ContactsStream(max_changed=1.0, deletes="propagate", direction="right_to_left")
    del memory.left.records[ada[0]]
    memory.reconcile()
    assert list(memory.right.records) == [ada[1]]


def test_an_edited_survivor_is_a_conflict_of_the_whole_record(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    memory.right.edit(ada[1], city="Rome")
    context = memory.reconcile()
    assert list(memory.right.records) == [ada[1]]
    assert context.report.conflicts == 1
    conflict = conflict_of(memory, ada[0])
    assert (conflict.left_value, conflict.right_value) == ("null", '"edited"')


def test_an_edited_survivor_is_deleted_once_a_user_decides_for_the_deletion(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    memory.right.edit(ada[1], city="Rome")
    memory.reconcile()
    decide(memory, ada[0], "left")
    memory.reconcile()
    assert memory.right.records == {}


def test_a_record_is_created_again_once_a_user_decides_for_its_survivor(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    memory.right.edit(ada[1], city="Rome")
    memory.reconcile()
    decide(memory, ada[0], "right")
    memory.reconcile()
    (created,) = memory.left.records
    assert created != ada[0]
    assert memory.left.shown(created)["city"] == "Rome"
    assert list(memory.right.records) == [ada[1]]


def test_no_record_is_created_again_on_a_side_where_none_may_be_created(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    memory.right.edit(ada[1], city="Rome")
    memory.reconcile()
    decide(memory, ada[0], "right")
    memory.settings = ContactsStream(max_changed=1.0, deletes="propagate", create="right")
    memory.reconcile()
    assert (list(memory.left.records), list(memory.right.records)) == ([], [ada[1]])


def test_a_survivor_that_an_undo_has_left_behind_stays(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    with memory.context() as context, memory.state.atomic() as transaction:
        link = memory.link(context, ada[0])
        context.tables.holds.put_hold(transaction, Hold(link.id, WHOLE, 0, "an undo"))
    memory.reconcile()
    assert list(memory.right.records) == [ada[1]]


def test_a_pair_is_merged_if_the_lost_record_is_back_before_the_deletion(memory: MemoryWorld, ada: Pair) -> None:
    lost = memory.left.records.pop(ada[0])
    with memory.compared() as context:
        assert planned(context) == ["right"]
        memory.left.records[ada[0]] = lost
        memory.left.edit(ada[0], city="Rome")
        write(context)
        assert memory.link(context, ada[0]).gone is None
    assert memory.right.shown(ada[1])["city"] == "Rome"


def test_a_survivor_that_is_edited_after_the_plan_is_not_deleted(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    with memory.compared() as context:
        memory.right.edit(ada[1], city="Rome")
        write(context)
    assert memory.right.shown(ada[1])["city"] == "Rome"
    assert conflict_of(memory, ada[0]) is not None


def test_a_survivor_that_is_gone_too_by_then_is_left_to_the_next_run(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    with memory.compared() as context:
        del memory.right.records[ada[1]]
        write(context)
    assert ("delete_contact", ada[1]) not in memory.right.calls
    assert context.report.accounts["two"].deleted == 0


def test_a_refused_deletion_is_listed_and_leaves_no_intent(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    memory.right.fail("delete_contact", RecordRefused("two", "not today"))
    context = memory.reconcile()
    (failure,) = context.tables.failures.waiting_failures()
    assert (failure.operation, failure.side, failure.record_id) == (DELETE, "left", ada[0])
    assert "not today" in failure.reason
    assert context.tables.intents.open_updates() == []
    assert list(memory.right.records) == [ada[1]]


def test_a_deletion_with_a_lost_answer_keeps_its_intent_and_is_settled_by_the_next_run(
    memory: MemoryWorld, ada: Pair
) -> None:
    del memory.left.records[ada[0]]
    memory.right.fail("delete_contact", OutcomeUnknown("two", "no answer"))
    context = memory.reconcile()
    assert [intent.record for intent in context.tables.intents.open_updates()] == [ada[1]]
    memory.clock.pass_by(600)
    with memory.context() as context:
        settle_intents(context, lambda _: None)
        assert context.tables.intents.open_updates() == []
        assert context.report.accounts["two"].deleted == 1
        assert list(context.tables.links.all_links()) == []


def test_a_record_that_the_server_does_not_show_for_now_stops_neither_the_scan_nor_the_others(
    memory: MemoryWorld, ada: Pair
) -> None:
    bob = memory.add_linked(first_name="Bob", email="bob@example.com")
    del memory.left.records[ada[0]], memory.left.records[bob[0]]
    memory.left.fail("read_record", RecordRefused("one", "its row is broken"))
    with memory.context() as context:
        found = scanned(context)
        assert [memory.link(context, one[0]).id in found for one in (ada, bob)] == [False, True]


def test_deletions_of_the_last_day_weigh_together_with_those_of_this_run(memory: MemoryWorld, ada: Pair) -> None:
    bob = memory.add_linked(first_name="Bob", email="bob@example.com")
    memory.add_linked(first_name="Cai", email="cai@example.com")
    del memory.left.records[ada[0]]
    memory.reconcile()
    del memory.left.records[bob[0]]
    with memory.compared() as context:
        weight = context.findings.weights["two"]
        assert (weight.changed, weight.linked) == (1, 2)
        weigh_with_the_last_day(context)
        assert (weight.changed, weight.linked) == (2, 3)
    memory.clock.pass_by(2 * 86_400)
    with memory.compared() as context:
        weigh_with_the_last_day(context)
        assert context.findings.weights["two"].changed == 1
