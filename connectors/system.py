"""What a registry entry says of one system: its accounts, how to connect to it, and what it can do (R30).

An entry holds light data. Its functions import what is heavy (the connector, HTTP, cryptography) when they are called,
because every command reads the config file, and `sync status` must start fast.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from connectors.http.rate_headers import RateHeaders, RateLimit

if TYPE_CHECKING:
    from connectors.account_options import AccountOptions, OptionsTable
    from connectors.clock import Clock
    from connectors.connector import Cache, Connector
    from connectors.contact import Fields
    from connectors.fields import Compute, MappedField
    from connectors.http.allowed_calls import AllowedCalls
    from connectors.http.client import HttpClient
    from connectors.oauth import TokenEndpoint
    from connectors.sandbox.demo import DemoServer
    from connectors.sandbox.rehearsal import RehearsalServer
    from connectors.source_id import SourceAccount

AccountT = TypeVar("AccountT", bound="AccountOptions")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What every account of a system can do, known without a call. A connector says the rest (connectors.connector).

    `company_lookup`: it knows companies by their domain. `tag_fields`: a field can be kept as a tag of the contact.
    `consent_channels`: the channels that can be blocked one by one for a contact (R38). `messages`: it keeps messages.
    `conversations`: a copy of a message can be recorded in a conversation. `deletes`: contacts can be deleted.
    `lists_only`: it has no windows, so that each reading is one of everything (R32).
    """

    company_lookup: bool = False
    tag_fields: bool = False
    consent_channels: tuple[str, ...] = ()
    messages: bool = True
    conversations: bool = False
    deletes: bool = True
    lists_only: bool = False


@dataclass(frozen=True, slots=True)
class MessageOptions:
    """How messages are kept: as a note of the contact, or in a conversation through a provider; and their channels."""

    as_note: bool
    provider_id: str | None
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConnectorSettings(Generic[AccountT]):
    """What a connector is built from: the account, its HTTP client, and what the connection says.

    `country` is the region of phone numbers without a country code, alpha-2. `places` are the configured keys of
    standard fields, `mapped` the fields that convert by their type (R47), `compute` adds the fields that are computed
    from others to each contact that is mapped (R48). `tag_fields` has the prefix of the tags of each field that is kept
    as a tag. `consent_channels` are those in which a block forbids contact, None for the system's default. `messages`
    is None where no messages travel. `sources` is the account of the other side, which source ids and the markers of
    messages name (R31). `login` is the command that gets another token, "" where the account uses no OAuth.
    `secret` is the credential, for a system that wants it in bodies.
    """

    name: str
    account: AccountT
    wire: "HttpClient"
    cache: "Cache"
    clock: "Clock"
    country: str
    places: Mapping[str, str]
    mapped: "Mapping[str, MappedField]"
    compute: "Compute"
    tag_fields: Mapping[str, str]
    consent_channels: tuple[str, ...] | None
    messages: MessageOptions | None
    sources: "SourceAccount"
    login: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OAuth(Generic[AccountT]):
    """How the accounts of a system get tokens by a person's consent.

    `endpoint` builds the token endpoint of an account from an HTTP client without credentials and the client secret.
    `scopes` returns what a consent is asked for; its flags say whether messages travel, and in conversations.
    """

    endpoint: "Callable[[AccountT, HttpClient, str], TokenEndpoint]"
    scopes: Callable[[AccountT, bool, bool], tuple[str, ...]]


Subject = Literal["contact", "message"]


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What one event says, as far as it is a hint where to look.

    `place` names the account that it is about, as `Webhooks.place` does. `subject` is None for an event of no interest.
    `contact` is the contact of a message. `at` (UTC) and `webhook` are the event's own time and id, None where it does
    not say them, or not so that they can be read.
    """

    kind: str
    place: str
    subject: Subject | None
    record: str = ""
    contact: str = ""
    gone: bool = False
    at: datetime | None = None
    webhook: str | None = None


class WebhookReader(Protocol):
    """Verifies and reads the events of one system."""

    def takes(self, path: str) -> bool:
        """Say whether events come to this path: what follows the configured one, "" for that itself."""

    def is_genuine(self, path: str, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Say whether a body is the system's, by its signature or a secret path. Header names are in lower case."""

    def read(self, body: bytes) -> WebhookEvent:
        """Return what a body says. Raises ValueError where it is no event."""


@dataclass(frozen=True, slots=True)
class Webhooks(Generic[AccountT]):
    """How the webhooks of a system are verified, read and routed.

    `options` are the keys that it adds to the table [webhooks]. `reader` builds the reader from that table; it raises
    ValueError for a key that cannot be used. `place` names, for an account, what its events are about.
    """

    options: "type[OptionsTable]"
    reader: Callable[[Any], WebhookReader]
    place: Callable[[AccountT], str]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of `sync init`: its answer becomes the value of a key of the account.

    `value` is the type that checks the answer, unless it is `secret`. `many` is the key that takes several answers,
    separated by commas, "" where there is one. An `optional` key is left out when the answer is empty. `comment` stands
    behind the key in the config file; `{account}` in it is the account's name. `found` says where a user finds it.
    """

    key: str
    text: str
    value: Any = None
    secret: bool = False
    many: str = ""
    optional: bool = False
    comment: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question of `sync init`; its answer decides what is asked next. The first answer is the default.

    `oauth` is the answer that makes the account use OAuth, so that a key for its tokens is needed.
    """

    text: str
    ways: Mapping[str, tuple[Question, ...]]
    oauth: str = ""


@dataclass(frozen=True, slots=True)
class System(Generic[AccountT]):
    """One system that contacts are kept in.

    `kind` is what the key `connector` of an account says, `label` the name that people read. `account` is the model of
    its accounts. `calls` returns the calls that may go out, `headers` what every call carries, given the account and
    its secret. `limit` holds until an answer says otherwise; `rate_headers` reads that from an answer's headers (R5).
    `missing_key` says why no contact with some values can be created there, "" where it can (R37), and `left_out` why
    a contact that is there and shows neither address nor number to others is not carried.
    `demo` starts no server yet: it builds the sandbox of the demo. So does `rehearsal`, for the copy of an account that
    the HTTP client reads; it gets how far the server's clock is ahead of ours.
    `standard_places` are the places of standard fields; no other field is written to one of the `fixed_fields`.
    `place_form` returns what all spellings of one place have in common. `custom_place` returns the place that a text in
    a config means for a standard field which is none of the `native_fields` and converts by no type. Earlier releases
    ignored a place that a config gave one of the `native_fields`, so that configs in use may have any
    (sync.config.ignored_places).
    """

    kind: str
    label: str
    account: type[AccountT]
    calls: "Callable[[], AllowedCalls]"
    headers: Callable[[AccountT, str], Mapping[str, str]]
    build: "Callable[[ConnectorSettings[AccountT]], Connector]"
    demo: "Callable[[Clock], DemoServer] | None" = None
    rehearsal: "Callable[[AccountT, HttpClient, Clock], RehearsalServer] | None" = None
    capabilities: Capabilities = field(default_factory=Capabilities)
    limit: RateLimit | None = None
    rate_headers: Callable[[Mapping[str, str]], RateHeaders] = RateHeaders.of
    oauth: OAuth[AccountT] | None = None
    webhooks: Webhooks[AccountT] | None = None
    questions: tuple[Question | Choice, ...] = ()
    missing_key: "Callable[[Fields], str]" = lambda _fields: ""
    left_out: str = ""
    standard_places: Mapping[str, str] = field(default_factory=dict)
    fixed_fields: frozenset[str] = frozenset()
    place_form: Callable[[str], str] = str
    custom_place: Callable[[str], str] = str
    native_fields: frozenset[str] = frozenset()
