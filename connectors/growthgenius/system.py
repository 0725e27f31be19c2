"""The registry entry of GrowthGenius: an API key, and the users that contacts are read as.

Nothing heavy is imported here before it is needed (connectors.system).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from connectors.account_options import KEY_HELP, SHOWN, AccountOptions, BaseUrl, Secret
from connectors.contact import FIELDS
from connectors.growthgenius.places import FIXED, PLACES
from connectors.system import Capabilities, ConnectorSettings, Question, System

if TYPE_CHECKING:
    from connectors.clock import Clock
    from connectors.connector import Connector
    from connectors.http.allowed_calls import AllowedCalls
    from connectors.http.client import HttpClient
    from connectors.sandbox.demo import DemoServer
    from connectors.sandbox.rehearsal import RehearsalServer


def _user_id(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ValueError("the id of a user, like 78")


UserId = Annotated[int | str, BeforeValidator(_user_id), SHOWN]


class GrowthGeniusAccount(AccountOptions):
    """An API key, and the users that contacts are read as."""

    connector: Literal["growthgenius"]
    api_key: Secret = Field(description=KEY_HELP)
    user_id: UserId | None = None
    user_ids: Annotated[tuple[UserId, ...], Field(min_length=1), SHOWN] | None = None
    base_url: BaseUrl = "https://api.growthgenius.com/integrations/v1"

    @model_validator(mode="after")
    def _users_are_named_once(self) -> Self:
        if (self.user_id is None) == (self.user_ids is None):
            raise ValueError("user_id or user_ids, one of them and not both")
        return self

    @property
    def users(self) -> tuple[int | str, ...]:
        """Return the users, whichever key names them; a number stays a number."""
        return self.user_ids or (() if self.user_id is None else (self.user_id,))

    @property
    def secret(self) -> tuple[str, SecretStr]:
        """Return the key that holds the credential, and its value as the config file has it."""
        return "api_key", self.api_key

    @property
    def identity(self) -> dict[str, Any]:
        """Return the users, as the connector does (R28)."""
        return {"user_ids": sorted(map(str, self.users))}

    @property
    def seen_as(self) -> tuple[object, ...]:
        """Return the users that the account is read as (R31)."""
        return self.users


def _headers(_account: GrowthGeniusAccount, secret: str) -> Mapping[str, str]:
    return {"Authorization": secret}


def _calls() -> "AllowedCalls":
    from connectors.growthgenius.allowed_calls import CALLS

    return CALLS


def _build(settings: ConnectorSettings[GrowthGeniusAccount]) -> "Connector":
    from connectors.fields import moved_fields
    from connectors.growthgenius.connector import GrowthGenius

    moved = moved_fields(settings.places)
    return GrowthGenius(
        settings.name,
        settings.wire,
        user_ids=settings.account.users,
        cache=settings.cache,
        country=settings.country,
        clock=settings.clock,
        messages=settings.messages is not None,
        mapped={**moved, **settings.mapped},
        compute=settings.compute,
    )


def _demo(clock: "Clock") -> "DemoServer":
    from connectors.growthgenius.sandbox.demo import GrowthGeniusDemo

    return GrowthGeniusDemo(clock)


def _rehearsal(account: GrowthGeniusAccount, wire: "HttpClient", clock: "Clock") -> "RehearsalServer":
    from connectors.growthgenius.sandbox.rehearsal import GrowthGeniusRehearsal

    return GrowthGeniusRehearsal(account, wire, clock)


SYSTEM = System(
    kind="growthgenius",
    label="GrowthGenius",
    account=GrowthGeniusAccount,
    calls=_calls,
    headers=_headers,
    build=_build,
    demo=_demo,
    rehearsal=_rehearsal,
    capabilities=Capabilities(company_lookup=True),
    standard_places=PLACES,
    fixed_fields=FIXED,
    native_fields=frozenset(FIELDS),
    questions=(
        Question("api_key", "API key", secret=True, found="GrowthGenius gives it to you with the access to its API"),
        Question(
            "user_id",
            "user id, or several with commas",
            UserId,
            many="user_ids",
            comment="the owner of the contacts",
            found="the number or the e-mail address of the user who owns the contacts",
        ),
    ),
)
