"""Limit the connections of one listener, and the memory that their requests use.

Rules kept here:
- a connection waits while its caller owes something: the rest of a request, the next request, or reading a response;
- a new connection is always accepted while another one waits: the one that has waited longest is closed for it. So
  slow callers, however many, block no other caller;
- one address may use a share of the connections and of the memory, so that one caller cannot use up all of it.
"""

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Protocol

NETWORK: Final = 64
"""The prefix of an IPv6 address that belongs to one subscriber."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of callers. Sizes are in bytes, times in seconds.

    `body` is the time for a whole body to arrive, `answer` the time for a response to be read, and `pipelined` the
    number of requests that may be sent before the first response.
    """

    places: int = 400
    places_of_one: int = 300
    held: int = 64 * 1024 * 1024
    held_by_one: int = 20 * 1024 * 1024  # more than the largest body that a config may allow
    head_bytes: int = 32 * 1024
    header_lines: int = 100
    head: float = 10.0
    body: float = 15.0
    answer: float = 30.0
    pipelined: int = 16


class Caller(Protocol):
    """The other end of one connection."""

    @property
    def address(self) -> str:
        """Return the address of the caller."""
        ...

    def hang_up(self) -> None:
        """Close the connection at once."""
        ...


class Callers:
    """All connections of one listener. Only its event loop calls this."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._origin: dict[Caller, str] = {}
        self._places: Counter[str] = Counter()
        self._waiting: dict[Caller, None] = {}  # in the order in which they began to wait
        self._held: Counter[Caller] = Counter()
        self._held_by: Counter[str] = Counter()

    def add(self, caller: Caller) -> bool:
        """Accept a connection, which waits from now on; return False where there is no room for it."""
        origin = origin_of(caller.address)
        if self._places[origin] >= self.limits.places_of_one and not self._close_oldest(origin):
            return False
        # Slow callers, however many, must not lock out a new one: the one that has waited longest goes.
        if len(self._origin) >= self.limits.places and not self._close_oldest():
            return False
        self._origin[caller] = origin
        self._places[origin] += 1
        self._waiting[caller] = None
        return True

    def remove(self, caller: Caller) -> None:
        """Remove a connection that has ended."""
        if caller not in self._origin:
            return
        self.release(caller)
        self._waiting.pop(caller, None)
        origin = self._origin.pop(caller)
        self._places[origin] -= 1
        if not self._places[origin]:
            del self._places[origin], self._held_by[origin]

    def wait(self, caller: Caller, *, waits: bool) -> None:
        """Record whether the server waits for the caller."""
        if not waits:
            self._waiting.pop(caller, None)
        elif caller in self._origin:
            self._waiting.setdefault(caller)

    def hold(self, caller: Caller, size: int) -> None:
        """Count so many more bytes in memory for a caller; close connections where that exceeds a limit."""
        origin = self._origin.get(caller)
        if origin is None:
            return
        self._held[caller] += size
        self._held_by[origin] += size
        while self._held_by[origin] > self.limits.held_by_one and self._close_oldest(origin, holding=True):
            pass
        while self._held_by.total() > self.limits.held and self._close_oldest(holding=True):
            pass

    def release(self, caller: Caller) -> None:
        """Record that no bytes of a caller are in memory any more."""
        size = self._held.pop(caller, 0)
        if size:
            self._held_by[self._origin[caller]] -= size

    def _close_oldest(self, origin: str | None = None, *, holding: bool = False) -> bool:
        """Close the longest waiting connection, of one origin or of all; return False where none waits."""
        for caller in self._waiting:
            if origin in (None, self._origin[caller]) and (not holding or self._held[caller]):
                self.remove(caller)
                caller.hang_up()
                return True
        return False


def origin_of(address: str) -> str:
    """Return the part of an address that identifies a caller: the network of an IPv6 address, otherwise all of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    # One subscriber can use every address of the network.
    return str(ip_network((found.packed, NETWORK), strict=False))
