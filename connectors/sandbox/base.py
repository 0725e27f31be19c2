"""The base of every sandbox: an HTTP/1.1 server on loopback with configurable faults and rate limit.

A system's sandbox derives from Sandbox and implements `handle`. Here are keep-alive connections, the `Date` of a clock
that may be wrong, a rate limit with its headers, and faults. It runs in threads of the process that started it; `stop`
ends and joins them all. A bug in `handle` is answered with 500 and raised again by `stop`, so that no test misses it.
"""

import json
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal, Self

from connectors.http.rate_headers import RateLimit
from connectors.sandbox.faults import WITH_EFFECT, Fault
from connectors.sandbox.rate_limit import ServerAllowance, ServerRateLimit
from connectors.sandbox.server import Call, Headers, Outgoing, SandboxServer

__all__ = ["Call", "Fault", "Headers", "RateLimit", "Sandbox", "SandboxResponse"]

HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>Please wait...</body></html>"


@dataclass(frozen=True, slots=True)
class SandboxResponse:
    """An answer: a JSON value, raw bytes, or None for an empty body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Sandbox(ABC):
    """A server on 127.0.0.1. `now` is the clock, and the server's time is `clock_offset` ahead of it.

    `rate` may be changed at any time. `retry_after` is how a 429 says when to come back. `latency` is seconds per
    answer.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_offset: timedelta = timedelta(0),
        rate: RateLimit | None = None,
        retry_after: Literal["seconds", "date", "none"] = "none",
        keep_calls: bool = True,
    ) -> None:
        self.now = now
        self.clock_offset = clock_offset
        self.retry_after = retry_after
        self.keep_calls = keep_calls
        self.latency = 0.0
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.throttled = 0
        self.lock = threading.RLock()
        self._allowance: ServerAllowance | None = None
        self.rate = rate
        self._port = port
        self._server: SandboxServer | None = None
        self._kept: socket.socket | None = None
        self._stopping = threading.Event()
        self._late: dict[threading.Thread, Call] = {}
        self._timers: list[threading.Timer] = []
        self._bugs: list[Exception] = []

    def make_allowance(self, limit: RateLimit) -> ServerAllowance:
        """Return what counts the calls of this server."""
        return ServerRateLimit(limit)

    @abstractmethod
    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call. Called by one thread at a time. The answer is encoded before the next call."""

    @property
    def rate(self) -> RateLimit | None:
        """The limit in force."""
        return self._allowance.limit if self._allowance else None

    @rate.setter
    def rate(self, limit: RateLimit | None) -> None:
        with self.lock:
            if limit is not None and self._allowance is not None:
                self._allowance.limit = limit
            else:
                self._allowance = self.make_allowance(limit) if limit else None

    @property
    def url(self) -> str:
        """The address, without a trailing slash. Known from the start on, and the same after a restart."""
        if not self._port:
            raise RuntimeError("the sandbox has not been started")
        return f"http://127.0.0.1:{self._port}"

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return self._server.connections if self._server is not None else 0

    def server_now(self) -> datetime:
        """Return the server's time: for `Date`, and for the times of records."""
        return self.now() + self.clock_offset

    def start(self) -> Self:
        """Listen, on the same port as before."""
        self._stopping.clear()
        self._free_port()
        self._server = SandboxServer(self._port, self.respond, self.server_now)
        self._port = self._server.port
        self._server.start()
        return self

    def stop(self) -> None:
        """Close every connection, end every thread, drop late effects, and raise the first bug of `handle`."""
        self._halt()
        if self._bugs:
            raise self._bugs.pop(0)

    def go_down(self) -> None:
        """Stop and keep the port reserved: calls are refused there until `start`."""
        self.stop()
        self._kept = socket.socket()
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._kept.bind(("127.0.0.1", self._port))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop() if kind is None else self._halt()

    def foreign_calls(self, calls: int) -> None:
        """Use up so much of the allowance, as another client."""
        with self.lock:
            if self._allowance is not None:
                self._allowance.take(self.server_now(), calls)

    def deliver_late(self) -> None:
        """Carry out every late effect that is still pending."""
        for timer in list(self._late):
            self._land(timer)

    def respond(self, call: Call) -> Outgoing:
        """Return the answer to a call."""
        with self.lock:
            if self.keep_calls:
                self.calls.append(call)
            refused = self._throttle()
            if refused is not None:
                return self._encode(refused)
            fault = next((each for each in self.faults if each.strikes(call.method, call.path)), None)
        self._pause(self.latency / 2)
        outgoing = self._effect(call) if fault is None else self._fail(fault, call)
        self._pause(self.latency / 2)
        return outgoing

    def _throttle(self) -> SandboxResponse | None:
        now = self.server_now()
        if self._allowance is None or self._allowance.take(now):
            return None
        self.throttled += 1
        wait = self._allowance.wait(now)
        headers = {
            "none": {},
            "seconds": {"Retry-After": str(int(-(-wait // 1)))},
            "date": {"Retry-After": http_date(now + timedelta(seconds=wait + 1))},
        }[self.retry_after]
        return SandboxResponse(429, {"statusCode": 429, "message": "Too Many Requests"}, headers)

    def _effect(self, call: Call) -> Outgoing:
        with self.lock:
            try:
                return self._encode(self.handle(call))
            except Exception as bug:  # noqa: BLE001 (kept for `stop`, which raises it)
                self._bugs.append(bug)
                return self._encode(SandboxResponse(500, {"message": f"the sandbox is broken: {bug!r}"}))

    def _fail(self, fault: Fault, call: Call) -> Outgoing:
        answer = self._effect(call) if fault.kind in WITH_EFFECT else Outgoing(b"")
        match fault.kind:
            case "html" | "html_after":
                return self._encode(SandboxResponse(200, HTML, {"Content-Type": "text/html; charset=utf-8"}))
            case "status" | "status_after":
                return self._encode(SandboxResponse(fault.status, fault.body, fault.headers))
            case "cut":
                head, _, body = answer.data.partition(b"\r\n\r\n")
                return Outgoing(head + b"\r\n\r\n" + body[: len(body) // 2], "close")
            case "close_after":
                return Outgoing(answer.data, "close")
            case "drop_before" | "drop_after":
                return Outgoing(b"", "close")
            case "late":
                self._schedule(fault.delay, call)
            case "hang" | "hang_after":
                self._pause(fault.delay)
            case "reset_before" | "reset_after":
                pass
        return Outgoing(b"", "reset")

    def _schedule(self, delay: float, call: Call) -> None:
        timer = threading.Timer(delay, lambda: self._land(timer))
        timer.daemon = True
        with self.lock:
            self._late[timer] = call
            self._timers.append(timer)
        timer.start()

    def _land(self, timer: threading.Thread) -> None:
        with self.lock:
            call = self._late.pop(timer, None)
        if call is not None:
            self._effect(call)

    def _encode(self, served: SandboxResponse) -> Outgoing:
        now = self.server_now()
        body, kind = encode_body(served.body)
        headers = {"Date": http_date(now), "Content-Type": kind}
        if self._allowance is not None:
            headers.update(self._allowance.headers(now))
        headers.update(served.headers)
        headers["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return Outgoing(f"{status_line(served.status)}{lines}\r\n".encode("latin-1") + body)

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._stopping.wait(seconds)

    def _halt(self) -> None:
        self._stopping.set()
        for timer in self._timers:
            timer.cancel()
            timer.join()
        self._timers.clear()
        self._late.clear()
        self._free_port()
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _free_port(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def encode_body(body: Any) -> tuple[bytes, str]:
    """Return the bytes of a body and their content type."""
    if body is None:
        return b"", "application/json"
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    return json.dumps(body, separators=(",", ":")).encode(), "application/json; charset=utf-8"


def http_date(moment: datetime) -> str:
    """Return a time as `Date` shows it, in whole seconds."""
    return _http_date(int(moment.timestamp()))


@lru_cache(maxsize=64)
def _http_date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)


@lru_cache(maxsize=64)
def status_line(status: int) -> str:
    """Return the first line of an answer, with its line end."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unnamed"
    return f"HTTP/1.1 {status} {phrase}\r\n"
