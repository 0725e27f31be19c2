"""The report of one run of one connection, and the JSON document that scripts read.

The engine fills a RunReport while it works. `document` gives exactly the keys that `sync run --json` promises, in their
order. A plain dataclass becomes an object of its fields; only reports differ from their fields.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from connectors.connector import CallCounts
from connectors.contact import Value
from sync.errors import DONE, GUARDED, LOCKED, OPEN, UNFINISHED
from sync.output.formats import time_text
from sync.output.stream_report import StreamReport, without_empty

Status = Literal["ok", "partial", "failed", "guarded", "waiting"]
Operation = Literal["create", "update", "delete"]

STATUS_CODES: Mapping[Status, int] = {
    "ok": DONE,
    "partial": OPEN,
    "failed": UNFINISHED,
    "guarded": GUARDED,
    "waiting": GUARDED,
}
PRECEDENCE = (UNFINISHED, GUARDED, LOCKED, OPEN, DONE)
"""The exit code of several connections is the first of these that one of them ended with."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a plan at one account: calls, their share of the daily allowance, and seconds at its rate limit.

    `charged` of the calls look up companies and may cost money.
    """

    calls: int
    share_of_day: float
    seconds: float
    charged: int = 0


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One field that a plan would write to an account; `field` is WHOLE where the record is deleted."""

    account: str
    operation: Operation
    who: str
    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A field of a record, or the whole record (`*`), that an undo leaves alone, with the reason."""

    who: str
    account: str
    id: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record of a saved plan that a run did not write, with the reason."""

    who: str
    account: str
    operation: str
    reason: str


@dataclass(slots=True)
class Comparison:
    """The result of `verify` for one connection. Lists hold the objects of its document.

    `compared` counts pairs. `only` lists, by account, the records that exist there alone. `differ` are fields,
    `doubles` contacts of one account with the same e-mail address, `held` differences that a user wanted, `owed`
    how many values wait for a place, by account and field, and `parked` how many linked contacts are out of scope.
    """

    compared: int = 0
    only: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    differ: list[dict[str, Any]] = field(default_factory=list)
    doubles: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    owed: dict[str, dict[str, int]] = field(default_factory=dict)
    parked: int = 0

    @property
    def agree(self) -> bool:
        """Return whether both sides agree; held differences count as agreeing."""
        return not self.differ and not self.doubles and not any(self.only.values())

    def to_json(self, name: str) -> dict[str, Any]:
        """Return the object of one connection."""
        return {"name": name, "agree": self.agree, **without_empty(asdict(self), "owed")}


@dataclass(slots=True)
class RunReport:
    """One run of one connection.

    `errors` are safe to show and make the status `failed`; `guarded` is the sentence of the guard that stopped the run.
    `waiting` is the sentence that the run waits for the approval of a user (R45); only a daemon's run does.
    `command` is the command that ran it, for users to type again.
    `undoes` is the run that this one undoes, '' for any other run, and `left_alone` what the undo did not restore.
    `locked` is why the run could not start: such a report is no run, and becomes the `error` of the document.
    `asked` are the streams that were to run.
    `renewed_at` is when a spent daily allowance is renewed, None without one. `rest` is how long no list of everything
    may be read again (R32).
    `owed` is how many values have no place at an account yet, by account and field (R41).
    `limits` is what the accounts cannot do together, for `plan` (R30).
    `saved` is what `sync plan --save` writes, and `skipped` what a run of a saved plan did not carry out.
    `changes` is read once and may be an iterator over the whole plan; only `plan` shows it, and `cost`.
    """

    run: str
    connection: str
    started_at: datetime
    finished_at: datetime | None = None
    dry_run: bool = False
    streams: dict[str, StreamReport] = field(default_factory=dict)
    fields_created: dict[str, list[str]] = field(default_factory=dict)
    owed: dict[str, dict[str, int]] = field(default_factory=dict)
    requests: dict[str, CallCounts] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    guarded: str = ""
    waiting: str = ""
    locked: str = ""
    asked: tuple[str, ...] = ()
    renewed_at: datetime | None = None
    rest: timedelta = timedelta(0)
    command: str = "sync run"
    cost: dict[str, Cost] | None = None
    comparison: Comparison | None = None
    undoes: str = ""
    left_alone: Sequence[LeftAlone] = ()
    limits: Sequence[str] = ()
    changes: Iterable[PlannedChange] = ()
    saved: Iterable[Mapping[str, Any]] = ()
    skipped: Sequence[Skipped] = ()

    @property
    def status(self) -> Status:
        """Return the status: an error comes before the guard, the guard before open items."""
        # A run with an error is incomplete, whatever else it did.
        if self.errors:
            return "failed"
        if self.guarded or self.waiting:
            return "guarded" if self.guarded else "waiting"
        if (
            self.left_alone
            or self.skipped
            or any(stream.conflicts or stream.failed for stream in self.streams.values())
        ):
            return "partial"
        return "ok"

    @property
    def exit_code(self) -> int:
        """Return the exit code of this run alone."""
        return LOCKED if self.locked else STATUS_CODES[self.status]

    @property
    def typed(self) -> str:
        """Return the command that repeats this run."""
        return self.command if self.undoes else f"{self.command} --connection {self.connection}"

    def to_json(self) -> dict[str, Any]:
        """Return the object of one run.

        `cost` and `plan` are there only when the run was priced, `undoes`, `left_alone` and `kept` only of an undo.
        """
        return {
            "run": self.run,
            "connection": self.connection,
            "status": self.status,
            "started_at": time_text(self.started_at),
            "finished_at": time_text(self.finished_at) if self.finished_at else None,
            "dry_run": self.dry_run,
            "streams": {name: stream.to_json() for name, stream in self.streams.items()},
            "fields_created": {account: list(keys) for account, keys in self.fields_created.items() if keys},
            **({"owed": self.owed} if self.owed else {}),
            "requests": {account: asdict(calls) for account, calls in self.requests.items()},
            "errors": [*self.errors, *filter(None, (self.guarded, self.waiting))],
            **({"skipped": [asdict(one) for one in self.skipped]} if self.skipped else {}),
            **self._undo_json(),
            **self._cost_json(),
        }

    def _undo_json(self) -> dict[str, Any]:
        if not self.undoes:
            return {}
        return {
            "undoes": self.undoes,
            "left_alone": [asdict(one) for one in self.left_alone],
            "kept": {account: count for stream in self.streams.values() for account, count in stream.kept.items()},
        }

    def _cost_json(self) -> dict[str, Any]:
        if self.cost is None:
            return {}
        return {
            **({"limits": list(self.limits)} if self.limits else {}),
            "cost": {account: without_empty(asdict(cost), "charged") for account, cost in self.cost.items()},
            "plan": Streamed(map(asdict, self.changes)),
        }


class Streamed(list[Any]):
    """A JSON list with elements that are created while it is written, so that a long plan needs no memory (P7).

    `JSONEncoder.iterencode` writes a list by iterating it once.
    """

    def __init__(self, elements: Iterable[Any]) -> None:
        iterator = iter(elements)
        super().__init__(islice(iterator, 1))
        self._rest = iterator

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()
        yield from self._rest


def document(reports: Sequence[RunReport]) -> dict[str, Any]:
    """Return the document of a command that ran these connections."""
    runs = [report.to_json() for report in reports if not report.locked]
    locked = "; ".join(report.locked for report in reports if report.locked)
    return {"runs": runs, "error": locked} if locked else {"runs": runs}


def verification(reports: Sequence[RunReport]) -> dict[str, Any]:
    """Return the document of `sync verify`; errors of accounts are under `errors`."""
    compared = [report.comparison.to_json(report.connection) for report in reports if report.comparison]
    errors = [error for report in reports for error in report.errors]
    return {"connections": compared, "errors": errors} if errors else {"connections": compared}


def verification_code(reports: Sequence[RunReport]) -> int:
    """Return the exit code of `sync verify`: 3 where an account could not be read."""
    if any(report.errors for report in reports):
        return UNFINISHED
    return DONE if all(report.comparison and report.comparison.agree for report in reports) else OPEN


def exit_code(reports: Iterable[RunReport]) -> int:
    """Return the exit code of a command that ran these connections."""
    return combined_code(report.exit_code for report in reports)


def combined_code(codes: Iterable[int]) -> int:
    """Return the exit code of several connections that ended with these codes."""
    found = set(codes)
    return next(code for code in PRECEDENCE if code in found or code == DONE)
