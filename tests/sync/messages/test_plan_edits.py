"""What happens to a copy after its original changed."""

from sync.messages.context import UPDATE
from sync.rules.streams import TEXT
from tests.sync.messages.memory_world import MessageWorld, actions, link_of


def test_an_unedited_copy_follows_its_original(world: MessageWorld) -> None:
    original_id, _ = world.copied()
    world.left.edit(original_id, "changed")
    with world.planned() as context:
        assert [action.source_id for action in actions(context, UPDATE)] == [original_id]
        assert context.findings.weights["two"].changed == 1


def test_an_edited_copy_is_a_conflict(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    world.left.edit(original_id, "changed")
    world.right.edit(copy_id, "edited by a user")
    with world.planned() as context:
        conflict = context.tables.conflicts.of_link(link_of(context, original_id).id)[TEXT]
        assert (conflict.left_value, conflict.right_value) == ('"changed"', '"edited by a user"')
        assert actions(context, UPDATE) == []


def test_a_policy_for_the_side_of_the_original_overwrites_an_edited_copy(world: MessageWorld) -> None:
    world.memory.settings = world.memory.settings.model_copy(update={"conflicts": "left"})
    original_id, copy_id = world.copied()
    world.left.edit(original_id, "changed")
    world.right.edit(copy_id, "edited by a user")
    with world.planned() as context:
        assert len(actions(context, UPDATE)) == 1


def test_a_policy_for_the_side_of_the_copy_leaves_it_for_good(world: MessageWorld) -> None:
    world.memory.settings = world.memory.settings.model_copy(update={"conflicts": "right"})
    original_id, copy_id = world.copied()
    world.left.edit(original_id, "changed")
    world.right.edit(copy_id, "edited by a user")
    for _ in range(2):
        with world.planned() as context:
            assert actions(context, UPDATE) == []
            assert context.tables.conflicts.count_open() == 0


def test_a_copy_that_is_gone_is_noted_and_not_created_again(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    del world.right.messages[copy_id]
    world.left.edit(original_id, "changed")
    context = world.run()
    assert link_of(context, original_id).gone == "right"
    assert world.right.copies() == []


def test_an_edit_that_only_the_listing_shows_is_not_believed(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    with world.context() as context:
        link = link_of(context, original_id)
        link.left.digest = b"another listing"
        with context.state.atomic() as transaction:
            context.tables.links.save_link(transaction, link, "earlier")
    world.run()
    assert world.right.messages[copy_id].text == "hello"
    assert ("update_copy", copy_id) not in world.right.calls
