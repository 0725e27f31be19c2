"""Whose process is at the other end: asked of the kernel, with real connections."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from sync.page import neighbour
from sync.page.neighbour import End, is_ours, owner

needs_proc = pytest.mark.skipif(not neighbour.TABLES[0].exists(), reason="only Linux says whose a connection is")


@contextmanager
def connected(host: str, family: int = socket.AF_INET) -> Iterator[tuple[End, End]]:
    """Connect two sockets of ours, and yield the ends as the server sees them."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server((host, 0), family=family))
        client = stack.enter_context(socket.create_connection(server.getsockname()[:2]))
        accepted, peer = server.accept()
        stack.callback(accepted.close)
        yield (peer[0], peer[1]), (client.getpeername()[0], client.getpeername()[1])


@needs_proc
def test_a_connection_from_a_process_of_ours_is_ours() -> None:
    with connected("127.0.0.1") as (client, server):
        assert owner(client, server) == os.geteuid()
        assert is_ours(client, server)


@needs_proc
@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_so_is_one_over_ipv6() -> None:
    try:
        with connected("::1", socket.AF_INET6) as (client, server):
            assert owner(client, server) == os.geteuid()
    except OSError:
        pytest.skip("no IPv6 here")


@needs_proc
def test_a_connection_that_nobody_has_is_not_ours() -> None:
    with connected("127.0.0.1") as (client, server):
        assert owner((client[0], 1), server) is None
        assert not is_ours((client[0], 1), server)
        assert not is_ours(client, ("127.0.0.2", server[1]))


@needs_proc
def test_a_connection_of_somebody_else_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == neighbour.ROOT:
        monkeypatch.setattr(neighbour, "ROOT", -1)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with connected("127.0.0.1") as (client, server):
        assert not is_ours(client, server)
