"""The findings of a rehearsal as lines of text, each with the command to type next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from sync.output.text import aligned, counted, indented, printable, span_text, value_text

if TYPE_CHECKING:
    from sync.rehearsal.outcome import LaterRun, Rehearsal, RehearsalFinding

NTH = ("second", "third", "fourth")


def rehearsal_lines(rehearsals: Sequence["Rehearsal"]) -> Iterator[str]:
    """Yield what the runs of each connection would do."""
    for one in rehearsals:
        yield f"{one.name}: {_verdict(one)}"
        yield from indented(_lines(one))
    yield "Nothing was written to any account. The copies are removed."
    if all(one.comes_to_rest and not one.guarded for one in rehearsals):
        yield "do it for real with: sync run"


def _verdict(one: "Rehearsal") -> str:
    if one.errors:
        return "could not be rehearsed to the end"
    if one.guarded:
        return "the guard would stop the first run"
    return "comes to rest" if one.comes_to_rest else "does not come to rest"


def _lines(one: "Rehearsal") -> Iterator[str]:
    yield from (f"error: {printable(error)}" for error in one.errors)
    yield from _copied(one)
    if one.guarded:
        yield f"the guard: {printable(one.guarded)}"
        yield "what follows is what the run would do with --unguarded"
    yield from _first_run(one)
    yield from _values(one)
    yield from _later_runs(one)
    yield from (f"not rehearsed: {printable(what)}" for what in one.left_out)


def _copied(one: "Rehearsal") -> Iterator[str]:
    for account, count in one.read.items():
        newest = f", the newest {one.newest:,}" if one.newest is not None else ""
        yield f"{account}: {counted(count, 'contact')} copied{newest}"
        if unread := one.unread.get(account):
            yield f"{account}: {counted(unread, 'row')} could not be read; a run lists them as failures"
    if one.newest is not None:
        yield "a contact with an older partner counts as one without a partner; leave --people out for exact numbers"


def _first_run(one: "Rehearsal") -> Iterator[str]:
    if not one.contacts.accounts:
        return
    yield "the first run:"
    rows = [
        (name, f"would create {found.created:,}", f"update {found.updated:,}", f"delete {found.deleted:,}")
        for name, found in one.contacts.accounts.items()
    ]
    yield from indented(aligned(rows))
    counts = {
        "unchanged": one.contacts.unchanged,
        "conflicts": one.contacts.conflicts,
        "failed": one.contacts.failed,
        "unmapped": one.contacts.unmapped,
        "left out": one.contacts.left_out,
    }
    yield "  " + ", ".join(f"{word} {number:,}" for word, number in counts.items())
    for account, cost in one.cost.items():
        share = f"{cost.share_of_day:.2%} of a day's allowance"
        yield f"  {account}: {counted(cost.calls, 'call')}, {share}, {span_text(cost.seconds)}"
    for account, keys in one.first.fields_created.items():
        if keys:
            yield f"  {account}: would create custom fields {', '.join(map(printable, keys))}"


def _values(one: "Rehearsal") -> Iterator[str]:
    yield from _finding("conflicts that wait for a person", one.conflicts, _conflict)
    yield from _finding("values that a conflict policy decides", one.settled, _change)
    yield from _finding("failures", one.failures, _failure)
    for account, fields in one.first.owed.items():
        values = ", ".join(f"{printable(name)} ({number:,})" for name, number in fields.items())
        yield f"values without a place at {account}: {values}; see: sync check"
    for account, found in one.alone.items():
        yield from _finding(f"contacts at {account} without a partner", found, _failure)
    yield from _finding("values that differ after the last run", one.differ, _difference)


def _finding(what: str, found: "RehearsalFinding", line: Any) -> Iterator[str]:
    if found.count:
        yield f"{what}: {found.count:,}{', for example' if found.count > len(found.examples) else ''}"
        yield from indented(map(line, found.examples))


def _conflict(one: Mapping[str, Any]) -> str:
    left, right = one["left"], one["right"]
    values = f"{left['account']} {value_text(left['value'])}, {right['account']} {value_text(right['value'])}"
    return f"{printable(one['who'])}: {one['field']}: {values}"


def _change(one: Mapping[str, Any]) -> str:
    return f"{printable(one['who'])}: {one['field']}: {value_text(one['old'])} -> {value_text(one['new'])}"


def _failure(one: Mapping[str, Any]) -> str:
    return f"{printable(one['who'])}: {printable(one['reason'])}" if one.get("reason") else printable(one["who"])


def _difference(one: Mapping[str, Any]) -> str:
    return f"{printable(one['who'])}: {one['field']}: {value_text(one['left'])} and {value_text(one['right'])}"


def _later_runs(one: "Rehearsal") -> Iterator[str]:
    for nth, run in zip(NTH, one.later, strict=False):
        yield f"the {nth} run would write {'nothing' if run.is_quiet else 'again:'}"
        if not run.is_quiet:
            yield from indented(_written(run))
    if one.later and not one.comes_to_rest and not one.errors:
        restless = sorted({name for fields in one.later[-1].fields.values() for name in fields})
        yield f"fields that do not come to rest: {', '.join(restless) or 'none; the calls are about source ids'}"


def _written(run: "LaterRun") -> Iterable[str]:
    for account, calls in run.writes.items():
        fields = ", ".join(f"{name} ({count:,})" for name, count in run.fields.get(account, {}).items())
        yield f"{account}: {counted(calls, 'call')} that {'write' if calls != 1 else 'writes'}; {fields or 'no field'}"
    yield from map(_change, islice(run.examples, 3))
