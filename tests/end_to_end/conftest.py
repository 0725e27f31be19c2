"""Worlds, started and stopped around each test; a bug of a sandbox fails the test that met it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world whose time passes only when it is told to."""
    made = World.made(tmp_path)
    with made.gg, made.gh:
        yield made


@pytest.fixture
def live_world(tmp_path: Path) -> Iterator[World]:
    """A world for processes of their own, whose time goes on as the machine's does."""
    made = World.made(tmp_path, live=True)
    with made.gg, made.gh:
        yield made
