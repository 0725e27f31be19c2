"""What a caller may put a listener through: real connections for what a user sees, a clock by hand for times."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import uvicorn
from uvicorn.server import ServerState

from sync.config.value_types import Address
from sync.http_server.connection_limits import Callers, Limits
from sync.http_server.listener import Listener
from sync.http_server.request_limits import LimitedProtocol


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Wait for the whole body, as a careless application does, and say what came."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        if not message["more_body"]:
            break
    text = b"well" if scope["method"] == "GET" else b"%d bytes, %d headers" % (size, len(scope["headers"]))
    headers = [(b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


@contextmanager
def listening(**limits: Any) -> Iterator[Listener]:
    one = Listener(application, Address("127.0.0.1", 0), "page", Limits(**limits)).start()
    try:
        yield one
    finally:
        one.stop()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as one:
        yield one


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


def test_what_is_not_http_is_refused_and_not_logged(listener: Listener, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(listener.address, timeout=30) as line:
        line.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 400")
    listener.stop()
    assert capfd.readouterr() == ("", "")


def test_a_new_caller_is_answered_while_slow_callers_hold_all_connections() -> None:
    with listening(places=8, places_of_one=6) as listener, ExitStack() as stack:
        head = b"POST /read HTTP/1.1\r\nHost: example.com\r\nContent-Length: 9\r\n\r\n"
        slow = []
        for at in range(30):
            slow.append(stack.enter_context(socket.create_connection(listener.address, timeout=30)))
            slow[-1].sendall(head if at % 2 else b"")
        with socket.create_connection(listener.address, timeout=30) as line:
            assert asked(line).endswith(b"well")
        assert is_hung_up(slow[0])
        with requests.Session() as session:
            assert session.get(f"http://{listener.address}/", timeout=30).text == "well"


def test_a_head_has_a_size_limit_however_it_is_split(listener: Listener) -> None:
    for piece in (b"a" * 65536, b"a: b\r\n" * 5000, b"\r\n" * 40000):
        with socket.create_connection(listener.address, timeout=30) as line:
            sent = 0
            try:
                line.sendall(b"GET / HTTP/1.1\r\nHost: example.com\r\nx: " if piece[:1] == b"a" else b"")
                while sent < 600_000_000:
                    sent += line.send(piece)
            except OSError:
                pass
            assert sent < 20_000_000  # what the kernel holds for both ends


def test_many_requests_at_once_are_not_all_kept(listener: Listener) -> None:
    one = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
    with socket.create_connection(listener.address, timeout=30) as line:
        line.sendall(one * 5)
        answers = b""
        while answers.count(b"well") < 5:
            answers += line.recv(1000)
    with socket.create_connection(listener.address, timeout=30) as line:
        try:
            line.sendall(one * 5000)
            while line.recv(65536):
                pass
        except OSError:
            pass
    with socket.create_connection(listener.address, timeout=30) as line:
        assert asked(line).endswith(b"well")


def test_trailers_are_no_headers(listener: Listener) -> None:
    head = b"POST /read HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(listener.address, timeout=30) as line:
        line.sendall(head + b"3\r\nabc\r\n0\r\nx-a: b\r\nx-c: d\r\n\r\n")
        answer = b""
        while not answer.endswith(b"headers"):
            answer += line.recv(1000)
        assert answer.endswith(b"3 bytes, 2 headers")


@dataclass
class Alarm:
    """A call that is due at a time."""

    at: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Loop(asyncio.SelectorEventLoop):
    """An event loop, the clock of its alarms moved by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.alarms: list[Alarm] = []

    def call_later(  # type: ignore[override] # alarms are of our own kind here
        self, delay: float, callback: Any, *args: Any, context: Any = None
    ) -> Any:
        del context
        alarm = Alarm(self.now + delay, lambda: callback(*args))
        self.alarms.append(alarm)
        return alarm

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and ring what is due."""
        self.now += seconds
        due = [alarm for alarm in self.alarms if alarm.at <= self.now and not alarm.is_cancelled]
        self.alarms = [alarm for alarm in self.alarms if alarm.at > self.now]
        for alarm in due:
            alarm.call()
        self.turn()

    def turn(self) -> None:
        """Do what can be done at once."""
        for _ in range(10):
            self.call_soon(self.stop)
            self.run_forever()


@dataclass
class Transport:
    """A connection without a network."""

    sent: bytes = b""
    is_closed: bool = False
    extra: dict[str, Any] = field(default_factory=lambda: {"peername": ("192.0.2.1", 5000)})
    on_close: Callable[[], object] = lambda: None

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.on_close()

    abort = close

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.extra.get(name, default)

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


@dataclass
class Line:
    """A connection to the application, and its clock."""

    loop: Loop
    limits: Limits = Limits()  # noqa: RUF009 - it is frozen
    transport: Transport = field(default_factory=Transport)

    def __post_init__(self) -> None:
        config = uvicorn.Config(application, lifespan="off", log_config=None, ws="none", timeout_keep_alive=75)
        self.protocol = LimitedProtocol(
            config=config, server_state=ServerState(), app_state={}, _loop=self.loop, callers=Callers(self.limits)
        )
        self.transport.on_close = lambda: self.loop.call_soon(self.protocol.connection_lost, None)
        self.protocol.connection_made(self.transport)  # type: ignore[arg-type] # all that is asked of it

    def say(self, data: bytes) -> bytes:
        """Send something, and return what has been answered since."""
        before = len(self.transport.sent)
        if not self.transport.is_closed:
            self.protocol.data_received(data)
        self.loop.turn()
        return self.transport.sent[before:]


@pytest.fixture
def loop() -> Iterator[Loop]:
    one = Loop()
    yield one
    for task in asyncio.all_tasks(one):
        task.cancel()
    one.turn()
    one.close()


GET = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
POST = b"POST /read HTTP/1.1\r\nHost: example.com\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"\r\n", b"GET / HT", b"GET / HTTP/1.1\r\nHost: example.com\r\nX-A: "])
def test_a_head_that_never_ends_closes_the_connection(loop: Loop, said: bytes) -> None:
    line = Line(loop)
    line.say(said)
    loop.pass_by(9.9)
    assert not line.transport.is_closed
    loop.pass_by(0.2)
    assert line.transport.is_closed
    assert line.transport.sent == b""


def test_a_slow_head_gets_no_more_time(loop: Loop) -> None:
    line = Line(loop)
    for byte in GET * 5:
        line.say(bytes([byte]))
        loop.pass_by(1)
    assert line.transport.is_closed
    assert line.transport.sent == b""


def test_a_body_and_a_request_after_a_response_have_the_same_limit(loop: Loop) -> None:
    line = Line(loop)
    line.say(POST)
    for _ in range(14):
        loop.pass_by(1)
        line.say(b"x")
    assert not line.transport.is_closed
    loop.pass_by(1.1)
    assert line.transport.is_closed
    line = Line(loop)
    assert line.say(GET).endswith(b"well")
    loop.pass_by(74)
    assert not line.transport.is_closed
    line.say(b"\r\n")  # an idle connection is not kept for ever by a blank line now and then
    loop.pass_by(11)
    assert line.transport.is_closed


def test_an_idle_caller_may_wait_before_the_next_request(loop: Loop) -> None:
    line = Line(loop)
    for _ in range(3):
        assert line.say(GET).endswith(b"well")
        loop.pass_by(60)
    line.say(b"GET / HT")
    loop.pass_by(10.1)
    assert line.transport.is_closed


def test_a_response_that_is_not_read_closes_the_connection(loop: Loop) -> None:
    line = Line(loop)
    line.protocol.pause_writing()
    line.say(GET)
    loop.pass_by(29)
    line.protocol.resume_writing()
    loop.turn()
    assert line.transport.sent.endswith(b"well")
    line.protocol.pause_writing()
    loop.pass_by(31)
    assert line.transport.is_closed


@pytest.mark.parametrize("size", [1, 100, 65536])
def test_a_head_without_an_end_is_refused_and_not_kept(loop: Loop, size: int) -> None:
    line = Line(loop)
    line.say(b"GET / HTTP/1.1\r\nHost: example.com\r\nX-A: ")
    for _ in range(100_000):
        line.say(b"a" * size) if size > 1 else line.protocol.data_received(b"a")
        if line.transport.is_closed:
            break
    assert line.transport.sent.startswith(b"HTTP/1.1 431")
    assert line.transport.is_closed


def test_a_head_of_too_many_lines_is_refused(loop: Loop) -> None:
    line = Line(loop)
    assert line.say(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 99 + b"\r\n").endswith(b"well")
    assert line.say(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n").startswith(b"HTTP/1.1 400")
    assert line.transport.is_closed


@pytest.mark.parametrize("part", [b"0\r\nx: " + b"a" * 1000, b"1;a=" + b"a" * 1000 + b"\r\nx\r\n"])
def test_the_framing_of_a_body_has_a_size_limit(loop: Loop, part: bytes) -> None:
    line = Line(loop)
    line.say(b"POST /read HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(60):
        line.say(part if part[:1] == b"1" else part[:1] * (line.transport.sent == b"" and _ == 0) + part[-1000:])
    assert line.transport.is_closed


def test_a_body_in_chunks_of_one_byte_is_accepted(loop: Loop) -> None:
    line = Line(loop)
    line.say(b"POST /read HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        line.say(b"1\r\nx\r\n" * 1000)
    assert line.say(b"0\r\n\r\n").endswith(b"100000 bytes, 2 headers")


def test_bodies_that_never_end_are_not_all_kept(loop: Loop) -> None:
    callers = Callers(Limits(held_by_one=300_000))
    lines = [Line(loop) for _ in range(4)]
    for line in lines:
        line.protocol._callers = callers
        callers.add(line.protocol)
        line.say(POST.replace(b"100", b"900000") + b"x" * 100_000)
    assert [line.transport.is_closed for line in lines] == [True, True, False, False]
    lines[2].say(b"x" * 700_000)
    assert [line.transport.is_closed for line in lines] == [True, True, True, False]
