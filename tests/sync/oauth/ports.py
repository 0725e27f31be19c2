"""Ports for tests that have to know one beforehand."""

import os
import socket
from itertools import count
from typing import Final

FIRST: Final = 20_000
"""Below what the kernel gives to those who ask for any port, so that no process gets one of these by chance."""
SPAN: Final = 12_000
_drawn = count(os.getpid() * 16)


def free_port() -> int:
    """Return a free port of loopback; other processes that ask here get others."""
    while True:
        port = FIRST + next(_drawn) % SPAN
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if trial.connect_ex(("127.0.0.1", port)):
                return port
