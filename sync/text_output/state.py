"""Status, care of the state file, erasure and installation as lines of text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sync.output.text import aligned, counted, printable, span_text, time_shown
from sync.text_output.open_items import open_lines

Document = Mapping[str, Any]


def status_lines(document: Document) -> Iterator[str]:
    """Yield a table of the connections and their streams, and what is open."""
    header = (
        "CONNECTION", "STREAM", "COVERED TO", "LAG", "LAST RUN", "NEXT RUN", "CONFLICTS", "FAILURES", "DELETED", "HELD",
    )  # fmt: skip
    yield from aligned([header, *_status_rows(document["connections"])])
    for connection in document["connections"]:
        for note in _connection_notes(connection):
            yield f"{connection['name']}: {note}"
    yield from (f"error: {printable(one)}" for one in document.get("damaged", ()))
    for wait in document.get("waits", ()):
        yield f"{wait['account']}: no call before {time_shown(wait['until'])}, because {printable(wait['reason'])}"
    yield from open_lines(
        sum(connection["conflicts"] or 0 for connection in document["connections"]),
        sum(connection["failures"] or 0 for connection in document["connections"]),
    )


def backup_lines(document: Document) -> Iterator[str]:
    """Yield where the copy is."""
    yield f"{document['backup']}: a copy of {document['state']}, {document['bytes']:,} bytes"


def repair_lines(document: Document) -> Iterator[str]:
    """Yield which damaged cells were deleted, and which ones only a backup can restore."""
    for title, found in (("deleted", document["dropped"]), ("still damaged", document["left"])):
        for one in found:
            where = f"table {one['table']}, row {one['row']}, column {one['column']}"
            yield f"{title}: {printable(where)}: {one['reason']}"
    if document["left"]:
        yield f"links, shadows and the history cannot be read again: restore {document['state']} from a backup"
    elif document["dropped"]:
        yield "the next run reads again what was deleted"
    else:
        yield f"{document['state']}: every cell can be read; nothing was changed"


def forgotten_lines(document: Document) -> Iterator[str]:
    """Yield what was erased, what was not, and how to end the erasure."""
    if not document["forgotten"]:
        yield "no contact matches; nothing was erased"
        return
    for contact in document["people"]:
        ids = ", ".join(f"{account}:{printable(each)}" for account, ids in contact["ids"].items() for each in ids)
        rows = ", ".join(f"{counted(count, 'row')} of {table}" for table, count in sorted(document["erased"].items()))
        yield f"forgotten: {ids}"
        yield f"  erased from the state file: {rows}"
        yield f"  not deleted at {' and '.join(contact['ids'])}: the records are still there, and runs leave them out"
    if not document["people"]:
        yield "the contact was forgotten before; the state file was rewritten once more"
    yield "copies of the state file still hold the contact: delete the copies, or forget the contact in them too"
    yield "sync the contact again with: sync forget WHO --lift"


def lifted_lines(document: Document) -> Iterator[str]:
    """Yield whether an erasure was ended, and when the contact is synced again."""
    if not document["lifted"]:
        yield "no forgotten contact matches"
        return
    yield f"{counted(document['lifted'], 'erasure')} lifted; each contact is synced and linked again when it changes"
    yield "or at once with: sync reconcile"


def installation_lines(document: Document) -> Iterator[str]:
    """Yield the files with their contents, or that they are written, and what to do next."""
    for file in document["files"]:
        if document["written"]:
            yield f"wrote {file['path']}"
        else:
            yield f"# {file['path']}"
            yield from file["content"].splitlines()
            yield ""
    yield from (f"{'' if document['written'] else '# '}next: {step}" for step in document["next"])


def progress_line(progress: Document) -> str:
    """Return how far a run is, as a line of text."""
    total, pace, left = progress["total"], progress["per_second"], progress["seconds_left"]
    parts = [
        f"{printable(progress['step'])}: {progress['done']:,}" + ("" if total is None else f" of {total:,}"),
        *([] if pace is None else [f"{pace:,.0f} a second" if pace >= 1 else f"{60 * pace:,.1f} a minute"]),
        *([] if left is None else [f"{span_text(round(left))} left"]),
    ]
    return f"running since {progress['began_at']}: {', '.join(parts)}"


def _connection_notes(connection: Document) -> Iterator[str]:
    name = connection["name"]
    if "progress" in connection:
        yield progress_line(connection["progress"])
    if "paused" in connection:
        paused = connection["paused"]
        since = time_shown(paused["since"])
        yield f"paused since {since} by {printable(paused['by'])}; end it with: sync resume {name}"
    if "waiting" in connection:
        what = "the first run" if connection["waiting"]["kind"] == "first" else "a run that the guard stopped"
        yield f"{what} waits for you since {time_shown(connection['waiting']['since'])}: sync approve {name}"
    if connection.get("charged"):
        yield f"{counted(connection['charged'], 'company look-up')} in the last 30 days; each may be charged"
    if connection.get("fights"):
        fields = counted(connection["fights"], "field")
        yield f"frozen: {fields} that went back and forth between both sides; settle: sync conflicts list"
    if connection.get("parked"):
        yield f"parked: {counted(connection['parked'], 'linked contact')}, out of the scope under `only`"
    if "webhooks" in connection:
        heard, waiting = connection["webhooks"]["heard_at"], connection["webhooks"]["waiting"]
        yield f"last webhook received: {time_shown(heard) if heard else 'never'}; {counted(waiting, 'record')} waiting"
    if "delayed" in connection:
        yield f"the next run is delayed: {printable(connection['delayed'])}"


def _status_rows(connections: Iterable[Document]) -> Iterator[Sequence[str]]:
    for connection in connections:
        for stream, state in connection["streams"].items():
            covered = [moment for moment in state["covered_to"].values() if moment]
            yield (
                connection["name"],
                stream,
                time_shown(min(covered)) if covered and len(covered) == len(state["covered_to"]) else "never",
                "-" if state["lag_seconds"] is None else span_text(state["lag_seconds"]),
                _last_run(connection["last_run"]),
                time_shown(connection["next_run_at"]) if connection["next_run_at"] else "-",
                *(str(connection[key]) for key in ("conflicts", "failures", "deleted", "held")),
            )


def _last_run(run: Document | None) -> str:
    if run is None:
        return "never"
    if not run["finished_at"]:
        return f"since {time_shown(run['started_at'])}"
    return f"{run['status']} at {time_shown(run['finished_at'])}"
