"""The pages: the overview, open and settled conflicts, failures, and the history of one contact.

A list shows PAGE entries at a time, by the numbers of its entries. A contact is shown by the number of a conflict, a
failure or a line of the history, or under a random name in place of the search text.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from state.database import Database
from state.queries import count_open_conflicts, count_open_failures, disputed_fields
from sync.config.model import Config
from sync.errors import NotThere, UsageError
from sync.operations import open_items
from sync.operations.contact_lists import named_contacts
from sync.operations.explain import explain_in
from sync.page import records
from sync.page.access import Access, PageRequest
from sync.page.daemon_runs import DaemonRuns
from sync.page.list_filter import ListFilter
from sync.page.middleware import GRANTED, REQUEST
from sync.page.overview import Wanted, overview
from sync.page.read_only_state import looking
from sync.page.renderer import Renderer
from sync.page.search_handles import SearchHandles

PAGE: Final = 50
EVENTS: Final = 500
"""How many of the latest lines of a contact's history a page shows."""

Document = dict[str, Any]


@dataclass(slots=True)
class Pages:
    """The handlers of the pages."""

    config: Callable[[], Config]
    access: Access
    renderer: Renderer
    handles: SearchHandles
    runs: DaemonRuns

    def page(self, request: Request, name: str, status: int = 200, **facts: Any) -> Response:
        """Return a page, with the form token of the session."""
        session = request.scope[GRANTED].session
        token = self.access.sessions.form_token(session)
        can_log_out = session.has_token and bool(self.access.tokens)
        return self.renderer.render(name, status, form=token, can_log_out=can_log_out, **facts)

    @contextmanager
    def looking(self) -> Iterator[tuple[Database, Document]]:
        """Open the state and count what is open, which each page shows at the top."""
        with looking(self.config()) as db:
            yield db, {"open": _open(db)}

    def overview(self, request: Request) -> Response:
        """Show the overview of all connections, or of those with a part of a name."""
        wanted = Wanted(request.query_params.get("name", "").strip(), number_in(request, "start"))
        with self.looking() as (db, facts):
            found = overview(db, self.config(), self.runs.hanging(), datetime.now(UTC), wanted)
        return self.page(request, "overview", **facts, **found)

    def conflicts(self, request: Request) -> Response:
        """Show the open conflicts: all, or those of a connection, of a field, or about fights."""
        after, wanted = number_in(request, "after"), ListFilter.of(request.query_params)
        with self.looking() as (db, facts):
            found = open_items.conflicts_of(
                db, after, PAGE + 1, connection=wanted.connection, field=wanted.field, fights=bool(wanted.kind)
            )
            fields = disputed_fields(db)
        done = {name: number_in(request, name) for name in ("settled", "many")}
        return self.page(
            request, "conflicts", **facts, **_paged("conflicts", found, after), **done, wanted=wanted, fields=fields
        )

    def settled(self, request: Request) -> Response:
        """Show the conflicts that users settled: who, what and when."""
        before = number_in(request, "before")
        with self.looking() as (db, facts):
            found = records.settled(db, before, PAGE + 1)
        more = found[PAGE - 1].line.id if len(found) > PAGE else 0
        return self.page(request, "settled", **facts, lines=found[:PAGE], more=more, before=before)

    def conflict(self, request: Request, status: int = 200, problem: str = "", typed: str = "") -> Response:
        """Show one conflict, with an input for another value."""
        with self.looking() as (db, facts):
            found = open_items.conflict_of(db, request.path_params["id"])
        return self.page(request, "conflict", status, **facts, conflict=found, problem=problem, typed=typed)

    def failures(self, request: Request, status: int = 200, problem: str = "") -> Response:
        """Show the open failures."""
        after, wanted = number_in(request, "after"), ListFilter.of(request.query_params)
        with self.looking() as (db, facts):
            found = open_items.failures_of(db, after, PAGE + 1, connection=wanted.connection)
        did = {name: number_in(request, name) for name in ("retried", "dismissed", "all")}
        return self.page(
            request, "failures", status, **facts, **_paged("failures", found, after), **did, problem=problem,
            wanted=wanted,
        )  # fmt: skip

    def contacts(self, request: Request, status: int = 200, problem: str = "", typed: str = "") -> Response:
        """Show the search form for contacts."""
        with self.looking() as (_, facts):
            return self.page(request, "contact_search", status, **facts, problem=problem, typed=typed)

    def search(self, request: Request) -> Response:
        """Search for a contact, and redirect to the result under a random name."""
        typed = form_of(request).get("who", "").strip()
        try:
            with self.looking() as (db, _):
                explain_in(db, self.config(), typed, None)
        except UsageError as error:
            with self.looking() as (db, _):
                is_name = bool(named_contacts(db, typed, 1))
            if not is_name:
                return self.contacts(request, 422, str(error), typed)
        return RedirectResponse(f"/people/{self.handles.keep(typed)}", 303)

    def contact(self, request: Request) -> Response:
        """Show the result of a search."""
        typed = self.handles.typed(request.path_params["handle"])
        if typed is None:
            raise NotThere("this search has expired; search again")
        try:
            return self._contact_page(request, lambda _: typed)
        except UsageError:  # it is a part of a name
            return self._named(request, typed)

    def _named(self, request: Request, typed: str) -> Response:
        with self.looking() as (db, facts):
            found = named_contacts(db, typed, PAGE + 1)
        return self.page(request, "named", **facts, contacts=found[:PAGE], is_cut=len(found) > PAGE, typed=typed)

    def contact_of_conflict(self, request: Request) -> Response:
        """Show the contact of a conflict."""
        return self._contact_page(request, lambda db: records.of_conflict(db, request.path_params["id"]))

    def contact_of_failure(self, request: Request) -> Response:
        """Show the contact of a failure."""
        return self._contact_page(request, lambda db: records.of_failure(db, request.path_params["id"]))

    def contact_of_line(self, request: Request) -> Response:
        """Show the contact of a line of the history."""
        return self._contact_page(request, lambda db: records.of_line(db, request.path_params["id"]))

    def _contact_page(self, request: Request, record: Callable[[Database], str]) -> Response:
        with self.looking() as (db, facts):
            document = explain_in(db, self.config(), record(db), None)
        return self.page(request, "contact", **facts, **document, most=EVENTS)


def form_of(request: Request) -> dict[str, str]:
    """Return the fields of the submitted form."""
    page_request: PageRequest = request.scope[REQUEST]
    return page_request.form


def _open(db: Database) -> Document:
    return {"conflict": count_open_conflicts(db), "failure": count_open_failures(db)}


def _paged(name: str, found: list[Document], after: int) -> Document:
    """Return one page of a list, and the number after which the next page begins, 0 without a next page."""
    return {name: found[:PAGE], "more": found[PAGE - 1]["id"] if len(found) > PAGE else 0, "after": after}


def number_in(request: Request, name: str) -> int:
    """Return a number of the query string, 0 where it is missing or not a number."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0  # noqa: PLR2004 - what SQLite takes
