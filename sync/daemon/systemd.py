"""What a service tells systemd (sd_notify(3)): that it is ready, what it does, that it is well, that it ends.

A message is a datagram to the socket that systemd names in the environment; without one nobody is told.
"""

import os
import socket
from contextlib import suppress
from typing import Final

READY: Final = "READY=1"
WELL: Final = "WATCHDOG=1"
RELOADING: Final = "RELOADING=1"
STOPPING: Final = "STOPPING=1"


def tell(*states: str) -> None:
    """Tell systemd these states. A service manager that can't be reached is no reason to end."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in {"/", "@"}:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.settimeout(1.0)
        out.sendto("\n".join(states).encode(), address.replace("@", "\0", 1))
