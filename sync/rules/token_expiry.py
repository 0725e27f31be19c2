"""Decide when to renew an OAuth token. Pure. Times are milliseconds since 1970.

Rules kept here:
- a token is renewed five minutes before it expires, or a tenth of its life before if that is less. A call that begins
  with it then also ends with it, and a short outage of the token endpoint does no harm;
- a token without a known end is good until it is refused;
- a refusal leads to a new token, except for a refusal over a scope, which every token would meet, and a refusal of a
  token younger than a minute.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

MARGIN_MS: Final = 5 * 60_000
SHARE: Final = 10
YOUNG_MS: Final = 60_000

Need = Literal["none", "soon", "now"]


@dataclass(frozen=True, slots=True)
class TokenLifetime:
    """A token with its lifetime. `expires_ms` is None when the server did not say when it ends."""

    token: str = field(repr=False)
    got_ms: int
    expires_ms: int | None


def need(lease: TokenLifetime, now_ms: int) -> Need:
    """Return whether to renew the token: "soon" while it is still good, "now" when it is not."""
    if lease.expires_ms is None:
        return "none"
    margin = min(MARGIN_MS, max(0, lease.expires_ms - lease.got_ms) // SHARE)
    if now_ms < lease.expires_ms - margin:
        return "none"
    return "soon" if now_ms < lease.expires_ms else "now"


def new_token_may_help(lease: TokenLifetime, said: str, now_ms: int) -> bool:
    """Say whether another token may be accepted, after this one was refused with the text `said`."""
    young = 0 <= now_ms - lease.got_ms < YOUNG_MS
    return not young and "scope" not in said.casefold()


def missing_scopes(wanted: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes that were asked for and not granted. Empty when the answer listed none at all."""
    return tuple(scope for scope in wanted if scope not in granted) if granted else ()
