"""Turn an error in one record into the failure of that record, so that the other records go on (R42).

An error of the account, of the state file or of the machine is raised: it is never the failure of a record.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

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
from connectors.records import Page
from state.damage import damage_message, damaged_cell_of_record
from state.database import RECORD_ERRORS, DatabaseError
from state.errors import LockHeld, StateError, StateUnwritable
from state.failures import Failure, Failures
from state.intervals import Interval, IntervalSet, gaps, union
from sync.errors import BrokenRecord
from sync.output import event_log
from sync.rules.contact_codec import to_ms
from sync.rules.usable_times import reason_unusable
from sync.streams.cell_checks import READERS

if TYPE_CHECKING:
    from state.file import StateFile
    from sync.streams.connection import Side

READ: Final = "read"
"""The operation of a failure to read or to understand a record."""

UNREAD: Final = "window"
"""The operation of a failure of a row that cannot be read: it has no id, and is read again with its window."""

PATIENCE_RUNS: Final = 3
"""A record that alone meets server errors in this many runs is listed as a failure."""

PATIENCE_RECORDS: Final = 3
"""Server errors at this many records in a row are about the account, and end the run."""

MAX_REASON: Final = 300
NOT_OF_A_RECORD: Final = (StateError, StateUnwritable, LockHeld, DatabaseError, MemoryError, OSError)


@dataclass(slots=True)
class Boundary:
    """Lists the failures of single records of one stream.

    `errors` are those of the stream; an error that the next run retries goes there. `holes` are, by side, the spans
    with a row that cannot be read: they do not count as covered, so that each run reads them again.
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
        """Run the block for one record of a side; list an error that is about the record as its failure.

        `account` is where the operation is tried, by default that of the side. With `first` a server error ends the run
        because everything else depends on this record, until it has come back in PATIENCE_RUNS runs. Raises every other
        error.
        """
        listed = Failure(
            side.name, storable(record_id), account or side.account, storable(who) or f"{side.account}:{record_id}",
            operation, "", digest=digest,
        )  # fmt: skip
        try:
            yield
        except (RecordError, OtherRecord, AnswerTooLarge, Broken, BrokenRecord) as error:
            if isinstance(error, Broken):
                log_defect(error.cause, f"{side.account}:{record_id}")
            self._list(listed, getattr(error, "message", str(error)))
        except ServerTrouble as error:
            if isinstance(error, IncompleteWindow):
                raise
            self._put_off(listed, error, first=first)
        except (ConnectorError, *NOT_OF_A_RECORD) as error:
            # A row that breaks a constraint is a mistake of ours at that record; it must not end the run (R42).
            if not isinstance(error, RECORD_ERRORS):
                raise
            self._list_defect(side, listed, error)
        except Exception as error:  # noqa: BLE001 - a defect of ours at this record; it is listed and logged
            self._list_defect(side, listed, error)
        else:
            self._in_a_row[listed.account] = 0

    def note_page(self, side: "Side", page: Page, note: Callable[[str], None]) -> None:
        """List the rows of a page that could not be read, and note each warning of the page once in a run."""
        for warning in page.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                note(f"{side.account}: {warning}")
        for lost in page.unread:
            self._unread.setdefault(side.name, set()).add(lost.key)
            if lost.within is not None:
                start, end = to_ms(lost.within.start) or 0, to_ms(lost.within.end)
                self.holes.setdefault(side.name, []).append((start, start + 1 if end is None else end))
            who = f"{side.account}: what its list holds from {lost.key}"
            self._list(Failure(side.name, lost.key, side.account, who, UNREAD, ""), lost.reason)

    def covered(self, side: "Side", spans: IntervalSet) -> IntervalSet:
        """Return spans without the holes in them: what may count as covered."""
        holes = union(self.holes.get(side.name, ()))
        return union([part for span in spans for part in gaps(holes, span)])

    def close_read_failures(self, side: "Side") -> None:
        """Close the failures of rows that this run could read: each run reads the holes again."""
        unread = self._unread.get(side.name, set())
        for failure in self.failures.waiting_failures():
            if failure.operation == UNREAD and failure.side == side.name and failure.record_id not in unread:
                with self.state.atomic_or_joined() as transaction:
                    self.failures.close_failures(transaction, side.name, failure.record_id)

    def _put_off(self, listed: Failure, error: ServerTrouble, *, first: bool) -> None:
        """Leave a record to the next run, until it has failed in PATIENCE_RUNS runs."""
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

    def _list_defect(self, side: "Side", listed: Failure, error: Exception) -> None:
        """List a defect of ours at a record, or the damaged cell of the state file that caused it."""
        fault = damaged_cell_of_record(self.state.db, side.name, listed.record_id, READERS)
        if fault is None:
            log_defect(error, f"{side.account}:{listed.record_id}")
        self._list(listed, _defect_reason(error) if fault is None else damage_message(self.state.path, fault))

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


def confirm_usable(record: Contact | Message) -> None:
    """Raise BrokenRecord, with the reason, if a record cannot be used at all."""
    reason = reason_unusable(record)
    if reason:
        raise BrokenRecord(reason)


def confirm_identified(contact: Contact) -> None:
    """Raise BrokenRecord where a contact without a link shows an illegible value that tells which contact it is (R6).

    Without that value it would be paired with no one, and created a second time.
    """
    if contact.illegible:
        raise BrokenRecord(
            f"its system shows something unreadable in the place of {', '.join(contact.illegible)}, so it is not known "
            "which contact it is: it is read again once a day, `sync failures retry` reads it at once"
        )


def _defect_reason(error: BaseException) -> str:
    """Return the reason of a failure that a defect of ours caused."""
    said = str(error)[:MAX_REASON]
    return f"growthsync cannot work with it ({type(error).__name__}: {said}); the log shows where, please report it"


def log_defect(error: BaseException, record: str) -> None:
    """Log a defect at one record with its traceback, and without the values of the record."""
    frames = traceback.extract_tb(error.__traceback__)
    trace = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    event_log.error("a record failed unexpectedly", record=storable(record), kind=type(error).__name__, trace=trace)


def storable(text: str) -> str:
    """Return a text that a file can store: lone surrogates are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
