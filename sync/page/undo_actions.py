"""Undo a run from its page: first its totals are counted, then the user agrees to them, and the daemon writes."""

import json

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sync.daemon.undo_jobs import UndoJobs
from sync.errors import UsageError
from sync.operations.undo import connection_of
from sync.page.decider import decider
from sync.page.pages import Pages, form_of


class UndoActions:
    """The handlers of the forms on the page of a run."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def count(self, request: Request) -> Response:
        """Let the daemon count what an undo would write."""
        run = request.path_params["run"]
        connection = connection_of(self._pages.config(), run)
        created = form_of(request).get("created") == "1"
        self._undos().count(connection, run, created=created, by=decider(request))
        return _back(run)

    def write(self, request: Request) -> Response:
        """Let the daemon carry out the undo with the totals that were shown."""
        run = request.path_params["run"]
        try:
            shown = json.loads(form_of(request).get("totals", ""))
        except ValueError:
            raise UsageError("these are no totals of this page") from None
        if not self._undos().write(run, shown, decider(request)):
            raise UsageError("the totals are not the ones that were counted last; look at the run again")
        return _back(run)

    def _undos(self) -> UndoJobs:
        if self._pages.runs.undos is None:
            raise UsageError("no daemon runs; undo it with: growthsync undo RUN")
        return self._pages.runs.undos


def _back(run: str) -> Response:
    return RedirectResponse(f"/runs/{run}#undo", 303)
