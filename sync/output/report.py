"""What one run of one connection did, as people script against it.

`to_json` gives exactly the document that `sync run --json` promises: its keys, in its order. The engine fills a
RunReport while it works; nothing here decides anything but the status and the exit code that follow from it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from connectors.connector import CallCounts, Window
from connectors.contact import Value
from sync.errors import DONE, GUARDED, LOCKED, OPEN, UNFINISHED
from sync.output.formats import time_text

Status = Literal["ok", "partial", "failed", "guarded"]
Operation = Literal["create", "update", "delete"]

STATUS_CODES: Mapping[Status, int] = {"ok": DONE, "partial": OPEN, "failed": UNFINISHED, "guarded": GUARDED}
PRECEDENCE = (UNFINISHED, GUARDED, LOCKED, OPEN, DONE)
"""Of several connections, the first of these that any of them ended with is the exit code of all."""


@dataclass(slots=True)
class Counts:
    """Records read from an account, and people created, updated and deleted *there*."""

    read: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0

    def to_json(self) -> dict[str, int]:
        """Return the object of one account."""
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "deleted": self.deleted,
        }


@dataclass(slots=True)
class StreamReport:
    """One stream of a run. `accounts` and `windows` are keyed by account name, left first.

    `conflicts` and `failed` count what is listed and not settled after the run. `kept` are, by account, the people whom
    a run that was undone had created and who stay.
    """

    accounts: dict[str, Counts]
    windows: dict[str, Window | None] = field(default_factory=dict)
    unchanged: int = 0
    conflicts: int = 0
    failed: int = 0
    unmapped: int = 0
    left_out: int = 0
    kept: dict[str, int] = field(default_factory=dict)

    @property
    def is_busy(self) -> bool:
        """Say whether anything was written or would be, or could not be."""
        written = (one.created + one.updated + one.deleted for one in self.accounts.values())
        return any(written) or bool(self.failed)

    def to_json(self) -> dict[str, Any]:
        """Return the object of one stream."""
        return {
            "window": {account: _window(self.windows.get(account)) for account in self.accounts},
            **{account: counts.to_json() for account, counts in self.accounts.items()},
            "unchanged": self.unchanged,
            "conflicts": self.conflicts,
            "failed": self.failed,
            "unmapped": self.unmapped,
            "left_out": self.left_out,
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan would take of one account: calls, their share of the daily allowance, and time at its pace.

    `charged` of the calls look up companies, and may cost money.
    """

    calls: int
    share_of_day: float
    seconds: float
    charged: int = 0

    def to_json(self) -> dict[str, float]:
        """Return the object of one account."""
        money = {"charged": self.charged} if self.charged else {}
        return {"calls": self.calls, "share_of_day": self.share_of_day, "seconds": self.seconds, **money}


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One field of one person that a plan would write to an account; `field` is WHOLE where the person is deleted."""

    account: str
    operation: Operation
    who: str
    field: str
    old: Value
    new: Value

    def to_json(self) -> dict[str, Any]:
        """Return one line of the plan."""
        return {
            "account": self.account,
            "operation": self.operation,
            "who": self.who,
            "field": self.field,
            "old": _value(self.old),
            "new": _value(self.new),
        }


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A field of a record, or the whole of it (`*`), that an undo leaves alone, and why."""

    account: str
    id: str
    who: str
    field: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """Return one line of what was left alone."""
        return {
            "who": self.who,
            "account": self.account,
            "id": self.id,
            "field": self.field,
            "reason": self.reason,
        }


@dataclass(slots=True)
class Comparison:
    """What `verify` found of one connection. Lists hold the objects of its document.

    `compared` counts pairs; `only`, by account, is who is there and nowhere else; `differ` are fields, `doubles` people
    of one account with the same e-mail address, `held` differences that a person wanted, `owed` how many values wait
    for a place, by account and field.
    """

    compared: int = 0
    only: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    differ: list[dict[str, Any]] = field(default_factory=list)
    doubles: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    owed: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def agree(self) -> bool:
        """Say whether both sides agree; what is held counts as agreeing."""
        return not self.differ and not self.doubles and not any(self.only.values())

    def to_json(self, name: str) -> dict[str, Any]:
        """Return the object of one connection."""
        return {
            "name": name,
            "agree": self.agree,
            "compared": self.compared,
            "only": self.only,
            "differ": self.differ,
            "doubles": self.doubles,
            "held": self.held,
            **({"owed": self.owed} if self.owed else {}),
        }


@dataclass(slots=True)
class RunReport:
    """One run of one connection.

    `errors` are safe to show, and make the run a failed one; `guarded` is the guard's sentence when it stopped the run.
    `command` is what carried it out, for people to type again.
    `undoes` is the run that this one was to undo, '' for any other run, and `left_alone` what it did not put back.
    `locked` is why the run could not even start: such a report is no run, and becomes the `error` of the document.
    `asked` are the streams that were to run.
    `renewed_at` is when a daily allowance that is spent is renewed, None where none is.
    `owed` is how many values have no place at an account yet, by account and field (R41).
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
    locked: str = ""
    asked: tuple[str, ...] = ()
    renewed_at: datetime | None = None
    command: str = "sync run"
    cost: dict[str, Cost] | None = None
    comparison: Comparison | None = None
    undoes: str = ""
    left_alone: Sequence[LeftAlone] = ()
    changes: Iterable[PlannedChange] = ()

    @property
    def status(self) -> Status:
        """Failed outranks guarded, guarded outranks what is open."""
        if self.errors:
            return "failed"
        if self.guarded:
            return "guarded"
        if self.left_alone or any(stream.conflicts or stream.failed for stream in self.streams.values()):
            return "partial"
        return "ok"

    @property
    def exit_code(self) -> int:
        """Return what this run alone would end with."""
        return LOCKED if self.locked else STATUS_CODES[self.status]

    @property
    def typed(self) -> str:
        """Return what a person types to have this run again."""
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
            "requests": {account: _traffic(traffic) for account, traffic in self.requests.items()},
            "errors": [*self.errors, *([self.guarded] if self.guarded else [])],
            **self._undoing(),
            **self._price(),
        }

    def _undoing(self) -> dict[str, Any]:
        if not self.undoes:
            return {}
        return {
            "undoes": self.undoes,
            "left_alone": [one.to_json() for one in self.left_alone],
            "kept": {account: count for stream in self.streams.values() for account, count in stream.kept.items()},
        }

    def _price(self) -> dict[str, Any]:
        if self.cost is None:
            return {}
        return {
            "cost": {account: cost.to_json() for account, cost in self.cost.items()},
            "plan": Streamed(change.to_json() for change in self.changes),
        }


class Streamed(list[Any]):
    """A JSON list whose elements are made while it is written, so that a long plan takes no memory (P7).

    `json` writes any list by iterating it once, if it is told to go piece by piece (`iterencode`).
    """

    def __init__(self, elements: Iterable[Any]) -> None:
        iterator = iter(elements)
        super().__init__(islice(iterator, 1))
        self._rest = iterator

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()
        yield from self._rest


def document(reports: Sequence[RunReport]) -> dict[str, Any]:
    """Return the one document of a command that ran these connections."""
    runs = [report.to_json() for report in reports if not report.locked]
    locked = "; ".join(report.locked for report in reports if report.locked)
    return {"runs": runs, "error": locked} if locked else {"runs": runs}


def verification(reports: Sequence[RunReport]) -> dict[str, Any]:
    """Return the document of `sync verify`; what went wrong with an account stands under `errors`."""
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
    codes = {report.exit_code for report in reports}
    return next(code for code in PRECEDENCE if code in codes or code == DONE)


def _window(window: Window | None) -> dict[str, str | None] | None:
    if window is None:
        return None
    return {"from": time_text(window.start), "to": time_text(window.end) if window.end else None}


def _traffic(traffic: CallCounts) -> dict[str, int]:
    return {
        "reads": traffic.reads,
        "writes": traffic.writes,
        "retries": traffic.retries,
        "throttled": traffic.throttled,
    }


def _value(value: Value) -> str | list[str] | None:
    return list(value) if isinstance(value, tuple) else value
