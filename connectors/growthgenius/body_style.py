"""Learn which of the two documented styles of body the server reads: wrapped or flat.

Rules kept here:
- wrapped, `{"contact": {}}`, is the newer documented style, so it is tried first. Never both at once;
- a style that is proven to work, with contacts or messages, is cached for a day and not doubted meanwhile;
- a refusal because something is missing says nothing about the record: the other style is tried at once. A connection
  that runs once a day would otherwise never get a record created.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from connectors.connector import Cache
from connectors.errors import RecordRefused

STYLE: Final = "body_style"
WRAPPED, FLAT = "wrapped", "flat"

Sent = TypeVar("Sent")

_MISSING = re.compile(r"missing|required|blank|empty|not provided|must exist", re.IGNORECASE)


class Styles:
    """The style of body that the server of an account reads."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def current(self) -> str:
        """Return the style to write in."""
        return str((self._cache.get(STYLE) or {}).get("style", WRAPPED))

    def proven(self, style: str) -> bool:
        """Say whether a write in this style has arrived."""
        return bool(self._cache.get(STYLE) == {"style": style, "proven": True})

    def prove(self, style: str) -> None:
        """Remember that a write in this style arrived."""
        if not self.proven(style):
            self._cache.put(STYLE, {"style": style, "proven": True})

    def send_in_either_style(
        self, noun: str, fields: Mapping[str, Any], send: Callable[[Mapping[str, Any]], Sent]
    ) -> tuple[Sent, str]:
        """Send a new record, and again in the other style if it is refused because something is missing.

        Such a refusal means that nothing was created. A proven style is not doubted. Return the answer and the style
        that was read. Raises the errors of `send`; of two refusals the first, which may name what is missing.
        """
        style = self.current()
        try:
            return send(styled(noun, fields, style)), style
        except RecordRefused as refused:
            if not names_missing(refused) or self.proven(style):
                raise
            answer = self._sent_otherwise(noun, fields, send, refused)
        self.prove(other(style))
        return answer, other(style)

    def _sent_otherwise(
        self, noun: str, fields: Mapping[str, Any], send: Callable[[Mapping[str, Any]], Sent], refused: RecordRefused
    ) -> Sent:
        try:
            return send(styled(noun, fields, other(self.current())))
        except RecordRefused:
            raise refused from None


def styled(noun: str, body: Mapping[str, Any], style: str) -> Mapping[str, Any]:
    """Return the fields of a record as a body."""
    return {noun: dict(body)} if style == WRAPPED else dict(body)


def other(style: str) -> str:
    """Return the other style."""
    return FLAT if style == WRAPPED else WRAPPED


def names_missing(refused: RecordRefused) -> bool:
    """Say whether a refusal complains that something is missing, so that the server could read nothing."""
    return refused.status in (400, 422) and bool(_MISSING.search(" ".join(refused.messages) or refused.message))
