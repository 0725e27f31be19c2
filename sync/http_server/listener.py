"""An ASGI application on an address, served in a thread of its own by uvicorn.

Rules kept here:
- the address is taken before the thread starts, so that one that is in use is told at once and not in a log;
- the signals of the process stay with whoever has them; the listener ends when it is told to;
- nothing of a request is logged: an address may hold what nobody but the caller should read.
"""

import os
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Self

import uvicorn

from sync.config.value_types import Address
from sync.errors import ConfigError
from sync.http_server.connection_limits import Callers, Limits
from sync.http_server.request_limits import LimitedProtocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp

BACKLOG: Final = 512
"""Connections that wait to be accepted; the kernel turns away those beyond, who try again."""
KEPT_ALIVE: Final = 75
"""Seconds that an idle connection is kept: longer than a reverse proxy keeps it, so that no request meets its end."""

EVERYDAY: Final = Limits()


class Listener:
    """An application that answers at an address from `start` until `stop`."""

    def __init__(self, application: "ASGIApp", address: Address, key: str, limits: Limits = EVERYDAY) -> None:
        self._address = address
        self._key = key
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                http=partial(LimitedProtocol, callers=Callers(limits)),  # type: ignore[arg-type] # all it does is call it
                ws="none",
                timeout_keep_alive=KEPT_ALIVE,
                timeout_graceful_shutdown=1,
            )
        )

    @property
    def address(self) -> Address:
        """Return where it listens; the port is the real one once it has started."""
        return self._address

    def start(self) -> Self:
        """Take the address and begin. Raises ConfigError, with the key of the config file, where it can't be taken."""
        self._socket = self._taken()
        self._address = Address(self._address.host, int(self._socket.getsockname()[1]))
        self._thread = threading.Thread(target=self._serve, name=self._key, daemon=True)
        self._thread.start()
        return self

    def stop(self, seconds: float = 0.4) -> None:
        """Answer nobody any more, and wait so long for what is being answered."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(seconds)
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()

    def _taken(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._address.host else socket.AF_INET
        try:
            taken = socket.create_server(self._address, family=family, backlog=BACKLOG)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else error
            raise ConfigError(
                f"{self._key}: {self._address} can't be listened at: {reason}; "
                "end what listens there, or write another address"
            ) from None
        # Whoever is accepted has it too. Without it the second half of an answer waits 40 ms for a word on the first.
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return taken

    def _serve(self) -> None:
        assert self._socket is not None  # noqa: S101 - `start` has taken it
        self._server.run(sockets=[self._socket])
