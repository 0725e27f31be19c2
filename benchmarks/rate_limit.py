"""G5: the pace under a small limit, in real time, against the shortest time that the limit allows."""

import math

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds, report_of
from benchmarks.worlds import World

LIMIT = (20, 2.0)
WINDOWS, FEW_WINDOWS = 12, 6


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Create people under 20 calls per 2 s."""
    calls, interval = LIMIT
    people = calls * (FEW_WINDOWS if worlds.quick else WINDOWS)
    with World(people, on_both=False, limit=LIMIT) as world:
        cost = world.run()
        throttled = world.counts()["throttled"]
    report = report_of(cost)
    made = sum(report["requests"]["growthhub"][kind] for kind in ("reads", "writes", "retries"))
    ideal = (math.ceil(made / calls) - 1) * interval
    note = f"{made} calls at {calls} per {interval:g} s, ideal {ideal:g} s"
    return [
        Row("G5", "wall time, x ideal", cost.wall / ideal, 1.10, 1.03, note),
        Row("G5", "429s of our own making", throttled, 0, 0),
    ]
