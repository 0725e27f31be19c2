"""Renew the bearer token of an account: before it expires, and when a server refuses it.

Rules kept here:
- one renewal at a time, across processes. The second process takes what the first has stored;
- a new refresh token is on disk before the access token that came with it is used;
- a passing failure (the endpoint is down, slow, throttled) raises TransientError, or has no effect while the present
  token is still good. After a refused refresh the store is read once more before a login is asked for.
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
from sync.rules.token_expiry import TokenLifetime, need, new_token_may_help

AGAIN_MS: Final = 30_000
"""How long to wait after a failed renewal that was not urgent, in milliseconds."""

Endpoint = Callable[[], TokenEndpoint]


class RefreshingTokenSource:
    """The tokens of one account, for several threads: a connectors.http.token_source.TokenSource."""

    def __init__(self, store: GrantStore, endpoint: Endpoint, clock: Clock) -> None:
        self.mend = f"log in again: {store.login}"
        self._store = store
        self._endpoint = endpoint
        self._clock = clock
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._not_before_ms = 0

    def token(self) -> str:
        """Return a token that is good as far as is known. Raises LoginNeeded, TransientError."""
        with self._lock:
            self._grant = self._grant or self._store.read_valid_grant()
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
                event_log.warning("token not renewed yet", account=self._store.name, reason=str(error))
                self._not_before_ms = self._now_ms() + AGAIN_MS
                return lease.token

    def another(self, refused: str, said: str) -> str | None:
        """Return another token in place of one that was answered 401, None where another one would not help."""
        with self._lock:
            current = (self._grant or self._store.read_valid_grant()).bearer
            if (
                current is not None
                and current.token == refused
                and not new_token_may_help(current, said, self._now_ms())
            ):
                return None
            return self._renew(refused).token

    def _renew(self, refused: str | None) -> TokenLifetime:
        """Return a good lease that is not the refused one: what another process has stored, or a new one."""
        with self._store.exclusive():
            grant = self._store.read_valid_grant()
            lease = grant.bearer
            if lease is None or lease.token == refused or need(lease, self._now_ms()) != "none":
                with closing(self._endpoint()) as endpoint:
                    grant = TokenRenewal(self._store, endpoint, self._clock).renew(grant)
            self._grant = grant
        if grant.bearer is None:
            raise AssertionError("a renewed grant has a lease")
        return grant.bearer

    def _now_ms(self) -> int:
        return to_ms(self._clock.now()) or 0


class TokenRenewal:
    """One renewal, while no other process can change the grant."""

    def __init__(self, store: GrantStore, endpoint: TokenEndpoint, clock: Clock) -> None:
        self._store = store
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
        """Use the refresh token. Raises LoginNeeded where it is not valid any more, TransientError."""
        if grant.refresh_token is None:
            raise LoginNeeded(
                self._store.name, f"its token has expired and cannot be renewed; log in: {self._store.login}"
            )
        interrupted, now_ms = self._store.interrupted_ms(), self._now_ms()
        self._store.note_renewal(now_ms)
        try:
            tokens = self._endpoint.refresh(grant.refresh_token, grant.user_type)
        except GrantRefused as refused:
            stored = self._store.read_valid_grant()
            if stored.refresh_token != grant.refresh_token:
                return stored
            raise self._dead(refused, interrupted) from None
        renewed = grant.renewed(tokens, now_ms)
        self._keep(renewed, now_ms)
        event_log.info("token renewed", account=self._store.name)
        return renewed

    def locate(self, grant: Grant) -> Grant:
        """Exchange the company's token for that of the location. Raises GrantRefused, TransientError."""
        now_ms = self._now_ms()
        tokens = self._endpoint.location_token(grant.lease.token, grant.company_id or "", grant.location_id)
        located = grant.with_location(tokens, now_ms)
        self._store.write_grant(located, now_ms)
        return located

    def _keep(self, renewed: Grant, now_ms: int) -> None:
        try:
            self._store.write_grant(renewed, now_ms)
        except StateUnwritable as error:
            raise StateUnwritable(
                f"account {self._store.name}: its new token could not be stored, and the old one is used up; "
                f"free some space, then log in again: {self._store.login} ({error})"
            ) from error

    def _dead(self, refused: GrantRefused, interrupted: int | None) -> LoginNeeded:
        if refused.bad_client:
            mend = "its key or token is wrong: correct client_id and client_secret in the config, then run `sync check`"
            return LoginNeeded(self._store.name, f"{refused.reason}; {mend}")
        since = f" (a renewal was interrupted at {_shown(interrupted)}, and its answer is lost)" if interrupted else ""
        mend = f"its key or token is wrong, expired or revoked{since}: log in again: {self._store.login}"
        return LoginNeeded(self._store.name, f"{refused.reason}; {mend}")

    def _now_ms(self) -> int:
        return to_ms(self._clock.now()) or 0


def _shown(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="seconds")
