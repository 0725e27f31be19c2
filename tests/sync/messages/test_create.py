"""Copies are created once, whatever the server answers."""

import pytest

from connectors.errors import OutcomeUnknown, RecordRefused
from state.history import CREATED
from sync.messages.execute import write_plan
from sync.messages.failures import BEHIND, UNKNOWN
from tests.sync.messages.memory_world import MessageWorld, link_of, reasons

LOST = OutcomeUnknown("two", "the connection broke")


def test_a_copy_has_the_text_and_is_linked(world: MessageWorld) -> None:
    left_id, right_id = world.contact()
    message_id = world.left.write(left_id, "hello")
    context = world.run()
    (copy,) = world.right.copies()
    assert (copy.text, copy.contact_id, copy.of) == ("hello", right_id, message_id)
    assert link_of(context, message_id).right.id == copy.id
    assert context.report.accounts["two"].created == 1
    (line,) = context.tables.history.of_run(context.run.id, 0)
    assert (line.entry.rule, line.entry.source) == (CREATED, f"one:{message_id}")


def test_a_second_run_copies_nothing_again(world: MessageWorld) -> None:
    world.copied()
    world.run()
    assert len(world.right.copies()) == 1


def test_a_refused_copy_is_a_failure_without_an_intent(world: MessageWorld) -> None:
    left_id, _ = world.contact()
    message_id = world.left.write(left_id, "hello")
    world.right.fail("record_copy", RecordRefused("two", "too long"))
    context = world.run()
    assert reasons(context) == [f"message {message_id}: two refuses it: too long"]
    assert context.tables.intents.open_creates() == []


def test_a_copy_without_an_answer_is_found_in_the_same_run_and_not_sent_twice(world: MessageWorld) -> None:
    left_id, _ = world.contact()
    texts = ["first", "second"]
    ids = [world.left.write(left_id, text) for text in texts]
    world.right.fail("record_copy", LOST)
    context = world.run()
    assert [copy.text for copy in world.right.copies()] == texts
    assert all(link_of(context, message_id).id for message_id in ids)
    assert reasons(context) == []


def test_while_a_copy_is_unknown_and_not_found_the_later_ones_wait(
    world: MessageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_id, _ = world.contact()
    first, second = (world.left.write(left_id, text) for text in ("first", "second"))
    world.right.fail("record_copy", LOST)
    monkeypatch.setattr(world.right, "find_copies", lambda *_: [])  # the search index is late
    context = world.run()
    assert sorted(reasons(context)) == sorted([f"message {first}: {UNKNOWN}", f"message {second}: {BEHIND}"])
    assert [copy.text for copy in world.right.copies()] == ["first"]


def test_an_original_that_is_gone_is_left_out(world: MessageWorld) -> None:
    left_id, _ = world.contact()
    message_id = world.left.write(left_id, "hello")
    with world.planned() as context:
        del world.left.messages[message_id]
        write_plan(context)
        assert context.report.left_out == 1
    assert world.right.copies() == []
