"""The table [webhooks]: where the daemon listens for events, and how many it keeps.

A system adds keys of its own, such as the public keys of its signatures (connectors.system.Webhooks).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, create_model

from connectors import registry
from connectors.account_options import OptionsTable
from sync.config.value_types import Interval, Listen, UrlPath


def _between(lowest: int, highest: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        raise ValueError(f"a whole number from {lowest} to {highest}")

    return check


class WebhooksOptions(OptionsTable):
    """Where the daemon listens for events, and what it takes.

    `largest` is the size of the largest body in bytes, `queue` the number of records that may wait to be read, `window`
    the age of the oldest event that counts. With `every`, connections that get events are polled only so often.
    """

    listen: Listen
    path: UrlPath = "/webhooks"
    largest: Annotated[int, BeforeValidator(_between(1024, 16_000_000))] = 1_000_000
    queue: Annotated[int, BeforeValidator(_between(1, 100_000))] = 10_000
    # A system may send an event again for days, with its first time: 3 days are the longest that is documented.
    window: Interval = timedelta(days=4)
    every: Interval | None = None


def webhooks_model() -> type[WebhooksOptions]:
    """Return the model of the table, with the keys of every system that sends events."""
    return _model(tuple(one.webhooks.options for one in registry.systems() if one.webhooks is not None))


@cache
def _model(parts: tuple[type[OptionsTable], ...]) -> type[WebhooksOptions]:
    bases: Any = (*parts, WebhooksOptions)  # mypy wants each of them to be the type that is returned
    model: type[WebhooksOptions] = create_model("WebhooksTable", __base__=bases)
    return model


def read_webhooks(table: Any, info: ValidationInfo) -> WebhooksOptions:
    """Check the table. Raises pydantic's ValidationError."""
    return webhooks_model().model_validate(table, context=info.context)
