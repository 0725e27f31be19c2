from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.output.report import Cost, Counts, PlannedChange, RunReport, StreamReport
from sync.output.text import aligned, printable, span_text, value_text
from sync.text_output.accounts import check_lines
from sync.text_output.open_items import (
    conflict_lines,
    dismissed_lines,
    failure_lines,
    one_conflict_lines,
    resolved_lines,
    retried_lines,
)
from sync.text_output.runs import plan_lines, run_lines, total_lines, verify_lines
from sync.text_output.state import status_lines

START = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)

CONFLICT: dict[str, Any] = {
    "id": 7, "connection": "sales", "stream": "contacts", "who": "ann@example.com", "field": "title",
    "left": {"account": "growthgenius", "value": "CTO", "changed_at": "2026-11-20T14:00:00Z"},
    "right": {"account": "growthhub", "value": None, "changed_at": None},
    "found_at": "2026-11-20T14:30:00Z", "run": "r1",
}  # fmt: skip
FAILURE: dict[str, Any] = {
    "id": 9, "connection": "sales", "stream": "contacts", "account": "growthhub", "who": "bob@example.com",
    "operation": "create", "reason": "email must be an email", "attempts": 3, "first_at": "2026-11-19T00:00:00Z",
    "last_at": "2026-11-20T14:30:00Z",
}  # fmt: skip


def report(**changed: Any) -> RunReport:
    stream = StreamReport(
        {"growthgenius": Counts(120, 3, 10, 0), "growthhub": Counts(80, 110, 2, 0)},
        unchanged=5, conflicts=1, failed=2, unmapped=2, left_out=0,
    )  # fmt: skip
    values: dict[str, Any] = {"streams": {"contacts": stream}, "finished_at": START + timedelta(seconds=3.2)}
    return RunReport("r1", "sales", START, **(values | changed))


def test_a_run_is_summarised_with_what_to_do_next() -> None:
    assert list(run_lines([report(fields_created={"growthhub": ["contact.job_title"]})])) == [
        "sales: partial in 3.2 s, run r1",
        "  growthgenius  read 120  created 3    updated 10  deleted 0",
        "  growthhub     read 80   created 110  updated 2   deleted 0",
        "  contacts: unchanged 5, conflicts 1, failed 2, unmapped 2, left out 0",
        "  growthhub: created custom fields contact.job_title",
        "  1 conflict open: sync conflicts list",
        "  2 failures open: sync failures list",
    ]


def test_a_guarded_run_names_the_next_commands() -> None:
    lines = list(run_lines([report(streams={}, guarded="it would rewrite 60 of 100 people")]))
    assert lines[1:] == [
        "  stopped before the first write: it would rewrite 60 of 100 people",
        "  see what it would do: sync run --connection sales --dry-run",
        "  let it through once: sync run --connection sales --unguarded",
    ]
    lines = list(run_lines([report(streams={}, guarded="it would delete 60 of 100", command="sync reconcile")]))
    assert lines[2:] == [
        "  see what it would do: sync reconcile --connection sales --dry-run",
        "  let it through once: sync reconcile --connection sales --unguarded",
    ]


def test_a_failed_and_a_locked_run_say_why() -> None:
    lines = list(run_lines([report(streams={}, errors=["growthhub: no answer"]), report(locked="another run")]))
    assert lines[1:] == [
        "  error: growthhub: no answer",
        "  nothing is lost; run again",
        "sales: did not run: another run",
    ]


def test_a_plan_shows_field_by_field_what_would_be_written_and_its_price() -> None:
    changes = [
        PlannedChange("growthhub", "create", "ann@example.com", "first_name", None, "Ann"),
        PlannedChange("growthhub", "create", "ann@example.com", "tags", None, ("a", "b")),
        PlannedChange("growthhub", "update", "bob@example.com", "title", "CTO", None),
        PlannedChange("growthgenius", "delete", "cy@example.com", "*", None, None),
    ]
    plan = report(dry_run=True, changes=iter(changes), cost={"growthhub": Cost(130, 0.00065, 13.0)})
    lines = list(plan_lines([plan]))
    assert lines[:6] == [
        "growthhub: create ann@example.com",
        '  first_name: "Ann"',
        '  tags: "a, b"',
        "growthhub: update bob@example.com",
        '  title: "CTO" -> (empty)',
        "growthgenius: delete cy@example.com",
    ]
    assert "would be created 110" in lines[8]
    assert lines[-1] == "  growthhub: 130 calls, 0.07% of a day's allowance, 13 s"


def test_the_question_of_a_first_run_shows_its_totals() -> None:
    lines = list(total_lines(report(dry_run=True)))
    assert lines[0] == "The first run of sales would do this:"
    assert "would be created 110" in lines[2]


def test_a_check_shows_what_is_wrong_and_how_to_fix_it() -> None:
    missing = {"what": "custom fields", "ok": False, "problem": "2 are missing", "mend": "make them", "fixable": True}
    accounts = [
        {"account": "gg", "connector": "growthgenius", "ok": True, "findings": [
            {"what": "credentials", "ok": True, "problem": "", "mend": "", "fixable": False, "fatal": True},
            {**missing, "fatal": False}]},
        {"account": "gh", "connector": "growthhub", "ok": False, "findings": [
            {"what": "scope", "ok": False, "problem": "no", "mend": "", "fixable": False, "fatal": True}]},
    ]  # fmt: skip
    assert list(check_lines({"accounts": accounts})) == [
        "gg (growthgenius): ok",
        "  ok    credentials",
        "  note  custom fields: 2 are missing",
        "        make them",
        "        or have it created: sync check --fix",
        "gh (growthhub): does not work",
        "  wrong scope: no",
    ]


def connection(**changed: Any) -> dict[str, Any]:
    covered = {"growthgenius": "2026-11-20T14:29:00Z", "growthhub": "2026-11-20T14:28:00Z"}
    return {
        "name": "sales", "streams": {"contacts": {"covered_to": covered, "lag_seconds": 3725}},
        "last_run": {"run": "r1", "status": "ok", "started_at": "a", "finished_at": "b"},
        "next_run_at": None, "conflicts": 0, "failures": 0, "deleted": 0, "held": 0, **changed,
    }  # fmt: skip


def test_status_shows_the_side_that_lags_and_what_is_open() -> None:
    assert list(status_lines({"connections": [connection(conflicts=2)]})) == [
        "CONNECTION  STREAM    COVERED TO            LAG        LAST RUN  NEXT RUN  CONFLICTS  FAILURES  DELETED  HELD",
        "sales       contacts  2026-11-20T14:28:00Z  1 h 2 min  ok at b   -         2          0         0        0",
        "2 conflicts open: sync conflicts list",
    ]


def test_verify_lists_what_is_held_and_what_has_no_place() -> None:
    held = {"who": "ann@example.com", "field": "city", "left": "Rome", "right": None, "since": "2026-11-20T14:30:00Z"}
    agreeing = {"name": "sales", "agree": True, "compared": 1, "only": {}, "differ": [], "doubles": []}
    document = {"connections": [{**agreeing, "held": [held], "owed": {"gh": {"title": 206, "industry": 1}}}]}
    assert list(verify_lines(document)) == [
        "sales: both sides agree, 1 pair compared",
        '  held since 2026-11-20T14:30:00Z: ann@example.com: city is "Rome" and (empty)',
        "  gh: no place yet for title (206), industry (1); a run writes them once there is one, see: sync check",
    ]


def test_status_shows_when_the_daemon_runs_next_and_why_that_is_late() -> None:
    lines = list(status_lines({"connections": [connection(next_run_at="2026-11-20T14:30:00Z", delayed="gg: is down")]}))
    assert "  2026-11-20T14:30:00Z  0 " in lines[1]
    assert lines[2] == "sales: the next run is delayed: gg: is down"


def test_status_shows_the_last_webhook_and_how_many_records_wait() -> None:
    heard = connection(webhooks={"heard_at": "2026-11-20T14:30:00Z", "waiting": 2})
    never = connection(webhooks={"heard_at": None, "waiting": 0})
    lines = list(status_lines({"connections": [heard, never]}))
    assert lines[3:5] == [
        "sales: last webhook received: 2026-11-20T14:30:00Z; 2 records waiting",
        "sales: last webhook received: never; 0 records waiting",
    ]


def test_status_says_never_and_since_where_no_run_has_ended() -> None:
    nowhere = {"contacts": {"covered_to": {"a": None, "b": "2026-11-20T14:28:00Z"}, "lag_seconds": None}}
    running = {"run": "r1", "status": None, "started_at": "2026-11-20T14:30:00Z", "finished_at": None}
    never, since = (
        list(status_lines({"connections": [connection(streams=nowhere, last_run=run)]}))[1] for run in (None, running)
    )
    assert never.count("never") == 2
    assert "since 2026-11-20T14:30:00Z" in since


def test_conflicts_are_a_table_and_one_is_shown_in_full() -> None:
    assert list(conflict_lines({"conflicts": [CONFLICT]})) == [
        "ID  CONNECTION  WHO              FIELD  LEFT   RIGHT    FOUND AT",
        '7   sales       ann@example.com  title  "CTO"  (empty)  2026-11-20T14:30:00Z',
        "settle one with: sync conflicts resolve ID --left | --right | --value V",
    ]
    assert list(one_conflict_lines(CONFLICT)) == [
        "ann@example.com: title (sales, contacts)",
        '  left, at growthgenius: "CTO", changed at 2026-11-20T14:00:00Z',
        "  right, at growthhub: (empty), changed at an unknown time",
        "  found at 2026-11-20T14:30:00Z by run r1",
        "settle it with: sync conflicts resolve 7 --left | --right | --value V",
    ]
    assert list(resolved_lines(CONFLICT))[1] == "the next run writes it: sync run --connection sales"


def test_failures_are_a_table_with_their_reasons() -> None:
    lines = list(failure_lines({"failures": [FAILURE]}))
    assert lines[1].endswith("3      2026-11-20T14:30:00Z  email must be an email")
    assert lines[2].startswith("retry one with: sync failures retry ID")
    assert list(retried_lines({"failures": [FAILURE]})) == ["the next run retries 1 failure: sync run"]
    assert list(dismissed_lines(FAILURE)) == [
        "failure 9 (bob@example.com) is removed from the list until its record changes"
    ]


def test_empty_lists_say_so() -> None:
    assert list(conflict_lines({"conflicts": []})) == ["no conflicts are open"]
    assert list(failure_lines({"failures": []})) == ["no failures are open"]


@given(st.text())
def test_nothing_that_other_systems_hold_moves_the_cursor(text: str) -> None:
    shown = [printable(text), value_text(text, longest=None), *aligned([[text]])]
    shown += one_conflict_lines(CONFLICT | {"who": text, "left": CONFLICT["left"] | {"value": text}})
    shown += failure_lines({"failures": [FAILURE | {"reason": text, "who": text}]})
    assert all(character.isprintable() for line in shown for character in line)


@given(st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), min_size=1, max_size=5))
def test_columns_are_aligned(rows: list[list[str]]) -> None:
    lines = list(aligned(rows))
    widths = [max(len(printable(row[column])) for row in rows) for column in range(3)]
    for row, line in zip(rows, lines, strict=True):
        assert line.ljust(sum(widths) + 4)[widths[0] + 2 :].startswith(printable(row[1]))


def test_a_long_value_is_cut_and_an_empty_one_is_named() -> None:
    assert value_text("x" * 100) == f'"{"x" * 80}…"'
    assert value_text(None) == value_text("") == value_text(()) == "(empty)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (3.21, "3.2 s"), (59, "59 s"), (60, "1 min"), (61.9, "1 min 1 s"), (3600, "1 h"), (3725, "1 h 2 min"),
     (90_000, "1 d 1 h"), (86_400 * 40 + 5, "40 d 5 s")],
)  # fmt: skip
def test_a_length_of_time_is_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert span_text(seconds) == text
