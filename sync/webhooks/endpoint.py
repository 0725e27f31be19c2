"""The door for webhooks, as the daemon hangs it in. What is heavy is imported when it opens."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from connectors.clock import Clock
from sync.config.model import Config
from sync.config.value_types import Address
from sync.errors import ConfigError
from sync.http_server.endpoints import Endpoint
from sync.webhooks.counters import Counters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

    from sync.webhooks.receiver import WebhookReceiver

KEY = "webhooks.listen"


def door(
    config: Callable[[], Config], clock: Clock, counters: Counters, wake: "Callable[[Iterable[tuple[str, str]]], None]"
) -> Endpoint:
    """Return the door, whose one reception knows the config in force. Its application raises ConfigError."""

    @cache
    def reception() -> "WebhookReceiver":
        from sync.webhooks.receiver import WebhookReceiver

        return WebhookReceiver(config, clock, counters, wake)

    def application() -> "ASGIApp":
        try:
            reception().open(config())
        except ValueError as error:
            raise ConfigError(f"webhooks: {error}") from None
        return reception()

    return Endpoint(KEY, _address, application)


def _address(config: Config) -> Address | None:
    return config.webhooks.listen if config.webhooks is not None else None
