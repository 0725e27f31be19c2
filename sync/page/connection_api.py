"""/api/connections/NAME/: run, pause, resume and approve a connection, as JSON."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sync.errors import UsageError
from sync.operations import approvals
from sync.page.api import API, sent_texts
from sync.page.decider import decider
from sync.page.pages import Pages


class ConnectionApi:
    """The handlers of what programs do with a connection."""

    def __init__(self, pages: Pages) -> None:
        self._config = pages.config
        self._runs = pages.runs

    def run(self, request: Request) -> Response:
        """Let the daemon run the connection now: {"connection": NAME, "started": whether no run is under way}."""
        name, config = request.path_params["name"], self._config()
        approvals.confirm_connection(config, name)
        if name in approvals.paused_connections(config):
            raise UsageError(f"{name} is paused; resume it first")
        return JSONResponse({"connection": name, "started": self._runs.run_now(name)})

    def pause(self, request: Request) -> Response:
        """`sync pause NAME --json`."""
        return JSONResponse(approvals.pause(self._config(), request.path_params["name"], decider(request, API)))

    def resume(self, request: Request) -> Response:
        """`sync resume NAME --json`."""
        return JSONResponse(approvals.resume(self._config(), request.path_params["name"]))

    def approve(self, request: Request) -> Response:
        """`sync approve NAME --json`: {"run": RUN}, the run of `waiting` in the status."""
        run = sent_texts(request, {"run"}).get("run", "")
        if not run:
            raise UsageError('send {"run": RUN}: the plan to approve')
        name = request.path_params["name"]
        document = approvals.approve(self._config(), name, run, decider(request, API))
        self._runs.run_now(name)
        return JSONResponse(document)
