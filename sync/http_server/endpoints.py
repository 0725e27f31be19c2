"""The doors of the daemon: what is served, and where, as the config in force says.

Rules kept here:
- a door stands open while the config names an address for it; another address, or none, is put in force by a reload;
- an application is handed the way to the config and not the config, so that it always knows the one in force;
- an address that can't be taken ends the start, and at a reload refuses the whole config before any door has moved;
  one that nobody asked for is left to who has it, which is told, and tried again by the next reload.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.errors import ConfigError
from sync.http_server.listener import Listener
from sync.output import event_log

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sync.config.model import Config
    from sync.config.value_types import Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is served at the address that a config names. `key` is that address' place in the config file.

    `is_asked_for` says whether somebody wrote that address.
    """

    key: str
    address: "Callable[[Config], Address | None]"
    application: "Callable[[], ASGIApp]"
    is_asked_for: "Callable[[Config], bool]" = lambda _config: True


class Endpoints:
    """Every door of the daemon, each open or not."""

    def __init__(self, doors: Iterable[Endpoint]) -> None:
        self._doors = tuple(doors)
        self._open: dict[str, tuple[Address, Listener]] = {}

    def open(self, config: "Config") -> None:
        """Open and close what the config opens and closes. Raises ConfigError; nothing has changed then."""
        new = {door.key: (address, door) for door in self._doors if (address := door.address(config)) is not None}
        kept = {key for key, (address, _) in self._open.items() if key in new and new[key][0] == address}
        begun: dict[str, tuple[Address, Listener]] = {}
        try:
            for key in new.keys() - kept:
                address, door = new[key]
                if (listener := _listener(door, address, config)) is not None:
                    begun[key] = (address, listener)
        except BaseException:
            _stop(begun.values())
            raise
        _stop(one for key, one in self._open.items() if key not in kept)
        self._open = {key: self._open[key] for key in kept} | begun

    def addresses(self) -> "dict[str, Address]":
        """Return where each open door is, with the port that it really has."""
        return {key: listener.address for key, (_, listener) in self._open.items()}

    def close(self) -> None:
        """Close all of them."""
        _stop(self._open.values())
        self._open = {}


def _listener(door: Endpoint, address: "Address", config: "Config") -> Listener | None:
    try:
        return Listener(door.application(), address, door.key).start()
    except ConfigError as error:
        if door.is_asked_for(config):
            raise
        event_log.warning("not listening", key=door.key, reason=str(error))
        return None


def _stop(open_ones: "Iterable[tuple[Address, Listener]]") -> None:
    for _, listener in open_ones:
        listener.stop()
