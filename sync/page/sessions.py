"""Sessions of browsers and the tokens of their forms, signed with a key that only this process has.

Rules kept here:
- a session records whether its browser has shown the token. It lasts LIFETIME, and ends with the process, when the
  config gets another token, and when its user logs out;
- the token of a form belongs to one session, so that no other site can make a browser send a form of ours;
- texts are compared in constant time.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Final

from itsdangerous import BadData, Signer, URLSafeSerializer

LIFETIME: Final = 12 * 3600
MOST_LEFT: Final = 10_000
"""Sessions that were logged out and are remembered until they would have ended anyway."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. `has_token` until `ends_at` (seconds since 1970); `user` is the name of the token."""

    id: str
    ends_at: int
    has_token: bool
    user: str = ""


class Sessions:
    """Begin, sign, read and end sessions. Calls may come from several threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._key = secrets.token_bytes(32)
        self._left: dict[str, int] = {}
        self._lock = Lock()

    def begin(self, *, has_token: bool, user: str = "") -> Session:
        """Return a new session."""
        return Session(secrets.token_urlsafe(18), int(self._now()) + LIFETIME, has_token, user)

    def cookie(self, session: Session, seal: str) -> str:
        """Return the session as a cookie holds it. It is valid only with this seal: the tokens of the config."""
        return self._signer(seal).dumps([session.id, session.ends_at, session.has_token, session.user])

    def session_of(self, cookie: str, seal: str) -> Session | None:
        """Return the session of a cookie, None where the signature is wrong or the session has ended."""
        try:
            session = Session(*self._signer(seal).loads(cookie))
        except BadData:
            return None
        return session if session.ends_at > self._now() and session.id not in self._left else None

    def form_token(self, session: Session) -> str:
        """Return the token that each form of a session carries."""
        return Signer(self._key, salt="form", digest_method=sha256).get_signature(session.id).decode()

    def end(self, session: Session) -> None:
        """End a session before its time."""
        with self._lock:
            now = self._now()
            kept = {one: ends_at for one, ends_at in self._left.items() if ends_at > now}
            self._left = dict(list(kept.items())[-MOST_LEFT:]) | {session.id: session.ends_at}

    def _signer(self, seal: str) -> URLSafeSerializer:
        # The tokens are part of the salt, so that a new token in the config ends all sessions.
        return URLSafeSerializer(self._key, salt=f"session {seal}", signer_kwargs={"digest_method": sha256})


def is_same(one: str, other: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
