import re
from typing import Any

from sync.text_output.state import status_lines

NOON = "2026-11-20T12:00:00.500000Z"


def connection(**changed: Any) -> dict[str, Any]:
    covered = {"growthgenius": "2026-11-20T14:29:00Z", "growthhub": "2026-11-20T14:28:00Z"}
    return {
        "name": "sales", "streams": {"contacts": {"covered_to": covered, "lag_seconds": 3725}},
        "last_run": {"run": "r1", "status": "ok", "started_at": "2026-11-20T14:29:58Z", "finished_at": NOON},
        "next_run_at": None, "conflicts": 0, "failures": 0, "deleted": 0, "held": 0, "parked": 0, **changed,
    }  # fmt: skip


def test_status_shows_the_side_that_lags_and_what_is_open() -> None:
    lines = list(status_lines({"connections": [connection(conflicts=2)]}))
    assert [re.split(" {2,}", line) for line in lines] == [
        ["CONNECTION", "STREAM", "COVERED TO", "LAG", "LAST RUN", "NEXT RUN", "CONFLICTS", "FAILURES", "DELETED",
         "HELD"],
        ["sales", "contacts", "2026-11-20 14:28:00+00:00", "1 h 2 min", "ok at 2026-11-20 12:00:00+00:00", "-", "2",
         "0", "0", "0"],
        ["2 conflicts open: sync conflicts list"],
    ]  # fmt: skip


def test_status_shows_when_the_daemon_runs_next_and_why_that_is_late() -> None:
    lines = list(status_lines({"connections": [connection(next_run_at="2026-11-20T14:30:00Z", delayed="gg: is down")]}))
    assert "  2026-11-20 14:30:00+00:00  0 " in lines[1]
    assert lines[2] == "sales: the next run is delayed: gg: is down"


def test_status_shows_the_last_webhook_and_how_many_records_wait() -> None:
    heard = connection(webhooks={"heard_at": "2026-11-20T14:30:00Z", "waiting": 2})
    never = connection(webhooks={"heard_at": None, "waiting": 0})
    lines = list(status_lines({"connections": [heard, never]}))
    assert lines[3:5] == [
        "sales: last webhook received: 2026-11-20 14:30:00+00:00; 2 records waiting",
        "sales: last webhook received: never; 0 records waiting",
    ]


def test_status_says_never_and_since_where_no_run_has_ended() -> None:
    nowhere = {"contacts": {"covered_to": {"a": None, "b": "2026-11-20T14:28:00Z"}, "lag_seconds": None}}
    running = {"run": "r1", "status": None, "started_at": "2026-11-20T14:30:00Z", "finished_at": None}
    never, since = (
        list(status_lines({"connections": [connection(streams=nowhere, last_run=run)]}))[1] for run in (None, running)
    )
    assert never.count("never") == 2
    assert "since 2026-11-20 14:30:00+00:00" in since
