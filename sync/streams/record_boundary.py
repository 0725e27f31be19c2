"""The boundary around one record: whatever is wrong with it ends as its failure, and the others go on (R42).

Rules kept here:
- what a server says of one record, another record in its place, an answer of one record that is too large, and a
  mistake of ours at it are listed at once;
- a server that has trouble with one record is tried again by the next runs, and the record is listed by the third one;
  trouble with several records in a row is the account's, and ends the run;
- what is wrong with the account, with the state file or with the machine is never taken for the fault of a record;
- a mistake of ours is listed with its kind, and told to the log with the way to it: it is never silent.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.connector import Page
from connectors.contact import Contact
from connectors.errors import (
    AnswerTooLarge,
    Broken,
    ConnectorError,
    IncompleteWindow,
    OtherRecord,
    RecordError,
    ServerTrouble,
)
from connectors.message import Message
from state.damage import damage_message, damaged_cell_of_record
from state.database import RECORD_ERRORS, DatabaseError
from state.errors import LockHeld, StateError, StateUnwritable
from state.failures import Failure, Failures
from state.intervals import Interval, IntervalSet, gaps, union
from sync.errors import BrokenRecord
from sync.output import event_log
from sync.rules.contact_codec import to_ms
from sync.rules.usable_times import reason_unusable

if TYPE_CHECKING:
    from state.file import StateFile
    from sync.streams.connection import Side

READ: Final = "read"
"""The operation of a failure to read or to understand a record."""

UNREAD: Final = "window"
"""The operation of a failure of what a list does not let be read: it has no id, and is asked for with its window."""

PATIENCE_RUNS: Final = 3
PATIENCE_RECORDS: Final = 3
LONGEST: Final = 300
NOT_OF_A_RECORD: Final = (StateError, StateUnwritable, LockHeld, DatabaseError, MemoryError, OSError)


@dataclass(slots=True)
class Boundary:
    """Lists what is wrong with single records of one stream; `errors` are those of the stream.

    `holes` are, by side, the spans in which a list holds what it does not let be read: they are not covered, so that
    each run asks for them again.
    """

    state: "StateFile"
    failures: Failures
    errors: list[str]
    now_ms: Callable[[], int]
    noun: str = ""
    holes: dict[str, list[Interval]] = field(default_factory=dict)
    _unread: dict[str, set[str]] = field(default_factory=dict)
    _warned: set[str] = field(default_factory=set)
    _in_a_row: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def around(
        self, side: "Side", record_id: str, operation: str = READ, *,
        who: str = "", account: str = "", digest: bytes | None = None, first: bool = False,
    ) -> Iterator[None]:  # fmt: skip
        """Do something with one record of a side; what is wrong with the record becomes its failure.

        `account` is where it is tried, that of the side where it is not given. `first` tells that all the rest stands
        on it, so that a server's trouble ends the run until it has come back too often. Raises what is not about the
        record.
        """
        listed = Failure(
            side.name, storable(record_id), account or side.account, storable(who) or f"{side.account}:{record_id}",
            operation, "", digest=digest,
        )  # fmt: skip
        try:
            yield
        except (RecordError, OtherRecord, AnswerTooLarge, Broken, BrokenRecord) as error:
            if isinstance(error, Broken):
                tell_mistake(error.cause, f"{side.account}:{record_id}")
            self._list(listed, getattr(error, "message", str(error)))
        except ServerTrouble as error:
            if isinstance(error, IncompleteWindow):
                raise
            self._put_off(listed, error, first=first)
        except (ConnectorError, *NOT_OF_A_RECORD) as error:
            # A row that breaks a constraint is a mistake of ours at that record; it must not end the run (R42).
            if not isinstance(error, RECORD_ERRORS):
                raise
            self._list_mistake(side, listed, error)
        except Exception as error:  # noqa: BLE001 - a record may break anything; it is listed and told, never silent
            self._list_mistake(side, listed, error)
        else:
            self._in_a_row[listed.account] = 0

    def take(self, side: "Side", page: Page, tell: Callable[[str], None]) -> None:
        """List what a page of a list did not let be read, and tell what it warns of, once each."""
        for warning in page.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                tell(f"{side.account}: {warning}")
        for lost in page.unread:
            self._unread.setdefault(side.name, set()).add(lost.key)
            if lost.within is not None:
                start, end = to_ms(lost.within.start) or 0, to_ms(lost.within.end)
                self.holes.setdefault(side.name, []).append((start, start + 1 if end is None else end))
            who = f"{side.account}: what its list holds from {lost.key}"
            self._list(Failure(side.name, lost.key, side.account, who, UNREAD, ""), lost.reason)

    def covered(self, side: "Side", spans: IntervalSet) -> IntervalSet:
        """Return spans without the holes in them."""
        holes = union(self.holes.get(side.name, ()))
        return union([part for span in spans for part in gaps(holes, span)])

    def close_read(self, side: "Side") -> None:
        """Close the failures of what could not be read and was read by now: holes are asked for by each run."""
        unread = self._unread.get(side.name, set())
        for failure in self.failures.waiting_failures():
            if failure.operation == UNREAD and failure.side == side.name and failure.record_id not in unread:
                with self.state.atomic_or_joined() as transaction:
                    self.failures.close_failures(transaction, side.name, failure.record_id)

    def _put_off(self, listed: Failure, error: ServerTrouble, *, first: bool) -> None:
        """Leave a record for the next run, but not for ever."""
        self._in_a_row[listed.account] += 1
        if self._in_a_row[listed.account] >= PATIENCE_RECORDS:
            raise error
        with self.state.atomic_or_joined() as transaction:
            runs = self.failures.count_trouble(transaction, listed.side, listed.record_id)
        if runs >= PATIENCE_RUNS:
            self._list(listed, f"failed in {runs} runs: {error.message}")
        elif first:
            raise error
        else:
            self.errors.append(str(error))

    def _list_mistake(self, side: "Side", listed: Failure, error: Exception) -> None:
        """List a mistake of ours at a record, or the cell of the state file that led to it."""
        fault = damaged_cell_of_record(self.state.db, side.name, listed.record_id)
        if fault is None:
            tell_mistake(error, f"{side.account}:{listed.record_id}")
        self._list(listed, mistake(error) if fault is None else damage_message(self.state.path, fault))

    def _list(self, listed: Failure, reason: str) -> None:
        said = storable(f"{self.noun} {listed.record_id}: {reason}" if self.noun else reason)
        with self.state.atomic_or_joined() as transaction:
            self.failures.put_failure(transaction,
                Failure(
                    listed.side, listed.record_id, listed.account, storable(listed.who), listed.operation, said,
                    digest=listed.digest,
                ),
                self.now_ms(),
            )  # fmt: skip


def confirm_workable(record: Contact | Message) -> None:
    """Raise BrokenRecord, with the reason, if a record cannot be worked with at all."""
    reason = reason_unusable(record)
    if reason:
        raise BrokenRecord(reason)


def mistake(error: BaseException) -> str:
    """Say what a mistake of ours at one record means for it."""
    said = str(error)[:LONGEST]
    return f"growthsync cannot work with it ({type(error).__name__}: {said}); the log tells where, please report it"


def tell_mistake(error: BaseException, record: str) -> None:
    """Tell the log of a mistake at one record, with the way to it and none of its contents."""
    frames = traceback.extract_tb(error.__traceback__)
    way = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    event_log.error("a record failed unexpectedly", record=storable(record), kind=type(error).__name__, trace=way)


def storable(text: str) -> str:
    """Return a text as a file can hold it: halves of characters are no characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
