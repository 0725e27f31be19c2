"""What people read instead of the JSON documents: aligned lines of text, each result with the command to type next.

Values come from other systems: whatever a terminal would obey instead of showing is spelled out. Plain text, since a
table library costs more than a whole `sync status` may.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from connectors.contact import Value
from sync.output.formats import WHOLE

if TYPE_CHECKING:
    from sync.output.report import PlannedChange, RunReport, StreamReport

Document = Mapping[str, Any]

LONGEST_VALUE = 80


def run_lines(reports: Iterable["RunReport"]) -> Iterator[str]:
    """Yield a summary of each run, and what to do about what is open."""
    for report in reports:
        if report.locked:
            yield f"{report.connection}: did not run: {report.locked}"
            continue
        yield f"{report.connection}: {report.status}{_how_long(report)}, run {report.run}"
        yield from _indented(_stream_lines(report))
        yield from _indented(_advice(report))


def total_lines(report: "RunReport") -> Iterator[str]:
    """Yield the totals of a plan, for the question before it is written."""
    what = f"Undoing run {report.undoes}" if report.undoes else "The first run"
    yield f"{what} of {report.connection} would do this:"
    yield from _indented(_stream_lines(report))
    yield from _indented(_cost_lines(report))


def plan_lines(reports: Iterable["RunReport"]) -> Iterator[str]:
    """Yield who would be written where, field by field, then the totals and the price."""
    for report in reports:
        if not report.locked:
            for (account, operation, who), changes in groupby(report.changes, key=_person):
                yield f"{account}: {operation} {printable(who)}"
                yield from _indented(_change_lines(list(changes)))
        yield from run_lines([report])
        yield from _indented(_cost_lines(report))


def check_lines(document: Document) -> Iterator[str]:
    """Yield each account with what works and what does not."""
    for account in document["accounts"]:
        yield f"{account['account']} ({account['connector']}): {'ok' if account['ok'] else 'does not work'}"
        for finding in account["findings"]:
            yield from _indented(_finding_lines(finding))


def status_lines(document: Document) -> Iterator[str]:
    """Yield a table of the connections and their streams, and what is open."""
    header = (
        "CONNECTION", "STREAM", "COVERED TO", "LAG", "LAST RUN", "NEXT RUN", "CONFLICTS", "FAILURES", "DELETED", "HELD",
    )  # fmt: skip
    yield from aligned([header, *_status_rows(document["connections"])])
    for connection in document["connections"]:
        if connection.get("charged"):
            asked = counted(connection["charged"], "look-up")
            yield f"{connection['name']}: {asked} of companies in the last 30 days, each of which may be charged"
        if "webhooks" in connection:
            heard, waiting = connection["webhooks"]["heard_at"], connection["webhooks"]["waiting"]
            yield f"{connection['name']}: last webhook heard: {heard or 'never'}; {counted(waiting, 'record')} waiting"
        if "delayed" in connection:
            yield f"{connection['name']}: the next run is delayed: {printable(connection['delayed'])}"
    yield from (f"error: {printable(one)}" for one in document.get("damaged", ()))
    for wait in document.get("waits", ()):
        yield f"{wait['account']}: no call before {wait['until']}, because {printable(wait['reason'])}"
    yield from _what_is_open(
        sum(connection["conflicts"] or 0 for connection in document["connections"]),
        sum(connection["failures"] or 0 for connection in document["connections"]),
    )


def verify_lines(document: Document) -> Iterator[str]:
    """Yield whether both sides of each connection agree, and where they do not."""
    for connection in document["connections"]:
        verdict = "both sides agree" if connection["agree"] else "the sides do not agree"
        yield f"{connection['name']}: {verdict}, {counted(connection['compared'], 'pair')} compared"
        for account, people in connection["only"].items():
            yield from (f"  only at {account}: {printable(one['who'])}{_because(one)}" for one in people)
        for one in connection["differ"]:
            values = f"{value_text(one['left'])} and {value_text(one['right'])}"
            yield f"  {printable(one['who'])}: {one['field']} is {values}"
        for one in connection["doubles"]:
            yield f"  twice at {one['account']}: {printable(one['who'])} ({', '.join(map(printable, one['ids']))})"
        for one in connection.get("held", ()):
            values = f"{value_text(one['left'])} and {value_text(one['right'])}"
            yield f"  held since {one['since']}: {printable(one['who'])}: {one['field']} is {values}"
        yield from _indented(owed_lines(connection.get("owed", {})))
    yield from (f"error: {printable(error)}" for error in document.get("errors", ()))
    if not all(connection["agree"] for connection in document["connections"]):
        yield "carry over what can be with: sync run; find deletions with: sync reconcile"


def backup_lines(document: Document) -> Iterator[str]:
    """Yield where the copy is."""
    yield f"{document['backup']}: a copy of {document['state']}, {document['bytes']:,} bytes"


def repair_lines(document: Document) -> Iterator[str]:
    """Yield what was damaged: what was dropped, and what only a backup can bring back."""
    for title, found in (("dropped", document["dropped"]), ("still damaged", document["left"])):
        for one in found:
            where = f"table {one['table']}, row {one['row']}, column {one['column']}"
            yield f"{title}: {printable(where)}: {one['reason']}"
    if document["left"]:
        yield f"links, shadows and the history can't be learned again: restore {document['state']} from a backup"
    elif document["dropped"]:
        yield "the next run learns again what was dropped"
    else:
        yield f"{document['state']}: every cell can be read; nothing was changed"


def installation_lines(document: Document) -> Iterator[str]:
    """Yield the files with what is in them, or that they are written, and what to do next."""
    for file in document["files"]:
        if document["written"]:
            yield f"wrote {file['path']}"
        else:
            yield f"# {file['path']}"
            yield from file["content"].splitlines()
            yield ""
    yield from (f"{'' if document['written'] else '# '}next: {step}" for step in document["next"])


def token_lines(document: Document) -> Iterator[str]:
    """Yield how the token of each account stands."""
    if not document["accounts"]:
        yield "no account uses OAuth"
    for one in document["accounts"]:
        yield f"{one['account']}: {printable(one['problem'])}" if one["problem"] else _token_line(one)
        if one["missing_scopes"]:
            yield f"  scopes that were asked for and not granted: {', '.join(one['missing_scopes'])}"


def _token_line(one: Document) -> str:
    until = f"{'until' if one['state'] == 'good' else 'expired at'} {one['expires_at'] or 'it is refused'}"
    whose = f"location {one['location_id']}" + (f" of company {one['company_id']}" if one["kind"] == "Company" else "")
    then = "renewed by itself" if one["refreshable"] else f"not renewed; then: sync auth login {one['account']}"
    return f"{one['account']}: a token for {whose}, {until}, {then}"


def logout_lines(document: Document) -> Iterator[str]:
    """Yield what a log-out did, and what is left to do elsewhere."""
    if not document["removed"]:
        yield f"{document['account']}: there was no token"
        return
    yield f"{document['account']}: the token is gone; the app is still installed at GrowthHub, where it can be removed"


def _because(entry: Document) -> str:
    return f" ({printable(entry['reason'])})" if "reason" in entry else ""


def conflict_lines(document: Document) -> Iterator[str]:
    """Yield a table of the open conflicts, and how to settle one."""
    conflicts = document["conflicts"]
    if not conflicts:
        yield "no conflicts are open"
        return
    header = ("ID", "CONNECTION", "WHO", "FIELD", "LEFT", "RIGHT", "FOUND AT")
    yield from aligned([header, *(_conflict_row(conflict) for conflict in conflicts)])
    yield "settle one with: sync conflicts resolve ID --left | --right | --value V"


def one_conflict_lines(conflict: Document) -> Iterator[str]:
    """Yield one conflict in full."""
    yield f"{printable(conflict['who'])}: {conflict['field']} ({conflict['connection']}, {conflict['stream']})"
    for side in ("left", "right"):
        shown, changed = conflict[side], conflict[side]["changed_at"] or "an unknown time"
        yield f"  {side}, at {shown['account']}: {_disputed(conflict, side, longest=None)}, changed at {changed}"
    yield f"  found at {conflict['found_at']} by run {conflict['run']}"
    typed = "" if conflict["field"] == WHOLE else " | --value V"
    yield f"settle it with: sync conflicts resolve {conflict['id']} --left | --right{typed}"


def resolved_lines(conflict: Document) -> Iterator[str]:
    """Yield the word that a resolved conflict is due with the next run."""
    yield f"conflict {conflict['id']} ({printable(conflict['who'])}, {conflict['field']}) is settled"
    command = "sync reconcile" if conflict["field"] == WHOLE else "sync run"
    yield f"the next run writes it: {command} --connection {conflict['connection']}"


def failure_lines(document: Document) -> Iterator[str]:
    """Yield a table of the open failures, and what to do about one."""
    failures = document["failures"]
    if not failures:
        yield "no failures are open"
        return
    header = ("ID", "CONNECTION", "ACCOUNT", "WHO", "OPERATION", "TRIES", "LAST AT", "REASON")
    yield from aligned([header, *(_failure_row(failure) for failure in failures)])
    yield "try again with: sync failures retry ID; take one off with: sync failures dismiss ID --why TEXT"


def retried_lines(document: Document) -> Iterator[str]:
    """Yield how many failures the next run tries again."""
    yield f"{counted(len(document['failures']), 'failure')} will be tried again by the next run: sync run"


def dismissed_lines(failure: Document) -> Iterator[str]:
    """Yield what dismissing means."""
    yield f"failure {failure['id']} ({printable(failure['who'])}) is off the list until its record changes"


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines whose columns stand below each other."""
    table = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def printable(text: object) -> str:
    """Return the text with everything spelled out that would move a cursor or colour a terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in str(text)
    )


def value_text(value: Value | Sequence[str], *, longest: int | None = LONGEST_VALUE) -> str:
    """Return a value as people read it: quoted, a set as a list, nothing as (empty)."""
    if not value:
        return "(empty)"
    text = printable(value) if isinstance(value, str) else ", ".join(map(printable, value))
    return f'"{text}"' if longest is None or len(text) <= longest else f'"{text[:longest]}…"'


def counted(number: int, noun: str) -> str:
    """Return "1 call" or "1,200 calls"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def span_text(seconds: float) -> str:
    """Return a length of time in its two largest units, "3 d 4 h"."""
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.1f} s" if seconds % 1 else f"{int(seconds)} s"
    left, parts = timedelta(seconds=int(seconds)), []
    for name, unit in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count} {name}")
    if left:
        parts.append(f"{left.seconds} s")
    return " ".join(parts[:2])


def _indented(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {line}"


def _how_long(report: "RunReport") -> str:
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
            yield f"{account}: made custom fields {', '.join(map(printable, keys))}"
    yield from owed_lines(report.owed)


def owed_lines(owed: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield what waits for a place, by account (R41)."""
    for account, fields in owed.items():
        values = ", ".join(f"{printable(name)} ({number:,})" for name, number in fields.items())
        yield f"{account}: no place yet for {values}; they are carried once there is one, see: sync check"


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
    yield from _what_is_open(
        sum(stream.conflicts for stream in report.streams.values()),
        sum(stream.failed for stream in report.streams.values()),
    )


def _what_is_open(conflicts: int, failures: int) -> Iterator[str]:
    if conflicts:
        yield f"{counted(conflicts, 'conflict')} open: sync conflicts list"
    if failures:
        yield f"{counted(failures, 'failure')} open: sync failures list"


def _cost_lines(report: "RunReport") -> Iterator[str]:
    for account, cost in (report.cost or {}).items():
        share = f"{cost.share_of_day:.2%} of a day's allowance"
        money = f"; {counted(cost.charged, 'look-up')} of companies may be charged" if cost.charged else ""
        yield f"{account}: {counted(cost.calls, 'call')}, {share}, {span_text(cost.seconds)}{money}"


def _person(change: "PlannedChange") -> tuple[str, str, str]:
    return change.account, change.operation, change.who


def _change_lines(changes: Sequence["PlannedChange"]) -> Iterator[str]:
    for change in changes:
        if change.operation == "update":
            yield f"{change.field}: {value_text(change.old)} -> {value_text(change.new)}"
        elif change.operation == "create":
            yield f"{change.field}: {value_text(change.new)}"


def _finding_lines(finding: Document) -> Iterator[str]:
    if finding["ok"]:
        yield f"ok    {printable(finding['what'])}"
        return
    yield f"{'wrong' if finding['fatal'] else 'note '} {printable(finding['what'])}: {printable(finding['problem'])}"
    if finding["mend"]:
        yield f"      {printable(finding['mend'])}"
    if finding["fixable"]:
        yield "      or let it be made: sync check --fix"


def _status_rows(connections: Iterable[Document]) -> Iterator[Sequence[str]]:
    for connection in connections:
        for stream, state in connection["streams"].items():
            covered = [moment for moment in state["covered_to"].values() if moment]
            yield (
                connection["name"],
                stream,
                min(covered, default="never") if len(covered) == len(state["covered_to"]) else "never",
                "-" if state["lag_seconds"] is None else span_text(state["lag_seconds"]),
                _last_run(connection["last_run"]),
                connection["next_run_at"] or "-",
                *(str(connection[key]) for key in ("conflicts", "failures", "deleted", "held")),
            )


def _last_run(run: Document | None) -> str:
    if run is None:
        return "never"
    return f"{run['status']} at {run['finished_at']}" if run["finished_at"] else f"since {run['started_at']}"


def _conflict_row(conflict: Document) -> Sequence[str]:
    return (
        str(conflict["id"]),
        conflict["connection"],
        conflict["who"],
        conflict["field"],
        _disputed(conflict, "left", longest=30),
        _disputed(conflict, "right", longest=30),
        conflict["found_at"],
    )


def _disputed(conflict: Document, side: str, *, longest: int | None) -> str:
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
        failure["last_at"],
        failure["reason"],
    )
