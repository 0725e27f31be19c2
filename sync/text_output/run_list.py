"""The list of runs as lines of text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sync.operations.run_list import changed
from sync.output.text import aligned, span_text, time_shown

Document = Mapping[str, Any]


def run_list_lines(document: Document) -> Iterator[str]:
    """Yield a table of the runs, and how to look further."""
    runs = document["runs"]
    if not runs:
        yield "no run has changed anything yet; sync runs --idle shows the others"
        return
    yield from aligned([("RUN", "CONNECTION", "STARTED", "TOOK", "STATUS", "CHANGED"), *map(_row, runs)])
    yield "what happened to one contact: sync explain WHO; restore what a run overwrote: sync undo RUN"


def _row(run: Document) -> Sequence[str]:
    return (
        run["run"],
        run["connection"],
        time_shown(run["started_at"]),
        _took(run),
        run["status"] or "running, or killed",
        _changed(run),
    )


def _took(run: Document) -> str:
    if not run["finished_at"]:
        return "-"
    began, ended = (datetime.fromisoformat(run[key]) for key in ("started_at", "finished_at"))
    return span_text(round((ended - began).total_seconds(), 1))


def _changed(run: Document) -> str:
    parts = [
        f"{account}: {', '.join(f'{name} {count:,}' for name, count in counts.items())}"
        for account, counts in changed(run).items()
    ]
    return "; ".join([*run["errors"], *parts]) or "nothing"
