"""G6c: what the daemon costs at a tick that finds nothing, and how its memory grows over many of them."""

import json

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds
from benchmarks.process_cost import python

PEOPLE = 1_000
TICKS = 10_000


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Let a daemon tick as often as it would in a month of five-minute intervals."""
    world, ticks = worlds.world(PEOPLE), TICKS // 10 if worlds.quick else TICKS
    found = json.loads(python("-m", "benchmarks.daemon_ticks", str(world.config), str(ticks)).output)
    note = f"{ticks:,} ticks, {found['first']:.1f} -> {found['last']:.1f} MB from the first tenth to the last"
    return [
        Row("G6c", "an idle tick of the daemon, ms of CPU", found["cpu"], 30, 10, f"{world.people:,} links"),
        Row("G6c", "growth of the daemon's memory, MB", found["last"] - found["first"], 5, 1, note),
    ]
