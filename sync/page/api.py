"""/api/: the documents of the commands, unchanged, and the decisions of users as JSON.

A list has at most LARGEST entries. Where there are more, `next` is the address of the next page.
"""

import json
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sync.errors import UsageError
from sync.operations import open_items
from sync.operations.explain import explain_in
from sync.operations.status import status_of
from sync.page import records
from sync.page.decider import decider
from sync.page.middleware import REQUEST
from sync.page.pages import Pages
from sync.page.read_only_state import looking

if TYPE_CHECKING:
    from sync.page.access import PageRequest

LARGEST: Final = 1000
RUNS: Final = 50
API: Final = "the API of the status page"

Document = dict[str, Any]


class Api:
    """The handlers of the API."""

    def __init__(self, pages: Pages) -> None:
        self._config = pages.config

    def status(self, _request: Request) -> Response:
        """`sync status --json`."""
        config = self._config()
        with looking(config) as db:
            return _json(status_of(db, config))

    def conflicts(self, request: Request) -> Response:
        """`sync conflicts list --json`."""
        with looking(self._config()) as db:
            return _json(_paged("conflicts", open_items.conflicts_of(db, _after(request), LARGEST + 1)))

    def conflict(self, request: Request) -> Response:
        """`sync conflicts show ID --json`."""
        with looking(self._config()) as db:
            return _json(open_items.conflict_of(db, request.path_params["id"]))

    def failures(self, request: Request) -> Response:
        """`sync failures list --json`."""
        with looking(self._config()) as db:
            return _json(_paged("failures", open_items.failures_of(db, _after(request), LARGEST + 1)))

    def runs(self, request: Request) -> Response:
        """The reports of `sync run --json`, latest first."""
        with looking(self._config()) as db:
            found = records.runs(db, request.query_params.get("before", ""), RUNS + 1)
        more = {"next": f"/api/runs?before={found[RUNS - 1]['run']}"} if len(found) > RUNS else {}
        return _json({"runs": found[:RUNS]} | more)

    def run(self, request: Request) -> Response:
        """The report of one run."""
        with looking(self._config()) as db:
            return _json(records.run(db, request.path_params["run"]))

    def explain(self, request: Request) -> Response:
        """`sync explain WHO [FIELD] --json`: {"who": WHO, "field": FIELD}."""
        sent = sent_texts(request, {"who", "field"})
        config = self._config()
        with looking(config) as db:
            return _json(explain_in(db, config, sent.get("who") or "", sent.get("field")))

    def resolve(self, request: Request) -> Response:
        """`sync conflicts resolve ID --json`: {"side": "left"} or {"value": V}."""
        sent = sent_texts(request, {"side", "value"})
        side = sent.get("side")
        if len(sent) != 1 or side not in ("left", "right", None):
            raise UsageError('send exactly one of {"side": "left"}, {"side": "right"} and {"value": V}')
        number, value = request.path_params["id"], sent.get("value")
        return _json(open_items.resolve(self._config(), number, side=side, value=value, by=decider(request, API)))

    def retry(self, request: Request) -> Response:
        """`sync failures retry ID --json`, or `--all`."""
        return _json(open_items.retry(self._config(), request.path_params.get("id")))

    def dismiss(self, request: Request) -> Response:
        """`sync failures dismiss ID --why TEXT --json`: {"why": TEXT}."""
        why = (sent_texts(request, {"why"}).get("why") or "").strip()
        if not why:
            raise UsageError('send {"why": TEXT}; the reason is kept in the history')
        return _json(open_items.dismiss(self._config(), request.path_params["id"], why))


def _json(document: Document) -> Response:
    return JSONResponse(document)


def _paged(name: str, found: list[Document]) -> Document:
    if len(found) <= LARGEST:
        return {name: found}
    return {name: found[:LARGEST], "next": f"/api/{name}?after={found[LARGEST - 1]['id']}"}


def _after(request: Request) -> int:
    text = request.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - what SQLite takes
        raise UsageError("`after` must be the number of an entry")
    return int(text)


def sent_texts(request: Request, known: set[str]) -> dict[str, str]:
    """Return the JSON object of the body. Raises UsageError where its keys or its values are not the known texts."""
    page_request: PageRequest = request.scope[REQUEST]
    try:
        sent = json.loads(page_request.body or b"{}")
    except ValueError:
        raise UsageError("the body is not JSON") from None
    if not isinstance(sent, dict) or not all(isinstance(one, str) for one in sent.values()) or sent.keys() - known:
        raise UsageError(f"the body must be a JSON object of texts with the keys {', '.join(sorted(known))}")
    return sent
