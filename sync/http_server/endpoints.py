"""Open and close the HTTP endpoints of the daemon, as the active config says.

Rules kept here:
- an endpoint listens while the config names an address for it. A reload applies another address, or none;
- an application gets a function that returns the config, so that it always uses the active one;
- an address that cannot be bound ends the start. At a reload it refuses the whole config before any endpoint changes.
  Only the default address, which the config does not name, may be taken: that is logged, and the next reload tries it
  again.
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
    """An application and its address in a config. `key` is the config key of the address.

    `is_asked_for` returns whether the config file itself names the address.
    """

    key: str
    address: "Callable[[Config], Address | None]"
    application: "Callable[[], ASGIApp]"
    is_asked_for: "Callable[[Config], bool]" = lambda _config: True


class Endpoints:
    """All endpoints of the daemon, open or closed."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._endpoints = tuple(endpoints)
        self._open: dict[str, tuple[Address, Listener]] = {}

    def open(self, config: "Config") -> None:
        """Open and close the endpoints as the config says. Raises ConfigError, and then nothing has changed."""
        new = {one.key: (address, one) for one in self._endpoints if (address := one.address(config)) is not None}
        kept = {key for key, (address, _) in self._open.items() if key in new and new[key][0] == address}
        opened: dict[str, tuple[Address, Listener]] = {}
        try:
            for key in new.keys() - kept:
                address, endpoint = new[key]
                if (listener := _listener(endpoint, address, config)) is not None:
                    opened[key] = (address, listener)
        except BaseException:
            # The config is refused as a whole: what it opened already is closed, and nothing else has changed.
            _stop(opened.values())
            raise
        _stop(one for key, one in self._open.items() if key not in kept)
        self._open = {key: self._open[key] for key in kept} | opened

    def addresses(self) -> "dict[str, Address]":
        """Return the address of each open endpoint, with its real port."""
        return {key: listener.address for key, (_, listener) in self._open.items()}

    def close(self) -> None:
        """Close all endpoints."""
        _stop(self._open.values())
        self._open = {}


def _listener(endpoint: Endpoint, address: "Address", config: "Config") -> Listener | None:
    try:
        return Listener(endpoint.application(), address, endpoint.key).start()
    except ConfigError as error:
        if endpoint.is_asked_for(config):
            raise
        event_log.warning("not listening", key=endpoint.key, reason=str(error))
        return None


def _stop(open_ones: "Iterable[tuple[Address, Listener]]") -> None:
    for _, listener in open_ones:
        listener.stop()
