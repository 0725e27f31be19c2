"""What is planned of the records that a run has read."""

from typing import Any

import pytest

from sync.contacts import merge as pair_merge
from sync.contacts import sync_policy
from sync.contacts.execute import summaries
from sync.contacts.plan_steps import CREATE, FAIL, PAIR
from sync.contacts.preview import count_calls, planned_changes, preview_side
from sync.rules.merge import merge
from sync.rules.merge_result import Merge
from tests.sync.contacts.memory_world import MemoryWorld

CHANGED = 5


def steps(memory: MemoryWorld) -> list[tuple[str, str]]:
    with memory.planned() as context:
        return [
            (step.operation, step.writes)
            for operation in (PAIR, CREATE, FAIL)
            for writes in ("", "left", "right", "both")
            for page in context.staging.steps(operation, (writes,))
            for step in page
        ]


def linked(memory: MemoryWorld, number: int = 1) -> list[str]:
    """Return contacts of the left side that are linked by a first run."""
    ids = [memory.left.add(first_name=f"Ada {n}", email=f"ada{n}@example.com", city="Oslo") for n in range(number)]
    memory.run()
    return ids


def test_a_new_contact_is_created_on_the_other_side(memory: MemoryWorld) -> None:
    memory.left.add(first_name="Ada", email="ada@example.com")
    assert steps(memory) == [(CREATE, "right")]


def test_two_records_with_one_address_are_a_pair(memory: MemoryWorld) -> None:
    memory.left.add(email="ada@example.com", city="Oslo")
    memory.right.add(email="ada@example.com")
    assert steps(memory) == [(PAIR, "right")]


def test_an_address_that_is_linked_already_lists_a_failure(memory: MemoryWorld) -> None:
    linked(memory)
    memory.left.add(first_name="Ada", email="ada0@example.com")
    assert steps(memory) == [(FAIL, "")]


def test_an_edit_is_written_to_the_other_side_only(memory: MemoryWorld) -> None:
    (ada,) = linked(memory)
    memory.clock.pass_by(60)
    memory.left.edit(ada, city="Rome")
    assert steps(memory) == [(PAIR, "right")]


def test_nothing_is_planned_where_nothing_has_changed(memory: MemoryWorld) -> None:
    linked(memory)
    assert steps(memory) == []


def count_merges(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with each call of the merge of one pair."""
    merges: list[str] = []

    def counted(*args: Any) -> Merge:
        merges.append("merge")
        return merge(*args)

    monkeypatch.setattr(sync_policy, "merge", counted)
    return merges


def edited(memory: MemoryWorld) -> None:
    ids = linked(memory, CHANGED)
    memory.clock.pass_by(60)
    for each in ids:
        memory.left.edit(each, city="Rome")


def test_a_run_merges_a_changed_pair_once_to_plan_and_once_before_the_write(
    memory: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(memory)
    merges = count_merges(monkeypatch)
    memory.run()
    assert len(merges) == 2 * CHANGED
    assert {each["city"] for each in memory.right.records.values()} == {"Rome"}


def test_a_plan_that_is_shown_and_priced_merges_a_changed_pair_twice_at_most(
    memory: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(memory)
    merges = count_merges(monkeypatch)
    with memory.planned(dry=True) as context:
        changes = list(planned_changes(context))
        count_calls(context, summaries(context))
        pair_merge_calls = len(merges)
        list(preview_side(context, context.connection.left))
    memory.clock.pass_by(1)
    assert {(each.account, each.field, each.old, each.new) for each in changes} == {("two", "city", "Oslo", "Rome")}
    assert pair_merge_calls == CHANGED
    merges.clear()
    memory.dry_run()
    assert len(merges) == 2 * CHANGED


def test_the_merge_of_a_pair_withholds_what_a_side_may_not_lose(memory: MemoryWorld) -> None:
    (ada,) = linked(memory)
    memory.right.never_empty = frozenset({"city"})
    memory.clock.pass_by(60)
    memory.left.edit(ada, city=None)
    with memory.planned() as context:
        link = memory.link(context, ada)
        staged = context.staging.changed_records("left", [ada])[ada]
        result = pair_merge.merge_pair(context, link, staged, None)
    assert not result.writes
    assert result.refused == {"city": "right"}
