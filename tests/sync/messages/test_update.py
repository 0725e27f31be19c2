"""A copy is read right before it is updated, and looked at after an update without an answer."""

import pytest

from connectors.errors import OutcomeUnknown, RecordRefused
from connectors.message import Message
from connectors.message_store import CopyResult
from sync.messages.execute import write_plan
from sync.rules.streams import TEXT
from tests.sync.messages.memory_world import MessageWorld, link_of, reasons

LOST = OutcomeUnknown("two", "the connection broke")


def test_a_copy_shows_its_edited_original_and_the_history_has_both_texts(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    world.left.edit(original_id, "changed")
    context = world.run()
    assert world.right.messages[copy_id].text == "changed"
    (line,) = context.tables.history.of_run(context.run.id, 0)
    assert (line.entry.field, line.entry.old, line.entry.new) == (TEXT, '"hello"', '"changed"')
    assert context.report.accounts["two"].updated == 1


def test_an_edit_of_the_copy_after_the_plan_is_not_overwritten(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    world.left.edit(original_id, "changed")
    with world.planned() as context:
        world.right.edit(copy_id, "edited by a user")
        write_plan(context)
        assert TEXT in context.tables.conflicts.of_link(link_of(context, original_id).id)
    assert world.right.messages[copy_id].text == "edited by a user"


def test_an_update_without_an_answer_that_arrived_is_not_sent_again(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    world.left.edit(original_id, "changed")
    world.right.fail("update_copy", LOST)
    context = world.run()
    assert world.right.calls.count(("update_copy", copy_id)) == 1
    assert context.tables.intents.open_updates() == []
    assert context.report.accounts["two"].updated == 1


def test_a_refused_update_is_a_failure(world: MessageWorld) -> None:
    original_id, _ = world.copied()
    world.left.edit(original_id, "changed")
    world.right.fail("update_copy", RecordRefused("two", "too long"))
    assert reasons(world.run()) == [f"message {original_id}: two refuses it: too long"]


def test_an_accepted_update_that_changed_nothing_is_a_failure(
    world: MessageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    original_id, copy_id = world.copied()
    world.left.edit(original_id, "changed")

    def ignore(copy: Message, _original: Message) -> CopyResult:
        return CopyResult(world.right.messages[copy.id], world.memory.clock.now())

    monkeypatch.setattr(world.right, "update_copy", ignore)
    (reason,) = reasons(world.run())
    assert reason.endswith(f"it accepted the new text of {copy_id}, and still shows the old one")
