"""Wrapped or flat: the two styles of body that the documents of GrowthGenius show, and which of them this server reads.

Rules kept here (table row G1):
- wrapped, `{"contact": {}}`, is the engineer's, so it is tried first; never both at once;
- what is proven to work, with contacts or with messages, is remembered for a day, and never doubted within it;
- a refusal over something that is missing is no word on the record, but on the style: the other one is tried at once.
  Were it left to the next run, a connection that runs once a day would never get a record made.
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
    """What an account knows of the style that its server reads."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def current(self) -> str:
        """Return the style to write in."""
        return str((self._cache.get(STYLE) or {}).get("style", WRAPPED))

    def proven(self, style: str) -> bool:
        """Say whether something arrived that was written in it."""
        return bool(self._cache.get(STYLE) == {"style": style, "proven": True})

    def prove(self, style: str) -> None:
        """Remember that something arrived."""
        if not self.proven(style):
            self._cache.put(STYLE, {"style": style, "proven": True})

    def send_in_either_style(
        self, noun: str, fields: Mapping[str, Any], send: Callable[[Mapping[str, Any]], Sent]
    ) -> tuple[Sent, str]:
        """Send a new record; where that is refused because something is missing, send it once more in the other style.

        Such a refusal says that nothing was made. A style that is proven is not doubted. Return the answer and the
        style that was read. Raises what `send` raises; of two refusals the first, which may name what is missing.
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
    """Say whether a refusal complains of something missing: nothing was there that the server could read."""
    return refused.status in (400, 422) and bool(_MISSING.search(" ".join(refused.messages) or refused.message))
