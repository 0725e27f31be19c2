"""G2: the cost of a first sync that creates every contact on the other side. G2c: its calls and commits."""

from pathlib import Path

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds, report_of
from benchmarks.process_cost import REPEATS, Cost, medians
from benchmarks.worlds import World

PEOPLE = 10_000


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Compare with W, as many POSTs with two durable commits each; every round has a world of its own."""
    people = PEOPLE // 5 if worlds.quick else PEOPLE
    rounds = [_round(people) for _ in range(REPEATS)]
    floor, sync = (medians(costs) for costs in zip(*rounds, strict=True))
    report = report_of(Cost(0, 0, 0, 0, sync.output))
    traffic = report["requests"]["growthhub"]
    created = report["streams"]["contacts"]["growthhub"]["created"]
    if created != people:
        raise RuntimeError(f"{created} of {people} people were created")
    note = f"{people:,} creates, floor {floor.cpu:.2f} s CPU"
    return [
        Row("G2", "first sync that creates every contact, x W", sync.cpu / floor.cpu, 1.5, 1.0, note),
        Row("G2c", "writing calls per create", traffic["writes"] / people, 1, 1, f"{traffic['reads']} reads in all"),
    ]


def _round(people: int) -> tuple[Cost, Cost]:
    with World(people, on_both=False) as world:
        floor = world.floor("first_sync", str(people))
        Path(world.folder / "first_sync.db").unlink()
    with World(people, on_both=False) as world:
        return floor, world.run()
