"""What is said to whoever comes to the door (an ASGI application).

Rules kept here:
- a request is looked at from the outside in: place, method, size, signature; only then is a word of it read, and
  nothing of it is ever logged;
- a body is read no further than is allowed, and for no longer than LONGEST;
- an event is as old as `window` at most, or as new; one that names no time is taken, and is known by its whole body
  where it has no id. All that an event leads to is that a record is looked at, so one that is sent again does no harm;
- GrowthHub sends again whatever is not answered 2xx, and stops sending to an address that answers too much else. So
  whatever it has signed is answered 200, of use or not, unless it shall come again: that is 503.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from connectors.clock import Clock
from connectors.growthhub import signatures, webhooks
from connectors.growthhub.signatures import Verifier
from connectors.growthhub.webhooks import Event
from state.webhook_queue import Outcome, QueuedEvent
from sync.config.model import Config
from sync.config.webhooks import ON, WebhooksOptions
from sync.output import event_log
from sync.rules.contact_codec import to_ms
from sync.webhooks import counters as words
from sync.webhooks.batch_writer import BatchWriter, QueueLimits, Wake
from sync.webhooks.counters import Counters
from sync.webhooks.routes import Routes, hints_of, routes_of, wanted

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

LONGEST: Final = 10.0
"""Seconds that a body may take."""
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
"""After these the rest of the request may be under way: the connection is given up."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a config in force comes down to. Raises ValueError for a key that is none."""

    config: Config
    options: WebhooksOptions
    verifier: Verifier
    routes: Routes

    @classmethod
    def of(cls, config: Config, options: WebhooksOptions) -> "Rules":
        """Return what a config says."""
        ed25519 = (signatures.ED25519,) if options.ed25519_key is None else options.ed25519_key
        rsa = (signatures.RSA,) if options.rsa_key == ON else options.rsa_key
        return cls(config, options, Verifier(ed25519, rsa), routes_of(config))

    @property
    def terms(self) -> QueueLimits:
        """Return what of it the desk has to know."""
        return QueueLimits(self.options.queue, round(self.options.window.total_seconds() * 1000), wanted(self.routes))

    def is_late(self, event: Event, now: datetime) -> bool:
        """Say whether an event is of another time than now."""
        return event.at is not None and abs(now - event.at) > self.options.window


class WebhookReceiver:
    """Who answers. `config` is a way to the config in force; `wake` is told which streams have something to look at."""

    def __init__(self, config: Callable[[], Config], clock: Clock, counters: Counters, wake: Wake) -> None:
        self._config = config
        self._clock = clock
        self._counters = counters
        self._rules: Rules | None = None
        self._desk = BatchWriter(config().state.path, clock, counters, wake, self._terms)

    def open(self, config: Config) -> None:
        """Get ready. Raises ValueError where the config names a key that is none."""
        if config.webhooks is not None:
            self._rules = Rules.of(config, config.webhooks)
        self._desk.start()

    def close(self) -> None:
        """Write down what has come, and end."""
        self._desk.stop()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer one request."""
        outcome = await self._received(scope, receive)
        if outcome is not None:
            self._counters.count(outcome)
            await _respond(send, outcome)

    async def _received(self, scope: "Scope", receive: "Receive") -> str | None:
        """Return what became of a request; None where nobody waits for the answer."""
        rules = self._in_force()
        if rules is None:
            return words.PUT_OFF  # the config that opens the door is about to be in force
        if scope["path"] != rules.options.path:
            return words.MISDIRECTED
        if scope["method"] != "POST":
            return words.NO_POST
        body = await _body(scope, receive, rules.options.largest)
        if not isinstance(body, bytes):
            return body
        if not rules.verifier.is_signed(body, scope["headers"]):
            return words.UNSIGNED
        return await self._taken(rules, body)

    async def _taken(self, rules: Rules, body: bytes) -> str:
        """Return what became of a body that is GrowthHub's."""
        try:
            event = webhooks.read(body)
        except (ValueError, RecursionError):
            return words.UNREADABLE
        hints, now = hints_of(event, rules.routes), self._clock.now()
        if not hints:
            return words.IGNORED
        arrival = QueuedEvent(_digest(event, body), hints, to_ms(now) or 0, rules.is_late(event, now))
        return KEPT[await self._desk.keep(arrival)]

    def _in_force(self) -> Rules | None:
        """Return what counts now: a reload may have changed it."""
        config = self._config()
        if config.webhooks is not None and (self._rules is None or self._rules.config is not config):
            self._rules = self._renewed(config, config.webhooks, self._rules)
        return self._rules

    def _renewed(self, config: Config, options: WebhooksOptions, before: Rules | None) -> Rules | None:
        try:
            return Rules.of(config, options)
        except ValueError as error:
            event_log.error("a key of [webhooks] is none, those before stay in force", reason=str(error))
            return None if before is None else replace(before, config=config, options=options)

    def _terms(self) -> QueueLimits:
        if self._rules is None:
            return QueueLimits(0, round(timedelta(minutes=10).total_seconds() * 1000), frozenset())
        return self._rules.terms


def _digest(event: Event, body: bytes) -> bytes:
    """Return what an event is known again by."""
    known = f"{event.location} {event.webhook}".encode(errors="surrogatepass") if event.webhook else body
    return blake2b(known, digest_size=DIGEST_BYTES).digest()


def _announced(scope: "Scope") -> int:
    """Return how long a body is said to be; 0 where that is not said."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _body(scope: "Scope", receive: "Receive", largest: int) -> bytes | str | None:
    """Return a body, or why it is refused; None where its sender has gone."""
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
