"""/metrics: all counts in the format of Prometheus, read from the state file at each request.

Labels are names of the config file and fixed words, never personal data. Counters are sums of all daily counts
(`state.daily_counts`), so they never fall. Killed runs add nothing to them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from state import daily_counts
from state.daily_counts import DailyCount
from state.database import Database
from state.progress import progress_of
from state.schedule import planned_runs
from sync import __version__
from sync.config.model import Config
from sync.engine.metrics import LIMITS, RECORDS, RUN, TOOK, WITHIN
from sync.operations.status import status_of
from sync.page.daemon_runs import DaemonRuns
from sync.page.daily_allowance import allowance
from sync.webhooks.counters import WebhookCounts

KIND: Final = "text/plain; version=0.0.4; charset=utf-8"
OPEN: Final = {
    "conflicts": "Conflicts that wait for a user",
    "failures": "Records that could not be synced",
    "held": "Fields that differ because a user wanted it",
    "deleted": "Contacts that were deleted on one side",
    "parked": "Linked contacts that left the scope",
}
CALLS: Final = {
    "retries": "Calls that were retried",
    "throttled": "Calls that a server refused for their rate",
}


@dataclass(frozen=True, slots=True, eq=False)
class ScrapeSnapshot(Collector):
    """The data of one scrape: the state file at one moment, and the streams that hang."""

    db: Database
    config: Config
    status: Sequence[Mapping[str, Any]]
    hanging: frozenset[str]
    now: datetime
    heard: WebhookCounts | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield _gauge("growthsync_build_info", "The version that is running", ["version"], [((__version__,), 1)])
        yield from self._streams()
        yield from self._open()
        yield from self._progress()
        yield from self._allowances()
        yield from _totals(daily_counts.total_counts(self.db))
        if self.heard is not None:
            yield from _webhooks(self.heard)

    def _streams(self) -> Iterator[Metric]:
        labels = ["connection", "stream"]
        streams = [(one["name"], name, facts) for one in self.status for name, facts in one["streams"].items()]
        lags = [((name, stream), facts["lag_seconds"]) for name, stream, facts in streams]
        yield _gauge("growthsync_lag_seconds", "Seconds up to which both sides have been read", labels, lags)
        ends = [((name, stream), self._ended(name, stream)) for name, stream, _ in streams]
        yield _gauge("growthsync_last_end_timestamp_seconds", "When the last run without an error ended", labels, ends)
        plan = [
            ((one.connection, one.stream), None if one.next_ms is None else one.next_ms / 1000)
            for one in planned_runs(self.db)
        ]
        yield _gauge("growthsync_next_run_timestamp_seconds", "When the next run is planned", labels, plan)
        delayed = [((one.connection, one.stream), int(bool(one.delayed))) for one in planned_runs(self.db)]
        yield _gauge("growthsync_delayed", "1 where the next run is delayed", labels, delayed)
        hangs = [((name, stream), int(f"{name}/{stream}" in self.hanging)) for name, stream, _ in streams]
        yield _gauge("growthsync_hanging", "1 where a run neither moves nor waits for anything", labels, hangs)

    def _ended(self, connection: str, stream: str) -> float | None:
        progress = progress_of(self.db, connection, stream)
        return progress.ended_ms / 1000 if progress and progress.ended_ms else None

    def _open(self) -> Iterator[Metric]:
        for key, help_ in OPEN.items():
            found = [((one["name"],), one[key]) for one in self.status]
            yield _gauge(f"growthsync_{key}", help_, ["connection"], found)

    def _progress(self) -> Iterator[Metric]:
        """Yield how far the present runs are."""
        runs = [(one["name"], one["progress"]) for one in self.status if "progress" in one]
        done = [((name, run["step"]), run["done"]) for name, run in runs]
        yield _gauge(
            "growthsync_run_done", "Records of the present step of a run that are done", ["connection", "step"], done
        )
        totals = [((name, run["step"]), run["total"]) for name, run in runs]
        yield _gauge("growthsync_run_total", "Records of the present step of a run", ["connection", "step"], totals)

    def _allowances(self) -> Iterator[Metric]:
        found = [allowance(self.db, account, self.now.timestamp()) for account in self.config.accounts]
        used = [((one.account,), one.used) for one in found]
        yield _gauge(
            "growthsync_allowance_used", "Calls of today, by the server's count if it gives one", ["account"], used
        )
        limits = [((one.account,), one.limit) for one in found]
        yield _gauge("growthsync_allowance_limit", "Calls that the server allows in a day", ["account"], limits)


def metrics(db: Database, config: Config, runs: DaemonRuns, now: datetime) -> bytes:
    """Return the metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    status = status_of(db, config)["connections"]
    registry.register(ScrapeSnapshot(db, config, status, frozenset(runs.hanging()), now, runs.heard()))
    return generate_latest(registry)


def _totals(totals: Iterable[tuple[str, DailyCount]]) -> Iterator[Metric]:
    runs = CounterMetricFamily("growthsync_runs", "Runs that have ended", labels=["connection", "status"])
    records = CounterMetricFamily(
        "growthsync_records",
        "Records read, created, updated, deleted",
        labels=["connection", "stream", "account", "operation"],
    )
    calls = CounterMetricFamily("growthsync_calls", "Calls", labels=["connection", "account", "kind"])
    others = {
        name: CounterMetricFamily(f"growthsync_{name}", help_, labels=["connection", "account"])
        for name, help_ in CALLS.items()
    }
    durations: dict[str, dict[str, int]] = defaultdict(dict)
    for connection, one in totals:
        if one.name.startswith(RUN):
            runs.add_metric([connection, one.name.removeprefix(RUN)], one.count)
        elif one.name in RECORDS:
            records.add_metric([connection, one.stream, one.account, one.name], one.count)
        elif one.name in ("reads", "writes"):
            calls.add_metric([connection, one.account, one.name.removesuffix("s")], one.count)
        elif one.name in others:
            others[one.name].add_metric([connection, one.account], one.count)
        else:
            durations[connection][one.name] = one.count
    yield from (runs, records, calls, *others.values(), _durations(durations))


def _durations(found: dict[str, dict[str, int]]) -> Metric:
    family = HistogramMetricFamily("growthsync_run_duration_seconds", "How long runs took", labels=["connection"])
    for connection, counts in found.items():
        total, buckets = 0, []
        for limit, bound in [*((str(limit), f"{limit}.0") for limit in LIMITS), ("inf", "+Inf")]:
            total += counts.get(f"{WITHIN}{limit}", 0)
            buckets.append((bound, float(total)))
        family.add_metric([connection], buckets, counts.get(TOOK, 0) / 1000)
    return family


def _webhooks(heard: WebhookCounts) -> Iterator[Metric]:
    events = CounterMetricFamily(
        "growthsync_webhooks", "Requests for webhooks since the daemon began", labels=["outcome"]
    )
    for outcome, count in heard.outcomes.items():
        events.add_metric([outcome], count)
    yield events
    yield _gauge(
        "growthsync_webhooks_waiting", "Records that webhooks named and no run has read", [], [((), heard.waiting)]
    )
    last = None if heard.last_at is None else heard.last_at.timestamp()
    yield _gauge("growthsync_webhooks_last_timestamp_seconds", "When the last event was kept", [], [((), last)])


def _gauge(name: str, text: str, labels: list[str], values: Iterable[tuple[tuple[str, ...], Any]]) -> Metric:
    """Return a gauge; unknown values are left out."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values:
        if value is not None:
            family.add_metric(list(key), value)
    return family
