"""/metrics, as Prometheus reads it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from filelock import FileLock
from prometheus_client.parser import text_string_to_metric_families

from connectors.http.call_log import CallLog, Daily
from connectors.http.rate_headers import RateLimit
from state import daily_counts
from state.activity import RunActivity, note_activity
from state.daily_counts import DailyCount
from state.heartbeat import connection_lock
from sync.config.model import Config
from sync.engine.metrics import LIMITS
from sync.page.daily_allowance import DailyAllowance, allowance
from sync.page.read_only_state import looking
from sync.webhooks.counters import OUTCOMES, Counters
from tests.sync.page.client import Visitor
from tests.sync.page.state_files import BEGUN_MS, EMAIL, LEFT, LOST, NOW_MS, PHONE, RIGHT, change

SALES = {"connection": "sales"}


def scraped(visitor: Visitor) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Return every sample by its name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(visitor.get("/metrics").text):
        assert family.documentation
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def count(config: Config, *counts: tuple[str, str, str, int]) -> None:
    with change(config) as transaction:
        transaction.execute("DELETE FROM tally")
        daily_counts.add_counts(transaction, 1, NOW_MS, [DailyCount(*one) for one in counts])


def test_prometheus_can_read_it_and_it_says_what_it_is(visitor: Visitor) -> None:
    answer = visitor.get("/metrics")
    assert answer.header("content-type").startswith("text/plain; version=0.0.4")
    assert scraped(visitor)["growthsync_build_info"][0][1] == 1


def test_what_is_open_and_how_far_each_stream_is_are_those_of_status(visitor: Visitor) -> None:
    found, status = scraped(visitor), visitor.get("/api/status").json["connections"][0]
    for name in ("conflicts", "failures", "held", "deleted", "parked"):
        assert found[f"growthsync_{name}"] == [(SALES, status[name])]
    ((labels, lag),) = found["growthsync_lag_seconds"]
    assert labels == {"connection": "sales", "stream": "contacts"}
    assert lag == pytest.approx(status["streams"]["contacts"]["lag_seconds"], abs=60)
    assert found["growthsync_last_end_timestamp_seconds"][0][1] == (BEGUN_MS + 2000) / 1000


def test_what_was_counted_is_summed_over_all_days(visitor: Visitor, config: Config) -> None:
    count(
        config, ("contacts", LEFT, "read", 5), ("", LEFT, "reads", 7), ("", LEFT, "throttled", 1), ("", "", "run ok", 2)
    )
    with change(config) as transaction:
        daily_counts.add_counts(
            transaction, 1, NOW_MS - 40 * daily_counts.DAY_MS, [DailyCount("contacts", LEFT, "read", 10)]
        )
        daily_counts.add_counts(
            transaction, 1, NOW_MS, [DailyCount("messages", RIGHT, "created", 3), DailyCount("", LEFT, "writes", 1)]
        )
    found = scraped(visitor)
    here = {"connection": "sales", "account": LEFT}
    assert found["growthsync_records_total"] == [
        ({**here, "stream": "contacts", "operation": "read"}, 15),
        ({"connection": "sales", "account": RIGHT, "stream": "messages", "operation": "created"}, 3),
    ]
    assert found["growthsync_calls_total"] == [({**here, "kind": "read"}, 7), ({**here, "kind": "write"}, 1)]
    assert found["growthsync_throttled_total"] == [(here, 1)]
    assert found["growthsync_runs_total"] == [({**SALES, "status": "ok"}, 2)]


def test_durations_are_a_histogram(visitor: Visitor, config: Config) -> None:
    count(
        config, ("", "", "within 1", 2), ("", "", "within 60", 3), ("", "", "within inf", 1), ("", "", "took_ms", 9500)
    )
    found = scraped(visitor)
    buckets = {labels["le"]: value for labels, value in found["growthsync_run_duration_seconds_bucket"]}
    assert [buckets[f"{limit}.0"] for limit in LIMITS] == [2, 2, 2, 5, 5, 5, 5]
    assert buckets["+Inf"] == found["growthsync_run_duration_seconds_count"][0][1] == 6
    assert found["growthsync_run_duration_seconds_sum"] == [(SALES, 9.5)]


def test_a_stream_that_hangs_is_shown(visitor: Visitor) -> None:
    visitor.state.hanging = ("sales/messages",)
    hangs = {labels["stream"]: value for labels, value in scraped(visitor)["growthsync_hanging"]}
    assert hangs == {"contacts": 0, "messages": 1}


def test_no_label_holds_personal_data(visitor: Visitor) -> None:
    text = visitor.get("/metrics").text
    assert not re.search(f"{EMAIL}|{LOST}|{re.escape(PHONE)}|Oslo|hub-1|ada", text)
    labels: set[Any] = {name for samples in scraped(visitor).values() for one, _ in samples for name in one}
    assert labels <= {"connection", "stream", "account", "status", "operation", "kind", "le", "version"}


@pytest.mark.parametrize(
    ("daily", "limit", "expected"),
    [
        (None, None, (7, None)),
        (None, RateLimit(100, 10.0, 5000), (7, 5000)),
        (Daily(200_000, 199_900, NOW_MS / 1000 + 60), None, (100, 200_000)),
        (Daily(200_000, 0, NOW_MS / 1000 - 60), RateLimit(100, 10.0, 200_000), (7, 200_000)),
    ],
)
def test_an_allowance_is_the_servers_count_until_it_is_renewed(
    config: Config, daily: Daily | None, limit: RateLimit | None, expected: tuple[int, int | None]
) -> None:
    now = NOW_MS / 1000
    book = CallLog(daily=daily, limit=limit, day=int(now // 86400), today=7)
    with change(config) as transaction:
        transaction.execute("INSERT INTO allowance VALUES (?, ?)", (LEFT, book.dumped()))
    with looking(config) as db:
        found = allowance(db, LEFT, now)
        assert (found.used, found.limit) == expected
        assert allowance(db, LEFT, now + 90_000).used == 0
        assert allowance(db, "unknown", now) == DailyAllowance("unknown", 0, None, None)
    if found.renewed_at is not None:
        assert found.renewed_at > datetime.fromtimestamp(now, UTC)


def test_webhook_requests_are_counted_by_outcome(visitor: Visitor) -> None:
    assert not [name for name in scraped(visitor) if "webhooks" in name]
    counters = Counters()
    for outcome in ("queued", "queued", "unsigned"):
        counters.count(outcome)
    visitor.state.heard = counters.snapshot()
    found = scraped(visitor)
    assert {labels["outcome"]: count for labels, count in found["growthsync_webhooks_total"] if count} == {
        "queued": 2,
        "unsigned": 1,
    }
    assert len(found["growthsync_webhooks_total"]) == len(OUTCOMES)
    assert found["growthsync_webhooks_waiting"] == [({}, 0)]
    assert "growthsync_webhooks_last_timestamp_seconds" not in found
    counters.hear(datetime(2026, 3, 1, tzinfo=UTC), 3)
    visitor.state.heard = counters.snapshot()
    found = scraped(visitor)
    assert found["growthsync_webhooks_waiting"] == [({}, 3)]
    assert found["growthsync_webhooks_last_timestamp_seconds"] == [({}, 1_772_323_200.0)]


def test_the_step_of_a_present_run_is_shown_while_it_holds_the_lock(visitor: Visitor, config: Config) -> None:
    activity = RunActivity("sales", "a run", "writing", 30, 60, NOW_MS - 60_000, NOW_MS - 30_000, NOW_MS)
    with change(config) as transaction:
        note_activity(transaction, activity)
    assert "growthsync_run_done" not in scraped(visitor)
    with FileLock(connection_lock(config.state.path, "sales")):
        found = scraped(visitor)
    labels = {"connection": "sales", "step": "writing"}
    assert found["growthsync_run_done"] == [(labels, 30.0)]
    assert found["growthsync_run_total"] == [(labels, 60.0)]
