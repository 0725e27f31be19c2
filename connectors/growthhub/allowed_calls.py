"""List all calls that this connector may make to GrowthHub, and make them.

Rules kept here:
- nothing reaches a person (P9): sending, replying to a review, scheduling, uploading and typing are on no list, so no
  code of this connector can do it. Recording a message sends none and is listed;
- a call that is on no list is not made. The transport checks every call against the same lists again, redirects too.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from connectors.errors import AuthError, CallRefused, ConnectorError, Forbidden, RecordRefused
from connectors.growthhub.scopes import scope_of
from connectors.http.allowed_calls import ID, AllowedCalls, is_listed
from connectors.http.call import Reply
from connectors.http.client import HttpClient

if TYPE_CHECKING:
    from connectors.http.forbidden import ForbiddenCheck

ASKED: Final = (
    ("POST", "/contacts/search"),
    ("GET", f"/contacts/{ID}"),
    ("GET", "/contacts/search/duplicate"),
    ("GET", f"/contacts/{ID}/notes"),
    ("GET", f"/contacts/{ID}/notes/{ID}"),
    ("GET", f"/locations/{ID}"),
    ("GET", f"/locations/{ID}/customFields"),
    ("GET", "/users/"),
    ("GET", "/users/search"),
    ("GET", "/conversations/search"),
    ("GET", "/conversations/messages/export"),
    ("GET", f"/conversations/messages/{ID}"),
    ("GET", f"/conversations/messages/email/{ID}"),
)
"""Calls that only read: method and pattern of the path."""

CHANGED: Final = (
    ("POST", "/contacts/"),
    ("PUT", f"/contacts/{ID}"),
    ("DELETE", f"/contacts/{ID}"),
    ("POST", f"/contacts/{ID}/tags"),
    ("DELETE", f"/contacts/{ID}/tags"),
    ("POST", f"/contacts/{ID}/notes"),
    ("PUT", f"/contacts/{ID}/notes/{ID}"),
    ("DELETE", f"/contacts/{ID}/notes/{ID}"),
    ("POST", f"/locations/{ID}/customFields"),
    ("POST", "/conversations/"),  # makes an empty conversation
    ("POST", "/oauth/token"),  # turns a code, or a refresh token, into tokens
    ("POST", "/oauth/locationToken"),
    ("POST", "/conversations/messages/inbound"),  # records a message, whichever way it went, and sends nothing
)
"""Calls that change something: method and pattern of the path."""

CALLS: Final = AllowedCalls(ASKED, CHANGED)


FORBIDDEN: Final = 403

OF_RECORDS: Final = re.compile(r"/contacts/(?!search)|/conversations/(?!search|messages/export)")
"""Paths that are about one record each."""


class GuardedClient:
    """The HTTP client of one account, restricted to the listed calls."""

    def __init__(self, wire: HttpClient) -> None:
        self.account = wire.account
        self._wire = wire
        self.admission: ForbiddenCheck | None = None

    def send_query(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        splittable: bool = False,
        once: bool = False,
    ) -> Reply:
        """Ask, as HttpClient.send_query does. Raises the same errors, and CallRefused."""
        if not is_listed(ASKED, method, path):
            raise CallRefused(self.account, f"{method} {path} is not among what this connector may ask")

        def ask() -> Reply:
            return self._wire.send_query(
                method, path, params=params, json=json, headers=headers, splittable=splittable, once=once
            )

        return self._call_guarded(path, ask, writes=False)

    def send_change(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool,
        overwrites: bool = False,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Change something, as HttpClient.send_change does. Raises the same errors, and CallRefused."""
        if not is_listed(CHANGED, method, path):
            raise CallRefused(self.account, f"{method} {path} is not among what this connector may change")

        def change() -> Reply:
            return self._wire.send_change(
                method, path, repeatable=repeatable, overwrites=overwrites, json=json, form=form, headers=headers
            )

        return self._call_guarded(path, change, writes=True)

    def _call_guarded(self, path: str, call: Callable[[], Reply], *, writes: bool) -> Reply:
        """Make a call.

        A 403 for one record is not taken for one of the account. A refusal names the scope it is about.
        """
        try:
            if self.admission is None or not OF_RECORDS.match(path):
                return call()
            return self.admission.of_record(call)
        except (AuthError, RecordRefused) as error:
            raise _naming_scope(error, scope_of(path, writes=writes)) from error

    def hide(self, *secrets: str) -> None:
        """Keep these secrets out of every message from now on."""
        self._wire.hide(*secrets)

    def clock_offset(self) -> float:
        """Return the seconds by which the server's clock is ahead of ours."""
        return self._wire.clock_offset()

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()


def _naming_scope(error: AuthError | RecordRefused, scope: str | None) -> ConnectorError:
    """Return a refusal that names the scope of the call, where a missing scope may be the reason."""
    is_about_it = error.status == FORBIDDEN if isinstance(error, RecordRefused) else error.names_scope
    if scope is None or not is_about_it:
        return error
    hint = f"{error.message}; this call needs the scope {scope}, `sync check` shows whether the token has it"
    if isinstance(error, RecordRefused):
        return RecordRefused(error.account, hint, error.messages, status=error.status, body=error.body)
    if isinstance(error, Forbidden):
        return Forbidden(error.account, hint, error.said)
    return AuthError(error.account, hint, names_scope=True)
