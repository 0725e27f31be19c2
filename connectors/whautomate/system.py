"""The registry entry of Whautomate: an API key, and the location that contacts are created in.

Nothing heavy is imported here before it is needed (connectors.system).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr

from connectors.account_options import KEY_HELP, AccountOptions, BaseUrl, Secret, Text
from connectors.http.rate_headers import RateLimit
from connectors.system import Capabilities, ConnectorSettings, Question, System, WebhookReader, Webhooks
from connectors.whautomate.places import FIXED, STANDARD
from connectors.whautomate.webhook_options import WhautomateWebhookKeys

if TYPE_CHECKING:
    from connectors.clock import Clock
    from connectors.connector import Connector
    from connectors.contact import Fields
    from connectors.http.allowed_calls import AllowedCalls
    from connectors.http.client import HttpClient
    from connectors.sandbox.demo import DemoServer
    from connectors.sandbox.rehearsal import RehearsalServer

LIMIT = RateLimit(100, 60.0, 144_000)
"""The limit of its sister product WhautoChat, the only one that is published; no answer states another."""


class WhautomateAccount(AccountOptions):
    """An API key, and a location. With `other_channels`, contacts without a number pair by their source id."""

    connector: Literal["whautomate"]
    api_key: Secret = Field(description=KEY_HELP)
    location_id: Text = Field(description="the id of the location that contacts are created in")
    other_channels: bool = False
    base_url: BaseUrl = "https://api.whautomate.com/v1"

    @property
    def secret(self) -> tuple[str, SecretStr]:
        """Return the key that holds the credential, and its value as the config file has it."""
        return "api_key", self.api_key

    @property
    def identity(self) -> dict[str, Any]:
        """Return the location, as the connector does (R28)."""
        return {"location": self.location_id}

    @property
    def seen_as(self) -> tuple[object, ...]:
        """Return the location (R31)."""
        return (self.location_id,)


def _headers(_account: WhautomateAccount, secret: str) -> Mapping[str, str]:
    return {"x-api-key": secret}


def _calls() -> "AllowedCalls":
    from connectors.whautomate.allowed_calls import CALLS

    return CALLS


def _build(settings: ConnectorSettings[WhautomateAccount]) -> "Connector":
    from connectors.fields import moved_fields
    from connectors.whautomate.connector import Whautomate

    return Whautomate(
        settings.name,
        settings.wire,
        location_id=settings.account.location_id,
        country=settings.country,
        clock=settings.clock,
        mapped={**moved_fields(settings.places), **settings.mapped},
        compute=settings.compute,
        sources=settings.sources,
        other_channels=settings.account.other_channels,
        messages=settings.messages is not None,
    )


def _webhook_reader(keys: WhautomateWebhookKeys) -> WebhookReader:
    from connectors.whautomate.webhooks import SecretWebhooks

    return SecretWebhooks(keys)


def _demo(clock: "Clock") -> "DemoServer":
    from connectors.whautomate.sandbox.demo import WhautomateDemo

    return WhautomateDemo(clock)


def _missing_key(fields: "Fields") -> str:
    from connectors.whautomate.write import missing_key

    return missing_key(fields)


def _rehearsal(account: WhautomateAccount, wire: "HttpClient", clock: "Clock") -> "RehearsalServer":
    from connectors.whautomate.sandbox.rehearsal import WhautomateRehearsal

    return WhautomateRehearsal(account, wire, clock)


SYSTEM = System(
    kind="whautomate",
    label="Whautomate",
    account=WhautomateAccount,
    calls=_calls,
    headers=_headers,
    build=_build,
    demo=_demo,
    rehearsal=_rehearsal,
    missing_key=_missing_key,
    left_out="it has no phone number, or is of another location",
    capabilities=Capabilities(lists_only=True),
    limit=LIMIT,
    webhooks=Webhooks(WhautomateWebhookKeys, _webhook_reader, lambda account: account.location_id),
    questions=(
        Question("api_key", "API key", secret=True, found="in the settings of your account, where its REST API is"),
        Question(
            "location_id",
            "location id",
            Text,
            comment="where contacts are created",
            found="the id of the location, as the REST API shows it; `sync check` says whether it is right",
        ),
    ),
    standard_places=STANDARD,
    fixed_fields=FIXED,
    place_form=str.casefold,
)
