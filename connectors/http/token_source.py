"""Credentials that change while a program runs: who gives a bearer token, and another one when it is refused.

A wire without an authority sends the headers that it was made with. One with an authority asks it before each call, and
once more after a 401, which tells that a call had no effect.
"""

from typing import Protocol


class TokenSource(Protocol):
    """The bearer tokens of one account. Calls may come from several threads."""

    mend: str  # what helps when no token is taken: the end of a sentence

    def token(self) -> str:
        """Return a token that is valid as far as this process knows. Raises LoginNeeded, TransientError."""

    def another(self, refused: str, said: str) -> str | None:
        """Return another token in place of one that was answered 401, None where that would not help.

        `said` is the server's refusal. Raises LoginNeeded, TransientError.
        """
