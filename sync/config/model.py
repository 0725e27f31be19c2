"""The config file: its tables, keys and defaults.

The keys are fixed by the contract, config.example.toml explains them, `sync.allowed` says what their values may be.
What is wrong is told all at once, one line per complaint (`sync.complaints`); a config that loads is right in itself,
so nothing behind it checks again. Secrets are held as they are written (`env:NAME`, ...); `sync.secret` opens them.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, model_validator

from sync.config.contacts import ContactsStream, Only, check_contacts
from sync.config.error_lines import ConfigMistake, from_pydantic, lines
from sync.config.table import ConfigTable
from sync.config.value_types import (
    SEALING_HELP,
    Address,
    BaseUrl,
    Channel,
    Command,
    Country,
    Cron,
    Direction,
    FilePath,
    Flow,
    Interval,
    IntervalOrOff,
    ListenOrOff,
    Name,
    Rate,
    RedirectUri,
    Scope,
    Secret,
    ShortSpan,
    Span,
    Text,
    TokenKey,
    UserId,
    suggest,
)
from sync.config.webhooks import WebhooksOptions
from sync.errors import ConfigError

FILE_NAME = "config.toml"


class NamedTable(ConfigTable):
    """A table whose name is the user's."""

    _name: str = PrivateAttr("")

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self._name


class StateOptions(ConfigTable):
    """Where the state file is (absolute, once loaded), and how long overwritten values and runs are kept.

    `token_key` points to what OAuth tokens in it are encrypted under.
    """

    path: FilePath = Field(default="sync.db", validate_default=True)
    history: Span = timedelta(days=365)
    token_key: TokenKey | None = None


class GrowthGeniusAccount(NamedTable):
    """An API key, and the users whose contacts it shows."""

    connector: Literal["growthgenius"]
    api_key: Secret
    user_id: UserId | None = None
    user_ids: Annotated[tuple[UserId, ...], Field(min_length=1)] | None = None
    rate: Rate | None = None
    base_url: BaseUrl = "https://api.growthgenius.com/integrations/v1"

    @model_validator(mode="after")
    def _users_are_named_once(self) -> Self:
        if (self.user_id is None) == (self.user_ids is None):
            raise ValueError("user_id or user_ids, one of them and not both")
        return self

    @property
    def users(self) -> tuple[int | str, ...]:
        """Return the users, however the file names them; a number stays a number."""
        return self.user_ids or (() if self.user_id is None else (self.user_id,))

    @property
    def secret(self) -> tuple[str, SecretStr]:
        """Return the key that holds the credential, and what the file says there."""
        return "api_key", self.api_key


class GrowthHubAccount(NamedTable):
    """A location, and what opens it: a private integration token, or an app that somebody consents to (OAuth).

    With `company_id` the consent is the company's (the agency's), whose token then gives the location's.
    """

    connector: Literal["growthhub"]
    token: Secret | None = None
    client_id: Text | None = None
    client_secret: Secret | None = None
    company_id: Text | None = None
    redirect_uri: RedirectUri = "http://127.0.0.1:8789/callback"
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)] | None = None
    authorize_url: BaseUrl = "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"
    location_id: Text
    rate: Rate | None = None
    base_url: BaseUrl = "https://services.leadconnectorhq.com"

    @model_validator(mode="after")
    def _opened_in_one_way(self) -> Self:
        app = {"client_id", "client_secret"} & self._set
        if (self.token is None) == (not app):
            raise ValueError(
                "token (env:NAME, file:PATH, credential:NAME, keyring:SERVICE/USER, or the token itself), or else "
                "client_id and client_secret (OAuth)"
            )
        if len(app) == 1:
            raise ValueError("client_id and client_secret, both of them")
        if self.token is not None and (others := self._set & {"company_id", "redirect_uri", "scopes", "authorize_url"}):
            raise ValueError(f"{min(others)} beside client_id and client_secret alone, not beside token")
        return self

    @property
    def _set(self) -> set[str]:
        return self.model_fields_set

    @property
    def uses_oauth(self) -> bool:
        """Say whether its token is got by a consent, and changes."""
        return self.client_id is not None

    @property
    def secret(self) -> tuple[str, SecretStr]:
        """Return the key that holds the credential, and what the file says there."""
        if self.client_secret is not None:
            return "client_secret", self.client_secret
        if self.token is None:
            raise AssertionError("a loaded account has either")
        return "token", self.token


Account = GrowthGeniusAccount | GrowthHubAccount


class MessagesStream(ConfigTable):
    """How messages travel. `deletes` is, unless it is set, what the contacts' table says."""

    direction: Direction = "both"
    as_: Literal["note", "conversation"] = Field(default="note", alias="as")
    conversation_provider_id: Text | None = None
    channels: tuple[Channel, ...] = ("Email", "SMS", "WhatsApp")
    flows: tuple[Flow, ...] = ("inbound", "outbound")
    deletes: Literal["ignore", "propagate"] | None = None
    lookback: Span = timedelta(hours=24)

    @model_validator(mode="after")
    def _conversations_have_a_provider(self) -> Self:
        if self.as_ == "conversation" and self.conversation_provider_id is None:
            raise ValueError('conversation_provider_id beside as = "conversation"')
        return self


class Connection(NamedTable):
    """Two accounts that are kept in sync."""

    left: Text
    right: Text
    every: Interval = timedelta(minutes=5)
    cron: Cron | None = None
    reconcile: IntervalOrOff = timedelta(days=7)
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


class LogOptions(ConfigTable):
    """What is logged, and how; `auto` is for people on a terminal, and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "human", "json"] = "auto"


class NotifyOptions(ConfigTable):
    """A program that is told, once each, what a person should know; it has so long to take it in."""

    command: Command
    time_limit: ShortSpan = timedelta(seconds=10)


class StatusPageOptions(ConfigTable):
    """Where the daemon shows how everything stands, None for nowhere; and the token of who may look."""

    listen: ListenOrOff = Address("127.0.0.1", 8787)
    token: Secret | None = None

    @model_validator(mode="after")
    def _others_need_a_token(self) -> Self:
        if self.listen is not None and not self.listen.is_local and self.token is None:
            raise ValueError("a token beside an address that other machines can reach")
        return self

    @property
    def is_asked_for(self) -> bool:
        """Say whether somebody wrote the address; the one that nobody wrote may be taken by something else."""
        return "listen" in self.model_fields_set


class Config(ConfigTable):
    """A whole file."""

    state: StateOptions = Field(default_factory=dict, validate_default=True)
    log: LogOptions = LogOptions()
    notify: NotifyOptions | None = None
    webhooks: WebhooksOptions | None = None
    status_page: StatusPageOptions = StatusPageOptions()
    accounts: Annotated[dict[Name, Annotated[Account, Field(discriminator="connector")]], Field(min_length=1)]
    connections: Annotated[dict[Name, Connection], Field(min_length=1)]
    _path: Path = PrivateAttr(Path(FILE_NAME))

    @property
    def path(self) -> Path:
        """Where the file is, absolute."""
        return self._path


TABLES = {
    ".".join(place): [field.alias or name for name, field in table.model_fields.items()]
    for place, table in (
        ((), Config),
        (("state",), StateOptions),
        (("log",), LogOptions),
        (("notify",), NotifyOptions),
        (("webhooks",), WebhooksOptions),
        (("status_page",), StatusPageOptions),
        (("accounts", "*", "growthgenius"), GrowthGeniusAccount),
        (("accounts", "*", "growthhub"), GrowthHubAccount),
        (("connections", "*"), Connection),
        (("connections", "*", "contacts"), ContactsStream),
        (("connections", "*", "contacts", "only"), Only),
        (("connections", "*", "messages"), MessagesStream),
    )
}
"""The keys of each table, for who has mistyped one."""


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
    """Read and check the file. Raises ConfigError with one line per complaint."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; {_HOW_TO_BEGIN}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text in UTF-8, which TOML has to be") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


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
        raise ConfigError(*lines(from_pydantic(error, TABLES), path, text)) from None
    if complaints := list(_cross_check(config)):
        raise ConfigError(*lines(complaints, path, text))
    return _named(config, path)


_HOW_TO_BEGIN = (
    "write one after config.example.toml, have one written by `sync init`, or try `sync demo`, which needs none"
)


def oauth_accounts(config: Config, names: Iterable[str]) -> dict[str, GrowthHubAccount]:
    """Return those of the accounts named whose tokens are got by a consent."""
    found = ((name, config.accounts[name]) for name in names)
    return {name: one for name, one in found if isinstance(one, GrowthHubAccount) and one.uses_oauth}


def _named(config: Config, path: Path) -> Config:
    """Tell the tables their names, which are keys of what holds them."""
    config._path = path.absolute()  # noqa: SLF001 - the module's own
    for name, table in (*config.accounts.items(), *config.connections.items()):
        table._name = name  # noqa: SLF001 - the module's own
    return config


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
            kinds = {side: config.accounts[side].connector for side in (connection.left, connection.right)}
            yield from check_contacts(connection.contacts, kinds, (*place, "contacts"))
