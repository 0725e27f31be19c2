"""The connections of one address that is listened at, and how much of it they may take.

Rules kept here:
- a connection waits while its caller owes something: the rest of a request, the next request, or room for an answer;
- a new connection always gets in while another one waits: the one that has waited longest is closed for it. So slow
  callers, however many, silence no one else;
- one address holds a share of the places and of the memory, so that one caller can't use up all of it.
"""

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Protocol

NETWORK: Final = 64
"""Bits of an IPv6 address that are given to one subscriber, who has all of the rest."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What callers may take. Sizes are in bytes, times in seconds.

    `body` and `answer` are times for a whole body to come, and for an answer to be taken up; `pipelined` are requests
    that are sent before the first of them is answered.
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
    """Who holds one connection."""

    @property
    def address(self) -> str:
        """Return the address that it comes from."""
        ...

    def hang_up(self) -> None:
        """Close the connection at once."""
        ...


class Callers:
    """All connections of one listener. Calls come from its event loop alone."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._origin: dict[Caller, str] = {}
        self._places: Counter[str] = Counter()
        self._waiting: dict[Caller, None] = {}  # in the order in which they began to wait
        self._held: Counter[Caller] = Counter()
        self._held_by: Counter[str] = Counter()

    def add(self, caller: Caller) -> bool:
        """Let a connection in, which waits from now on; return False where there is no place for it."""
        origin = origin_of(caller.address)
        if self._places[origin] >= self.limits.places_of_one and not self._close_oldest(origin):
            return False
        if len(self._origin) >= self.limits.places and not self._close_oldest():
            return False
        self._origin[caller] = origin
        self._places[origin] += 1
        self._waiting[caller] = None
        return True

    def remove(self, caller: Caller) -> None:
        """Forget a connection that has ended."""
        if caller not in self._origin:
            return
        self.release(caller)
        self._waiting.pop(caller, None)
        origin = self._origin.pop(caller)
        self._places[origin] -= 1
        if not self._places[origin]:
            del self._places[origin], self._held_by[origin]

    def wait(self, caller: Caller, *, waits: bool) -> None:
        """Note whether the caller owes something."""
        if not waits:
            self._waiting.pop(caller, None)
        elif caller in self._origin:
            self._waiting.setdefault(caller)

    def hold(self, caller: Caller, size: int) -> None:
        """Note that so many more bytes of a caller are kept; close connections where that is too much."""
        origin = self._origin.get(caller)
        if origin is None:
            return
        self._held[caller] += size
        self._held_by[origin] += size
        while self._held_by[origin] > self.limits.held_by_one and self._close_oldest(origin, who_holds=True):
            pass
        while self._held_by.total() > self.limits.held and self._close_oldest(who_holds=True):
            pass

    def release(self, caller: Caller) -> None:
        """Note that nothing of a caller is kept any more."""
        size = self._held.pop(caller, 0)
        if size:
            self._held_by[self._origin[caller]] -= size

    def _close_oldest(self, origin: str | None = None, *, who_holds: bool = False) -> bool:
        """Close the connection that has waited longest, of one origin or of all; return False where none waits."""
        for caller in self._waiting:
            if origin in (None, self._origin[caller]) and (not who_holds or self._held[caller]):
                self.remove(caller)
                caller.hang_up()
                return True
        return False


def origin_of(address: str) -> str:
    """Return what tells one caller from another by an address: of IPv6 the network, of anything else itself."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found.packed, NETWORK), strict=False))
