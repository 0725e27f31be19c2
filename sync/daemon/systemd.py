"""Notify systemd (sd_notify(3)) that the service is ready, healthy, reloading or stopping.

A message is a datagram to the socket in the variable NOTIFY_SOCKET. Without that variable nothing is sent.
"""

import os
import socket
from contextlib import suppress
from typing import Final

READY: Final = "READY=1"
HEALTHY: Final = "WATCHDOG=1"
RELOADING: Final = "RELOADING=1"
STOPPING: Final = "STOPPING=1"


def notify(*states: str) -> None:
    """Send these states to systemd. An error is ignored: a service manager that does not answer stops no run."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in {"/", "@"}:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.settimeout(1.0)
        out.sendto("\n".join(states).encode(), address.replace("@", "\0", 1))
