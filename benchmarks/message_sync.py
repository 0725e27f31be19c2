"""G7: what the first run costs that copies messages both ways. G7b: its memory. G7c: calls of a run that finds none."""

import time

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds, calm, report_of
from benchmarks.process_cost import REPEATS, Cost, medians
from benchmarks.worlds import World

PEOPLE = 50
EACH_WAY = 500
MANY_EACH_WAY, FEWER_EACH_WAY = 5_000, 1_000
SETTLED = 2.0
"""Seconds after which a run has no young copies to look at again: nothing is looked back for in these worlds."""


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Compare with M, as many POSTs to both sides with two durable commits each."""
    rounds = [(_floor(EACH_WAY), _first_run(EACH_WAY)) for _ in range(REPEATS)]
    floor = medians([cost for cost, _ in rounds])
    few = medians([cost for _, (cost, _) in rounds])
    many_each_way = FEWER_EACH_WAY if worlds.quick else MANY_EACH_WAY
    many, calls_of_many = _first_run(many_each_way)
    calls_of_few = rounds[-1][1][1]
    sizes = f"{2 * EACH_WAY:,} -> {2 * many_each_way:,} copies"
    note = f"{2 * EACH_WAY:,} copies, {few.cpu:.2f} s CPU, floor {floor.cpu:.2f} s"
    return [
        Row("G7", "first run with messages both ways, x M", few.cpu / floor.cpu, note=note),
        Row("G7", "CPU seconds per 10,000 copies", many.cpu * 10_000 / (2 * many_each_way), note=sizes),
        Row("G7b", "peak of it, MB", few.peak, 90, 65, f"{2 * EACH_WAY:,} copies"),
        Row("G7b", "growth of that, MB", many.peak - few.peak, note=sizes),
        Row("G7c", "calls at GrowthGenius of a run without news", calls_of_few[0], 1, 1, f"{2 * EACH_WAY:,} copies"),
        Row("G7c", "calls at GrowthHub of it", calls_of_few[1], 2, 2),
        Row("G7c", "further calls with more messages", sum(calls_of_many) - sum(calls_of_few), 0, 0, sizes),
    ]


def _floor(each_way: int) -> Cost:
    with World(PEOPLE, on_both=True) as world:
        return world.floor("message_sync", str(each_way))


def _first_run(each_way: int) -> tuple[Cost, tuple[int, int]]:
    """Return the cost of the first run with messages of people who are linked, and the calls of one that finds none."""
    with World(PEOPLE, on_both=True, messages=each_way) as world:
        calm(world.run())
        world.let_messages_travel()
        cost = world.run()
        streams = report_of(cost)["streams"]["messages"]
        made = streams["growthgenius"]["created"], streams["growthhub"]["created"]
        if made != (each_way, each_way):
            raise RuntimeError(f"{made} of twice {each_way} messages were copied: {cost.output[:2000]}")
        for _ in range(2):  # the first one covers the time in which the copies were made
            time.sleep(SETTLED)
            before = world.counts()
            calm(world.sync("run", "--stream", "messages", "--json"))
            after = world.counts()
        return cost, (
            after["growthgenius"] - before["growthgenius"],
            after["growthhub"] - before["growthhub"],
        )
