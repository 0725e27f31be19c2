"""Fixtures of the contacts stream."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.contacts.memory_world import MemoryWorld, memory_world


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[MemoryWorld]:
    """Give two empty accounts in memory."""
    world = memory_world(tmp_path / "sync.db")
    yield world
    world.state.close()
