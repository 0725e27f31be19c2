"""The owner of the process at the other end, for real connections."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sync.page import peer_process
from sync.page.peer_process import End, is_ours, owner

needs_proc = pytest.mark.skipif(
    not peer_process.TABLES[0].exists(), reason="only Linux names the owner of a connection"
)


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
def test_a_connection_of_our_own_process_is_ours() -> None:
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
def test_a_connection_without_an_owner_is_not_ours() -> None:
    with connected("127.0.0.1") as (client, server):
        assert owner((client[0], 1), server) is None
        assert not is_ours((client[0], 1), server)
        assert not is_ours(client, ("127.0.0.2", server[1]))


@needs_proc
def test_a_connection_of_another_user_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == peer_process.ROOT:
        monkeypatch.setattr(peer_process, "ROOT", -1)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with connected("127.0.0.1") as (client, server):
        assert not is_ours(client, server)


@needs_proc
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("server_closes_too", [False, True], ids=["fin_wait", "time_wait"])
def test_a_caller_that_disconnected_is_not_ours(family: socket.AddressFamily, server_closes_too: bool) -> None:
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with ExitStack() as stack:
        try:
            server = stack.enter_context(socket.create_server((host, 0), family=family))
        except OSError:
            pytest.skip("no IPv6 here")
        client = socket.create_connection(server.getsockname()[:2])
        accepted, peer = server.accept()
        stack.callback(accepted.close)
        ends = (peer[0], peer[1]), (client.getpeername()[0], client.getpeername()[1])
        assert is_ours(*ends)
        client.close()
        if server_closes_too:
            accepted.recv(1)
            accepted.close()
        assert owner(*ends) is None
        assert not is_ours(*ends)


@needs_proc
def test_a_caller_over_ipv6_that_means_ipv4_is_known_by_either_spelling() -> None:
    try:
        with ExitStack() as stack:
            server = stack.enter_context(socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True))
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.getsockname()[1])))
            accepted, peer = server.accept()
            assert peer[0] == "::ffff:127.0.0.1"
            mapped, here = (peer[0], peer[1]), (accepted.getsockname()[0], accepted.getsockname()[1])
            assert owner(mapped, here) == owner(("127.0.0.1", peer[1]), ("127.0.0.1", here[1])) == os.geteuid()
            client.close()
            assert owner(mapped, here) is None
            accepted.close()
    except OSError:
        pytest.skip("no IPv6 here")


HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def line(state: str, user: int, inode: int) -> str:
    ends = "0100007F:C350 0100007F:2253"
    return f"   0: {ends} {state} 00000000:00000000 00:00000000 00000000 {user:5} 0 {inode} 1 0 20 4\n"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([line("01", 1000, 4711)], 1000),
        ([line("05", 1000, 4711)], 1000),  # it has ended its half, and still reads
        ([line("01", 0, 4711)], 0),
        ([line("04", 0, 0)], None),
        ([line("06", 1000, 4711)], None),
        ([line("08", 0, 0)], None),
        ([line("06", 0, 0), line("01", 1000, 4711)], None),
        ([line("01", 1000, 4711), line("01", 1001, 4712)], None),
        ([], None),
    ],
)
def test_only_a_socket_that_one_process_holds_has_an_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], found: int | None
) -> None:
    (tmp_path / "tcp").write_text(HEAD + "".join(lines), encoding="ascii")
    monkeypatch.setattr(peer_process, "TABLES", (tmp_path / "tcp", tmp_path / "tcp6"))
    assert owner(("127.0.0.1", 50000), ("127.0.0.1", 8787)) == found


def test_on_linux_without_the_tables_no_caller_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_process, "TABLES", (tmp_path / "tcp",))
    monkeypatch.setattr(peer_process, "KNOWS_OWNERS", True)
    assert not is_ours(("127.0.0.1", 50000), ("127.0.0.1", 8787))
    monkeypatch.setattr(peer_process, "KNOWS_OWNERS", False)
    assert is_ours(("127.0.0.1", 50000), ("127.0.0.1", 8787))
