"""Fixtures of the messages stream."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.contacts.memory_world import memory_world
from tests.sync.messages.memory_world import MessageWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[MessageWorld]:
    """Give two accounts in memory without a contact or a message."""
    memory = memory_world(tmp_path / "sync.db")
    yield MessageWorld(memory)
    memory.state.close()
