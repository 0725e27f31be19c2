"""The registry entry of GrowthHub: a location, and the token or the OAuth app that gives access to it.

Nothing heavy is imported here before it is needed (connectors.system).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.account_options import BaseUrl, OAuthAccount, Secret, Text
from connectors.fields import moved_fields
from connectors.growthhub.places import FIXED, PROPERTIES, STANDARD, custom_place, place_form
from connectors.growthhub.webhook_options import WebhookKeys
from connectors.http.rate_headers import RateLimit
from connectors.system import (
    Capabilities,
    Choice,
    ConnectorSettings,
    OAuth,
    Question,
    System,
    WebhookReader,
    Webhooks,
)

if TYPE_CHECKING:
    from connectors.clock import Clock
    from connectors.connector import Connector
    from connectors.http.allowed_calls import AllowedCalls
    from connectors.http.client import HttpClient
    from connectors.oauth import TokenEndpoint
    from connectors.sandbox.demo import DemoServer
    from connectors.sandbox.rehearsal import RehearsalServer

LIMIT = RateLimit(100, 10.0, 200_000)
"""The documented limit, per location and app. The first answer says what is in force."""

WHERE_TOKENS_ARE = (
    "in the location's Settings > Private Integrations > Create new integration; choose the scopes contacts.readonly, "
    "contacts.write, locations.readonly, locations/customFields.readonly, locations/customFields.write, users.readonly"
)
OF_THE_APP = frozenset({"company_id", "redirect_uri", "scopes", "authorize_url"})
"""Keys that mean something for an OAuth app only."""


class GrowthHubAccount(OAuthAccount):
    """A location, and what gives access to it: a private integration token, or an OAuth app.

    With `company_id` the company (the agency) consents. Its token then gives the token of the location.
    """

    connector: Literal["growthhub"]
    token: Secret | None = None
    location_id: Text = Field(description="the id of the location")
    authorize_url: BaseUrl = "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"
    base_url: BaseUrl = "https://services.leadconnectorhq.com"

    @model_validator(mode="after")
    def _has_one_kind_of_credential(self) -> Self:
        app = {"client_id", "client_secret"} & self.model_fields_set
        if (self.token is None) == (not app):
            raise ValueError(
                "token (env:NAME, file:PATH, credential:NAME, keyring:SERVICE/USER, or the token itself), or else "
                "client_id and client_secret (OAuth)"
            )
        if len(app) == 1:
            raise ValueError("client_id and client_secret, both of them")
        if self.token is not None and (others := self.model_fields_set & OF_THE_APP):
            raise ValueError(f"{min(others)} beside client_id and client_secret alone, not beside token")
        return self

    @property
    def secret(self) -> tuple[str, SecretStr]:
        """Return the key that holds the credential, and its value as the config file has it."""
        if self.client_secret is not None:
            return "client_secret", self.client_secret
        if self.token is None:
            raise AssertionError("a loaded account has either")
        return "token", self.token

    @property
    def identity(self) -> dict[str, Any]:
        """Return the location, as the connector does (R28)."""
        return {"location": self.location_id}

    @property
    def seen_as(self) -> tuple[object, ...]:
        """Return the location (R31)."""
        return (self.location_id,)


def _headers(account: GrowthHubAccount, secret: str) -> Mapping[str, str]:
    from connectors.growthhub.client import VERSION

    # An OAuth account has a token source instead: its client secret must not go to the API.
    bearer = {} if account.uses_oauth else {"Authorization": f"Bearer {secret}"}
    return {**bearer, "Version": VERSION}


def _calls() -> "AllowedCalls":
    from connectors.growthhub.allowed_calls import CALLS

    return CALLS


def _build(settings: ConnectorSettings[GrowthHubAccount]) -> "Connector":
    from connectors.growthhub.connector import GrowthHub
    from connectors.growthhub.consent import DEFAULT
    from connectors.growthhub.messages import MessageStyle

    moved = moved_fields({name: key for name, key in settings.places.items() if name in PROPERTIES})
    style = None
    if settings.messages is not None:
        style = MessageStyle(settings.messages.as_note, settings.messages.provider_id, settings.messages.channels)
        if settings.sources.name:
            style = replace(style, source=settings.sources.name)
    return GrowthHub(
        settings.name,
        settings.wire,
        location_id=settings.account.location_id,
        cache=settings.cache,
        country=settings.country,
        places={name: key for name, key in settings.places.items() if name not in PROPERTIES},
        mapped={**moved, **settings.mapped},
        compute=settings.compute,
        groups=settings.tag_fields,
        channels=DEFAULT if settings.consent_channels is None else settings.consent_channels,
        messages=style,
        login=settings.login,
        sources=settings.sources,
    )


def _endpoint(account: GrowthHubAccount, wire: "HttpClient", client_secret: str) -> "TokenEndpoint":
    from connectors.growthhub.allowed_calls import GuardedClient
    from connectors.growthhub.oauth import GrowthHubTokenEndpoint

    return GrowthHubTokenEndpoint(GuardedClient(wire), account.client_id or "", client_secret)


def _scopes(account: GrowthHubAccount, messages: bool, conversations: bool) -> tuple[str, ...]:
    from connectors.growthhub.oauth import COMPANY_SCOPES, CONVERSATION_SCOPES, MESSAGE_SCOPES, SCOPES

    return (
        *SCOPES,
        *(MESSAGE_SCOPES if messages else ()),
        *(CONVERSATION_SCOPES if conversations else ()),
        *(COMPANY_SCOPES if account.company_id else ()),
    )


def _webhook_reader(keys: WebhookKeys) -> WebhookReader:
    from connectors.growthhub.webhooks import SignedWebhooks

    return SignedWebhooks(keys)


def _demo(clock: "Clock") -> "DemoServer":
    from connectors.growthhub.sandbox.demo import GrowthHubDemo

    return GrowthHubDemo(clock)


def _rehearsal(account: GrowthHubAccount, wire: "HttpClient", clock: "Clock") -> "RehearsalServer":
    from connectors.growthhub.sandbox.rehearsal import GrowthHubRehearsal

    return GrowthHubRehearsal(account, wire, clock)


SYSTEM = System(
    kind="growthhub",
    label="GrowthHub",
    account=GrowthHubAccount,
    calls=_calls,
    headers=_headers,
    build=_build,
    demo=_demo,
    rehearsal=_rehearsal,
    capabilities=Capabilities(
        tag_fields=True,
        consent_channels=("Email", "SMS", "Call", "WhatsApp", "GMB", "FB", "RCS"),
        conversations=True,
    ),
    standard_places=STANDARD,
    fixed_fields=FIXED,
    native_fields=frozenset(PROPERTIES),
    place_form=place_form,
    custom_place=custom_place,
    limit=LIMIT,
    oauth=OAuth(_endpoint, _scopes),
    webhooks=Webhooks(WebhookKeys, _webhook_reader, lambda account: account.location_id),
    questions=(
        Choice(
            "opened by a private integration token, or by an app?",
            {
                "token": (
                    Question(
                        "token",
                        "private integration token",
                        secret=True,
                        comment="a private integration token",
                        found=WHERE_TOKENS_ARE,
                    ),
                ),
                "oauth": (
                    Question(
                        "client_id",
                        "client_id of the app",
                        Text,
                        comment="of your app; then: sync auth login {account}",
                        found="in the Marketplace of GrowthHub, your app, Advanced Settings > Auth",
                    ),
                    Question(
                        "client_secret",
                        "client_secret of the app",
                        secret=True,
                        found="beside the client_id; it is shown once",
                    ),
                    Question(
                        "company_id",
                        "company_id, where the company consents; else empty",
                        Text,
                        optional=True,
                        comment="the company (agency) consents for its location",
                    ),
                ),
            },
            oauth="oauth",
        ),
        Question(
            "location_id",
            "location id",
            Text,
            comment="the location (sub-account)",
            found="in the address of the location's pages, behind /location/; and in Settings > Business Profile",
        ),
    ),
)
