"""The registry of systems: which kinds of account there are, and the entry of each (R30).

A new system is one line here, and one module that declares its entry as `SYSTEM` (connectors.system). No module of
`sync` or `state` names a system: it takes what it needs from the entry.
Importing this module imports no entry, because `sync --help` needs only the names.
"""

from importlib import import_module
from typing import Any, Final

from connectors.system import System

ENTRIES: Final = {
    "growthgenius": "connectors.growthgenius.system",
    "growthhub": "connectors.growthhub.system",
    "apollo": "connectors.apollo.system",
    "whautomate": "connectors.whautomate.system",
}
"""The module that declares the entry of each kind, by the kind."""

FIRST_PAIR: Final = ("growthgenius", "growthhub")
"""The kinds, left and right, that `sync init` asks for and `sync demo` shows."""


def kinds() -> tuple[str, ...]:
    """Return every kind of account, in the order in which messages list them."""
    return tuple(ENTRIES)


def system(kind: str) -> System[Any]:
    """Return the entry of a kind of account. Raises KeyError for an unknown kind."""
    entry: System[Any] = import_module(ENTRIES[kind]).SYSTEM
    return entry


def systems() -> tuple[System[Any], ...]:
    """Return the entry of every kind."""
    return tuple(map(system, kinds()))


def label(kind: str) -> str:
    """Return the name that people read, of a kind of account."""
    return system(kind).label


def kinds_with(capability: str) -> tuple[str, ...]:
    """Return the kinds that have a capability, which is a field of connectors.system.Capabilities."""
    return tuple(one.kind for one in systems() if getattr(one.capabilities, capability))
