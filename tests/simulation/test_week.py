"""A week of the daemon with trouble several times a day: nothing lost, nothing doubled, back to work after each."""

import gc
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.simulation.verdict import verdict
from tests.simulation.week import TROUBLES, Week
from tests.simulation.world import Universe
from tests.thorough import THOROUGH

EVERY = timedelta(minutes=15) if THOROUGH else timedelta(hours=4)
HARNESS = ("connectors.growthgenius.sandbox.", "connectors.growthhub.sandbox.", "connectors.sandbox.")
LOG = 8 * 1024 * 1024
"""Bytes up to which SQLite's log may grow before it is written back."""
PER_ROW = 2048
"""Bytes that a row of what is to be remembered may take, its indexes included."""
REMEMBERED = ("history", "run", "link", "person", "phone", "tally", "conflict", "failure", "message")


@pytest.mark.parametrize("seed", range(5) if THOROUGH else [1])
def test_a_week_of_outages_expired_tokens_and_restarts_loses_and_doubles_no_contact(seed: int, tmp_path: Path) -> None:
    with Universe(seed, tmp_path, letters=True) as universe:
        week = Week(universe, Random(seed), EVERY)  # noqa: S311 - a world to repeat
        week.lead()
        assert week.wrong == []
        assert week.troubles.keys() == TROUBLES.keys()
        assert week.runs["done"] > 40
        assert week.runs["interrupted"] > 0
        assert verdict(universe) == []
        assert max(log for _, log in week.sizes) < LOG


def test_a_daemon_grows_in_a_week_by_what_it_is_to_remember_and_by_nothing_else(tmp_path: Path) -> None:
    with Universe(2, tmp_path, letters=True) as universe:
        week = Week(universe, Random(2), EVERY)  # noqa: S311 - a world to repeat
        week.lead(1)
        objects, size, rows = living(), universe.world.state_path.stat().st_size, remembered(universe)
        week.lead(2)
        assert week.wrong == []
        assert verdict(universe) == []
        grown = {kind: count for kind, count in living().items() if count > 1.1 * objects[kind] + 50}
        assert grown == {}
        assert universe.world.state_path.stat().st_size - size < PER_ROW * (remembered(universe) - rows) + 65_536


def living() -> Counter[str]:
    """Return how many objects of our own kinds there are, but for those that only the simulation makes."""
    gc.collect()
    kinds = (f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
    ours = ("sync.", "state.", "connectors.")
    return Counter(kind for kind in kinds if kind.startswith(ours) and not kind.startswith(HARNESS))


def remembered(universe: Universe) -> int:
    """Return how many rows there are of what is to be remembered."""
    with closing(sqlite3.connect(universe.world.state_path)) as db:
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return sum(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables & set(REMEMBERED))
