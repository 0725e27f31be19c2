"""Write queued events to the state: one thread, with one durable commit for all that waits.

Rules kept here:
- an event is answered when the commit that holds it is on the disk, and not before;
- other writers hold the file's write lock for a moment, `sync forget` for longer. A commit that waits longer than
  PATIENCE puts its events off, and so does a file that cannot be written: the system sends them again;
- only requests wait for this thread. Its own transactions are short, so that runs do not wait long.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.clock import Clock
from state.database import DatabaseError
from state.errors import LockHeld, StateError
from state.file import StateFile
from state.webhook_queue import Outcome, Place, QueuedEvent, WebhookQueue
from sync.output import event_log
from sync.rules.contact_codec import to_ms
from sync.webhooks.counters import Counters

PATIENCE: Final = 3.0
"""Seconds that a commit waits for others who write."""
AT_ONCE: Final = 500
"""The largest number of events in one commit: a run may have to wait for it."""
CLEAN_UP_INTERVAL: Final = 60.0
"""Seconds between two times that old ids are removed and totals are logged."""

Wake = Callable[[Iterable[Place]], None]
Waiting = tuple[QueuedEvent, "asyncio.Future[Outcome]"]
Answered = tuple["asyncio.Future[Outcome]", Outcome]


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """What the config in force says: how many hints may wait, how long an id is kept, and which hints are wanted."""

    capacity: int
    kept_ms: int
    wanted: frozenset[tuple[str, str, str]]


class BatchWriter:
    """The thread that writes. Events may come from several event loops."""

    def __init__(
        self, path: Path, clock: Clock, counters: Counters, wake: Wake, limits: Callable[[], QueueLimits]
    ) -> None:
        self._path = path
        self._clock = clock
        self._counters = counters
        self._wake = wake
        self._limits = limits
        self._wanted: frozenset[tuple[str, str, str]] | None = None
        self._waiting: list[Waiting] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._state: StateFile | None = None
        self._queue: WebhookQueue | None = None
        self._trouble = ""
        self._logged = 0

    async def queue(self, event: QueuedEvent) -> Outcome:
        """Queue an event; return the outcome, once that is on the disk."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        with self._changed:
            self._waiting.append((event, future))
            self._changed.notify()
        return await future

    def start(self) -> None:
        """Start the thread, unless it runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="webhooks.writer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        cleaned = time.monotonic()
        while True:
            batch = self._next(cleaned + CLEAN_UP_INTERVAL - time.monotonic())
            if batch:
                self._answer(batch, self._try_write([event for event, _ in batch]))
            elif self._stopping:
                break
            if time.monotonic() - cleaned >= CLEAN_UP_INTERVAL:
                cleaned = time.monotonic()
                self._clean_up()
        if self._state is not None:
            self._state.close()

    def _next(self, seconds: float) -> list[Waiting]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping, max(0.0, seconds))
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            return batch

    def _try_write(self, events: Sequence[QueuedEvent]) -> list[Outcome]:
        """Write events; where that fails, put all of them off."""
        try:
            outcomes = self._write(events)
        except Exception as error:  # noqa: BLE001 - if the thread ended, no request would ever be answered
            self._report_trouble(_reason(error))
            outcomes = [Outcome.FULL] * len(events)
        else:
            self._report_trouble("")
        self._note_outcomes(events, outcomes)
        return outcomes

    def _write(self, events: Sequence[QueuedEvent]) -> list[Outcome]:
        state, queue = self._open_state()
        limits = self._limits()
        with state.atomic() as transaction:
            if limits.wanted != self._wanted:
                queue.keep_hints_for(transaction, limits.wanted)
            outcomes = queue.queue_events(transaction, events, limits.capacity)
        self._wanted = limits.wanted
        if Outcome.QUEUED in outcomes:
            self._counters.hear(self._clock.now(), queue.waiting)
        return outcomes

    def _note_outcomes(self, events: Sequence[QueuedEvent], outcomes: Sequence[Outcome]) -> None:
        """Remember which events were put off, and wake the streams for which hints were queued."""
        both = list(zip(events, outcomes, strict=True))
        if self._queue is not None:
            self._queue.defer_events(event for event, outcome in both if outcome is Outcome.FULL)
            self._queue.forget_deferred(event for event, outcome in both if outcome is Outcome.QUEUED)
        places = {place for one, outcome in both if outcome is Outcome.QUEUED for place, _ in one.hints}
        if not places:
            return
        try:
            self._wake(places)
        except Exception as error:  # noqa: BLE001 - the next run on schedule reads what is queued
            event_log.error("streams can't be woken", kind=type(error).__name__)

    def _open_state(self) -> tuple[StateFile, WebhookQueue]:
        if self._state is None or self._queue is None:
            self._state = StateFile.open(self._path)
            self._state.wait_at_most(PATIENCE)
            self._queue = WebhookQueue(self._state.db, to_ms(self._clock.now()) or 0)
        return self._state, self._queue

    def _answer(self, batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        answers: dict[
            asyncio.AbstractEventLoop, list[Answered]
        ] = {}  # after the address changed, requests may come from two loops
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            answers.setdefault(future.get_loop(), []).append((future, outcome))
        for loop, some in answers.items():
            with suppress(RuntimeError):  # the listener was closed, so no request waits any more
                loop.call_soon_threadsafe(_settle, some)

    def _clean_up(self) -> None:
        """Remove ids that cannot come again, in small steps, and log the totals where they have changed."""
        try:
            state, queue = self._open_state()
            before_ms = (to_ms(self._clock.now()) or 0) - self._limits().kept_ms
            removed = 1
            while removed and not self._waiting:
                with state.atomic() as transaction:
                    removed = queue.forget_ids(transaction, before_ms)
        except Exception as error:  # noqa: BLE001 - as above
            self._report_trouble(_reason(error))
        totals = self._counters.snapshot()
        if totals.received != self._logged:
            self._logged = totals.received
            event_log.info("webhooks", received=totals.received, waiting=totals.waiting, **totals.outcomes)

    def _report_trouble(self, trouble: str) -> None:
        if trouble and not self._trouble:
            event_log.error("webhooks are put off: the state can't be written", reason=trouble)
        elif self._trouble and not trouble:
            event_log.info("webhooks are kept again")
        self._trouble = trouble


def _settle(answers: Sequence[Answered]) -> None:
    for future, outcome in answers:
        if not future.done():  # the sender may have closed the connection
            future.set_result(outcome)


def _reason(error: Exception) -> str:
    """Return the message of an expected error; of any other only the type: its message may hold contact data."""
    known = isinstance(error, DatabaseError | OSError | StateError | LockHeld)
    return str(error) if known else f"unexpected {type(error).__name__}: a mistake in growthsync, please report it"
