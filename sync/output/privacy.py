"""Remove secrets and personal data from texts for the log and for the command under `[notify]` (P8).

Rules kept here:
- secrets are removed from every text (`connectors.http.redaction`);
- the message of a server is removed, because it may repeat what was sent to it; its status stays;
- e-mail addresses and phone numbers become a hash, which is constant within one process and useless outside it;
- field values that a note quotes become a hash as well;
- a fact becomes a hash as a whole, unless its name is known to hold ids, numbers, times or fixed words.
No text of growthsync may hold the name of a person, because names cannot be recognised.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Any, Final

from connectors.http.redaction import EMAIL, PHONE, Redaction

TEXTS: Final = frozenset({"reason", "text"})
"""Facts that are sentences. Personal data is removed from them."""
NOTE: Final = "text"
"""The sentence that quotes field values, which may be personal data too."""
PLAIN: Final = frozenset(
    {
        "account", "applies", "at", "attempt", "by", "command", "conflicts", "connection", "connections", "created",
        "delayed", "deleted", "duplicate", "event", "every", "failed", "failures", "field", "held", "ignored", "key",
        "kind", "large", "late", "left", "level", "link", "listen", "method", "misdirected", "next_run_at", "no_post",
        "operation", "path", "pid", "put_off", "queued", "read", "received", "record", "right", "rule", "run",
        "seconds", "signal", "since", "slow", "status", "stream", "timestamp", "unchanged", "unmapped", "unreadable",
        "unsigned", "until", "updated", "version", "waiting", "whole",
    }
)  # fmt: skip
"""Facts that hold ids, numbers, times or fixed words."""

# The words of connectors.http.client around the message of a server, which may repeat personal data.
_SAID = re.compile(
    r"(it answered \d{3})\b.*?"
    r"((?: \(tried \d+ times\))?(?:; it may have taken effect)?|; (?:its|the) key or token (?:is wrong|lacks)[^;]*)$",
    re.DOTALL,
)
_QUOTED = re.compile(r'"([^"]*)"')
_TIME = re.compile(r"\d{4}-\d\d-\d\d")
_KEY: Final = secrets.token_bytes(16)
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
"""A hash of digits alone would look like a phone number and be hashed again."""


class _OpenedSecrets:
    """The secrets that this process has read."""

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._lock = Lock()
        self.redaction = Redaction()

    def add(self, values: Iterable[str]) -> None:
        with self._lock:
            known = self._secrets | set(values)
            if known != self._secrets:
                self._secrets, self.redaction = known, Redaction(sorted(known))


_known = _OpenedSecrets()


def hide(values: Iterable[str]) -> None:
    """Remove these secrets from every text from now on."""
    _known.add(values)


def public(text: str) -> str:
    """Return a sentence without secrets and server messages, with hashes instead of addresses and numbers."""
    text = _SAID.sub(r"\1\2", _known.redaction.text(text))
    return PHONE.sub(_number, EMAIL.sub(lambda match: hashed(match[0]), text))


def hashed(value: object) -> str:
    """Return a name for a value that reveals nothing about it."""
    digest = blake2b(str(value).encode("utf-8", "replace"), key=_KEY, digest_size=4).hexdigest()
    return f"[hidden {digest.translate(_LETTERS)}]"


def public_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as the log may show them, each by the rule of its name; None values are left out."""
    return {name: _fact(name, value) for name, value in facts.items() if value is not None}


def _fact(name: str, value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value if name in PLAIN else hashed(value)
    if name == NOTE:
        return public(_QUOTED.sub(lambda match: f'"{hashed(match[1])}"', str(value)))
    if name in TEXTS:
        return public(str(value))
    if name in PLAIN:
        return _known.redaction.value(value) if isinstance(value, list | dict) else _known.redaction.text(str(value))
    return hashed(value)


def _number(match: re.Match[str]) -> str:
    return match[0] if _TIME.match(match[0]) else hashed(match[0])
