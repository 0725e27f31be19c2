"""The endpoint for webhooks in the daemon. Heavy modules are imported when it starts."""

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


def webhooks_endpoint(
    config: Callable[[], Config], clock: Clock, counters: Counters, wake: "Callable[[Iterable[tuple[str, str]]], None]"
) -> Endpoint:
    """Return the endpoint. It has one receiver, whatever the config. Its application raises ConfigError."""

    @cache
    def receiver() -> "WebhookReceiver":
        from sync.webhooks.receiver import WebhookReceiver

        return WebhookReceiver(config, clock, counters, wake)

    def application() -> "ASGIApp":
        try:
            receiver().open(config())
        except ValueError as error:
            raise ConfigError(f"webhooks: {error}") from None
        return receiver()

    return Endpoint(KEY, _address, application)


def _address(config: Config) -> Address | None:
    return config.webhooks.listen if config.webhooks is not None else None
