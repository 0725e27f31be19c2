"""G3: the peak of memory of a run over everything, and how it grows. G3b: bytes of state file per link."""

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds, again
from benchmarks.worlds import World

FEW, MANY = 20_000, 100_000


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Measure the resident set of a child of this small process."""
    small, large = (worlds.world(people // 10 if worlds.quick else people) for people in (FEW, MANY))
    few, many = again(small).peak, again(large).peak
    verify = large.sync("verify", "--json").peak
    note = f"{small.people:,} -> {large.people:,} pairs"
    return [
        Row("G3", "peak of a run over everything, MB", many, 90, 65, f"{large.people:,} pairs"),
        Row("G3", "peak of sync verify, MB", verify, 90, 65, f"{large.people:,} pairs"),
        Row("G3b", "growth of the first, MB", many - few, 5, 2, note),
        Row("G3b", "state file per link, kB", bytes_per_link(large) / 1000, 2.5, 2.0, "index of people included"),
    ]


def bytes_per_link(world: World) -> float:
    """Return the size of the state file, with everything written into it, per link."""
    world.change("PRAGMA wal_checkpoint(TRUNCATE)")
    return world.state.stat().st_size / int(world.ask("SELECT count(*) FROM link"))
