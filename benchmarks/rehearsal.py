"""G9: the peak of memory of a rehearsal, with its sandboxes in the same process, and how it grows."""

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds
from benchmarks.worlds import World

FEW, MANY = 2_000, 20_000


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Rehearse worlds whose contacts are on both sides and not linked yet."""
    few, many = (_peak(people // 10 if worlds.quick else people) for people in (FEW, MANY))
    note = f"{FEW:,} -> {MANY:,} a side" if not worlds.quick else "a tenth of the contacts"
    return [
        Row("G9", "peak of sync rehearse, MB", many, 150, 125, note),
        Row("G9b", "growth of it, MB", many - few, 60, 40, note),
    ]


def _peak(people: int) -> float:
    with World(people, on_both=True) as world:
        return world.sync("rehearse", "--json").peak
