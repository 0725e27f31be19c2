"""Find the owner of the process at the other end of a local connection.

Every logged-in user can reach a local address, but only its owner can read the state file. So without a token,
personal data is shown only to processes of that user and of root. Linux names the owner of a connection. Other systems
do not, and there the local address has to be enough.

Rules kept here:
- a socket that no process holds has no owner, and Linux shows it under root's number: it is refused;
- a caller that the tables of the kernel do not list is refused.
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
KNOWS_OWNERS: Final = platform.system() == "Linux"
ROOT: Final = 0
MAPPED: Final = bytes(10) + b"\xff\xff"
TIME_WAIT: Final = "06"
NO_INODE: Final = "0"
"""The inode in the tables for a socket that no process holds: closed, or not accepted yet."""

End = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SocketEntry:
    """A line of the kernel's tables: both ends as the kernel spells them, and the user that holds the first."""

    local: str
    remote: str
    user: int
    is_held: bool


def is_ours(client: End, server: End) -> bool:
    """Return whether the process at the other end belongs to the user of this process, or to root."""
    if not KNOWS_OWNERS:
        return True
    return owner(client, server) in (os.geteuid(), ROOT)


def owner(client: End, server: End) -> int | None:
    """Return the id of the user with the process that holds the client's end, None where no process does."""
    wanted = {(one, other) for one in _spellings(client) for other in _spellings(server)}
    found = [one for one in _connections() if (one.local, one.remote) in wanted]
    users = {one.user for one in found if one.is_held}
    # Two lines for one pair of ends are an old connection and a new one, so the owner of the caller is unknown.
    return users.pop() if len(found) == len(users) == 1 else None


def _connections() -> Iterator[SocketEntry]:
    for table in TABLES:
        if table.exists():
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                columns = line.split()
                is_held = columns[3] != TIME_WAIT and columns[9] != NO_INODE
                yield SocketEntry(columns[1], columns[2], int(columns[7]), is_held)


def _spellings(end: End) -> Iterator[str]:
    """Yield an end as the kernel may spell it: words of 32 bits in native byte order, the port in hexadecimal."""
    host, port = end
    address = _plain(host)
    yield f"{_words(address.packed)}:{port:04X}"
    if address.version == 4:  # noqa: PLR2004 - IPv4
        yield f"{_words(MAPPED + address.packed)}:{port:04X}"  # the same address at an IPv6 socket


def _plain(host: str) -> IPv4Address | IPv6Address:
    """Return an address; an IPv4-mapped IPv6 address becomes IPv4."""
    address = ip_address(host)
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _words(packed: bytes) -> str:
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(packed) // 4}I", packed))
