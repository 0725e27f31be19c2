"""Deleted messages are found by id, and their copies are deleted where the config says so."""

import pytest

from sync.messages.context import DELETE, MessageContext
from sync.messages.deletions import find_deletions, plan_deletions
from sync.messages.execute import write_plan
from sync.output.formats import WHOLE
from sync.streams.comparison import DUPLICATE
from tests.sync.messages.memory_world import MessageWorld, actions, link_of


def reconciled(world: MessageWorld, context: MessageContext, *, deep: bool = False) -> None:
    find_deletions(context, deep=deep)
    plan_deletions(context)
    assert world.memory.state is context.state


def test_a_deleted_original_is_noted_and_its_copy_stays(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    del world.left.messages[original_id]
    with world.planned() as context:
        reconciled(world, context)
        assert link_of(context, original_id).gone == "left"
        assert actions(context, DELETE) == []
    assert copy_id in world.right.messages


def test_under_propagate_the_copy_is_deleted_and_the_history_has_its_text(world: MessageWorld) -> None:
    world.deletes = "propagate"
    original_id, copy_id = world.copied()
    del world.left.messages[original_id]
    with world.planned() as context:
        reconciled(world, context)
        write_plan(context)
        (line,) = context.tables.history.of_run(context.run.id, 0)
        assert line.entry.old == '"hello"'
        assert context.tables.links.count_links() == 0
    assert copy_id not in world.right.messages


def test_an_edited_copy_of_a_deleted_original_is_a_conflict(world: MessageWorld) -> None:
    world.deletes = "propagate"
    original_id, copy_id = world.copied()
    del world.left.messages[original_id]
    world.right.edit(copy_id, "edited by a user")
    with world.planned() as context:
        reconciled(world, context)
        assert WHOLE in context.tables.conflicts.of_link(link_of(context, original_id).id)
        assert actions(context, DELETE) == []


def test_an_original_that_is_back_right_before_the_deletion_keeps_its_copy(world: MessageWorld) -> None:
    world.deletes = "propagate"
    original_id, copy_id = world.copied()
    original = world.left.messages.pop(original_id)
    with world.planned() as context:
        reconciled(world, context)
        world.left.messages[original_id] = original
        write_plan(context)
        assert link_of(context, original_id).gone is None
    assert copy_id in world.right.messages


def test_a_note_that_is_gone_is_noted(world: MessageWorld) -> None:
    original_id, copy_id = world.copied()
    del world.right.messages[copy_id]
    with world.planned() as context:
        reconciled(world, context)
        assert link_of(context, original_id).gone == "right"


@pytest.mark.parametrize(("text", "count"), [("hello", 1), ("a text with a typed marker", 0)])
def test_deep_lists_second_copies(world: MessageWorld, text: str, count: int) -> None:
    original_id, copy_id = world.copied()
    second = world.right.record_copy(world.left.messages[original_id], world.right.messages[copy_id].contact_id).copy
    world.right.edit(second.id, text)
    with world.planned() as context:
        reconciled(world, context, deep=True)
        listed = [one for one in context.tables.failures.waiting_failures() if one.operation == DUPLICATE]
    assert len(listed) == count
