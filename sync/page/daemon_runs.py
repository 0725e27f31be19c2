"""What the page asks the daemon itself, since no state file says it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sync.webhooks.counters import WebhookCounts


@dataclass(frozen=True, slots=True)
class Runs:
    """Which streams hang, whether runs are started when they are due, and what became of webhooks, None without any."""

    hanging: Callable[[], Iterable[str]]
    are_started: Callable[[], bool]
    heard: Callable[[], WebhookCounts | None] = lambda: None
