"""The config file: its tables, keys and defaults.

config.example.toml explains the keys, sync.config.value_types says what values they take. The keys of accounts are
those of their systems (connectors.registry). All mistakes are reported at once, one line each
(sync.config.error_lines). A config that loads is consistent, so no other module checks it again. Secrets stay as they
are written (`env:NAME`, ...); sync.config.secret reads them.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, Union

from pydantic import (
    Field,
    PlainValidator,
    PrivateAttr,
    SerializeAsAny,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from connectors import registry
from connectors.account_options import AccountOptions, OAuthAccount, OptionsTable, Text
from sync.config.contacts import ContactsStream, check_contacts
from sync.config.error_lines import ConfigMistake, from_pydantic, lines
from sync.config.ignored_places import ignore_as_before, ignored_lines
from sync.config.scope import Condition, Only
from sync.config.service_options import EngineOptions, LogOptions, NotifyOptions, StateOptions, StatusPageOptions
from sync.config.value_types import (
    SEALING_HELP,
    Channel,
    Country,
    Cron,
    Direction,
    Flow,
    Interval,
    IntervalOrOff,
    Name,
    Span,
    suggest,
)
from sync.config.webhooks import WebhooksOptions, read_webhooks, webhooks_model
from sync.errors import ConfigError

FILE_NAME = "config.toml"

LISTED = timedelta(hours=1)
"""How often a connection runs unless the config says so, where a system can only list all of its contacts (R32)."""


class MessagesStream(OptionsTable):
    """How messages travel. `deletes` is that of the contacts' table unless it is set.

    `people` are those whose messages are read where a system shows them by contact alone, with a call for each: those
    that changed, or all in each run.
    """

    direction: Direction = "both"
    as_: Literal["note", "conversation"] = Field(default="note", alias="as")
    conversation_provider_id: Text | None = None
    channels: tuple[Channel, ...] = ("Email", "SMS", "WhatsApp")
    flows: tuple[Flow, ...] = ("inbound", "outbound")
    deletes: Literal["ignore", "propagate"] | None = None
    lookback: Span = timedelta(hours=24)
    people: Literal["changed", "all"] = "changed"

    @model_validator(mode="after")
    def _conversations_have_a_provider(self) -> Self:
        if self.as_ == "conversation" and self.conversation_provider_id is None:
            raise ValueError('conversation_provider_id beside as = "conversation"')
        return self


class Connection(OptionsTable):
    """Two accounts that are kept in sync."""

    _name: str = PrivateAttr("")
    left: Text
    right: Text
    every: Interval = timedelta(minutes=5)
    cron: Cron | None = None
    reconcile: IntervalOrOff = timedelta(days=7)
    first_run: Literal["ask", "go"] = "ask"
    settle: Span = timedelta(seconds=60)
    lookback: Span = timedelta(minutes=10)
    country: Country = "US"
    contacts: ContactsStream = Field(default_factory=dict, validate_default=True)
    messages: MessagesStream | None = None

    @model_validator(mode="after")
    def _one_schedule(self) -> Self:
        if {"every", "cron"} <= self.model_fields_set:
            raise ValueError("every or cron, and not both")
        return self

    @property
    def name(self) -> str:
        """Return the name that the user gave the connection in the config file."""
        return self._name

    def counterpart_of(self, account: str) -> str:
        """Return the name of the account at the other side of an account."""
        return self.left if account == self.right else self.right


def _account(table: Any, info: ValidationInfo) -> AccountOptions:
    """Check the table of an account by the model of its system. Raises pydantic's ValidationError."""
    return _account_adapter(tuple(one.account for one in registry.systems())).validate_python(
        table, context=info.context
    )


@cache
def _account_adapter(models: tuple[type[AccountOptions], ...]) -> TypeAdapter[AccountOptions]:
    # Built when first needed, and not when this module is imported: the registry may have got another system by then.
    union: Any = Annotated[Union[models], Field(discriminator="connector")]  # noqa: UP007 - models is a variable
    return TypeAdapter(union)


class Config(OptionsTable):
    """A whole config file."""

    state: StateOptions = Field(default_factory=dict, validate_default=True)
    log: LogOptions = LogOptions()
    engine: EngineOptions = EngineOptions()
    notify: NotifyOptions | None = None
    webhooks: Annotated[WebhooksOptions, PlainValidator(read_webhooks), SerializeAsAny()] | None = None
    status_page: StatusPageOptions = StatusPageOptions()
    accounts: Annotated[
        dict[Name, Annotated[AccountOptions, PlainValidator(_account), SerializeAsAny()]], Field(min_length=1)
    ]
    connections: Annotated[dict[Name, Connection], Field(min_length=1)]
    _path: Path = PrivateAttr(Path(FILE_NAME))

    @property
    def path(self) -> Path:
        """Return the absolute path of the file."""
        return self._path

    @property
    def warnings(self) -> list[str]:
        """Return what the file says to no effect, one line each."""
        return [
            f"{self._path}: connections.{name}.contacts.fields.{field}: {sentence}"
            for name, connection in self.connections.items()
            for field, sentence in ignored_lines(connection.contacts.fields)
        ]


def tables() -> dict[str, list[str]]:
    """Return the keys of each table, by its path with `*` for a name that the user chose, for whoever mistyped one."""
    found: dict[tuple[str, ...], type[OptionsTable]] = {
        (): Config,
        ("state",): StateOptions,
        ("log",): LogOptions,
        ("engine",): EngineOptions,
        ("notify",): NotifyOptions,
        ("webhooks",): webhooks_model(),
        ("status_page",): StatusPageOptions,
        ("connections", "*"): Connection,
        ("connections", "*", "contacts"): ContactsStream,
        ("connections", "*", "contacts", "only"): Only,
        ("connections", "*", "contacts", "only", "*"): Condition,
        ("connections", "*", "messages"): MessagesStream,
        **{("accounts", "*", one.kind): one.account for one in registry.systems()},
    }
    return {
        ".".join(place): [field.alias or name for name, field in table.model_fields.items()]
        for place, table in found.items()
    }


def find(option: Path | None = None) -> Path:
    """Return where the config file is: `--config`, `$SYNC_CONFIG`, `./config.toml`, or the user's config folder.

    Raises ConfigError when it is nowhere.
    """
    named = option or (Path(os.environ["SYNC_CONFIG"]) if os.environ.get("SYNC_CONFIG") else None)
    if named is not None:
        return named
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "growthsync")
    places = (Path(FILE_NAME), folder / FILE_NAME)
    for place in places:
        if place.is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise ConfigError(f"no config file at {looked}; {_HOW_TO_BEGIN}")


def load(path: Path) -> Config:
    """Read and check the file. Raises ConfigError with one line for each mistake, StateError."""
    try:
        config = parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; {_HOW_TO_BEGIN}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text in UTF-8, which TOML has to be") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    for name, connection in config.connections.items():
        ignore_as_before(connection.contacts.fields, _kinds(config, connection), config.state.path, name)
    return config


def _kinds(config: Config, connection: Connection) -> dict[str, str]:
    """Return the kinds of both accounts of a connection, left first."""
    return {side: config.accounts[side].connector for side in (connection.left, connection.right)}


def parse(text: str, path: Path) -> Config:
    """Check the text of the file at `path`, which relative paths in it start from. Raises ConfigError."""
    try:
        # some editors put a byte order mark before a text
        data = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    try:
        config = Config.model_validate(data, context=path.parent)
    except ValidationError as error:
        raise ConfigError(*lines(from_pydantic(error, tables()), path, text)) from None
    if mistakes := list(_cross_check(config)):
        raise ConfigError(*lines(mistakes, path, text))
    return _named(config, path)


_HOW_TO_BEGIN = (
    "write one after config.example.toml, have one written by `sync init`, or try `sync demo`, which needs none"
)


def oauth_accounts(config: Config, names: Iterable[str]) -> dict[str, OAuthAccount]:
    """Return those of the accounts named that use OAuth."""
    found = ((name, config.accounts[name]) for name in names)
    return {name: one for name, one in found if isinstance(one, OAuthAccount) and one.uses_oauth}


def _named(config: Config, path: Path) -> Config:
    """Set the names of accounts and connections, which are the keys of their tables."""
    config._path = path.absolute()  # noqa: SLF001 - the module's own
    for name, account in config.accounts.items():
        account._name = name  # noqa: SLF001 - set once, by the one who builds it
    for name, connection in list(config.connections.items()):
        named = config.connections[name] = _rarer(config, connection)
        named._name = name  # noqa: SLF001 - the module's own
    return config


def only_lists(config: Config, connection: Connection) -> bool:
    """Say whether a system of the connection can only list, so that an ordinary run reads all of it (R32)."""
    kinds = {config.accounts[side].connector for side in (connection.left, connection.right)}
    return bool(kinds & {*registry.kinds_with("lists_only")})


def _rarer(config: Config, connection: Connection) -> Connection:
    """Return a connection that runs every LISTED where each run lists everything, unless the config says when (R32)."""
    if not only_lists(config, connection) or {"every", "cron"} & connection.model_fields_set:
        return connection
    return connection.model_copy(update={"every": LISTED})


def _cross_check(config: Config) -> Iterator[ConfigMistake]:
    """Yield what is wrong between tables that are right by themselves."""
    if config.state.token_key is None and oauth_accounts(config, config.accounts):
        yield ConfigMistake(("state", "token_key"), SEALING_HELP, missing=True)
    for name, connection in config.connections.items():
        place = ("connections", name)
        unknown = [side for side in ("left", "right") if getattr(connection, side) not in config.accounts]
        for side in unknown:
            found = getattr(connection, side)
            yield ConfigMistake((*place, side), suggest(found, config.accounts), found)
        if not unknown and connection.left == connection.right:
            yield ConfigMistake((*place, "right"), "another account than left", connection.right)
        if not unknown:
            yield from check_contacts(connection.contacts, _kinds(config, connection), (*place, "contacts"))
