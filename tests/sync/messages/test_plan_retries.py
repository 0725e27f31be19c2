"""A message that was sent again under another id has its copy already."""

from sync.messages.context import CREATE
from tests.sync.messages.memory_world import MessageWorld, actions, link_of


def sent_again(world: MessageWorld, original_id: str) -> str:
    original = world.left.messages[original_id]
    return world.left.write(original.contact_id, original.text or "", at=original.sent_at)


def test_the_new_message_takes_the_link_of_the_old_one_that_is_gone(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    again = sent_again(world, original_id)
    del world.left.messages[original_id]
    with world.planned() as context:
        assert actions(context, CREATE) == []
        assert link_of(context, again).right.id == copy_id


def test_while_the_old_message_exists_both_are_copied(world: MessageWorld) -> None:
    original_id, _ = world.copied()
    again = sent_again(world, original_id)
    with world.planned() as context:
        assert [action.source_id for action in actions(context, CREATE)] == [again]
