"""Fixtures of runs."""

from tests.sync.messages.conftest import world

__all__ = ["world"]
