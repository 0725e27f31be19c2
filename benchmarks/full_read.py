"""G1: what it costs to read both sides in full and compare, when nothing has changed. G1c: the calls of that."""

import json
import math

from benchmarks.goals import Row
from benchmarks.linked_worlds import FORGET, LinkedWorlds, again, report_of
from benchmarks.process_cost import Cost, Medians, side_by_side

PEOPLE = 20_000


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Compare with F2, a pull of both sides that stores every record and looks at none."""
    world = worlds.world(PEOPLE // 4 if worlds.quick else PEOPLE)
    floor, verify, digest, mapped = side_by_side(
        lambda: world.floor("full_read"),
        lambda: world.sync("verify", "--json"),
        lambda: again(world),
        lambda: again(world, FORGET),
    )
    note = f"{world.people:,} pairs, floor {floor.cpu:.2f} s CPU"
    return [
        Row("G1", "sync verify, x F2", verify.cpu / floor.cpu, 1.5, 1.0, note),
        Row("G1", "full re-pull and compare by digest, x F2", digest.cpu / floor.cpu, 1.5, 1.0, note),
        Row("G1", "the same, everything mapped, merged, stored, x F2", mapped.cpu / floor.cpu, note="not a goal"),
        _calls(world.people, digest),
    ]


def _calls(people: int, run: Medians) -> Row:
    report = report_of(Cost(0, 0, 0, 0, run.output))
    calls = sum(traffic["reads"] for traffic in report["requests"].values())
    pages = math.ceil(people / 200) + math.ceil(people / 500)
    note = json.dumps({account: traffic["reads"] for account, traffic in report["requests"].items()})
    return Row("G1c", "calls of it", calls, math.floor((pages + 2) * 1.03), pages, note)
