"""What a rehearsal found out about one connection, and its JSON document."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from state.history import HistoryEntry
from sync.errors import DONE, GUARDED, OPEN, UNFINISHED
from sync.output.report import Cost, RunReport
from sync.output.stream_report import StreamReport
from sync.rules.streams import CONTACTS

EXAMPLES: Final = 5
"""How many examples of each finding are kept."""

Document = dict[str, Any]


@dataclass(slots=True)
class RehearsalFinding:
    """How many there are of something, and examples."""

    count: int = 0
    examples: list[Document] = field(default_factory=list)

    def add(self, example: Document) -> None:
        """Count one more, and keep it while there are few."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)

    @classmethod
    def of(cls, found: Iterable[Document]) -> "RehearsalFinding":
        """Return a finding of all of these."""
        listed = cls()
        for one in found:
            listed.add(one)
        return listed


@dataclass(frozen=True, slots=True)
class LaterRun:
    """A run after the first: the writing calls by account, and the values that it wrote by account and field."""

    writes: dict[str, int]
    fields: dict[str, dict[str, int]]
    examples: Sequence[Document]

    @property
    def is_quiet(self) -> bool:
        """Say whether it wrote nothing."""
        return not any(self.writes.values()) and not self.fields

    @classmethod
    def of(cls, report: RunReport, entries: Iterable[HistoryEntry]) -> "LaterRun":
        """Return what a run wrote, by its report and its history."""
        fields: dict[str, dict[str, int]] = {}
        found = RehearsalFinding()
        for entry in entries:
            counts = fields.setdefault(entry.account, {})
            counts[entry.field] = counts.get(entry.field, 0) + 1
            found.add(written(entry))
        return cls({name: calls.writes for name, calls in report.requests.items()}, fields, found.examples)


@dataclass(slots=True)
class Rehearsal:
    """What a rehearsal of one connection found.

    `read` and `unread` are by account: the contacts that were copied, and the rows that could not be read. `first` is
    the first run, `guarded` the sentence of the guard that would stop it. `settled` are values that a conflict policy
    decided. `alone` are, by account, contacts without a partner after the first run. `differ` are values that differ
    after the last run. `newest` is how many contacts of each account were copied at most, None for all. `left_out` are
    what the config asks for and a rehearsal does not do.
    """

    name: str
    first: RunReport
    guarded: str = ""
    newest: int | None = None
    read: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    conflicts: RehearsalFinding = field(default_factory=RehearsalFinding)
    failures: RehearsalFinding = field(default_factory=RehearsalFinding)
    settled: RehearsalFinding = field(default_factory=RehearsalFinding)
    alone: dict[str, RehearsalFinding] = field(default_factory=dict)
    differ: RehearsalFinding = field(default_factory=RehearsalFinding)
    cost: dict[str, Cost] = field(default_factory=dict)
    later: list[LaterRun] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def contacts(self) -> StreamReport:
        """Return the counts of the first run."""
        return self.first.streams.get(CONTACTS) or StreamReport({})

    @property
    def comes_to_rest(self) -> bool:
        """Say whether the last run wrote nothing."""
        return bool(self.later) and self.later[-1].is_quiet and not self.errors

    @property
    def exit_code(self) -> int:
        """Return the exit code of this rehearsal alone: that of the first run, and OPEN where it does not rest."""
        if self.errors:
            return UNFINISHED
        if self.guarded:
            return GUARDED
        open_items = self.contacts.conflicts or self.contacts.failed
        return OPEN if open_items or not self.comes_to_rest else DONE

    def to_json(self) -> Document:
        """Return the object of one connection."""
        return {
            "name": self.name,
            "people": self.newest,
            "read": self.read,
            "unread": self.unread,
            "first_run": self.contacts.to_json() if self.contacts.accounts else {},
            "guarded": self.guarded,
            "fields_created": {name: list(keys) for name, keys in self.first.fields_created.items() if keys},
            "cost": {name: asdict(cost) for name, cost in self.cost.items()},
            "conflicts": asdict(self.conflicts),
            "failures": asdict(self.failures),
            "settled": asdict(self.settled),
            "owed": self.first.owed,
            "only": {name: asdict(found) for name, found in self.alone.items()},
            "differ": asdict(self.differ),
            "later_runs": [asdict(run) for run in self.later],
            "rests": self.comes_to_rest,
            "not_rehearsed": self.left_out,
            "errors": self.errors,
        }


def written(entry: HistoryEntry) -> Document:
    """Return an entry of the history as an example."""
    old, new = (None if value is None else json.loads(value) for value in (entry.old, entry.new))
    return {
        "account": entry.account, "who": f"{entry.account}:{entry.record_id}", "field": entry.field, "old": old,
        "new": new, "rule": entry.rule,
    }  # fmt: skip


def document(rehearsals: Sequence[Rehearsal]) -> Mapping[str, Any]:
    """Return the document of `sync rehearse --json`."""
    return {"connections": [one.to_json() for one in rehearsals]}
