"""Worlds, started and stopped around each test; a bug of a sandbox fails the test that met it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.message_world import Office, made
from tests.end_to_end.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which time passes only when a test moves it."""
    world = World.create(tmp_path)
    with world.gg, world.gh:
        yield world


@pytest.fixture
def live_world(tmp_path: Path) -> Iterator[World]:
    """A world for processes of their own; its time is the machine's."""
    world = World.create(tmp_path, live=True)
    with world.gg, world.gh:
        yield world


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A world in which messages are synced, as notes, without contacts."""
    world = made(tmp_path)
    with world.gg, world.gh:
        yield Office(world)
        assert world.gh.sends == 0
