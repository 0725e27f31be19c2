"""The OAuth of the GrowthHub sandbox: consent page, token endpoint, tokens of companies and of locations.

Built from the documented behaviour: a refresh token is good for one use. Codes are good for one use and some minutes.
Access tokens expire by the server's clock. `consent` is what a user does on the page.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from connectors.growthhub.sandbox.answers import refusal
from connectors.sandbox.base import Call, SandboxResponse

CLIENT_ID: Final = "66c5a1f0c0ffee0000000001-lq1"
CLIENT_SECRET: Final = "sandbox-client-secret-0001"  # noqa: S105 - opens nothing
PAGE: Final = "/v2/oauth/chooselocation"
CHOSEN: Final = "/v2/oauth/chosen"
CODE_LIFE: Final = timedelta(minutes=10)
DAY: Final = 86399


@dataclass(frozen=True, slots=True)
class _Consent:
    """What a user agreed to: an app may act for a location, or for a company."""

    user_type: str
    scopes: str
    redirect_uri: str
    until: datetime


@dataclass(slots=True)
class OAuthServer:
    """One app, which one company and one of its locations may use.

    `lifetime` is that of access tokens in seconds. `active` False: the location was closed. `keeps_refresh`: the answer
    to a refresh has no new refresh token, and the old one stays. `camel_case`: answers are spelled as in v3. `granted`,
    if set, are the scopes that the user allows.
    """

    location_id: str
    company_id: str
    lifetime: int = DAY
    active: bool = True
    keeps_refresh: bool = False
    camel_case: bool = False
    granted: str | None = None
    redirect_uris: set[str] = field(default_factory=set)
    refreshes: int = 0
    _count: int = 0
    _codes: dict[str, _Consent] = field(default_factory=dict)
    _access: dict[str, tuple[str, str, datetime]] = field(default_factory=dict)
    _refresh: dict[str, tuple[str, str]] = field(default_factory=dict)

    def accepts(self, bearer: str, now: datetime) -> bool:
        """Say whether a token is good for the location now."""
        user_type, _, until = self._access.get(bearer, ("", "", now))
        return user_type == "Location" and now < until

    def expire(self) -> None:
        """Expire every access token."""
        self._access.clear()

    def revoke(self) -> None:
        """Revoke every token, as when a user removes the app."""
        self._access.clear()
        self._refresh.clear()

    def grant(self, scopes: str, now: datetime, user_type: str = "Location") -> Mapping[str, Any]:
        """Return new tokens, as if a user had consented."""
        return self._issued(user_type, scopes, now)

    def answer(self, call: Call) -> SandboxResponse | None:
        """Carry out a call for OAuth, None for any other."""
        match call.method, call.path:
            case "GET", "/v2/oauth/chooselocation":
                return self._page(call.query)
            case "GET", "/v2/oauth/chosen":
                return self._chosen(call)
            case "POST", "/oauth/token":
                return self._token(call)
            case "POST", "/oauth/locationToken" | "/oauth/location-token":
                return self._location_token(call)
        return None

    def _page(self, asked: Mapping[str, str]) -> SandboxResponse:
        wrong = asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code"
        if wrong or not asked.get("scope") or asked.get("redirect_uri") not in self.redirect_uris:
            return _html(400, "error.noAppVersionIdFound")
        choices = {kind: urlencode({**asked, "as": kind}) for kind in ("Location", "Company", "no")}
        links = "".join(f'<p><a href="{CHOSEN}?{html.escape(query)}">{kind}</a></p>' for kind, query in choices.items())
        return _html(200, f"<h1>Choose</h1>{links}")

    def _chosen(self, call: Call) -> SandboxResponse:
        asked = call.query
        if not {"as", "scope"} <= asked.keys() or asked.get("redirect_uri") not in self.redirect_uris:
            return _html(400, "error.noAppVersionIdFound")
        back = {"state": asked["state"]} if "state" in asked else {}
        if asked["as"] == "no":
            return _to(asked["redirect_uri"], {"error": "access_denied", **back})
        code = self._new("code")
        scopes = self.granted if self.granted is not None else asked["scope"]
        self._codes[code] = _Consent(asked["as"], scopes, asked["redirect_uri"], call.at + CODE_LIFE)
        return _to(asked["redirect_uri"], {"code": code, **back})

    def _token(self, call: Call) -> SandboxResponse:
        form = _texts(call.body)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return SandboxResponse(401, {"error": "invalid_client", "error_description": "Invalid client credentials!"})
        match form.get("grant_type"):
            case "authorization_code":
                consent = self._codes.pop(form.get("code", ""), None)
                if consent is None or call.at >= consent.until or form.get("redirect_uri") != consent.redirect_uri:
                    return _invalid("Invalid grant: authorization code is invalid")
                return SandboxResponse(200, self._issued(consent.user_type, consent.scopes, call.at))
            case "refresh_token":
                return self._refreshed(form.get("refresh_token", ""), call.at)
        return refusal(422, ["grant_type must be one of: authorization_code, refresh_token, client_credentials"])

    def _refreshed(self, token: str, now: datetime) -> SandboxResponse:
        self.refreshes += 1
        if not self.active:
            return refusal(400, "Location is not active")
        if token not in self._refresh:
            return _invalid("Invalid grant: refresh token is invalid")
        user_type, scopes = self._refresh[token]
        if self.keeps_refresh:
            return SandboxResponse(200, self._issued(user_type, scopes, now, token))
        del self._refresh[token]
        return SandboxResponse(200, self._issued(user_type, scopes, now))

    def _location_token(self, call: Call) -> SandboxResponse:
        form = _texts(call.body)
        bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
        user_type, scopes, until = self._access.get(bearer, ("", "", call.at))
        if user_type != "Company" or call.at >= until:
            return refusal(401, "Invalid JWT")
        if "oauth.write" not in scopes.split():
            return refusal(401, "The token is not authorized for this scope.")
        if "version" not in call.headers:
            return refusal(401, "version header was not found.")
        if (form.get("companyId"), form.get("locationId")) != (self.company_id, self.location_id):
            return refusal(400, "Location not found")
        if not self.active:
            return refusal(400, "Location is not active")
        return SandboxResponse(201, self._issued("Location", scopes, call.at))

    def _issued(self, user_type: str, scopes: str, now: datetime, kept: str | None = None) -> Mapping[str, Any]:
        access, refresh = self._new("access"), kept or self._new("refresh")
        self._access[access] = (user_type, scopes, now + timedelta(seconds=self.lifetime))
        self._refresh[refresh] = (user_type, scopes)
        names = ("accessToken", "tokenType", "expiresIn", "refreshToken") if self.camel_case else (
            "access_token", "token_type", "expires_in", "refresh_token",
        )  # fmt: skip
        result = dict(zip(names, (access, "Bearer", self.lifetime, refresh), strict=True))
        if kept is not None:
            del result[names[3]]
        place = {"locationId": self.location_id} if user_type == "Location" else {}
        person = {"userId": "l1C08ntBrFjLS0elLIYU", "companyId": self.company_id, "userType": user_type}
        return {**result, "scope": scopes, **person, **place}

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count:06d}-of-the-sandbox"


def _texts(body: Any) -> Mapping[str, str]:
    """Return the texts of a form, or of JSON."""
    return {key: value for key, value in body.items() if isinstance(value, str)} if isinstance(body, dict) else {}


def _invalid(text: str) -> SandboxResponse:
    return SandboxResponse(400, {"error": "invalid_grant", "error_description": text})


def _html(status: int, text: str) -> SandboxResponse:
    page = f"<!DOCTYPE html><html><body>{text}</body></html>"
    return SandboxResponse(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def _to(address: str, query: Mapping[str, str]) -> SandboxResponse:
    return SandboxResponse(302, None, {"Location": f"{address}?{urlencode(query)}"})
