"""The runs, and what one run wrote: on a page, limited to an account or a field, and as a CSV file."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sync.config.model import Config
from sync.output.formats import ms_text
from sync.output.text import value_text
from sync.page import records
from sync.page.pages import PAGE, Pages, number_in
from sync.page.read_only_state import looking
from sync.page.records import Change, RunFilter

COLUMNS: Final = ("at", "run", "who", "account", "stream", "record", "field", "old", "new", "rule", "source")
BLOCK: Final = 1000
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class RunPages:
    """The handlers of the pages about runs."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def runs(self, request: Request) -> Response:
        """Show the runs, latest first; those that changed nothing are folded unless they are asked for."""
        query = request.query_params
        connection, idle = query.get("connection", ""), query.get("idle") == "1"
        with self._pages.looking() as (db, facts):
            found, more = records.folded_runs(db, query.get("before", ""), connection, PAGE, idle=idle)
        first = "before" not in query
        return self._pages.page(
            request, "runs", **facts, runs=found, more=more, first=first, idle=idle, connection=connection
        )

    def run(self, request: Request) -> Response:
        """Show one run and what it wrote."""
        name, after, wanted = request.path_params["run"], number_in(request, "after"), _filter(request)
        with self._pages.looking() as (db, facts):
            report = records.run(db, name)
            found = records.changes(db, name, after, PAGE + 1, wanted)
            fields = records.changed_fields(db, name)
        more = found[PAGE - 1].line.id if len(found) > PAGE else 0
        undos = self._pages.runs.undos
        return self._pages.page(
            request, "run", **facts, run=report, changes=found[:PAGE], more=more, after=after, wanted=wanted,
            fields=fields, undo=None if undos is None else undos.state_of(name),
        )  # fmt: skip

    def csv(self, request: Request) -> Response:
        """Send what a run wrote as CSV."""
        name, config = request.path_params["run"], self._pages.config()
        with looking(config) as db:
            records.run(db, name)
        shown = {"content-disposition": f'attachment; filename="growthsync-{name}.csv"'}
        return StreamingResponse(_csv_blocks(config, name, _filter(request)), media_type="text/csv", headers=shown)


def _filter(request: Request) -> RunFilter:
    return RunFilter(request.query_params.get("account", ""), request.query_params.get("field", ""))


def _csv_blocks(config: Config, run: str, wanted: RunFilter) -> Iterator[str]:
    """Yield the file in blocks, each read by itself, so that a slow reader holds no snapshot of the state."""
    yield _csv_text([COLUMNS])
    after = 0
    while True:
        with looking(config) as db:
            found = records.changes(db, run, after, BLOCK, wanted)
        yield _csv_text([_cells(one) for one in found])
        if len(found) < BLOCK:
            return
        after = found[-1].line.id


def _cells(change: Change) -> tuple[str, ...]:
    line, entry = change.line, change.line.entry
    return (
        ms_text(line.at_ms) or "", line.run, change.who, entry.account, line.stream, entry.record_id, entry.field,
        _text(change.old), _text(change.new), entry.rule, entry.source or "",
    )  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else value_text(value)


def _csv_text(rows: list[tuple[str, ...]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(map(_harmless, rows))
    return written.getvalue()


def _harmless(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cells without formulas: a spreadsheet would run what a stranger typed as a name."""
    return tuple(f"'{cell}" if cell.startswith(FORMULA) and not _is_phone(cell) else cell for cell in cells)


def _is_phone(cell: str) -> bool:
    return cell[:1] == "+" and cell[1:].isdigit()
