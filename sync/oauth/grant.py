"""The grant that a consent gives, as it is stored: for which app and account, its tokens, their end and scopes."""

import json
from dataclasses import dataclass, field, replace
from typing import Any, Self

from connectors.oauth import Tokens, UserType
from sync.rules.token_expiry import TokenLifetime


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant. `lease` is the token of the location, or of the company; then `location` is that of the location.

    `granted_ms` is the time of the consent, in ms since 1970. Without `refresh_token` the grant cannot be renewed.
    """

    client_id: str
    user_type: UserType
    company_id: str | None
    location_id: str
    scopes: tuple[str, ...]
    granted_ms: int
    lease: TokenLifetime
    refresh_token: str | None = field(repr=False)
    location: TokenLifetime | None = None

    @property
    def bearer(self) -> TokenLifetime | None:
        """Return the token for calls about the location, None where the company's has to be exchanged for it first."""
        return self.lease if self.user_type == "Location" else self.location

    def renewed(self, tokens: Tokens, now_ms: int) -> Self:
        """Return the grant after a refresh that began at a time; what the answer does not say stays as it is."""
        return replace(
            self,
            lease=lease_of(tokens, now_ms),
            refresh_token=tokens.refresh_token or self.refresh_token,
            scopes=tokens.scopes or self.scopes,
        )

    def with_location(self, tokens: Tokens, now_ms: int) -> Self:
        """Return the grant with a token of the location; the refresh token of the company serves for both."""
        return replace(self, location=lease_of(tokens, now_ms), scopes=self.scopes)

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        leases = {name: _lease_json(lease) for name, lease in (("lease", self.lease), ("location", self.location))}
        facts = {
            "client_id": self.client_id,
            "user_type": self.user_type,
            "company_id": self.company_id,
            "location_id": self.location_id,
            "scopes": list(self.scopes),
            "granted_ms": self.granted_ms,
            "refresh_token": self.refresh_token,
        }
        return json.dumps({**facts, **leases}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return what `to_bytes` wrote."""
        facts: dict[str, Any] = json.loads(content)
        lease, location = facts.pop("lease"), facts.pop("location")
        scopes = tuple(facts.pop("scopes"))
        return cls(
            **facts, scopes=scopes, lease=TokenLifetime(**lease), location=location and TokenLifetime(**location)
        )


def granted(tokens: Tokens, client_id: str, location_id: str, company_id: str | None, now_ms: int) -> Grant:
    """Return the grant that the answer to a code gives: to the company where there is one, else to the location."""
    return Grant(
        client_id,
        "Company" if company_id else "Location",
        company_id or tokens.company_id,
        location_id,
        tokens.scopes,
        now_ms,
        lease_of(tokens, now_ms),
        tokens.refresh_token,
    )


def lease_of(tokens: Tokens, now_ms: int) -> TokenLifetime:
    """Return the lease of a token that was requested at a time: it starts then, or later."""
    expires = None if tokens.lifetime is None else now_ms + round(tokens.lifetime * 1000)
    return TokenLifetime(tokens.access_token, now_ms, expires)


def _lease_json(lease: TokenLifetime | None) -> dict[str, Any] | None:
    if lease is None:
        return None
    return {"token": lease.token, "got_ms": lease.got_ms, "expires_ms": lease.expires_ms}
