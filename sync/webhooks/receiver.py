"""Answer the requests of webhooks: an ASGI application.

Rules kept here:
- a request is checked in this order: path, method, size, signature. Only then is its body parsed. Nothing of it is
  ever logged;
- a body is read only up to the allowed size, and for at most LONGEST seconds;
- an event further from now than `window` counts as late. An event without a time is taken; one without an id is
  recognised by its whole body. An event only causes a record to be read, so one that is sent again does no harm;
- a genuine event is answered 200, useful or not, unless it shall be sent again: that is 503. A system may send again
  whatever is not answered 2xx, and stop sending to an address that answers too much else.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from connectors import registry
from connectors.clock import Clock
from connectors.system import WebhookEvent, WebhookReader
from state.webhook_queue import Outcome, QueuedEvent
from sync.config.model import Config
from sync.config.webhooks import WebhooksOptions
from sync.output import event_log
from sync.rules.contact_codec import to_ms
from sync.webhooks import counters as words
from sync.webhooks.batch_writer import BatchWriter, QueueLimits, Wake
from sync.webhooks.counters import Counters
from sync.webhooks.routes import Routes, hints_of, routes_of, wanted

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

LONGEST: Final = 10.0
"""Seconds that a body may take to arrive."""
DIGEST_BYTES: Final = 16

ANSWERS: Final = {
    words.QUEUED: 200, words.DUPLICATE: 200, words.IGNORED: 200, words.PUT_OFF: 503, words.UNSIGNED: 401,
    words.LATE: 200, words.LARGE: 413, words.SLOW: 408, words.UNREADABLE: 200, words.MISDIRECTED: 404,
    words.NO_POST: 405,
}  # fmt: skip
KEPT: Final = {
    Outcome.QUEUED: words.QUEUED, Outcome.DUPLICATE: words.DUPLICATE, Outcome.LATE: words.LATE,
    Outcome.FULL: words.PUT_OFF,
}  # fmt: skip
CLOSING: Final = frozenset({words.LARGE, words.SLOW, words.MISDIRECTED, words.NO_POST})
"""After these the rest of the request may still arrive, so the connection is closed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the config in force says: its readers by kind of system, and where events go.

    `of` raises ValueError for a key that cannot be used.
    """

    config: Config
    options: WebhooksOptions
    readers: Mapping[str, WebhookReader]
    routes: Routes

    @classmethod
    def of(cls, config: Config, options: WebhooksOptions) -> "Rules":
        """Return what a config says. Raises ValueError."""
        systems = [one for one in registry.systems() if one.webhooks is not None]
        readers = {one.kind: one.webhooks.reader(options) for one in systems if one.webhooks is not None}
        return cls(config, options, readers, routes_of(config))

    @property
    def limits(self) -> QueueLimits:
        """Return what the batch writer has to know of it."""
        return QueueLimits(self.options.queue, round(self.options.window.total_seconds() * 1000), wanted(self.routes))

    def is_late(self, event: WebhookEvent, now: datetime) -> bool:
        """Say whether an event's time is further from now than `window`."""
        return event.at is not None and abs(now - event.at) > self.options.window

    def takers(self, path: str) -> list[str]:
        """Return the kinds of system that send events to a path."""
        if not path.startswith(self.options.path):
            return []
        rest = path.removeprefix(self.options.path)
        return [kind for kind, reader in self.readers.items() if reader.takes(rest)]

    def sender(
        self, kinds: Iterable[str], path: str, body: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> str | None:
        """Return which of these kinds a request is genuinely from, None where it is from none of them."""
        rest, known = path.removeprefix(self.options.path), list(headers)
        return next((kind for kind in kinds if self.readers[kind].is_genuine(rest, body, known)), None)


class WebhookReceiver:
    """Answers requests. `config` returns the config in force; `wake` is called with the streams that have new hints."""

    def __init__(self, config: Callable[[], Config], clock: Clock, counters: Counters, wake: Wake) -> None:
        self._config = config
        self._clock = clock
        self._counters = counters
        self._rules: Rules | None = None
        self._writer = BatchWriter(config().state.path, clock, counters, wake, self._limits)

    def open(self, config: Config) -> None:
        """Start. Raises ValueError for a key in the config that cannot be used."""
        if config.webhooks is not None:
            self._rules = Rules.of(config, config.webhooks)
        self._writer.start()

    def close(self) -> None:
        """Write what has come, and stop."""
        self._writer.stop()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer one request."""
        outcome = await self._received(scope, receive)
        if outcome is not None:
            self._counters.count(outcome)
            await _respond(send, outcome)

    async def _received(self, scope: "Scope", receive: "Receive") -> str | None:
        """Return the outcome of a request, None where its sender has closed the connection."""
        rules = self._in_force()
        if rules is None:
            return words.PUT_OFF  # the config that starts the listener is not in force yet
        takers = rules.takers(scope["path"])
        if not takers:
            return words.MISDIRECTED
        if scope["method"] != "POST":
            return words.NO_POST
        body = await _body(scope, receive, rules.options.largest)
        if not isinstance(body, bytes):
            return body
        sender = rules.sender(takers, scope["path"], body, scope["headers"])
        return words.UNSIGNED if sender is None else await self._keep_event(rules, sender, body)

    async def _keep_event(self, rules: Rules, sender: str, body: bytes) -> str:
        """Queue the event in a genuine body of a kind of system; return the outcome."""
        try:
            event = rules.readers[sender].read(body)
        except (ValueError, RecursionError):
            return words.UNREADABLE
        hints, now = hints_of(sender, event, rules.routes), self._clock.now()
        if not hints:
            return words.IGNORED
        queued = QueuedEvent(_digest(event, body), hints, to_ms(now) or 0, rules.is_late(event, now))
        return KEPT[await self._writer.queue(queued)]

    def _in_force(self) -> Rules | None:
        """Return the rules of the config in force, which a reload may have changed."""
        config = self._config()
        if config.webhooks is not None and (self._rules is None or self._rules.config is not config):
            self._rules = self._renewed(config, config.webhooks, self._rules)
        return self._rules

    def _renewed(self, config: Config, options: WebhooksOptions, before: Rules | None) -> Rules | None:
        try:
            return Rules.of(config, options)
        except ValueError as error:
            event_log.error("a key in [webhooks] cannot be used, the keys before stay in force", reason=str(error))
            return None if before is None else replace(before, config=config, options=options)

    def _limits(self) -> QueueLimits:
        if self._rules is None:
            return QueueLimits(0, round(timedelta(minutes=10).total_seconds() * 1000), frozenset())
        return self._rules.limits


def _digest(event: WebhookEvent, body: bytes) -> bytes:
    """Return what an event is recognised by when it comes again."""
    known = f"{event.place} {event.webhook}".encode(errors="surrogatepass") if event.webhook else body
    return blake2b(known, digest_size=DIGEST_BYTES).digest()


def _announced(scope: "Scope") -> int:
    """Return the length of the body by its header, 0 where there is none."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _body(scope: "Scope", receive: "Receive", largest: int) -> bytes | str | None:
    """Return a body, or why it is refused; None where its sender has closed the connection."""
    if _announced(scope) > largest:
        return words.LARGE
    try:
        async with asyncio.timeout(LONGEST):
            return await _all_parts(receive, largest)
    except TimeoutError:
        return words.SLOW


async def _all_parts(receive: "Receive", largest: int) -> bytes | str | None:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            return words.LARGE
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _respond(send: "Send", outcome: str) -> None:
    status = ANSWERS[outcome]
    headers = [(b"content-length", b"0")]
    headers += [(b"connection", b"close")] if outcome in CLOSING else []
    headers += [(b"retry-after", b"60")] if outcome == words.PUT_OFF else []
    headers += [(b"allow", b"POST")] if outcome == words.NO_POST else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
