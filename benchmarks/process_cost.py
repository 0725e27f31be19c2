"""What one child process costs: user and system CPU, wall time, peak memory.

A child's peak memory begins at what its parent held when it was started, so whoever measures has to stay small:
nothing here, and nothing that imports this, imports more than the standard library.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

ROOT = Path(__file__).parent.parent
REPEATS = 3
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Modules are compiled once, as they are after an installation; the first, unmeasured run of a command does it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost: seconds, megabytes, and what it printed."""

    cpu: float
    wall: float
    peak: float
    code: int
    output: str


@dataclass(frozen=True, slots=True)
class Medians:
    """The medians of several costs, and the last output."""

    cpu: float
    wall: float
    peak: float
    output: str


def python(*arguments: str) -> Cost:
    """Run this Python with arguments, in the folder of the project; what it complains of is shown."""
    with TemporaryFile() as output:
        began = time.monotonic()
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, *arguments],
            ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
            file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1)],
        )
        _, status, usage = os.wait4(child, 0)
        wall = time.monotonic() - began
        output.seek(0)
        text = output.read().decode()
    code = os.waitstatus_to_exitcode(status)
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, code, text)


def side_by_side(*works: Callable[[], Cost], repeats: int = REPEATS) -> list[Medians]:
    """Do all the works in turn, several times, and return the medians of each: noise then meets all of them alike."""
    rounds = [[work() for work in works] for _ in range(repeats)]
    return [medians(costs) for costs in zip(*rounds, strict=True)]


def medians(costs: Sequence[Cost]) -> Medians:
    """Return the medians of several costs. Raises RuntimeError when one of them failed."""
    for cost in costs:
        if cost.code:
            raise RuntimeError(f"a measured process ended with {cost.code}:\n{cost.output}")
    return Medians(
        median(cost.cpu for cost in costs),
        median(cost.wall for cost in costs),
        median(cost.peak for cost in costs),
        costs[-1].output,
    )
