"""Runs, plans, undos and comparisons as lines of text, each result with the command to type next."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sync.output.formats import WHOLE
from sync.output.text import aligned, counted, indented, printable, span_text, time_shown, value_text
from sync.text_output.open_items import open_lines
from sync.text_output.proposal import cost_lines

if TYPE_CHECKING:
    from sync.output.report import PlannedChange, RunReport
    from sync.output.stream_report import StreamReport

Document = Mapping[str, Any]


def run_lines(reports: Iterable["RunReport"]) -> Iterator[str]:
    """Yield a summary of each run, and what to do about what is open."""
    for report in reports:
        if report.locked:
            yield f"{report.connection}: did not run: {report.locked}"
            continue
        yield f"{report.connection}: {report.status}{_duration(report)}, run {report.run}"
        yield from indented(_stream_lines(report))
        for one in report.skipped:
            yield f"  skipped: {one.operation} {printable(one.who)} at {one.account}: {one.reason}"
        yield from indented(_advice(report))


def total_lines(report: "RunReport") -> Iterator[str]:
    """Yield the totals of an undo, for the question before its first write."""
    yield f"Undoing run {report.undoes} of {report.connection} would do this:"
    yield from indented(_stream_lines(report))


def plan_lines(reports: Iterable["RunReport"], *, records: int | None = None) -> Iterator[str]:
    """Yield the planned changes, field by field, then the totals and the cost.

    With `records`, only so many records of each account and operation are shown.
    """
    for report in reports:
        if not report.locked:
            yield from _planned_lines(report, records)
        yield from run_lines([report])
        yield from indented(f"not possible: {printable(limit)}" for limit in report.limits)
        yield from indented(cost_lines(report.cost or {}))


def _planned_lines(report: "RunReport", records: int | None) -> Iterator[str]:
    found: Counter[tuple[str, str]] = Counter()
    for (account, operation, who), changes in groupby(report.changes, key=_contact):
        found[account, operation] += 1
        if records is None or found[account, operation] <= records:
            yield f"{account}: {operation} {printable(who)}"
            yield from indented(_change_lines(list(changes)))
    hidden = {key: count - records for key, count in found.items() if records is not None and count > records}
    for (account, operation), count in hidden.items():
        yield f"{account}: {operation} {count:,} more; see all with: --all, or --csv FILE"


def undo_lines(reports: Iterable["RunReport"]) -> Iterator[str]:
    """Yield what an undo did, or would do: the run itself, what it left alone, and which records stay."""
    for report in reports:
        yield from plan_lines([report]) if report.dry_run else run_lines([report])
        for one in report.left_alone:
            what = printable(one.who) if one.field == WHOLE else f"{printable(one.who)}: {one.field}"
            yield f"  left alone at {one.account}: {what} {printable(one.reason)}"
        yield from _kept_lines(report)


def verify_lines(document: Document) -> Iterator[str]:
    """Yield whether both sides of each connection agree, and where they differ."""
    for connection in document["connections"]:
        verdict = "both sides agree" if connection["agree"] else "the sides do not agree"
        yield f"{connection['name']}: {verdict}, {counted(connection['compared'], 'pair')} compared"
        yield from indented(_difference_lines(connection))
    yield from (f"error: {printable(error)}" for error in document.get("errors", ()))
    if not all(connection["agree"] for connection in document["connections"]):
        yield "write what can be written with: sync run; find deletions with: sync reconcile"


def _difference_lines(connection: Document) -> Iterator[str]:
    for account, entries in connection["only"].items():
        yield from (f"only at {account}: {printable(one['who'])}{_because(one)}" for one in entries)
    for one in connection["differ"]:
        yield f"{printable(one['who'])}: {one['field']} is {_both(one)}"
    for one in connection["doubles"]:
        yield f"twice at {one['account']}: {printable(one['who'])} ({', '.join(map(printable, one['ids']))})"
    if connection.get("parked"):
        yield f"parked: {counted(connection['parked'], 'linked contact')}, out of the scope under `only`"
    for one in connection.get("held", ()):
        yield f"held since {time_shown(one['since'])}: {printable(one['who'])}: {one['field']} is {_both(one)}"
    yield from _owed_lines(connection.get("owed", {}))


def _both(entry: Document) -> str:
    return f"{value_text(entry['left'])} and {value_text(entry['right'])}"


def _because(entry: Document) -> str:
    return f" ({printable(entry['reason'])})" if "reason" in entry else ""


def _duration(report: "RunReport") -> str:
    if report.finished_at is None:
        return ""
    return f" in {span_text((report.finished_at - report.started_at).total_seconds())}"


def _stream_lines(report: "RunReport") -> Iterator[str]:
    for name, stream in report.streams.items():
        yield from aligned(_count_rows(stream, "would be " if report.dry_run else ""))
        left_over = {
            "unchanged": stream.unchanged,
            "conflicts": stream.conflicts,
            "failed": stream.failed,
            "unmapped": stream.unmapped,
            "left out": stream.left_out,
        }
        yield f"{name}: " + ", ".join(f"{word} {number:,}" for word, number in left_over.items())
    for account, keys in report.fields_created.items():
        if keys:
            created = "would create" if report.dry_run else "created"
            yield f"{account}: {created} custom fields {', '.join(map(printable, keys))}"
    yield from _owed_lines(report.owed)


def _owed_lines(owed: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield how many values wait for a place, by account (R41)."""
    for account, fields in owed.items():
        values = ", ".join(f"{printable(name)} ({number:,})" for name, number in fields.items())
        yield f"{account}: no place yet for {values}; a run writes them once there is one, see: sync check"


def _count_rows(stream: "StreamReport", would: str) -> Iterator[Sequence[str]]:
    for account, counts in stream.accounts.items():
        yield (
            account,
            f"read {counts.read:,}",
            f"{would}created {counts.created:,}",
            f"{would}updated {counts.updated:,}",
            f"{would}deleted {counts.deleted:,}",
        )


def _advice(report: "RunReport") -> Iterator[str]:
    for error in report.errors:
        yield f"error: {printable(error)}"
    if report.errors:
        yield "nothing is lost; run again"
    if report.guarded:
        yield f"stopped before the first write: {printable(report.guarded)}"
        if not report.dry_run:
            yield f"see what it would do: {report.typed} --dry-run"
        yield f"let it through once: {report.typed} --unguarded"
    yield from open_lines(
        sum(stream.conflicts for stream in report.streams.values()),
        sum(stream.failed for stream in report.streams.values()),
    )


def _kept_lines(report: "RunReport") -> Iterator[str]:
    kept = {account: count for stream in report.streams.values() for account, count in stream.kept.items()}
    for account, count in kept.items():
        verb = "stays" if count == 1 else "stay"
        yield f"  {counted(count, 'record')} that run {report.undoes} created at {account} {verb}"
    if kept:
        yield f"  delete what it created, too: sync undo {report.undoes} --created"


def _contact(change: "PlannedChange") -> tuple[str, str, str]:
    return change.account, change.operation, change.who


def _change_lines(changes: Sequence["PlannedChange"]) -> Iterator[str]:
    for change in changes:
        if change.operation == "update":
            yield f"{change.field}: {value_text(change.old)} -> {value_text(change.new)}"
        elif change.operation == "create":
            yield f"{change.field}: {value_text(change.new)}"
