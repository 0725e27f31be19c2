import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest

from connectors.connector import CallCounts
from connectors.records import Window
from sync.output.formats import time_text
from sync.output.report import Cost, PlannedChange, RunReport, Streamed, document, exit_code
from sync.output.stream_report import Counts, StreamReport

START = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def report(**changed: object) -> RunReport:
    values: dict[str, object] = {"run": "r1", "connection": "sales", "started_at": START} | changed
    return RunReport(**values)  # type: ignore[arg-type]


def stream(**changed: int) -> StreamReport:
    return StreamReport({"growthgenius": Counts(), "growthhub": Counts()}, **changed)  # type: ignore[arg-type]


def test_the_document_is_that_of_the_contract_key_by_key() -> None:
    contacts = StreamReport(
        {"growthgenius": Counts(120, 3, 10, 0), "growthhub": Counts(80, 110, 2, 0)},
        {"growthgenius": Window(START, START + timedelta(hours=1)), "growthhub": Window(START)},
        unchanged=5, conflicts=1, failed=0, unmapped=2, left_out=0,
    )  # fmt: skip
    full = report(
        finished_at=START + timedelta(seconds=3, milliseconds=5),
        streams={"contacts": contacts},
        fields_created={"growthhub": ["contact.job_title"], "growthgenius": []},
        requests={"growthgenius": CallCounts(4, 13, 0, 0), "growthhub": CallCounts(2, 1, 1, 1)},
    )
    expected = """{"runs": [{
       "run": "r1", "connection": "sales", "status": "partial",
       "started_at": "2026-11-20T14:30:00Z", "finished_at": "2026-11-20T14:30:03.005000Z", "dry_run": false,
       "streams": {"contacts": {
           "window": {"growthgenius": {"from": "2026-11-20T14:30:00Z", "to": "2026-11-20T15:30:00Z"},
                      "growthhub": {"from": "2026-11-20T14:30:00Z", "to": null}},
           "growthgenius": {"read": 120, "created": 3, "updated": 10, "deleted": 0},
           "growthhub":    {"read": 80, "created": 110, "updated": 2, "deleted": 0},
           "unchanged": 5, "conflicts": 1, "failed": 0, "unmapped": 2, "left_out": 0}},
       "fields_created": {"growthhub": ["contact.job_title"]},
       "requests": {"growthgenius": {"reads": 4, "writes": 13, "retries": 0, "throttled": 0},
                    "growthhub": {"reads": 2, "writes": 1, "retries": 1, "throttled": 1}},
       "errors": []}]}"""
    assert json.dumps(document([full])) == json.dumps(json.loads(expected))


def test_a_run_without_changes_has_all_keys() -> None:
    assert list(report().to_json()) == [
        "run", "connection", "status", "started_at", "finished_at", "dry_run", "streams", "fields_created", "requests",
        "errors",
    ]  # fmt: skip
    assert report().to_json()["fields_created"] == {}
    assert stream().to_json()["window"] == {"growthgenius": None, "growthhub": None}


def test_a_plan_has_its_price_and_its_changes() -> None:
    change = PlannedChange("growthhub", "update", "ann@example.com", "tags", ("a",), ("a", "b"))
    plan = report(dry_run=True, cost={"growthhub": Cost(130, 0.00065, 13.0)}, changes=iter([change]))
    found = json.loads("".join(json.JSONEncoder().iterencode(document([plan]))))["runs"][0]
    assert found["cost"] == {"growthhub": {"calls": 130, "share_of_day": 0.00065, "seconds": 13.0}}
    assert found["plan"] == [
        {"account": "growthhub", "operation": "update", "who": "ann@example.com", "field": "tags", "old": ["a"],
         "new": ["a", "b"]}
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_a_streamed_list_is_written_element_by_element(count: int) -> None:
    made = []

    def elements() -> object:
        for number in range(count):
            made.append(number)
            yield number

    pieces = json.JSONEncoder().iterencode({"plan": Streamed(elements())})  # type: ignore[arg-type]
    text = ""
    for piece in pieces:
        text += piece
        assert len(made) <= text.count(",") + 2
    assert json.loads(text) == {"plan": list(range(count))}


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({}, "ok", 0),
        ({"streams": {"contacts": stream(unmapped=3, left_out=2, unchanged=1)}}, "ok", 0),
        ({"streams": {"contacts": stream(conflicts=1)}}, "partial", 1),
        ({"streams": {"contacts": stream(failed=1)}}, "partial", 1),
        ({"guarded": "would rewrite 60 %", "streams": {"contacts": stream(conflicts=1)}}, "guarded", 4),
        ({"errors": ["growthhub: no answer"], "guarded": "too much"}, "failed", 3),
    ],
)
def test_the_status_is_the_worst_that_happened(changed: dict[str, object], status: str, code: int) -> None:
    assert (report(**changed).status, report(**changed).exit_code) == (status, code)


def test_the_sentence_of_the_guard_is_among_the_errors() -> None:
    assert report(guarded="would rewrite 60 %").to_json()["errors"] == ["would rewrite 60 %"]


ENDS = {
    0: report(),
    1: report(streams={"contacts": stream(failed=1)}),
    3: report(errors=["no answer"]),
    4: report(guarded="too much"),
    75: report(locked="sales: another run holds the lock"),
}


@pytest.mark.parametrize(("first", "second"), list(product(ENDS, ENDS)))
def test_of_several_connections_the_first_of_3_4_75_1_0_counts(first: int, second: int) -> None:
    order = [3, 4, 75, 1, 0]
    assert exit_code([ENDS[first], ENDS[second]]) == min(first, second, key=order.index)


def test_no_connections_is_done() -> None:
    assert exit_code([]) == 0
    assert document([]) == {"runs": []}


def test_a_locked_connection_is_no_run_but_an_error_beside_the_others() -> None:
    assert document([ENDS[75]]) == {"runs": [], "error": "sales: another run holds the lock"}
    both = document([ENDS[0], ENDS[75]])
    assert [run["connection"] for run in both["runs"]] == ["sales"]
    assert both["error"] == "sales: another run holds the lock"


def test_times_are_in_utc_with_a_z() -> None:
    assert time_text(datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-02T01:04:05Z"
