"""A third system, invented for tests: a key in a header of its own, no OAuth, webhooks by a secret path."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import Field, SecretStr

from connectors.account_options import SHOWN, AccountOptions, BaseUrl, OptionsTable, Secret, Text
from connectors.connector import Connector, Finding
from connectors.fields import Place
from connectors.http.allowed_calls import AllowedCalls
from connectors.http.rate_headers import RateHeaders, RateLimit
from connectors.system import (
    Capabilities,
    Choice,
    ConnectorSettings,
    Question,
    System,
    WebhookEvent,
    WebhookReader,
    Webhooks,
)

KIND = "acme"
LIMIT = RateLimit(200, 60.0)


class AcmeAccount(AccountOptions):
    """A key with a region and a plan. The region has no description, and the plan an unusual type."""

    connector: Literal["acme"]
    api_key: Secret = Field(description="the key of the workspace")
    region: Text
    plan: Annotated[int, Field(gt=0), SHOWN] = 1
    base_url: BaseUrl = "https://api.acme.example"

    @property
    def secret(self) -> tuple[str, SecretStr]:
        return "api_key", self.api_key

    @property
    def identity(self) -> dict[str, Any]:
        return {"region": self.region}

    @property
    def seen_as(self) -> tuple[object, ...]:
        return (self.region,)


class AcmeConnector:
    """What `sync check` asks of a connector."""

    system = KIND
    can_delete = True
    guessed: frozenset[str] = frozenset()
    place_scope = ""
    has_markers = False
    owner_emails = None
    mappable_fields: frozenset[str] = frozenset({"email"})
    read_only: frozenset[str] = frozenset()
    fields_to_create: frozenset[str] = frozenset()
    derived: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()
    lists_only = False
    never_empty: frozenset[str] = frozenset()
    consent_fields: frozenset[str] = frozenset()

    def __init__(self, settings: ConnectorSettings[AcmeAccount]) -> None:
        self.account = settings.name
        self._settings = settings

    def identity(self) -> Mapping[str, Any]:
        return self._settings.account.identity

    def list_places(self) -> Sequence[Place]:
        return [Place("email", "email")]

    def check_account(self, _fix: bool) -> Sequence[Finding]:
        return [Finding(f"the key opens region {self._settings.account.region}", ok=True)]

    def check_writing(self) -> Finding:
        return Finding("contacts may be written", ok=True)

    def clock_offset(self) -> float:
        return 0.0

    def close(self) -> None:
        self._settings.wire.close()


class AcmeWebhookKeys(OptionsTable):
    """The secret that is the end of the path."""

    acme_path: Text = "none"


class AcmeWebhooks:
    """Events that come to the secret path."""

    def __init__(self, keys: AcmeWebhookKeys) -> None:
        self._path = f"/{keys.acme_path}"

    def takes(self, path: str) -> bool:
        return path == self._path

    def is_genuine(self, path: str, _body: bytes, _headers: Iterable[tuple[bytes, bytes]]) -> bool:
        return path == self._path

    def read(self, body: bytes) -> WebhookEvent:
        said = json.loads(body)
        return WebhookEvent(said["kind"], said["region"], "contact", said["id"])


def _reader(keys: AcmeWebhookKeys) -> WebhookReader:
    return AcmeWebhooks(keys)


def _build(settings: ConnectorSettings[AcmeAccount]) -> Connector:
    return cast("Connector", AcmeConnector(settings))


def _rate_headers(headers: Mapping[str, str]) -> RateHeaders:
    return RateHeaders(calls=int(headers["x-rate-limit-minute"]), interval=60.0)


SYSTEM = System(
    kind=KIND,
    label="Acme",
    account=AcmeAccount,
    calls=lambda: AllowedCalls([("GET", "/contacts")]),
    headers=lambda _account, secret: {"x-api-key": secret},
    build=_build,
    capabilities=Capabilities(tag_fields=True, messages=False, deletes=False),
    limit=LIMIT,
    rate_headers=_rate_headers,
    webhooks=Webhooks(AcmeWebhookKeys, _reader, lambda account: account.region),
    questions=(
        Question("api_key", "key", secret=True),
        Choice("in Europe?", {"yes": (Question("region", "region", Text, comment="of {account}"),), "no": ()}),
    ),
)
