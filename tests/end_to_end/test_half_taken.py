"""Writes of two calls of which the second is refused: what the first one wrote is not taken for a user's edit."""

from collections.abc import Sequence
from typing import Any

import pytest

from connectors.sandbox.base import Fault
from tests.end_to_end.world import World


def _tags(world: World) -> tuple[set[str], set[str]]:
    (left,), (right,) = world.gg.people(), world.gh.people()
    return set(left["label_names"] or ()), set(right["tags"] or ())


@pytest.mark.parametrize("more", [{}, {"city": "Rome"}])
@pytest.mark.parametrize("then", [["a"], ["a", "b", "new"], []])
@pytest.mark.parametrize("kind", ["status", "reset_before"])
def test_a_tag_that_was_added_before_another_could_not_be_removed_does_not_come_back(
    world: World, more: dict[str, Any], then: Sequence[str], kind: str
) -> None:
    """A user adds a tag and removes one; the removal fails; the user takes the new tag away again."""
    left = world.gg.add(first_name="Ann", email="ann@example.com", label_names=["a", "b"], city="Oslo")
    assert world.run().exit_code == 0
    world.gg.edit(left, label_names=["a", "new"], **more)
    times = None if kind == "reset_before" else 1
    fault = Fault(kind, "DELETE", "/tags$", status=400, times=times, body={"message": "no"})  # type: ignore[arg-type]
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
