"""The page of one connection: how it stands, its lists, and what a user can do with it: run, pause, resume, approve.

An approval is bound to the plan that was shown: another plan that waits by now is not approved.
"""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from state import contact_lists
from sync.errors import NotThere, UsageError
from sync.operations import approvals
from sync.operations.contact_lists import contact_list
from sync.output.formats import AUTOMATIONS
from sync.page.decider import decider
from sync.page.overview import PAGE, TITLES, connection_facts
from sync.page.pages import Pages, form_of, number_in
from sync.text_output.proposal import TITLES as EXAMPLES

DONE = {
    "run": "The run starts now.",
    "busy": "A run is under way already; the next one follows it.",
    "paused": "Paused. No run starts by itself until you resume it.",
    "resumed": "Resumed.",
    "approved": "Approved. The run starts now.",
}
"""What a page says after each action, by a word of its address."""


class ConnectionPages:
    """The handlers of the pages about one connection."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._runs = pages.runs

    def show(self, request: Request) -> Response:
        """Show one connection in full."""
        name, config = self._name(request), self._pages.config()
        with self._pages.looking() as (db, facts):
            found = connection_facts(db, config, [name], self._runs.hanging(), datetime.now(UTC), in_full=True)
        done = DONE.get(request.query_params.get("done", ""), "")
        return self._pages.page(request, "connection", **facts, connection=found[0], done=done)

    def contacts(self, request: Request) -> Response:
        """Show a list of contacts by how they stand."""
        name, kind, start = self._name(request), request.path_params["kind"], number_in(request, "start")
        if kind not in contact_lists.QUERIES:
            raise NotThere("there is no such list")
        with self._pages.looking() as (db, facts):
            found = contact_list(db, name, kind, start, PAGE + 1)
        more = start + PAGE if len(found) > PAGE else 0
        return self._pages.page(
            request, "contact_list", **facts, connection=name, kind=kind, title=TITLES[kind],
            contacts=found[:PAGE], more=more, start=start,
        )  # fmt: skip

    def plan(self, request: Request, status: int = 200, problem: str = "") -> Response:
        """Show the plan that waits for the user."""
        name = self._name(request)
        with self._pages.looking() as (db, facts):
            proposal = approvals.waiting_of(db, name)
        if proposal is None:
            raise NotThere(f"no plan of {name} waits for your approval")
        shown: dict[str, Any] = {"automations": AUTOMATIONS, "kinds": EXAMPLES, "problem": problem}
        return self._pages.page(request, "plan", status, **facts, connection=name, plan=proposal, **shown)

    def approve(self, request: Request) -> Response:
        """Approve the plan that was shown, and start the run."""
        name, run = self._name(request), form_of(request).get("run", "")
        if not run:
            raise UsageError("choose a plan to approve")
        approvals.approve(self._pages.config(), name, run, decider(request))
        self._runs.run_now(name)
        return _back(name, "approved")

    def run(self, request: Request) -> Response:
        """Let the daemon run the connection now."""
        name = self._name(request)
        if name in approvals.paused_connections(self._pages.config()):
            raise UsageError(f"{name} is paused; resume it first")
        return _back(name, "run" if self._runs.run_now(name) else "busy")

    def pause(self, request: Request) -> Response:
        """Let no run of the connection start by itself."""
        name = self._name(request)
        approvals.pause(self._pages.config(), name, decider(request))
        return _back(name, "paused")

    def resume(self, request: Request) -> Response:
        """End the pause of the connection, and run it."""
        name = self._name(request)
        approvals.resume(self._pages.config(), name)
        self._runs.run_now(name)
        return _back(name, "resumed")

    def _name(self, request: Request) -> str:
        """Return the connection of the address. Raises NotThere where the config has none."""
        name: str = request.path_params["name"]
        if name not in self._pages.config().connections:
            raise NotThere("the config file has no such connection")
        return name


def _back(name: str, done: str) -> Response:
    return RedirectResponse(f"/connections/{name}?done={done}", 303)
