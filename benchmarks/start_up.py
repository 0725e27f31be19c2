"""G4: what it costs to start. The goals are milliseconds on a machine that imports requests in 140 ms."""

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds, calm
from benchmarks.process_cost import python, side_by_side
from benchmarks.worlds import World

REQUESTS = 0.140
REPEATS = 7


def measure(_: LinkedWorlds) -> list[Row]:
    """Compare with the import of requests."""
    with World(10, on_both=True) as world:
        calm(world.run())
        world.sync("status")  # compiles what is not compiled yet
        floor, help_text, status = side_by_side(
            lambda: python("-c", "import requests"),
            lambda: python("-m", "sync", "--help"),
            lambda: world.sync("status"),
            repeats=REPEATS,
        )
    note = f"import requests {floor.cpu * 1000:.0f} ms"
    return [
        Row("G4", "sync --help, x import requests", help_text.cpu / floor.cpu, _x(150), _x(80),
            f"{help_text.cpu * 1000:.0f} ms, {note}"),
        Row("G4", "sync status, x import requests", status.cpu / floor.cpu, _x(200), _x(120),
            f"{status.cpu * 1000:.0f} ms, {note}"),
    ]  # fmt: skip


def _x(milliseconds: float) -> float:
    return round(milliseconds / 1000 / REQUESTS, 2)
