"""The registry entry of Apollo: an API key of a team.

Nothing heavy is imported here before it is needed (connectors.system).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr

from connectors.account_options import KEY_HELP, AccountOptions, BaseUrl, Secret, Text
from connectors.apollo.places import CUSTOM, FIXED
from connectors.apollo.rate_headers import FREE, rate_headers
from connectors.system import Capabilities, ConnectorSettings, Question, System

if TYPE_CHECKING:
    from connectors.clock import Clock
    from connectors.connector import Connector
    from connectors.http.allowed_calls import AllowedCalls
    from connectors.http.client import HttpClient
    from connectors.sandbox.demo import DemoServer
    from connectors.sandbox.rehearsal import RehearsalServer


class ApolloAccount(AccountOptions):
    """An API key. `team_id` tells two teams apart, where contacts of several are kept in sync."""

    connector: Literal["apollo"]
    api_key: Secret = Field(description=KEY_HELP)
    team_id: Text = "team"
    base_url: BaseUrl = "https://api.apollo.io/api/v1"

    @property
    def secret(self) -> tuple[str, SecretStr]:
        """Return the key that holds the credential, and its value as the config file has it."""
        return "api_key", self.api_key

    @property
    def identity(self) -> dict[str, Any]:
        """Return the team, as the connector does (R28)."""
        return {"team": self.team_id}

    @property
    def seen_as(self) -> tuple[object, ...]:
        """Return the team (R31)."""
        return (self.team_id,)


def _is_old_form(account: ApolloAccount) -> bool:
    """Say whether the address is that of the API of 2020, which takes the key in body and query."""
    return account.base_url.endswith("/v1") and not account.base_url.endswith("/api/v1")


def _headers(account: ApolloAccount, secret: str) -> Mapping[str, str]:
    return {} if _is_old_form(account) else {"x-api-key": secret}


def _calls() -> "AllowedCalls":
    from connectors.apollo.allowed_calls import CALLS

    return CALLS


def _build(settings: ConnectorSettings[ApolloAccount]) -> "Connector":
    from connectors.apollo.connector import Apollo
    from connectors.fields import moved_fields

    account = settings.account
    return Apollo(
        settings.name,
        settings.wire,
        cache=settings.cache,
        country=settings.country,
        mapped={**moved_fields(settings.places), **settings.mapped},
        compute=settings.compute,
        sources=settings.sources,
        identity=account.identity,
        legacy_key=settings.secret if _is_old_form(account) else "",
        clock=settings.clock,
    )


KEY_FOUND = "in Settings > Integrations > API > API keys > Create new key; set it as a master key"


def _demo(clock: "Clock") -> "DemoServer":
    from connectors.apollo.sandbox.demo import ApolloDemo

    return ApolloDemo(clock)


def _rehearsal(account: ApolloAccount, wire: "HttpClient", clock: "Clock") -> "RehearsalServer":
    from connectors.apollo.sandbox.rehearsal import ApolloRehearsal

    return ApolloRehearsal(account, wire, clock)


SYSTEM = System(
    kind="apollo",
    label="Apollo",
    account=ApolloAccount,
    calls=_calls,
    headers=_headers,
    build=_build,
    demo=_demo,
    rehearsal=_rehearsal,
    capabilities=Capabilities(messages=False, deletes=False),
    limit=FREE,
    rate_headers=rate_headers,
    standard_places=CUSTOM,
    fixed_fields=FIXED,
    place_form=str.casefold,
    questions=(
        Question(
            "api_key", "API key", secret=True, comment="a master key, or one that `sync check` accepts", found=KEY_FOUND
        ),
    ),
)
