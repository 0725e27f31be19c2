"""Open conflicts and failures as lines of text, with the commands that settle them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sync.output.formats import WHOLE
from sync.output.text import aligned, counted, printable, time_shown, value_text

Document = Mapping[str, Any]


def open_lines(conflicts: int, failures: int) -> Iterator[str]:
    """Yield how many conflicts and failures are open, and the commands that list them."""
    if conflicts:
        yield f"{counted(conflicts, 'conflict')} open: sync conflicts list"
    if failures:
        yield f"{counted(failures, 'failure')} open: sync failures list"


def conflict_lines(document: Document) -> Iterator[str]:
    """Yield a table of the open conflicts, and how to settle one."""
    conflicts = document["conflicts"]
    if not conflicts:
        yield "no conflicts are open"
        return
    header = ("ID", "CONNECTION", "WHO", "FIELD", "LEFT", "RIGHT", "FOUND AT")
    yield from aligned([header, *(_conflict_row(conflict) for conflict in conflicts)])
    yield "settle one with: sync conflicts resolve ID --left | --right | --newest | --value V"
    yield "or many with: sync conflicts resolve --all | --field FIELD --left | --right | --newest"


def one_conflict_lines(conflict: Document) -> Iterator[str]:
    """Yield one conflict in full."""
    yield f"{printable(conflict['who'])}: {conflict['field']} ({conflict['connection']}, {conflict['stream']})"
    for side in ("left", "right"):
        shown, at = conflict[side], conflict[side]["changed_at"]
        changed = time_shown(at) if at else "an unknown time"
        yield f"  {side}, at {shown['account']}: {_value(conflict, side, longest=None)}, changed at {changed}"
    if "reason" in conflict:
        yield f"  {printable(conflict['reason'])}"
    yield f"  found at {time_shown(conflict['found_at'])} by run {conflict['run']}"
    typed = "" if conflict["field"] == WHOLE else " | --value V"
    yield f"settle it with: sync conflicts resolve {conflict['id']} --left | --right | --newest{typed}"


def resolved_lines(conflict: Document) -> Iterator[str]:
    """Yield that the next run writes a settled conflict."""
    yield f"conflict {conflict['id']} ({printable(conflict['who'])}, {conflict['field']}) is settled"
    command = "sync reconcile" if conflict["field"] == WHOLE else "sync run"
    yield f"the next run writes it: {command} --connection {conflict['connection']}"


def settled_lines(document: Document) -> Iterator[str]:
    """Yield what was settled for which side, what stays open and why, and what writes it."""
    for one in document["left_open"]:
        yield f"conflict {one['id']} ({printable(one['who'])}, {one['field']}) stays open: {one['reason']}"
    for side, found in groupby(sorted(document["settled"], key=itemgetter("side")), key=itemgetter("side")):
        yield f"{counted(len(list(found)), 'conflict')} settled for the {side} side"
    if not document["settled"]:
        yield "no conflict was settled"
        return
    yield "the next run writes what was settled: sync run"


def failure_lines(document: Document) -> Iterator[str]:
    """Yield a table of the open failures, and what to do about one."""
    failures = document["failures"]
    if not failures:
        yield "no failures are open"
        return
    header = ("ID", "CONNECTION", "ACCOUNT", "WHO", "OPERATION", "TRIES", "LAST AT", "REASON")
    yield from aligned([header, *(_failure_row(failure) for failure in failures)])
    yield "retry one with: sync failures retry ID; remove one from the list with: sync failures dismiss ID --why TEXT"


def retried_lines(document: Document) -> Iterator[str]:
    """Yield how many failures the next run retries."""
    yield f"the next run retries {counted(len(document['failures']), 'failure')}: sync run"


def dismissed_lines(failure: Document) -> Iterator[str]:
    """Yield what dismissing means."""
    yield f"failure {failure['id']} ({printable(failure['who'])}) is removed from the list until its record changes"


def _conflict_row(conflict: Document) -> Sequence[str]:
    return (
        str(conflict["id"]),
        conflict["connection"],
        conflict["who"],
        conflict["field"],
        _value(conflict, "left", longest=30),
        _value(conflict, "right", longest=30),
        time_shown(conflict["found_at"]),
    )


def _value(conflict: Document, side: str, *, longest: int | None) -> str:
    value = conflict[side]["value"]
    if conflict["field"] == WHOLE:
        return value or "deleted"
    return value_text(value, longest=longest)


def _failure_row(failure: Document) -> Sequence[str]:
    return (
        str(failure["id"]),
        failure["connection"],
        failure["account"],
        failure["who"],
        failure["operation"],
        str(failure["attempts"]),
        time_shown(failure["last_at"]),
        failure["reason"],
    )
