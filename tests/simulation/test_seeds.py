"""Whole lives: those that once broke a promise, and that one seed always leads the same life."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.world import ROOT
from tests.simulation.soak import kept_seeds, lead, lead_network
from tests.simulation.topology import SHAPES
from tests.simulation.world import Universe
from tests.thorough import THOROUGH

REPLAY = """
import sys, tempfile
from pathlib import Path
from tests.simulation.world import Universe
letters = sys.argv[2] == "letters"
with tempfile.TemporaryDirectory() as folder, Universe(int(sys.argv[1]), Path(folder), letters) as universe:
    universe.live()
    sys.stdout.write(universe.road.trace.text)
"""


def some(seeds: list[int]) -> list[int]:
    """Return every third seed; with THOROUGH all of them."""
    return seeds if THOROUGH else seeds[::3]


@pytest.mark.parametrize("seed", some(kept_seeds()))
def test_a_life_that_once_broke_a_promise_keeps_them_all(seed: int) -> None:
    assert lead(seed) == []


@pytest.mark.parametrize("seed", some(kept_seeds("letters")))
def test_a_life_with_messages_keeps_every_promise(seed: int) -> None:
    assert lead(seed, letters=True) == []


@pytest.mark.parametrize(("shape", "seed"), [(shape, seed) for shape in SHAPES for seed in some(kept_seeds(shape))])
def test_a_life_of_several_accounts_keeps_every_promise(shape: str, seed: int) -> None:
    assert lead_network(seed, shape) == []


@pytest.mark.parametrize(("seed", "letters"), [(3, False), (8, True)] if THOROUGH else [(8, True)])
def test_the_same_seed_leads_to_the_same_trace_byte_for_byte(seed: int, letters: bool, tmp_path: Path) -> None:
    with Universe(seed, tmp_path, letters) as universe:
        universe.live()
        trace = universe.road.trace.text
    assert len(universe.road.trace.lines) > 30
    assert ("/notes" in trace) == letters
    assert replayed(seed, letters=letters, hash_seed="4242") == trace


def replayed(seed: int, *, letters: bool, hash_seed: str) -> str:
    """Return the trace of another process, in which sets and dicts are walked through in another order."""
    known = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", REPLAY, str(seed), "letters" if letters else "people"],
        env=known,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout
