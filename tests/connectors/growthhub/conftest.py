from collections.abc import Iterator

import pytest

from tests.connectors.clocks import FakeClock
from tests.connectors.growthhub.world import ProbedSandbox, World


@pytest.fixture
def world() -> Iterator[World]:
    clock = FakeClock()
    with ProbedSandbox(now=clock.now) as sandbox:
        running = World(sandbox, clock)
        yield running
        running.close()
