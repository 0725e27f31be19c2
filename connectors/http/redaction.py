"""Remove secrets from any text that is shown: messages, logs, recordings (P8).

Known secrets are removed in every spelling in which they travel (plain, percent-encoded, base64, inside Basic
credentials). What only looks like a credential is removed by its pattern, and personal data when the caller asks.
"""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[secret]"
PERSON = "[person]"

_MARKED = re.compile(
    r"""(?ix)
    (?P<name> \b (?:bearer|basic) \s+
            | \b (?:api[_-]?key|access[_-]?token|refresh[_-]?token|client[_-]?secret|token|password|authorization)
              ["']? \s* [:=] \s* ["']? (?:(?:bearer|basic)\s+)? )
    (?P<value> (?=[^\s"'&,;<>\]})]*\d) [^\s"'&,;<>\]})]{10,} )
    """
)
_SHAPED = re.compile(r"\bpit-[0-9A-Za-z-]{8,}|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w-])\+?\(?\d(?:[\s().-]{0,2}\d){6,14}(?![\w-])")


class Redaction:
    """Removes the secrets of an account."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        spellings = {spelling for secret in secrets if secret for spelling in spellings_of(secret)}
        ordered = sorted(spellings, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str, *, people: bool = False) -> str:
        """Return the text without secrets; with `people` also without e-mail addresses and phone numbers."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _SHAPED.sub(HIDDEN, _MARKED.sub(rf"\g<name>{HIDDEN}", text))
        return PHONE.sub(PERSON, EMAIL.sub(PERSON, text)) if people else text

    def value(self, value: Any, *, people: bool = False) -> Any:
        """Return a JSON value with every text in it redacted, keys included."""
        if isinstance(value, str):
            return self.text(value, people=people)
        if isinstance(value, list):
            return [self.value(each, people=people) for each in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(each, people=people) for key, each in value.items()}
        return value


def spellings_of(secret: str) -> Iterator[str]:
    """Yield the spellings of a secret in a text: raw, percent-encoded, JSON-escaped, base64 at any alignment."""
    yield from (secret, quote(secret, safe=""), quote(secret), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + secret.encode()).decode().rstrip("=")
        core = encoded[(0, 2, 3)[lead] : len(encoded) - (1 if (lead + len(secret.encode())) % 3 else 0)]
        if len(core) >= 8:  # noqa: PLR2004 (shorter ones would hide ordinary words)
            yield from (core, core.translate(str.maketrans("+/", "-_")))
