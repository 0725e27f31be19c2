"""Handle the forms of the pages with the code of the commands, and redirect back to the page."""

from math import ceil

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sync.errors import NotThere, UsageError
from sync.operations import open_items
from sync.page.access import TOO_MANY, address_of, is_over_tls
from sync.page.decider import decider
from sync.page.list_filter import ListFilter
from sync.page.middleware import GRANTED, REQUEST
from sync.page.pages import Pages, form_of

SIDES = ("left", "right")


class Actions:
    """The handlers of the forms."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def resolve(self, request: Request) -> Response:
        """Settle a conflict with the value of a side, or with a typed value."""
        number, form = request.path_params["id"], form_of(request)
        side = form.get("side")
        if side not in (*SIDES, None):
            return self._pages.conflict(request, 422, "choose left or right")
        value = form.get("value", "") if side is None else None
        try:
            open_items.resolve(self._pages.config(), number, side=side, value=value, by=decider(request))
        except NotThere:
            raise
        except UsageError as error:
            return self._pages.conflict(request, 422, str(error), value or "")
        return RedirectResponse(f"/conflicts?settled={number}{_position(form)}", 303)

    def retry(self, request: Request) -> Response:
        """Let the next run retry a failure."""
        number = request.path_params["id"]
        open_items.retry(self._pages.config(), number)
        return RedirectResponse(f"/failures?retried={number}{_position(form_of(request))}", 303)

    def retry_all(self, request: Request) -> Response:
        """Let the next run retry all failures."""
        open_items.retry(self._pages.config(), None)
        return RedirectResponse(f"/failures?all=1{_position(form_of(request))}", 303)

    def dismiss(self, request: Request) -> Response:
        """Remove a failure from the list."""
        number, form = request.path_params["id"], form_of(request)
        why = form.get("why", "").strip()
        if not why:
            return self._pages.failures(request, 422, f"give a reason for removing failure {number} from the list")
        open_items.dismiss(self._pages.config(), number, why)
        return RedirectResponse(f"/failures?dismissed={number}{_position(form)}", 303)

    def show_login(self, request: Request) -> Response:
        """Show the login form where the config has a token."""
        access = self._pages.access
        if not access.tokens:
            return RedirectResponse("/", 303)
        return self._pages.page(request, "login", problem="")

    def log_in(self, request: Request) -> Response:
        """Begin a session with the token."""
        access = self._pages.access
        key = f"login {address_of(request.scope[REQUEST].client)}"
        if seconds := access.attempts.wait(key):
            problem = f"Too many wrong tokens. Try again in {ceil(seconds)} s."
            return self._pages.page(request, "login", TOO_MANY, problem=problem)
        user = access.user_of(form_of(request).get("token", "").strip())
        if user is None:
            access.attempts.note_wrong(key)
            return self._pages.page(request, "login", 403, problem="This is not the token.")
        access.attempts.note_right(key)
        answer = RedirectResponse("/", 303)
        session = access.sessions.begin(has_token=True, user=user)
        access.set_cookie(session, answer.headers, secure=is_over_tls(request.headers))
        return answer

    def log_out(self, request: Request) -> Response:
        """End the session."""
        access = self._pages.access
        access.sessions.end(request.scope[GRANTED].session)
        answer = RedirectResponse("/login", 303)
        access.set_cookie(access.sessions.begin(has_token=False), answer.headers)
        return answer


def _position(form: dict[str, str]) -> str:
    """Return the query that leads back to the same page of a list."""
    after = form.get("after", "")
    place = f"&after={after}" if after.isascii() and after.isdigit() and after != "0" else ""
    return place + ListFilter.of(form).query
