"""Fixtures of the tests of the state file."""

from collections.abc import Iterator

import pytest

from state import file
from state.schema import migrate


@pytest.fixture(scope="module")
def real_migrations() -> Iterator[None]:
    """Let new files be migrated as users' files are, and not copied (tests.new_state_files)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file, "migrate", migrate)
        yield
