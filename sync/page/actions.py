"""What people decide on a page: by the code of the commands, and back to the page that they came from."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sync.errors import NotThere, UsageError
from sync.operations import queries
from sync.page.access import is_over_tls
from sync.page.middleware import ADMITTED
from sync.page.pages import PageContext, form_of

SIDES = ("left", "right")


class Actions:
    """The forms of the pages."""

    def __init__(self, desk: PageContext) -> None:
        self._desk = desk

    def resolve(self, request: Request) -> Response:
        """Settle a conflict by a side, or by the value that was typed."""
        number, form = request.path_params["id"], form_of(request)
        side = form.get("side")
        if side not in (*SIDES, None):
            return self._desk.conflict(request, 422, "say left or right")
        value = form.get("value", "") if side is None else None
        try:
            queries.resolve(self._desk.config(), number, side=side, value=value)
        except NotThere:
            raise
        except UsageError as error:
            return self._desk.conflict(request, 422, str(error), value or "")
        return RedirectResponse(f"/conflicts?settled={number}{_behind(form)}", 303)

    def retry(self, request: Request) -> Response:
        """Have the next run try a failure again."""
        number = request.path_params["id"]
        queries.retry(self._desk.config(), number)
        return RedirectResponse(f"/failures?retried={number}{_behind(form_of(request))}", 303)

    def retry_all(self, request: Request) -> Response:
        """Have the next run try all of them again."""
        queries.retry(self._desk.config(), None)
        return RedirectResponse(f"/failures?all=1{_behind(form_of(request))}", 303)

    def dismiss(self, request: Request) -> Response:
        """Take a failure off the list."""
        number, form = request.path_params["id"], form_of(request)
        why = form.get("why", "").strip()
        if not why:
            return self._desk.failures(request, 422, f"say why failure {number} is to be taken off the list")
        queries.dismiss(self._desk.config(), number, why)
        return RedirectResponse(f"/failures?dismissed={number}{_behind(form)}", 303)

    def come_in(self, request: Request) -> Response:
        """Show the form for the token, where one is needed."""
        access = self._desk.access
        if access.token is None:
            return RedirectResponse("/", 303)
        return self._desk.page(request, "login", problem="")

    def show_token(self, request: Request) -> Response:
        """Begin a session of somebody who shows the token."""
        access = self._desk.access
        if not access.is_token(form_of(request).get("token", "").strip()):
            return self._desk.page(request, "login", 403, problem="This is not the token.")
        answer = RedirectResponse("/", 303)
        access.set_cookie(access.sessions.begin(has_token=True), answer.headers, secure=is_over_tls(request.headers))
        return answer

    def leave(self, request: Request) -> Response:
        """End the session."""
        access = self._desk.access
        access.sessions.end(request.scope[ADMITTED].session)
        answer = RedirectResponse("/login", 303)
        access.set_cookie(access.sessions.begin(has_token=False), answer.headers)
        return answer


def _behind(form: dict[str, str]) -> str:
    """Return the place in the list that somebody had come to."""
    after = form.get("after", "")
    return f"&after={after}" if after.isascii() and after.isdigit() and after != "0" else ""
