"""The plan is carried out, or counted by a dry run."""

from sync.messages.execute import count_plan
from sync.messages.preview import count_calls, planned_changes
from sync.messages.verify import add_comparison
from sync.output.report import Comparison
from tests.sync.messages.memory_world import MessageWorld


def test_a_dry_run_counts_and_writes_nothing(world: MessageWorld) -> None:
    original_id, _ = world.copied()
    left_id = world.left.messages[original_id].contact_id
    world.left.edit(original_id, "changed")
    world.left.write(left_id, "new")
    with world.planned(dry=True) as context:
        count_plan(context)
        counts = context.report.accounts["two"]
        assert (counts.created, counts.updated, counts.deleted) == (1, 1, 0)
    assert len(world.right.copies()) == 1


def test_a_preview_shows_each_message_and_counts_its_calls(world: MessageWorld) -> None:
    original_id, _ = world.copied()
    left_id = world.left.messages[original_id].contact_id
    world.left.edit(original_id, "changed")
    world.left.write(left_id, "new")
    with world.planned(dry=True) as context:
        changes = [(one.operation, one.old, one.new) for one in planned_changes(context)]
        assert changes == [("create", None, "new"), ("update", "hello", "changed")]
        assert count_calls(context, deep=False) == {"one": 1, "two": 3}
        assert count_calls(context, deep=True) == {"one": 1, "two": 4}


def test_a_comparison_lists_missing_and_different_messages(world: MessageWorld) -> None:
    original_id, _ = world.copied()
    left_id = world.left.messages[original_id].contact_id
    world.left.edit(original_id, "changed")
    missing = world.left.write(left_id, "new")
    with world.planned(dry=True) as context:
        comparison = Comparison(0)
        add_comparison(context, comparison)
    assert comparison.compared == 1
    assert [(one["id"], one["stream"]) for one in comparison.only["one"]] == [(missing, "messages")]
    assert [(one["left"], one["right"]) for one in comparison.differ] == [("changed", "hello")]
