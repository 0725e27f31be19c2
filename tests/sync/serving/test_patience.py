import socket
from collections.abc import Iterator

import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sync.config.allowed import Address
from sync.serving import patience
from sync.serving.listener import Listener


@pytest.fixture
def listener() -> Iterator[Listener]:
    app = Starlette(routes=[Route("/", lambda _request: PlainTextResponse("well"))])
    one = Listener(app, Address("127.0.0.1", 0), "page").start()
    yield one
    one.stop()


def is_hung_up(line: socket.socket) -> bool:
    """Wait until the other end closes, without a word."""
    try:
        return line.recv(100) == b""
    except ConnectionResetError:
        return True


def asked(line: socket.socket) -> bytes:
    """Ask for the page, and return the whole answer."""
    line.sendall(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
    answer = b""
    while not answer.endswith(b"well"):
        answer += line.recv(1000)
    return answer


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: example.com\r\nX-A: "])
def test_who_does_not_end_the_headers_is_hung_up_on(
    listener: Listener, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEADERS", 0.05)
    with socket.create_connection(listener.address, timeout=30) as line:
        line.sendall(said)
        assert is_hung_up(line)


def test_who_is_answered_may_take_their_time_until_the_next_request(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_connection(listener.address, timeout=30) as line:
        assert asked(line).endswith(b"well")
        monkeypatch.setattr(patience, "HEADERS", 0.05)
        with socket.create_connection(listener.address, timeout=30) as slow:
            assert is_hung_up(slow)  # so its time has passed, and that of the other as well
        assert asked(line).endswith(b"well")
        line.sendall(b"GET / HT")
        assert is_hung_up(line)


def test_what_is_no_http_is_refused_and_leaves_no_line_in_the_log(
    listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(listener.address, timeout=30) as line:
        line.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 400")
    listener.stop()
    assert capfd.readouterr() == ("", "")


def test_no_more_than_so_many_are_let_in_at_once(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MOST", 2)
    lines = [socket.create_connection(listener.address, timeout=30) for _ in range(3)]
    try:
        assert is_hung_up(lines[2])
    finally:
        for line in lines:
            line.close()
    with requests.Session() as session:
        answer = None
        while answer is None:  # the two places become free when the server has seen them close
            try:
                answer = session.get(f"http://{listener.address}/", timeout=30)
            except requests.ConnectionError:
                continue
        assert answer.text == "well"
