"""Log in to an OAuth account: from the address of the consent page to a stored grant.

Rules kept here: a grant is stored only if it is for the location, or the company, in the config, and a company's only
if its token can be exchanged for that of the location. Until then the stored grant is not changed.
"""

import secrets
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlencode

from connectors.account_options import OAuthAccount
from connectors.clock import Clock
from connectors.errors import LoginNeeded
from connectors.oauth import GrantRefused, TokenEndpoint, Tokens
from sync.oauth.grant import Grant, granted
from sync.oauth.redirect_server import RedirectResult
from sync.oauth.token_sources import TokenSources
from sync.rules.contact_codec import to_ms


def new_state() -> str:
    """Return a random value that the answer has to contain."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Login:
    """One login of one account. The answer belongs to it if it contains `state`."""

    name: str
    account: OAuthAccount
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    token_sources: TokenSources
    clock: Clock
    state: str = field(default_factory=new_state, repr=False)

    @property
    def address(self) -> str:
        """Return the address of the consent page."""
        asked = {
            "response_type": "code",
            "redirect_uri": self.account.redirect_uri,
            "client_id": self.account.client_id or "",
            "scope": " ".join(self.scopes),
            "state": self.state,
        }
        return f"{self.account.authorize_url}?{urlencode(asked)}"

    def complete(self, answer: RedirectResult | None) -> Grant:
        """Turn the answer into a grant, and store it. Raises LoginNeeded, TransientError, StateUnwritable."""
        again = f"log in again: sync auth login {self.name}"
        if answer is None:
            raise LoginNeeded(self.name, f"no answer came from the consent page; {again}, or with --paste")
        if answer.error:
            raise LoginNeeded(self.name, f"the consent was not given ({answer.error}); {again}")
        with closing(self.token_sources.endpoint(self.name, self.account, self.client_secret)) as endpoint:
            try:
                grant = self._granted(endpoint, answer.code)
            except GrantRefused as refused:
                fix = "correct client_id and client_secret in the config file, then " if refused.bad_client else ""
                raise LoginNeeded(self.name, f"{refused.reason}; {fix}{again}") from None
        store = self.token_sources.store(self.name, self.account)
        with store.exclusive():
            store.write_grant(grant, self._now_ms())
        return grant

    def _granted(self, endpoint: TokenEndpoint, code: str) -> Grant:
        account, now_ms = self.account, self._now_ms()
        tokens = endpoint.exchange(code, account.redirect_uri, "Company" if account.company_id else "Location")
        self._confirm(tokens)
        grant = granted(tokens, account.client_id or "", account.location_id, account.company_id, now_ms)
        if account.company_id is None:
            return grant
        now_ms = self._now_ms()
        located = endpoint.location_token(tokens.access_token, account.company_id, account.location_id)
        return grant.with_location(located, now_ms)

    def _confirm(self, tokens: Tokens) -> None:
        """Refuse tokens of another location or company. Raises LoginNeeded."""
        account = self.account
        again = f"and log in again: sync auth login {self.name}"
        if account.company_id is not None:
            if tokens.company_id != account.company_id or tokens.user_type == "Location":
                found = (
                    f"{(tokens.user_type or 'company').lower()} {tokens.location_id or tokens.company_id or 'unknown'}"
                )
                raise LoginNeeded(
                    self.name,
                    f"the consent was for {found}, not for company {account.company_id}; correct company_id, {again}",
                )
        elif tokens.location_id != account.location_id:
            found = (
                f"location {tokens.location_id}" if tokens.location_id else f"company {tokens.company_id or 'unknown'}"
            )
            raise LoginNeeded(
                self.name,
                f"the consent was for {found}, not for location {account.location_id}; choose that one on the consent "
                f"page (or correct location_id, or set company_id where the company consents), {again}",
            )

    def _now_ms(self) -> int:
        return to_ms(self.clock.now()) or 0
