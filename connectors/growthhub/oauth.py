"""The token endpoint of GrowthHub: exchange codes, refresh tokens and company tokens for tokens.

Rules kept here:
- answers are read in the spelling of 2021 (`access_token`) and in that of v3 (`accessToken`);
- calls may be repeated: a refresh token that was used up by a lost answer is dead either way;
- a refusal of the server is GrantRefused, everything else may work later (TransientError);
- `repr` shows no token.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from connectors.errors import (
    AuthError,
    CallRefused,
    OutcomeUnknown,
    RecordError,
    RecordGone,
    RecordRefused,
    ServerTrouble,
)
from connectors.growthhub.allowed_calls import GuardedClient
from connectors.growthhub.client import VERSION
from connectors.http.call import Reply
from connectors.oauth import GrantRefused, Tokens, UserType

SCOPES: Final = (
    "contacts.readonly",
    "contacts.write",
    "locations.readonly",
    "locations/customFields.readonly",
    "locations/customFields.write",
    "users.readonly",
)
"""The scopes that users need. None of them allows sending."""
MESSAGE_SCOPES: Final = ("conversations/message.readonly",)
CONVERSATION_SCOPES: Final = ("conversations.readonly", "conversations.write", "conversations/message.write")
COMPANY_SCOPES: Final = ("oauth.write",)
"""The scope by which a company's token is exchanged for one of its locations'."""

LONGEST: Final = 400 * 86400.0
"""A longer lifetime in seconds is not believed."""
BAD_CLIENT: Final = ("invalid_client", "unauthorized_client", "client_id", "client_secret", "client credentials")
"""Words of a refusal that concerns the app."""


class GrowthHubTokenEndpoint:
    """The token endpoint for one app: a connectors.oauth.TokenEndpoint."""

    def __init__(self, calls: GuardedClient, client_id: str, client_secret: str) -> None:
        self.calls = calls
        self._client = {"client_id": client_id, "client_secret": client_secret}
        calls.hide(client_secret)

    def exchange(self, code: str, redirect_uri: str, user_type: UserType) -> Tokens:
        """Exchange the code of a consent for tokens. Raises GrantRefused, TransientError."""
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._token({**asked, "user_type": user_type}, secret=code)

    def refresh(self, refresh_token: str, user_type: UserType) -> Tokens:
        """Get new tokens. The refresh token is used up. Raises GrantRefused, TransientError."""
        asked = {"grant_type": "refresh_token", "refresh_token": refresh_token, "user_type": user_type}
        return self._token(asked, secret=refresh_token)

    def location_token(self, company_token: str, company_id: str, location_id: str) -> Tokens:
        """Get the token of a location with that of its company. Raises GrantRefused, TransientError."""
        headers = {"Authorization": f"Bearer {company_token}", "Version": VERSION}
        form = {"companyId": company_id, "locationId": location_id}
        return self._asked("/oauth/locationToken", form, headers, company_token)

    def close(self) -> None:
        """Close the connections."""
        self.calls.close()

    def _token(self, asked: Mapping[str, str], secret: str) -> Tokens:
        return self._asked("/oauth/token", {**self._client, **asked}, None, secret)

    def _asked(self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None, secret: str) -> Tokens:
        self.calls.hide(secret)
        try:
            reply = self.calls.send_change("POST", path, repeatable=True, form=form, headers=headers)
        except OutcomeUnknown as error:
            raise ServerTrouble(error.account, error.message) from None
        except (RecordGone, CallRefused) as error:
            # The address is wrong or leads elsewhere, which says nothing about the token.
            raise ServerTrouble(error.account, error.message) from None
        except (AuthError, RecordError) as error:
            reason = _reason(error)
            raise GrantRefused(
                error.account,
                reason,
                unauthorised=isinstance(error, AuthError),
                bad_client=any(word in reason.lower() for word in BAD_CLIENT),
            ) from None
        tokens = tokens_of(reply)
        if tokens is None:
            raise ServerTrouble(self.calls.account, f"POST {path} was answered without a token")
        self.calls.hide(tokens.access_token, tokens.refresh_token or "")
        return tokens


def tokens_of(reply: Reply) -> Tokens | None:
    """Return the tokens in an answer, None where it holds none that a header could carry."""
    body = reply.body if isinstance(reply.body, Mapping) else {}
    access = _text(body, "access_token", "accessToken")
    if access is None:
        return None
    return Tokens(
        access,
        _text(body, "refresh_token", "refreshToken"),
        _lifetime(body),
        _scopes(body.get("scope")),
        _text(body, "userType", "user_type"),
        _text(body, "locationId", "location_id"),
        _text(body, "companyId", "company_id"),
    )


def _text(body: Mapping[str, Any], *names: str) -> str | None:
    found = next((body[name] for name in names if body.get(name)), None)
    return found if isinstance(found, str) and found.isascii() and found.isprintable() and " " not in found else None


def _lifetime(body: Mapping[str, Any]) -> float | None:
    found = body.get("expires_in", body.get("expiresIn"))
    try:
        seconds = float(found) if isinstance(found, int | float | str) and not isinstance(found, bool) else 0.0
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and 0 < seconds <= LONGEST else None


def _scopes(found: Any) -> tuple[str, ...]:
    words = found.split() if isinstance(found, str) else found if isinstance(found, list) else ()
    return tuple(dict.fromkeys(str(word) for word in words))


def _reason(error: AuthError | RecordError) -> str:
    """Return the message of an error without advice for API keys, with the code of the error."""
    said = error.message.partition("; the key or token")[0].partition("; its key or token")[0]
    body = error.body if isinstance(error, RecordRefused) and isinstance(error.body, Mapping) else {}
    code = str(body.get("error", ""))
    return said if not code.islower() or code in said else f"{said} ({code})"
