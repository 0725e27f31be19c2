"""The pages that people read: how everything stands, what is open, what runs did, and what happened to one person.

A list is shown PAGE entries at a time, by the numbers of its entries. A person is shown by the number of something that
is about them, or under a random name for what was typed.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sync.config.model import Config
from sync.errors import NotThere, UsageError
from sync.operations import queries
from sync.operations.explain import explain_in
from sync.page import records
from sync.page.access import Access, Asked
from sync.page.middleware import ADMITTED, ASKED
from sync.page.overview import overview
from sync.page.read_only_state import looking
from sync.page.renderer import Pages
from sync.page.search_handles import SearchHandles

PAGE: Final = 50
EVENTS: Final = 500
"""Lines of somebody's history that a page shows, the last ones."""

Document = dict[str, Any]


@dataclass(slots=True)
class PageContext:
    """What every page needs."""

    config: Callable[[], Config]
    access: Access
    pages: Pages
    handles: SearchHandles
    hanging: Callable[[], Iterable[str]]

    def page(self, request: Request, name: str, status: int = 200, **facts: Any) -> Response:
        """Return a page for who asked, with what they do next in each form of it."""
        session = request.scope[ADMITTED].session
        token = self.access.sessions.form_token(session)
        leaves = session.has_token and self.access.token is not None
        return self.pages.page(name, status, form=token, leaves=leaves, **facts)

    @contextmanager
    def looking(self) -> Iterator[tuple[sqlite3.Connection, Document]]:
        """Look into the state, and at what is open: each page says so on top."""
        with looking(self.config()) as db:
            yield db, {"open": _open(db)}

    def overview(self, request: Request) -> Response:
        """Show how everything stands."""
        with self.looking() as (db, facts):
            return self.page(
                request, "overview", **facts, **overview(db, self.config(), self.hanging(), datetime.now(UTC))
            )

    def conflicts(self, request: Request) -> Response:
        """Show what waits for a person's word."""
        after = _number(request, "after")
        with self.looking() as (db, facts):
            found = queries.conflicts_of(db, after, PAGE + 1)
        settled = _number(request, "settled")
        return self.page(request, "conflicts", **facts, **_paged("conflicts", found, after), settled=settled)

    def conflict(self, request: Request, status: int = 200, problem: str = "", typed: str = "") -> Response:
        """Show one of them, with a place for another value."""
        with self.looking() as (db, facts):
            found = queries.conflict_of(db, request.path_params["id"])
        return self.page(request, "conflict", status, **facts, conflict=found, problem=problem, typed=typed)

    def failures(self, request: Request, status: int = 200, problem: str = "") -> Response:
        """Show who could not be carried."""
        after = _number(request, "after")
        with self.looking() as (db, facts):
            found = queries.failures_of(db, after, PAGE + 1)
        did = {name: _number(request, name) for name in ("retried", "dismissed", "all")}
        return self.page(
            request, "failures", status, **facts, **_paged("failures", found, after), **did, problem=problem
        )

    def runs(self, request: Request) -> Response:
        """Show the runs, the last one first."""
        with self.looking() as (db, facts):
            found = records.runs(db, request.query_params.get("before", ""), PAGE + 1)
        more = found[PAGE - 1]["run"] if len(found) > PAGE else ""
        first = "before" not in request.query_params
        return self.page(request, "runs", **facts, runs=found[:PAGE], more=more, first=first)

    def run(self, request: Request) -> Response:
        """Show one run, and what it wrote."""
        name, after = request.path_params["run"], _number(request, "after")
        with self.looking() as (db, facts):
            report = records.run(db, name)
            found = records.changes(db, name, after, PAGE + 1)
        more = found[PAGE - 1].line.id if len(found) > PAGE else 0
        return self.page(request, "run", **facts, run=report, changes=found[:PAGE], more=more, after=after)

    def people(self, request: Request, status: int = 200, problem: str = "", typed: str = "") -> Response:
        """Show the form in which people are asked for."""
        with self.looking() as (_, facts):
            return self.page(request, "people", status, **facts, problem=problem, typed=typed)

    def search(self, request: Request) -> Response:
        """Look for somebody, and lead to what was found under a random name."""
        typed = form_of(request).get("who", "").strip()
        try:
            with self.looking() as (db, _):
                explain_in(db, self.config(), typed, None)
        except UsageError as error:
            return self.people(request, 422, str(error), typed)
        return RedirectResponse(f"/people/{self.handles.keep(typed)}", 303)

    def person(self, request: Request) -> Response:
        """Show who was searched for."""
        typed = self.handles.typed(request.path_params["handle"])
        if typed is None:
            raise NotThere("this search is not remembered any more; search again")
        return self._person(request, lambda _: typed)

    def person_of_conflict(self, request: Request) -> Response:
        """Show whom a conflict is about."""
        return self._person(request, lambda db: records.of_conflict(db, request.path_params["id"]))

    def person_of_failure(self, request: Request) -> Response:
        """Show whom a failure is about."""
        return self._person(request, lambda db: records.of_failure(db, request.path_params["id"]))

    def person_of_line(self, request: Request) -> Response:
        """Show whom a line of the history is about."""
        return self._person(request, lambda db: records.of_line(db, request.path_params["id"]))

    def _person(self, request: Request, whom: Callable[[sqlite3.Connection], str]) -> Response:
        with self.looking() as (db, facts):
            document = explain_in(db, self.config(), whom(db), None)
        return self.page(request, "person", **facts, **document, most=EVENTS)


def form_of(request: Request) -> dict[str, str]:
    """Return the fields of the form that was sent."""
    asked: Asked = request.scope[ASKED]
    return asked.form


def _open(db: sqlite3.Connection) -> Document:
    conditions = {"conflict": "resolution IS NULL", "failure": "dismissed IS NULL"}
    return {
        table: db.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()[0]
        for table, condition in conditions.items()
    }


def _paged(name: str, found: list[Document], after: int) -> Document:
    """Return a page of what was found, and the number behind which the next one begins, 0 where there is none."""
    return {name: found[:PAGE], "more": found[PAGE - 1]["id"] if len(found) > PAGE else 0, "after": after}


def _number(request: Request, name: str) -> int:
    """Return a number of the address, 0 where it is none."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0  # noqa: PLR2004 - what SQLite takes
