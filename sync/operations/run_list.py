"""The documents of stored runs, and which of them changed nothing."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from state import queries
from state.database import Database
from state.queries import StoredRun
from sync.config.model import Config
from sync.operations.state_access import reading
from sync.output.formats import ms_text

Document = dict[str, Any]

COUNTS: Final = ("created", "updated", "deleted")
PAGE: Final = 200


def list_runs(config: Config, connections: tuple[str, ...], limit: int, *, idle: bool) -> Document:
    """Return the last runs, the latest first; with `idle` also those that changed nothing."""
    with reading(config) as db:
        found = (run for run in _all(db) if not connections or run["connection"] in connections)
        shown = (run for run in found if idle or not is_idle(run))
        return {"runs": [run for run, _ in zip(shown, range(limit), strict=False)]}


def is_idle(run: Mapping[str, Any]) -> bool:
    """Return whether a run ended well and neither changed nor found anything."""
    return run["status"] in ("ok", "partial") and not any(changed(run).values())


def changed(run: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return by account how many records a run created, updated and deleted; only what is not zero."""
    totals: dict[str, dict[str, int]] = {}
    for stream in run["streams"].values():
        for account, counts in stream.items():
            if isinstance(counts, dict) and "created" in counts:
                for name in COUNTS:
                    totals.setdefault(account, {}).setdefault(name, 0)
                    totals[account][name] += counts[name]
    kept = {account: {name: count for name, count in one.items() if count} for account, one in totals.items()}
    return {account: one for account, one in kept.items() if one}


def run_document(found: StoredRun) -> Document:
    """Return the document of a run; of an unfinished run, what is known."""
    basic: Document = {
        "run": found.id,
        "connection": found.connection_name,
        "status": found.status,
        "started_at": ms_text(found.started_ms),
        "finished_at": ms_text(found.finished_ms),
        "streams": {},
        "requests": {},
        "errors": [],
    }
    kept: Document = json.loads(found.report or "{}")
    return basic | kept | {"status": found.status}


def _all(db: Database) -> Iterator[Document]:
    """Yield the runs page by page, so that a long history is read no further than is asked for."""
    before = ""
    while found := queries.runs_before(db, before, PAGE):
        yield from map(run_document, found)
        if len(found) < PAGE:
            return
        before = found[-1].id
