"""V: the HTTP server of the daemon, answering 200 to every body that it has read, and doing nothing else.

It prints where it listens, and ends with its input.
"""

import sys
from typing import TYPE_CHECKING

from sync.config.value_types import Address
from sync.http_server.listener import Listener

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


async def answer(_scope: "Scope", receive: "Receive", send: "Send") -> None:
    """Read a body, and say that all is well."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def main() -> None:
    """Serve until the input ends."""
    listener = Listener(answer, Address("127.0.0.1", 0), "floor").start()
    print(listener.address.port, flush=True)
    sys.stdin.read()
    listener.stop()


if __name__ == "__main__":
    main()
