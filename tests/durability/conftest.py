"""The theatre: once for each module of tests, since its rehearsal takes a while."""

from collections.abc import Iterator

import pytest

from tests.durability.kill_scenarios import Theatre
from tests.durability.launch import Launcher
from tests.durability.world import Stage


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A world, and the chapters of what happens in it."""
    world = Stage.made(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh, Launcher() as launcher:
        yield Theatre.rehearsed(world, launcher, tmp_path_factory.mktemp("kept"))
