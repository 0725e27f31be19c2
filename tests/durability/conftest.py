"""The scenarios are recorded once for all tests of a process: that takes some seconds."""

from collections.abc import Iterator

import pytest

from tests.durability.kill_scenarios import KillScenarios
from tests.durability.launch import shared_launcher
from tests.durability.world import KillWorld


@pytest.fixture(scope="session")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillScenarios]:
    """Return a world, and the scenarios that were recorded in it."""
    world = KillWorld.create(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh:
        yield KillScenarios.record(world, shared_launcher(), tmp_path_factory.mktemp("kept"))
