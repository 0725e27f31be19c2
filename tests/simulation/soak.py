"""Run simulations with new seeds until the time is up: `python -m tests.simulation.soak --minutes 60`.

A seed that breaks a promise is printed with what it broke and with the command that repeats the simulation;
`--keep` also writes it into seeds.txt, which is part of the test suite from then on. Ends with 1 if there was any.
"""

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from tests.simulation.topology import SHAPES, Network
from tests.simulation.topology_verdict import verdict as network_verdict
from tests.simulation.verdict import verdict
from tests.simulation.world import Universe

KEPT = Path(__file__).with_name("seeds.txt")
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
FOLDERS = MEMORY if os.access(MEMORY, os.W_OK) else None
"""Where a life keeps its state: in memory where the machine has such a folder, since nothing of it is to last."""


def lead(seed: int, *, letters: bool = False) -> list[str]:
    """Run the simulation of a seed, with or without messages; return what is wrong at its end."""
    try:
        with tempfile.TemporaryDirectory(dir=FOLDERS) as folder, Universe(seed, Path(folder), letters) as universe:
            universe.live()
            return verdict(universe)
    except Exception:  # noqa: BLE001 - whatever it is, it is a finding with a seed
        return [traceback.format_exc()]


def lead_network(seed: int, shape: str) -> list[str]:
    """Run the simulation of a seed with several accounts; return what is wrong at its end."""
    try:
        with tempfile.TemporaryDirectory(dir=FOLDERS) as folder, Network(seed, shape, Path(folder)) as network:
            network.live()
            return network_verdict(network)
    except Exception:  # noqa: BLE001 - whatever it is, it is a finding with a seed
        return [traceback.format_exc()]


def kept_seeds(kind: str = "") -> list[int]:
    """Return the seeds that once broke something: in lives of two accounts, with "letters", or of a shape."""
    lines = [line.split("#")[0].split() for line in KEPT.read_text(encoding="utf-8").splitlines()]
    return [int(line[0]) for line in lines if line and line[1:] == kind.split()]


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, action="append", help="lead this life, and no other")
    parser.add_argument("--letters", action="store_true", help="people write to each other in every life")
    parser.add_argument("--shape", choices=sorted(SHAPES), help="several accounts in this shape, in every life")
    parser.add_argument("--keep", action="store_true", help="add what fails to seeds.txt")
    arguments = parser.parse_args()
    seeds = iter(arguments.seed) if arguments.seed else _fresh(arguments.minutes)
    led = failed = 0
    for seed in seeds:
        is_given = bool(arguments.seed) or arguments.letters or arguments.shape is not None
        letters = arguments.letters or (not is_given and led % 3 == 1)
        # Every third life is one of several accounts, in one shape after the other.
        shape = arguments.shape or (sorted(SHAPES)[led // 3 % len(SHAPES)] if not is_given and led % 3 == 2 else None)
        wrong = lead_network(seed, shape) if shape else lead(seed, letters=letters)
        led += 1
        if wrong:
            failed += 1
            lines = "\n  ".join(wrong)
            more = (" letters", " --letters") if letters else ("", "")
            more = (f" {shape}", f" --shape {shape}") if shape else more
            sys.stdout.write(f"seed {seed}: python -m tests.simulation.soak --seed {seed}{more[1]}\n  {lines}\n")
            sys.stdout.flush()
            if arguments.keep:
                with KEPT.open("a", encoding="utf-8") as file:
                    file.write(f"{seed}{more[0]}\n")
    sys.stdout.write(f"{led} lives, {failed} broke a promise\n")
    return int(failed > 0)


def _fresh(minutes: float) -> Iterator[int]:
    end = time.monotonic() + minutes * 60
    chance = random.SystemRandom()
    while time.monotonic() < end:
        yield chance.randrange(2**32)


if __name__ == "__main__":
    raise SystemExit(main())
