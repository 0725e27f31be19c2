"""The door for webhooks, as the daemon hangs it in. What is heavy is imported when it opens."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from connectors.clock import Clock
from sync.config.allowed import Address
from sync.config.model import Config
from sync.errors import ConfigError
from sync.serving.door import Door
from sync.webhooks.counters import Counters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

    from sync.webhooks.reception import Reception

KEY = "webhooks.listen"


def door(
    config: Callable[[], Config], clock: Clock, counters: Counters, wake: "Callable[[Iterable[tuple[str, str]]], None]"
) -> Door:
    """Return the door, whose one reception knows the config in force. Its application raises ConfigError."""

    @cache
    def reception() -> "Reception":
        from sync.webhooks.reception import Reception

        return Reception(config, clock, counters, wake)

    def application() -> "ASGIApp":
        try:
            reception().open(config())
        except ValueError as error:
            raise ConfigError(f"webhooks: {error}") from None
        return reception()

    return Door(KEY, _address, application)


def _address(config: Config) -> Address | None:
    return config.webhooks.listen if config.webhooks is not None else None
