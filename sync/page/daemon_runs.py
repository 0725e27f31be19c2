"""What the page asks the daemon itself, because the state file does not hold it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sync.daemon.undo_jobs import UndoJobs
from sync.webhooks.counters import WebhookCounts


@dataclass(frozen=True, slots=True)
class DaemonRuns:
    """The keys of streams that hang, whether due runs are started, and the webhook counts (None without webhooks).

    `run_now` starts the runs of a connection, and returns False where one is under way. `undos` undoes runs, None
    where no daemon runs.
    """

    hanging: Callable[[], Iterable[str]]
    are_started: Callable[[], bool]
    heard: Callable[[], WebhookCounts | None] = lambda: None
    run_now: Callable[[str], bool] = lambda _connection: False
    undos: UndoJobs | None = None
