"""A message is looked for at the other side before it is copied."""

from connectors.message import Message
from sync.messages.candidates import FoundCopy, find_copy, read_copies
from sync.messages.context import MessageContext, message_of
from tests.sync.messages.memory_world import MessageWorld


def found(context: MessageContext, world: MessageWorld, message_id: str, contact_id: str) -> FoundCopy | None:
    message = world.left.messages[message_id]
    side = context.connection.left
    staged = context.staging.message("left", message_id)
    assert staged is not None
    assert message_of(staged).id == message.id
    return find_copy(context, side, staged, message, contact_id)


def test_a_note_with_the_marker_is_the_copy(world: MessageWorld) -> None:
    left_id, right_id = world.contact()
    message_id = world.left.write(left_id, "hello")
    copy = world.right.record_copy(world.left.messages[message_id], right_id).copy
    with world.planned() as context:
        pair = found(context, world, message_id, right_id)
    assert pair is None  # the plan has taken it for this very message
    assert copy.of == message_id


def test_a_copy_is_found_once_and_its_note_survives_json(world: MessageWorld) -> None:
    pair = FoundCopy("left", Message("m1", "ann", "hello"), Message("c1", "ann-2", "hello", of="m1"), b"\x01")
    assert FoundCopy.from_json(pair.to_json()) == pair
    assert world.deletes == "ignore"


def test_copies_of_a_contact_are_read_once_in_a_run(world: MessageWorld) -> None:
    _, right_id = world.contact()
    with world.context() as context:
        read_copies(context, context.connection.right, right_id)
        read_copies(context, context.connection.right, right_id)
    assert world.right.calls.count(("copies_of", right_id)) == 1


def test_a_contact_without_such_a_message_has_no_copy(world: MessageWorld) -> None:
    left_id, right_id = world.contact()
    message_id = world.left.write(left_id, "hello")
    with world.planned() as context:
        assert found(context, world, message_id, right_id) is None


def test_a_listed_message_with_the_same_time_and_text_is_the_same(world: MessageWorld) -> None:
    left_id, right_id = world.contact()
    message_id = world.left.write(left_id, "hello")
    other_id = world.right.write(right_id, "hello", at=world.left.messages[message_id].sent_at)
    context = world.run()
    assert world.right.copies() == []
    assert context.tables.links.by_record("left", [message_id])[message_id].right.id == other_id
