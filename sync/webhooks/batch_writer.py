"""The desk behind the door: one thread that writes down whatever waits, with one durable commit for all of it.

Rules kept here:
- an event is answered for when the commit that holds it is on the disk, and not before;
- a run may hold the file's write lock for a moment, a person for longer (`sync forget`): who waits longer than PATIENCE
  is put off, and so is everybody while the file can't be written. GrowthHub sends such an event again;
- nobody waits for this thread but those who brought an event: its own transactions are short.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.clock import Clock
from state.errors import LockHeld, StateError
from state.file import StateFile
from state.webhook_queue import Inbox, Outcome, Place, QueuedEvent
from sync.output import event_log
from sync.rules.contact_codec import to_ms
from sync.webhooks.counters import Counters

PATIENCE: Final = 3.0
"""Seconds that a commit waits for others who write."""
AT_ONCE: Final = 500
"""Events of one commit at most: runs wait no longer than that takes."""
TIDYING: Final = 60.0
"""Seconds between two times that old ids are forgotten and totals are told."""

Wake = Callable[[Iterable[Place]], None]
Errand = tuple[QueuedEvent, "asyncio.Future[Outcome]"]
Answer = tuple["asyncio.Future[Outcome]", Outcome]


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """What the config in force says: how many hints may wait, how long an id is kept, and which hints are wanted."""

    capacity: int
    kept_ms: int
    wanted: frozenset[tuple[str, str, str]]


class BatchWriter:
    """The thread. Events may come from several event loops."""

    def __init__(
        self, path: Path, clock: Clock, counters: Counters, wake: Wake, terms: Callable[[], QueueLimits]
    ) -> None:
        self._path = path
        self._clock = clock
        self._counters = counters
        self._wake = wake
        self._terms = terms
        self._wanted: frozenset[tuple[str, str, str]] | None = None
        self._waiting: list[Errand] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._state: StateFile | None = None
        self._inbox: Inbox | None = None
        self._trouble = ""
        self._told = 0

    async def keep(self, arrival: QueuedEvent) -> Outcome:
        """Return what became of an event, once that is on the disk."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        with self._changed:
            self._waiting.append((arrival, future))
            self._changed.notify()
        return await future

    def start(self) -> None:
        """Begin, if it has not."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="webhooks.desk", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Write down what waits, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        tidied = time.monotonic()
        while True:
            errands = self._next(tidied + TIDYING - time.monotonic())
            if errands:
                self._answer(errands, self._kept([arrival for arrival, _ in errands]))
            elif self._stopping:
                break
            if time.monotonic() - tidied >= TIDYING:
                tidied = time.monotonic()
                self._tidy()
        if self._state is not None:
            self._state.close()

    def _next(self, seconds: float) -> list[Errand]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping, max(0.0, seconds))
            errands, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            return errands

    def _kept(self, arrivals: Sequence[QueuedEvent]) -> list[Outcome]:
        """Write events down; where that fails, all of them are put off."""
        try:
            outcomes = self._written(arrivals)
        except Exception as error:  # noqa: BLE001 - a thread that ended would leave everybody waiting
            self._tell_trouble(_reason(error))
            outcomes = [Outcome.FULL] * len(arrivals)
        else:
            self._tell_trouble("")
        self._note(arrivals, outcomes)
        return outcomes

    def _written(self, arrivals: Sequence[QueuedEvent]) -> list[Outcome]:
        state, inbox = self._opened()
        terms = self._terms()
        with state.atomic() as transaction:
            if terms.wanted != self._wanted:
                inbox.keep_hints_for(transaction, terms.wanted)
            outcomes = inbox.queue_events(transaction, arrivals, terms.capacity)
        self._wanted = terms.wanted
        if Outcome.QUEUED in outcomes:
            self._counters.hear(self._clock.now(), inbox.waiting)
        return outcomes

    def _note(self, arrivals: Sequence[QueuedEvent], outcomes: Sequence[Outcome]) -> None:
        """Remember who was put off, and wake those for whom something was queued."""
        both = list(zip(arrivals, outcomes, strict=True))
        if self._inbox is not None:
            self._inbox.put_off(arrival for arrival, outcome in both if outcome is Outcome.FULL)
            self._inbox.forget_put_off(arrival for arrival, outcome in both if outcome is Outcome.QUEUED)
        places = {place for one, outcome in both if outcome is Outcome.QUEUED for place, _ in one.hints}
        if not places:
            return
        try:
            self._wake(places)
        except Exception as error:  # noqa: BLE001 - what is queued is looked at by the next run on schedule
            event_log.error("streams can't be woken", kind=type(error).__name__)

    def _opened(self) -> tuple[StateFile, Inbox]:
        if self._state is None or self._inbox is None:
            self._state = StateFile.open(self._path)
            self._state.db.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
            self._inbox = Inbox(self._state.db, to_ms(self._clock.now()) or 0)
        return self._state, self._inbox

    def _answer(self, errands: Sequence[Errand], outcomes: Sequence[Outcome]) -> None:
        answers: dict[asyncio.AbstractEventLoop, list[Answer]] = {}  # a door that is moved has a loop of its own
        for (_, future), outcome in zip(errands, outcomes, strict=True):
            answers.setdefault(future.get_loop(), []).append((future, outcome))
        for loop, some in answers.items():
            with suppress(RuntimeError):  # the door has been closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(_settle, some)

    def _tidy(self) -> None:
        """Forget ids that can't come again, in small steps, and tell the totals where they have changed."""
        try:
            state, inbox = self._opened()
            before_ms = (to_ms(self._clock.now()) or 0) - self._terms().kept_ms
            forgotten = 1
            while forgotten and not self._waiting:
                with state.atomic() as transaction:
                    forgotten = inbox.forget_ids(transaction, before_ms)
        except Exception as error:  # noqa: BLE001 - as above
            self._tell_trouble(_reason(error))
        heard = self._counters.snapshot()
        if heard.received != self._told:
            self._told = heard.received
            event_log.info("webhooks", received=heard.received, waiting=heard.waiting, **heard.outcomes)

    def _tell_trouble(self, trouble: str) -> None:
        if trouble and not self._trouble:
            event_log.error("webhooks are put off: the state can't be written", reason=trouble)
        elif self._trouble and not trouble:
            event_log.info("webhooks are kept again")
        self._trouble = trouble


def _settle(answers: Sequence[Answer]) -> None:
    for future, outcome in answers:
        if not future.done():  # who brought it may have gone
            future.set_result(outcome)


def _reason(error: Exception) -> str:
    """Return what went wrong; of a mistake of ours its kind, since its message may hold anything."""
    known = isinstance(error, sqlite3.Error | OSError | StateError | LockHeld)
    return str(error) if known else f"unexpected {type(error).__name__}: a mistake in growthsync, please report it"
