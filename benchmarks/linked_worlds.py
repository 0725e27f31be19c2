"""Worlds with all contacts on both sides and linked, created once for all benchmarks that need them."""

import json
from contextlib import ExitStack
from typing import Any

from benchmarks.process_cost import Cost
from benchmarks.worlds import World

UNCOVER = "DELETE FROM cursor WHERE kind = 'covered'"
"""Lets the next run read everything again."""

FORGET = "UPDATE link SET left_digest = NULL, right_digest = NULL"
"""Lets the next run map and compare everything that it reads, although nothing about it is new."""


class LinkedWorlds:
    """Worlds by the number of their people; `quick` takes a tenth of each large one."""

    def __init__(self, stack: ExitStack, *, quick: bool) -> None:
        self._stack = stack
        self._worlds: dict[int, World] = {}
        self.quick = quick

    def world(self, people: int) -> World:
        """Return the world with that number of contacts, all linked."""
        if people not in self._worlds:
            world = self._stack.enter_context(World(people, on_both=True))
            calm(world.run())
            self._worlds[people] = world
        return self._worlds[people]


def again(world: World, *statements: str) -> Cost:
    """Run over everything again, after changes to the state that make it necessary."""
    world.change(UNCOVER, *statements)
    return calm(world.run())


def calm(cost: Cost) -> Cost:
    """Return the cost of a run. Raises RuntimeError when it wrote anything, or did not end well."""
    report = report_of(cost)
    writes = sum(traffic["writes"] for traffic in report["requests"].values())
    if cost.code or writes:
        raise RuntimeError(f"a run that should have been calm was not: {cost.output[:2000]}")
    return cost


def report_of(cost: Cost) -> Any:
    """Return the report of a run."""
    return json.loads(cost.output)["runs"][0]
