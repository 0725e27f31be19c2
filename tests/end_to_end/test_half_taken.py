"""Writes of two calls of which the second is refused: what the first one wrote is not taken for a user's edit."""

from collections.abc import Sequence
from typing import Any

import pytest

from connectors.sandbox.base import Fault
from connectors.sandbox.faults import Kind
from tests.end_to_end.test_undo import undo
from tests.end_to_end.world import World


def _tags(world: World) -> tuple[set[str], set[str]]:
    (left,), (right,) = world.gg.people(), world.gh.people()
    return set(left["label_names"] or ()), set(right["tags"] or ())


@pytest.mark.parametrize("more", [{}, {"city": "Rome"}])
@pytest.mark.parametrize("then", [["a"], ["a", "b", "new"], []])
@pytest.mark.parametrize("kind", ["status", "reset_before"])
def test_a_tag_that_was_added_before_another_could_not_be_removed_does_not_come_back(
    world: World, more: dict[str, Any], then: Sequence[str], kind: Kind
) -> None:
    """A user adds a tag and removes one; the removal fails; the user takes the new tag away again."""
    left = world.gg.add(first_name="Ann", email="ann@example.com", label_names=["a", "b"], city="Oslo")
    assert world.run().exit_code == 0
    world.gg.edit(left, label_names=["a", "new"], **more)
    times = None if kind == "reset_before" else 1
    fault = Fault(kind, "DELETE", "/tags$", status=400, times=times, body={"message": "no"})
    world.gh.faults.append(fault)
    world.run()
    assert _tags(world) == ({"a", "new"}, {"a", "b", "new"})
    world.gh.faults.clear()
    world.clock.skip(5)
    world.gg.edit(left, label_names=then)
    for skip in (2.0, 90_000.0, 2.0):
        report = world.run(skip=skip)
    assert report.exit_code == 0
    assert _tags(world) == (set(then), set(then))


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_an_undo_of_a_stage_that_is_a_tag_is_carried_out_though_one_of_its_two_calls_fails(
    world: World, method: str, kind: Kind
) -> None:
    """A stage is undone by adding one tag and removing another. No run takes the half for a user's edit."""
    world.tables = '[connections.sales.contacts.fields]\nstage = { as = "tags", prefix = "stage:" }\n'
    left = world.gg.add(first_name="Ann", email="ann@example.com", stage="Cold", label_names=["a"])
    world.run()
    world.run()
    world.gg.edit(left, stage="Warm")
    report = world.run()
    assert _tags(world)[1] == {"a", "stage:warm"}
    world.gh.faults.append(Fault(kind, method, "/tags$", times=None))
    undo(world, report)
    world.gh.faults.clear()
    for skip in (2.0, 90_000.0, 2.0):
        assert world.run(skip=skip).exit_code in {0, 1}
    undo(world, report)
    for skip in (90_000.0, 2.0):
        code = world.run(skip=skip).exit_code
    assert (code, _tags(world)[1]) == (0, {"a", "stage:cold"})
    assert world.gg.people()[0]["stage"] == "Warm"
