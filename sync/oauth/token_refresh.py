"""The bearer token of an account while it works: renewed before it expires, and when it is refused.

Rules kept here:
- one renewer at a time, across processes; whoever comes second takes what the first has stored;
- a new refresh token is on disk before the access token that came with it is used, with nothing in between;
- what may pass (the endpoint is down, slow, throttled) raises TransientError, or costs nothing while the token at hand
  is still good; after a refresh that is refused the store is read once more, and only then is the grant given up.
"""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from connectors.clock import Clock
from connectors.errors import LoginNeeded, TransientError
from connectors.oauth import GrantRefused, TokenEndpoint
from state.errors import StateUnwritable
from sync.oauth.grant import Grant
from sync.oauth.token_store import GrantStore
from sync.output import event_log
from sync.rules.contact_codec import to_ms
from sync.rules.token_expiry import TokenLifetime, helps, need

AGAIN_MS: Final = 30_000
"""After a renewal that came to nothing and was not urgent, the next one waits so long."""

Endpoint = Callable[[], TokenEndpoint]


class Bearer:
    """The tokens of one account, for several threads: a connectors.http.token_source.Authority."""

    def __init__(self, vault: GrantStore, endpoint: Endpoint, clock: Clock) -> None:
        self.mend = f"log in again: {vault.login}"
        self._vault = vault
        self._endpoint = endpoint
        self._clock = clock
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._not_before_ms = 0

    def token(self) -> str:
        """Return a token that is good as far as anybody here knows. Raises LoginNeeded, TransientError."""
        with self._lock:
            self._grant = self._grant or self._vault.read_own()
            lease = self._grant.bearer
            urgency = "now" if lease is None else need(lease, self._now_ms())
            if lease is not None and (
                urgency == "none" or (urgency == "soon" and self._now_ms() < self._not_before_ms)
            ):
                return lease.token
            try:
                return self._renew(refused=None).token
            except TransientError as error:
                if lease is None or urgency == "now":
                    raise
                event_log.warning("token not renewed yet", account=self._vault.name, reason=str(error))
                self._not_before_ms = self._now_ms() + AGAIN_MS
                return lease.token

    def another(self, refused: str, said: str) -> str | None:
        """Return another token in place of one that was answered 401, None where that would not help."""
        with self._lock:
            current = (self._grant or self._vault.read_own()).bearer
            if current is not None and current.token == refused and not helps(current, said, self._now_ms()):
                return None
            return self._renew(refused).token

    def _renew(self, refused: str | None) -> TokenLifetime:
        """Return a lease that is good, and not the refused one: what somebody else has stored, or a new one."""
        with self._vault.alone():
            grant = self._vault.read_own()
            lease = grant.bearer
            if lease is None or lease.token == refused or need(lease, self._now_ms()) != "none":
                with closing(self._endpoint()) as endpoint:
                    grant = TokenRenewal(self._vault, endpoint, self._clock).renew(grant)
            self._grant = grant
        if grant.bearer is None:
            raise AssertionError("a renewed grant has a lease")
        return grant.bearer

    def _now_ms(self) -> int:
        return to_ms(self._clock.now()) or 0


class TokenRenewal:
    """One renewal, while nobody else changes the grant."""

    def __init__(self, vault: GrantStore, endpoint: TokenEndpoint, clock: Clock) -> None:
        self._vault = vault
        self._endpoint = endpoint
        self._clock = clock

    def renew(self, grant: Grant) -> Grant:
        """Return the grant with a new lease for its location, stored. Raises LoginNeeded, TransientError."""
        if grant.user_type == "Location":
            return self.refresh(grant)
        try:
            if need(grant.lease, self._now_ms()) == "none":
                return self.locate(grant)
        except GrantRefused as refused:
            if not refused.unauthorised:
                raise self._dead(refused, None) from None
        try:
            return self.locate(self.refresh(grant))
        except GrantRefused as refused:
            raise self._dead(refused, None) from None

    def refresh(self, grant: Grant) -> Grant:
        """Use the refresh token. Raises LoginNeeded where it is dead, TransientError."""
        if grant.refresh_token is None:
            raise LoginNeeded(
                self._vault.name, f"its token has expired and can't be renewed; log in: {self._vault.login}"
            )
        cut_off, now_ms = self._vault.cut_off_ms(), self._now_ms()
        self._vault.begin(now_ms)
        try:
            tokens = self._endpoint.refresh(grant.refresh_token, grant.user_type)
        except GrantRefused as refused:
            stored = self._vault.read_own()
            if stored.refresh_token != grant.refresh_token:
                return stored
            raise self._dead(refused, cut_off) from None
        renewed = grant.renewed(tokens, now_ms)
        self._keep(renewed, now_ms)
        event_log.info("token renewed", account=self._vault.name)
        return renewed

    def locate(self, grant: Grant) -> Grant:
        """Get the location's token from the company's. Raises GrantRefused, TransientError."""
        now_ms = self._now_ms()
        tokens = self._endpoint.location_token(grant.lease.token, grant.company_id or "", grant.location_id)
        located = grant.with_location(tokens, now_ms)
        self._vault.write(located, now_ms)
        return located

    def _keep(self, renewed: Grant, now_ms: int) -> None:
        try:
            self._vault.write(renewed, now_ms)
        except StateUnwritable as error:
            raise StateUnwritable(
                f"account {self._vault.name}: its new token could not be kept, and the one before is used up; "
                f"free some space, then log in again: {self._vault.login} ({error})"
            ) from error

    def _dead(self, refused: GrantRefused, cut_off: int | None) -> LoginNeeded:
        if refused.bad_client:
            mend = "its key or token is wrong: correct client_id and client_secret in the config, then run `sync check`"
            return LoginNeeded(self._vault.name, f"{refused.reason}; {mend}")
        since = f" (a renewal was cut off at {_shown(cut_off)}, and its answer with it)" if cut_off else ""
        mend = f"its key or token is wrong, expired or revoked{since}: log in again: {self._vault.login}"
        return LoginNeeded(self._vault.name, f"{refused.reason}; {mend}")

    def _now_ms(self) -> int:
        return to_ms(self._clock.now()) or 0


def _shown(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="seconds")
