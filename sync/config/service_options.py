"""The tables of the config file for a service: the state file, the log, notifications and the status page."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from connectors.account_options import OptionsTable, Secret
from sync.config.value_types import (
    Address,
    Command,
    FilePath,
    ListenOrOff,
    Name,
    ShortSpan,
    Span,
    TokenKey,
)


class StateOptions(OptionsTable):
    """The path of the state file (absolute after loading), and how long overwritten values and runs are kept.

    `token_key` refers to the key that encrypts the OAuth tokens in it.
    """

    path: FilePath = Field(default="sync.db", validate_default=True)
    history: Span = timedelta(days=365)
    token_key: TokenKey | None = None


class EngineOptions(OptionsTable):
    """The threads of a daemon, and how many of them first syncs and full comparisons may take at a time (R51)."""

    threads: Annotated[int, Field(ge=2, le=256, strict=True)] = 16
    bulk: Annotated[int, Field(ge=1, strict=True)] = 8

    @model_validator(mode="after")
    def _small_runs_have_threads(self) -> Self:
        if self.bulk >= self.threads:
            raise ValueError("bulk below threads, so that short runs have threads of their own")
        return self


class LogOptions(OptionsTable):
    """What is logged, how, and where: None is standard error. `auto` is text on a terminal, and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "human", "json"] = "auto"
    file: FilePath | None = None


class NotifyOptions(OptionsTable):
    """A program that is started once for each event that a person should know; `time_limit` ends it."""

    command: Command
    time_limit: ShortSpan = timedelta(seconds=10)


class StatusPageOptions(OptionsTable):
    """The address of the daemon's status page, None for no page, and the tokens that it asks for.

    `tokens` has a token per user, by the name that the history shows for what this user decides.
    """

    listen: ListenOrOff = Address("127.0.0.1", 8787)
    token: Secret | None = None
    tokens: dict[Name, Secret] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _others_need_a_token(self) -> Self:
        if self.listen is not None and not self.listen.is_local and not self.named_tokens:
            raise ValueError("a token beside an address that other machines can reach")
        return self

    @property
    def named_tokens(self) -> dict[str, Secret]:
        """Return each token by its key in the config file: `token`, or `tokens.NAME`."""
        one = {} if self.token is None else {"token": self.token}
        return one | {f"tokens.{name}": token for name, token in self.tokens.items()}

    @property
    def is_asked_for(self) -> bool:
        """Say whether the config file sets the address. Another program may use the default one."""
        return "listen" in self.model_fields_set
