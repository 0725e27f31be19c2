"""The policy of a run that undoes an earlier one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.contacts.context import Context
from sync.contacts.execute import write
from sync.undo.plan import carry_out, plan_undo
from sync.undo.run_history import UndoneRun
from sync.undo.undo_policy import UndoPolicy
from tests.sync.contacts.memory_world import MemoryWorld, memory_world


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[MemoryWorld]:
    world = memory_world(tmp_path / "sync.db")
    yield world
    world.state.close()


def carried(memory: MemoryWorld) -> tuple[str, str]:
    """Carry an edit from Oslo to Rome; return the right record and the run."""
    ada = memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    memory.run()
    memory.clock.pass_by(60)
    memory.left.edit(ada, city="Rome")
    with memory.planned() as context:
        write(context)
        memory.clock.pass_by(60)
        return memory.link(context, ada).right.id, context.run.id


def undo(memory: MemoryWorld, context: Context, run: str) -> UndoneRun:
    accounts = {"left": memory.left.account, "right": memory.right.account}
    undone = UndoneRun(run, context.tables.history, accounts, created=False, left_alone={})
    context.policy = UndoPolicy(undone)
    plan_undo(context, undone)
    carry_out(context, undone)
    return undone


def test_the_old_value_is_put_back_and_the_difference_is_held(memory: MemoryWorld) -> None:
    right, run = carried(memory)
    with memory.context() as context:
        undone = undo(memory, context, run)
        assert memory.right.shown(right)["city"] == "Oslo"
        assert undone.left_alone == {}
        assert [hold.field for hold in context.tables.holds.all_holds()] == ["city"]


def test_a_value_that_was_changed_since_is_left_alone_with_the_reason(memory: MemoryWorld) -> None:
    right, run = carried(memory)
    memory.right.edit(right, city="Bern")
    with memory.context() as context:
        undone = undo(memory, context, run)
    assert memory.right.shown(right)["city"] == "Bern"
    assert [(one.field, one.reason) for one in undone.left_alone.values()] == [("city", "was changed since")]
