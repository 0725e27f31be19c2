"""When a token is to be renewed. Times are milliseconds since 1970; nobody is asked here what time it is.

Rules kept here:
- a token is renewed a while before it expires: five minutes, or a tenth of its life if that is less, so that a call
  which begins with it ends with it, and so that an endpoint which is down for a moment costs nothing;
- one whose end nobody told is good until it is refused;
- a refusal leads to another token, but not one that is about a scope, which every token would meet, nor one of a token
  that is hardly a minute old: where a new one does not help, the next would not either.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

MARGIN_MS: Final = 5 * 60_000
SHARE: Final = 10
YOUNG_MS: Final = 60_000

Need = Literal["none", "soon", "now"]


@dataclass(frozen=True, slots=True)
class TokenLifetime:
    """A token for a time; `expires_ms` None where its end was not told."""

    token: str = field(repr=False)
    got_ms: int
    expires_ms: int | None


def need(lease: TokenLifetime, now_ms: int) -> Need:
    """Say whether it is to be renewed: "soon" while it is still good."""
    if lease.expires_ms is None:
        return "none"
    margin = min(MARGIN_MS, max(0, lease.expires_ms - lease.got_ms) // SHARE)
    if now_ms < lease.expires_ms - margin:
        return "none"
    return "soon" if now_ms < lease.expires_ms else "now"


def helps(lease: TokenLifetime, said: str, now_ms: int) -> bool:
    """Say whether another token may help, now that this one was refused with these words."""
    young = 0 <= now_ms - lease.got_ms < YOUNG_MS
    return not young and "scope" not in said.casefold()


def missing_scopes(wanted: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes that were asked for and not granted; none where the answer did not tell any."""
    return tuple(scope for scope in wanted if scope not in granted) if granted else ()
