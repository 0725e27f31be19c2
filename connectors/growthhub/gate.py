"""The one way from this connector to the wire, and the list of all that it may change at GrowthHub.

Rules kept here:
- nothing reaches a person: sending a message, replying to a review, scheduling, uploading, typing are on no list, so
  that no code of this connector can do it, whatever is written later. What records a message and sends none is listed;
- a call that is on no list does not go out: it is a mistake in this program, and ends the run;
- a GET changes nothing and needs no entry.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.wire import Reply, Wire

_ID: Final = r"(?!\.\.?(?:/|$))[^/?#]+"  # a segment of dots would lead to another path than the one that is written

ASKED: Final = (("POST", "/contacts/search"),)
"""What asks though its method is not GET: method, and pattern of the path."""

CHANGED: Final = (
    ("POST", "/contacts/"),
    ("PUT", f"/contacts/{_ID}"),
    ("DELETE", f"/contacts/{_ID}"),
    ("POST", f"/contacts/{_ID}/tags"),
    ("DELETE", f"/contacts/{_ID}/tags"),
    ("POST", f"/contacts/{_ID}/notes"),
    ("PUT", f"/contacts/{_ID}/notes/{_ID}"),
    ("DELETE", f"/contacts/{_ID}/notes/{_ID}"),
    ("POST", f"/locations/{_ID}/customFields"),
    ("POST", "/conversations/"),  # makes an empty conversation
    ("POST", "/oauth/token"),  # turns a code, or a refresh token, into tokens
    ("POST", "/oauth/locationToken"),
    ("POST", "/conversations/messages/inbound"),  # records a message, whichever way it went, and sends nothing
)
"""What changes something: method, and pattern of the path."""


class NotPermitted(RuntimeError):
    """A call that this connector may not make."""


class Gate:
    """The wire of one account, for nothing but what is listed here."""

    def __init__(self, wire: Wire) -> None:
        self.account = wire.account
        self._wire = wire

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        splittable: bool = False,
    ) -> Reply:
        """Ask, as Wire.read does. Raises what that raises, and NotPermitted."""
        if method != "GET" and not is_listed(ASKED, method, path):
            raise NotPermitted(f"{method} {path} is not among what this connector may ask")
        return self._wire.read(method, path, params=params, json=json, headers=headers, splittable=splittable)

    def write(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Change something, as Wire.write does. Raises what that raises, and NotPermitted."""
        if not is_listed(CHANGED, method, path):
            raise NotPermitted(f"{method} {path} is not among what this connector may change")
        return self._wire.write(method, path, repeatable=repeatable, json=json, form=form, headers=headers)

    def hide(self, *secrets: str) -> None:
        """Keep these out of every message from now on."""
        self._wire.hide(*secrets)

    def clock_offset(self) -> float:
        """Return seconds by which the server's clock is ahead of ours."""
        return self._wire.clock_offset()

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()


def is_listed(calls: Iterable[tuple[str, str]], method: str, path: str) -> bool:
    """Say whether a call, its path as it goes out, is among those listed."""
    return any(method == listed and re.fullmatch(pattern, path) for listed, pattern in calls)
