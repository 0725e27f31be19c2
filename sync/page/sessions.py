"""Sessions of browsers, and the tokens of their forms: signed texts that this process alone can make.

Rules kept here:
- a session is known to have shown the token, or it is not; it lasts LIFETIME, and ends with the process, with another
  token in the config, and when its owner leaves;
- the token of a form belongs to one session, so that nobody else can have a browser send a form of ours;
- texts are compared in constant time.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

LIFETIME: Final = 12 * 3600
MOST_LEFT: Final = 10_000
"""Sessions that were left and are remembered until they would have ended anyway."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. `knows` the token, until `ends_at` (seconds since 1970)."""

    id: str
    ends_at: int
    knows: bool

    def text(self) -> str:
        """Return what is signed."""
        return f"{self.id}.{self.ends_at}.{int(self.knows)}"


class Sessions:
    """Makes and reads sessions. Calls may come from several threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._key = secrets.token_bytes(32)
        self._left: dict[str, int] = {}
        self._lock = Lock()

    def begin(self, *, knows: bool) -> Session:
        """Return a new one."""
        return Session(secrets.token_urlsafe(18), int(self._now()) + LIFETIME, knows)

    def cookie(self, session: Session, token: str | None) -> str:
        """Return the session as a cookie holds it; it is good for the token of now alone."""
        return f"{session.text()}.{self._signed('session', session.text(), token or '')}"

    def read(self, cookie: str, token: str | None) -> Session | None:
        """Return the session of a cookie, None where it is none of ours or has ended."""
        text, _, signature = cookie.rpartition(".")
        if not same(signature, self._signed("session", text, token or "")):
            return None
        session_id, ends_at, knows = text.split(".")
        session = Session(session_id, int(ends_at), knows == "1")
        return session if session.ends_at > self._now() and session_id not in self._left else None

    def form_token(self, session: Session) -> str:
        """Return what each form of a session carries."""
        return self._signed("form", session.id)

    def leave(self, session: Session) -> None:
        """End a session."""
        with self._lock:
            now = self._now()
            kept = {one: ends_at for one, ends_at in self._left.items() if ends_at > now}
            self._left = dict(list(kept.items())[-MOST_LEFT:]) | {session.id: session.ends_at}

    def _signed(self, *parts: str) -> str:
        return hmac.new(self._key, "\0".join(parts).encode(), "sha256").hexdigest()


def same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
