"""G10: what 60 fields cost, against the default ones: a quiet run, `sync verify`, a first sync of both kinds.

Records with values in 60 fields are bigger, so that reading them costs more whatever is mapped. The same records under
the default config are the floor: what is above it is the mapping.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from statistics import median
from typing import Any, Final

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds, again, calm, report_of
from benchmarks.process_cost import Cost
from benchmarks.worlds import World

PEOPLE: Final = 2_000
REPEATS: Final = 5
VARIANTS: Final = {"default": (False, False), "floor": (True, False), "mapped": (True, True)}
"""Whether the contacts of each world have values in 60 fields, and whether those are mapped."""


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Compare three worlds, which take turns; the ratio of each round counts."""
    people = PEOPLE // 4 if worlds.quick else PEOPLE
    with ExitStack() as stack:
        linked = {name: stack.enter_context(_world(name, people, on_both=True)) for name in VARIANTS}
        works: Mapping[str, Callable[[World], Cost]] = {
            "first sync that links every contact": _first,
            "run without news": lambda world: calm(world.run()),
            "full re-pull and compare by digest": again,
            "sync verify": lambda world: world.sync("verify", "--json"),
        }
        rows = [row for what, work in works.items() for row in _rows(what, linked, work, people)]
    return [*rows, *_rows("first sync that creates every contact", None, _create, people)]


def _rows(what: str, linked: Mapping[str, World] | None, work: Callable[[Any], Cost], people: int) -> list[Row]:
    """Return the ratio of 60 fields and of the floor to the default fields, and of 60 fields to the floor."""
    rounds = []
    for _ in range(REPEATS):
        costs = {name: work(linked[name] if linked else _world(name, people, on_both=False)) for name in VARIANTS}
        rounds.append({name: cost.cpu for name, cost in costs.items()})
    mapped, floor = (median(each[name] / each["default"] for each in rounds) for name in ("mapped", "floor"))
    above = median(each["mapped"] / each["floor"] for each in rounds)
    note = f"{people:,} contacts, default {median(each['default'] for each in rounds):.2f} s CPU"
    return [
        Row("G10", f"{what}: 60 fields, x default", mapped, note=note),
        Row("G10", "the same records, default fields, x default", floor),
        Row("G10", "60 fields, x the same records with default fields", above, 1.2),
    ]


def _world(name: str, people: int, *, on_both: bool) -> World:
    own_fields, mapped = VARIANTS[name]
    return World(people, on_both=on_both, own_fields=own_fields, mapped=mapped)


def _first(world: World) -> Cost:
    """Let a run meet both sides as if it were the first."""
    for path in world.folder.glob("sync.db*"):
        path.unlink()
    return calm(world.run())


def _create(world: World) -> Cost:
    with world:
        cost = world.run()
        created = report_of(cost)["streams"]["contacts"]["growthhub"]["created"]
        if created != world.people:
            raise RuntimeError(f"{created} of {world.people} contacts were created: {cost.output[:2000]}")
        return cost
