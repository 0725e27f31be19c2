"""What OAuth needs of a system: its token endpoint, and what that answers (R42).

A grant is a location's, or a company's. The token of a company is exchanged for that of one of its locations.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from connectors.errors import ConnectorError

UserType = Literal["Location", "Company"]
"""Who consents."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An answer of the token endpoint. What it does not say is None. `lifetime` is in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    lifetime: float | None
    scopes: tuple[str, ...]
    user_type: str | None
    location_id: str | None
    company_id: str | None


class GrantRefused(ConnectorError):
    """The token endpoint gives no token for a code, a refresh token or a company's token.

    `reason` is its answer. `unauthorised` says that this was 401 or 403, `bad_client` that it is about the app
    (client_id or client_secret) and not about the grant.
    """

    def __init__(self, account: str, reason: str, *, unauthorised: bool, bad_client: bool = False) -> None:
        super().__init__(account, reason)
        self.reason = reason
        self.unauthorised = unauthorised
        self.bad_client = bad_client


class TokenEndpoint(Protocol):
    """The token endpoint of a system, for one app. Each method raises GrantRefused and TransientError."""

    def exchange(self, code: str, redirect_uri: str, user_type: UserType) -> Tokens:
        """Turn the code of a consent into tokens."""

    def refresh(self, refresh_token: str, user_type: UserType) -> Tokens:
        """Get new tokens. The refresh token cannot be used again."""

    def location_token(self, company_token: str, company_id: str, location_id: str) -> Tokens:
        """Get the token of a location from that of its company."""

    def close(self) -> None:
        """Close the HTTP connections."""
