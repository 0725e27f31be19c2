"""Build the application of the status page: its routes and its error responses.

All handlers run in threads, because SQLite and secret files block. Only `/healthz` does not: it shows whether the
process itself still moves.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from state.connections import connection_names
from state.database import DatabaseError
from state.errors import LockHeld, StateError, StateUnwritable
from sync.config.model import Config
from sync.errors import NotThere, UsageError
from sync.page import metrics
from sync.page.access import API, Access
from sync.page.actions import Actions
from sync.page.api import Api
from sync.page.bulk_actions import BulkActions
from sync.page.connection_api import ConnectionApi
from sync.page.connection_pages import ConnectionPages
from sync.page.daemon_runs import DaemonRuns
from sync.page.field_pages import FieldPages
from sync.page.login_attempts import LoginAttempts
from sync.page.middleware import RequestMiddleware
from sync.page.pages import Pages
from sync.page.peer_process import End, is_ours
from sync.page.read_only_state import looking
from sync.page.renderer import FOLDER, Renderer
from sync.page.run_pages import RunPages
from sync.page.search_handles import SearchHandles
from sync.page.sessions import Sessions
from sync.page.single_flight import SingleFlight
from sync.page.undo_actions import UndoActions

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Handler = Callable[[Request, Exception], Response]

BUSY: Final = "The state file cannot be read right now; try again in a moment."
READINESS_LIMIT: Final = 2.0
"""Seconds for the query that tests whether the state can be read."""


def application(
    config: Callable[[], Config],
    runs: DaemonRuns,
    *,
    now: Callable[[], float] = time.time,
    ours: Callable[[End, End], bool] = is_ours,
) -> "ASGIApp":
    """Return the application; `config` returns the active config."""
    access = Access(config, Sessions(now), ours, LoginAttempts(now))
    pages = Pages(config, access, Renderer(), SearchHandles(), runs)
    routes = [*_programs(config, runs), *_api(Api(pages)), *_pages(pages), *_actions(Actions(pages))]
    routes += [Route("/conflicts/settle", BulkActions(pages).settle, methods=["POST"])]
    routes += [
        *_runs(RunPages(pages), UndoActions(pages)),
        *_connections(ConnectionPages(pages), FieldPages(pages)),
        *_files(),
    ]
    routes += _connection_api(ConnectionApi(pages))
    inner = Starlette(routes=routes, exception_handlers=_ErrorPages(pages).handlers())
    inner.router.redirect_slashes = False  # an address is exactly one of ours, or it does not exist
    return RequestMiddleware(inner, access)


def _programs(config: Callable[[], Config], runs: DaemonRuns) -> list[Route]:
    async def healthz(_request: Request) -> Response:
        return _health(not list(runs.hanging()))

    def is_readable() -> bool:
        try:
            with looking(config(), READINESS_LIMIT) as db:
                connection_names(db)
        except (StateError, DatabaseError):
            return False
        return True

    def counted() -> bytes:
        with looking(config()) as db:
            return metrics.metrics(db, config(), runs, datetime.now(UTC))

    # Every process of this machine may request these two, so simultaneous requests share one result.
    readable, text = SingleFlight(is_readable), SingleFlight(counted)

    def readyz(_request: Request) -> Response:
        return _health(readable.value() and runs.are_started())

    def scraped(_request: Request) -> Response:
        return Response(text.value(), media_type=metrics.KIND)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", scraped)]


def _api(api: Api) -> list[Route]:
    return [
        Route("/api/status", api.status),
        Route("/api/conflicts", api.conflicts),
        Route("/api/conflicts/{id:int}", api.conflict),
        Route("/api/conflicts/{id:int}/resolve", api.resolve, methods=["POST"]),
        Route("/api/failures", api.failures),
        Route("/api/failures/retry", api.retry, methods=["POST"]),
        Route("/api/failures/{id:int}/retry", api.retry, methods=["POST"]),
        Route("/api/failures/{id:int}/dismiss", api.dismiss, methods=["POST"]),
        Route("/api/runs", api.runs),
        Route("/api/runs/{run}", api.run),
        Route("/api/explain", api.explain, methods=["POST"]),
    ]


def _connection_api(api: ConnectionApi) -> list[Route]:
    return [
        Route("/api/connections/{name}/run", api.run, methods=["POST"]),
        Route("/api/connections/{name}/pause", api.pause, methods=["POST"]),
        Route("/api/connections/{name}/resume", api.resume, methods=["POST"]),
        Route("/api/connections/{name}/approve", api.approve, methods=["POST"]),
    ]


def _pages(pages: Pages) -> list[Route]:
    return [
        Route("/", pages.overview),
        Route("/conflicts", pages.conflicts),
        Route("/conflicts/settled", pages.settled),
        Route("/conflicts/{id:int}", pages.conflict),
        Route("/conflicts/{id:int}/person", pages.contact_of_conflict),
        Route("/failures", pages.failures),
        Route("/failures/{id:int}/person", pages.contact_of_failure),
        Route("/people", pages.contacts, methods=["GET"]),
        Route("/people", pages.search, methods=["POST"]),
        Route("/people/{handle}", pages.contact),
        Route("/history/{id:int}/person", pages.contact_of_line),
    ]


def _actions(actions: Actions) -> list[Route]:
    return [
        Route("/conflicts/{id:int}/resolve", actions.resolve, methods=["POST"]),
        Route("/failures/retry", actions.retry_all, methods=["POST"]),
        Route("/failures/{id:int}/retry", actions.retry, methods=["POST"]),
        Route("/failures/{id:int}/dismiss", actions.dismiss, methods=["POST"]),
        Route("/login", actions.show_login, methods=["GET"]),
        Route("/login", actions.log_in, methods=["POST"]),
        Route("/leave", actions.log_out, methods=["POST"]),
    ]


def _runs(pages: RunPages, undo: UndoActions) -> list[Route]:
    return [
        Route("/runs", pages.runs),
        Route("/runs/{run}", pages.run),
        Route("/runs/{run}/changes.csv", pages.csv),
        Route("/runs/{run}/undo", undo.count, methods=["POST"]),
        Route("/runs/{run}/undo/write", undo.write, methods=["POST"]),
    ]


def _connections(pages: ConnectionPages, fields: FieldPages) -> list[Route]:
    return [
        Route("/connections/{name}/fields", fields.ask, methods=["GET"]),
        Route("/connections/{name}/fields", fields.show, methods=["POST"]),
        Route("/connections/{name}", pages.show),
        Route("/connections/{name}/contacts/{kind}", pages.contacts),
        Route("/connections/{name}/plan", pages.plan),
        Route("/connections/{name}/approve", pages.approve, methods=["POST"]),
        Route("/connections/{name}/run", pages.run, methods=["POST"]),
        Route("/connections/{name}/pause", pages.pause, methods=["POST"]),
        Route("/connections/{name}/resume", pages.resume, methods=["POST"]),
    ]


def _files() -> list[Route]:
    def file(name: str, kind: str) -> Route:
        return Route(f"/{name}", lambda _request: FileResponse(FOLDER / "static" / name, media_type=kind))

    return [file("page.css", "text/css"), file("icon.svg", "image/svg+xml")]


class _ErrorPages:
    """Answers errors: with a page for browsers, with JSON for the API."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def handlers(self) -> Mapping[Any, Any]:
        """Return the handler of each error."""
        return {
            NotThere: self._with_its_text(404),
            OverflowError: self._number_too_large,
            UsageError: self._with_its_text(422),
            **dict.fromkeys((StateError, StateUnwritable, LockHeld, DatabaseError), self._unavailable),
            HTTPException: self._other,
        }

    def _respond(self, request: Request, status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
        if request.url.path.startswith(API):
            return JSONResponse({"error": text}, status, headers)
        answer = self._pages.page(request, "message", status, code=status, text=text, open=self._open())
        answer.headers.update(headers or {})
        return answer

    def _open(self) -> dict[str, int]:
        """Return what is open, for the navigation; nothing where the state cannot be read."""
        try:
            with self._pages.looking() as (_, facts):
                found: dict[str, int] = facts["open"]
                return found
        except (StateError, DatabaseError):
            return {"conflict": 0, "failure": 0}

    def _with_its_text(self, status: int) -> Handler:
        return lambda request, error: self._respond(request, status, str(error))

    def _number_too_large(self, request: Request, _error: Exception) -> Response:
        return self._respond(request, 404, "no entry has this number")

    def _unavailable(self, request: Request, error: Exception) -> Response:
        text = BUSY if isinstance(error, DatabaseError) else str(error)
        return self._respond(request, 503, text, {"retry-after": "5"})

    def _other(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for HTTPException only
        return self._respond(request, error.status_code, f"{error.detail}.", error.headers)


def _health(healthy: bool) -> Response:
    return PlainTextResponse("ok\n" if healthy else "not ok\n", 200 if healthy else 503)
