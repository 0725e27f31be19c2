"""Check calls against the list of those that a connector may make. Any other call never leaves this machine.

Rules kept here:
- a call is listed by its method and its path as it is sent. Questions and changes are two lists, so that a redirect or
  an id never turns a question into a change;
- an id is one segment of a path: neither dots alone, nor an encoded slash, dot, percent sign, `?`, `#`, `;` or control
  character, because a server may decode it once more and find another path.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlsplit

ID: Final = r"(?!\.+(?:/|$))(?:[A-Za-z0-9_.~!$&'()*+,=:@-]|%(?!2[EF35ef]|3[BFbf]|5[Cc]|7[Ff]|[01])[0-9A-Fa-f]{2})+"
"""The pattern of one id in a path."""

Calls = Iterable[tuple[str, str]]
"""Methods, and the patterns of their paths."""


class NotListed(ValueError):
    """A call that is on no list."""


class AllowedCalls:
    """The questions and the changes that a connector may make."""

    def __init__(self, asked: Calls, changed: Calls = ()) -> None:
        self._asked = tuple(asked)
        self._changed = tuple(changed)

    def only_asked(self) -> "AllowedCalls":
        """Return the questions alone, for a client that can change nothing."""
        return AllowedCalls(self._asked)

    def may_ask(self, method: str, path: str) -> bool:
        """Say whether the call is a listed question."""
        return is_listed(self._asked, method, path)

    def may_change(self, method: str, path: str) -> bool:
        """Say whether the call is a listed change."""
        return is_listed(self._changed, method, path)

    def check(self, base_url: str, method: str, url: str, *, change: bool) -> None:
        """Check that a call goes to the server, below the path of `base_url`, and is listed. Raises NotListed."""
        path = path_below(base_url, url)
        if path is None:
            raise NotListed("the call would leave the server that the account is at")
        if not (self.may_change if change else self.may_ask)(method, path):
            raise NotListed(f"{method} {path} is not among what this connector may {'change' if change else 'ask'}")


def is_usable_id(value: object) -> bool:
    """Say whether a record can have this id: an ASCII text or a whole number above zero, and one segment of a path.

    A record under any other id would be taken for a new one. "0" is no id: servers write it for none.
    """
    if isinstance(value, int):
        return not isinstance(value, bool) and value > 0
    if not isinstance(value, str) or not value.isascii() or not value.strip(" 0"):
        return False
    return re.fullmatch(ID, quote(value, safe="")) is not None


def may_refer(value: object) -> bool:
    """Say whether a record can show this as the id of another one: a usable id, or none."""
    return value is None or value == "" or is_usable_id(value)


def is_listed(calls: Calls, method: str, path: str) -> bool:
    """Say whether a call, with its path as it is sent, is among those listed."""
    return any(method == listed and re.fullmatch(pattern, path) for listed, pattern in calls)


def path_below(base_url: str, url: str) -> str | None:
    """Return the path of `url` after that of `base_url`, None where `url` leads elsewhere or is no address."""
    try:
        base, parts = urlsplit(base_url), urlsplit(url)
    except ValueError:
        return None
    if (parts.scheme, parts.netloc) != (base.scheme, base.netloc) or parts.fragment:
        return None
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    return parts.path[len(base.path) :] if parts.path.startswith(f"{base.path}/") else None
