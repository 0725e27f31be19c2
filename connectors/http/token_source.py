"""The contract of bearer tokens that change while a program runs.

An HTTP client without a token source sends its configured headers. One with a token source asks it before each call,
and once more after a 401, which means that the call had no effect.
"""

from typing import Protocol


class TokenSource(Protocol):
    """The bearer tokens of one account. Calls may come from several threads."""

    mend: str  # what helps when no token is taken: the end of a sentence

    def token(self) -> str:
        """Return a token that is valid as far as this process knows. Raises LoginNeeded, TransientError."""

    def another(self, refused: str, said: str) -> str | None:
        """Return another token after a 401, None where that would not help.

        `said` is the server's refusal. Raises LoginNeeded, TransientError.
        """
