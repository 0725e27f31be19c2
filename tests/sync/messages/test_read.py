"""Messages are staged as windows and hints show them."""

import pytest

from state.webhook_hints import Hint
from sync.messages import read
from sync.messages.read import complete_index, read_hinted, read_side, stage_message, stage_new_contacts
from sync.rules.windows import ReadRange
from tests.sync.messages.memory_world import WHOLE, MessageWorld, link_of


def hint(message_id: str, contact_id: str, *, gone: bool = False) -> Hint:
    return Hint("one", message_id, contact_id, gone)


def test_a_new_message_is_staged_and_indexed(world: MessageWorld) -> None:
    left_id, _ = world.contact()
    message_id = world.left.write(left_id, "hello")
    with world.context() as context:
        read_side(context, context.connection.left, WHOLE)
        staged = context.staging.message("left", message_id)
        assert staged is not None
        assert staged.content is not None
        assert context.tables.index(context.connection.left).message(message_id) is not None


def test_a_side_whose_messages_do_not_travel_and_that_lists_no_copies_is_not_read(world: MessageWorld) -> None:
    world.settings = world.settings.model_copy(update={"direction": "left_to_right"})
    with world.context() as context:
        assert read_side(context, context.connection.right, WHOLE) == ()
    assert world.right.calls == []


def test_an_index_is_completed_before_the_first_copy(world: MessageWorld) -> None:
    left_id, _ = world.contact()
    message_id = world.left.write(left_id, "hello")
    later = ReadRange(since=world.memory.clock.now().replace(year=2999))
    with world.context() as context:
        side = context.connection.left
        read_side(context, side, later)
        complete_index(context, side)
        assert context.tables.index(side).message(message_id) is not None
        calls = world.left.calls.count(("read_window", ""))
        complete_index(context, side)
        assert world.left.calls.count(("read_window", "")) == calls


def test_a_message_by_id_is_staged_and_one_that_is_gone_is_not(world: MessageWorld) -> None:
    left_id, _ = world.contact()
    message_id = world.left.write(left_id, "hello")
    with world.context() as context:
        assert stage_message(context, context.connection.left, message_id, left_id)
        assert not stage_message(context, context.connection.left, "gone", left_id)


def test_the_contact_of_a_new_message_is_staged(world: MessageWorld) -> None:
    left_id = world.memory.left.add(first_name="ada", email="ada@example.com")
    world.left.write(left_id, "hello")
    with world.context() as context:
        read_side(context, context.connection.left, WHOLE)
        stage_new_contacts(context, context.connection.left)
        assert context.contacts.staging.has_record("left", left_id)


def test_hinted_messages_are_read_by_id_up_to_a_limit(world: MessageWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_READ_BY_ID", 1)
    left_id, _ = world.contact()
    ids = [world.left.write(left_id, text) for text in ("one", "two")]
    with world.context() as context:
        hints = [hint(message_id, left_id) for message_id in ids]
        side = context.connection.left
        monkeypatch.setattr(read, "hinted_sides", lambda _tables, _range: [(side, hints)])
        read_hinted(context, ReadRange())
        assert [context.staging.message("left", message_id) is not None for message_id in ids] == [True, False]
        assert context.findings.handled_hints == hints[:1]


def test_a_hint_of_a_deleted_note_notes_the_copy_as_deleted(
    world: MessageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    original_id, copy_id = world.copied()
    copy = world.right.messages.pop(copy_id)
    with world.context() as context:
        hints = [hint(copy_id, copy.contact_id, gone=True)]
        side = context.connection.right
        monkeypatch.setattr(read, "hinted_sides", lambda _tables, _range: [(side, hints)])
        read_hinted(context, ReadRange())
        assert link_of(context, original_id).gone == "right"
