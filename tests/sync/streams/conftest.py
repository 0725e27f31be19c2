"""Fixtures of what both streams share."""

from tests.sync.messages.conftest import world

__all__ = ["world"]
