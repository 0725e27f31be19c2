"""Faults that a sandbox can inject: each is a way in which a real network or server fails.

A fault lets the first `skip` matching calls pass, then strikes `times` times (None: always).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "reset_before",  # connection reset, no effect
    "reset_after",  # the effect, then a reset
    "drop_before",  # connection closed in order, without an answer and without effect
    "drop_after",  # the effect, then closed without an answer
    "late",  # reset at once; the effect comes `delay` seconds later
    "hang",  # no answer for `delay` seconds, then a reset; no effect
    "hang_after",  # the effect at once, no answer for `delay` seconds, then a reset
    "html",  # 200 with an HTML page, no effect
    "html_after",  # the effect, then 200 with an HTML page
    "cut",  # the effect; the body ends in the middle of what Content-Length promised
    "close_after",  # the effect and the whole answer, then the kept-alive connection closes unannounced
    "status",  # the given status, headers and body; no effect
    "status_after",  # the effect, then the given status, headers and body
]

WITH_EFFECT: frozenset[Kind] = frozenset(
    {"reset_after", "drop_after", "hang_after", "html_after", "cut", "close_after", "status_after"}
)


@dataclass(slots=True)
class Fault:
    """One way to fail, for the calls with a matching method and path (regular expressions)."""

    kind: Kind
    method: str = ".*"
    path: str = ""
    skip: int = 0
    times: int | None = 1
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    body: Any = field(default_factory=lambda: {"message": "Internal server error"})

    def strikes(self, method: str, path: str) -> bool:
        """Say whether it strikes this call, and count the call."""
        if self.times == 0 or not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True
