"""Whose process is at the other end of a connection within this machine.

Everybody who is logged in can reach an address of this machine, and the state file is readable by its owner alone. So
where no token is asked for, people's data are shown to the processes of that same user, and of root. Linux says whose
a connection is; elsewhere nobody does, and the address itself has to be enough.
"""

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TABLES: Final = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
ROOT: Final = 0
MAPPED: Final = bytes(10) + b"\xff\xff"

End = tuple[str, int]


def is_ours(client: End, server: End) -> bool:
    """Say whether the process at the other end belongs to our user, or to root."""
    if not TABLES[0].exists():
        return True
    return owner(client, server) in (os.geteuid(), ROOT)


def owner(client: End, server: End) -> int | None:
    """Return the number of the user whose socket the client's end is, None where none is found."""
    wanted = {(one, other) for one in _spellings(client) for other in _spellings(server)}
    return next((user for local, remote, user in _connections() if (local, remote) in wanted), None)


def _connections() -> Iterator[tuple[str, str, int]]:
    for table in TABLES:
        if table.exists():
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                columns = line.split()
                yield columns[1], columns[2], int(columns[7])


def _spellings(end: End) -> Iterator[str]:
    """Yield an end as the kernel may spell it: words of 32 bits in the machine's own order, the port in hexadecimal."""
    host, port = end
    if ":" in host:
        yield f"{_words(socket.inet_pton(socket.AF_INET6, host))}:{port:04X}"
        return
    packed = socket.inet_aton(host)
    yield f"{_words(packed)}:{port:04X}"
    yield f"{_words(MAPPED + packed)}:{port:04X}"  # the same, seen by a socket of IPv6


def _words(packed: bytes) -> str:
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(packed) // 4}I", packed))
