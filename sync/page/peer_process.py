"""Whose process is at the other end of a connection within this machine.

Everybody who is logged in can reach an address of this machine, and the state file is readable by its owner alone. So
where no token is asked for, people's data are shown to the processes of that same user, and of root. Linux says whose
a connection is; elsewhere nobody does, and the address itself has to be enough.

Rules kept here:
- a socket that no process holds any more has no owner, and Linux then shows it under root's number: it is never ours;
- a caller that is not found in the kernel's tables is not ours.
"""

import os
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

TABLES: Final = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
SAYS_WHOSE: Final = platform.system() == "Linux"
ROOT: Final = 0
MAPPED: Final = bytes(10) + b"\xff\xff"
TIME_WAIT: Final = "06"
NO_INODE: Final = "0"
"""What the tables show for a socket that no process holds: one that was closed, or is not accepted yet."""

End = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SocketEntry:
    """A line of the kernel's tables: two ends as it spells them, and who holds the first."""

    local: str
    remote: str
    user: int
    is_held: bool


def is_ours(client: End, server: End) -> bool:
    """Say whether the process at the other end belongs to our user, or to root."""
    if not SAYS_WHOSE:
        return True
    return owner(client, server) in (os.geteuid(), ROOT)


def owner(client: End, server: End) -> int | None:
    """Return the number of the user whose process holds the client's end, None where no process does."""
    wanted = {(one, other) for one in _spellings(client) for other in _spellings(server)}
    found = [one for one in _connections() if (one.local, one.remote) in wanted]
    users = {one.user for one in found if one.is_held}
    # Two lines for one pair of ends can only be an old connection and a new one: then nobody can say who is calling.
    return users.pop() if len(found) == len(users) == 1 else None


def _connections() -> Iterator[SocketEntry]:
    for table in TABLES:
        if table.exists():
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                columns = line.split()
                is_held = columns[3] != TIME_WAIT and columns[9] != NO_INODE
                yield SocketEntry(columns[1], columns[2], int(columns[7]), is_held)


def _spellings(end: End) -> Iterator[str]:
    """Yield an end as the kernel may spell it: words of 32 bits in the machine's own order, the port in hexadecimal."""
    host, port = end
    address = _plain(host)
    yield f"{_words(address.packed)}:{port:04X}"
    if address.version == 4:  # noqa: PLR2004 - IPv4
        yield f"{_words(MAPPED + address.packed)}:{port:04X}"  # the same, seen by a socket of IPv6


def _plain(host: str) -> IPv4Address | IPv6Address:
    """Return an address; one of IPv4 that is written as IPv6 is one of IPv4."""
    address = ip_address(host)
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _words(packed: bytes) -> str:
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(packed) // 4}I", packed))
