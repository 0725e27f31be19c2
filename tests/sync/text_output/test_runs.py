from datetime import UTC, datetime, timedelta
from typing import Any

from sync.output.report import Cost, PlannedChange, RunReport
from sync.output.stream_report import Counts, StreamReport
from sync.text_output.runs import plan_lines, run_lines, total_lines, verify_lines

START = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


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


def test_a_dry_run_says_which_custom_fields_a_run_would_create() -> None:
    lines = list(run_lines([report(fields_created={"growthhub": ["contact.job_title"]}, dry_run=True)]))
    assert "  growthhub: would create custom fields contact.job_title" in lines


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


def test_the_question_of_an_undo_shows_its_totals() -> None:
    lines = list(total_lines(report(dry_run=True, undoes="20261120T143000-abcdef")))
    assert lines[0] == "Undoing run 20261120T143000-abcdef of sales would do this:"
    assert "would be created 110" in lines[2]


def test_verify_lists_what_is_held_and_what_has_no_place() -> None:
    held = {"who": "ann@example.com", "field": "city", "left": "Rome", "right": None, "since": "2026-11-20T14:30:00Z"}
    agreeing = {"name": "sales", "agree": True, "compared": 1, "only": {}, "differ": [], "doubles": []}
    document = {"connections": [{**agreeing, "held": [held], "owed": {"gh": {"title": 206, "industry": 1}}}]}
    assert list(verify_lines(document)) == [
        "sales: both sides agree, 1 pair compared",
        '  held since 2026-11-20 14:30:00+00:00: ann@example.com: city is "Rome" and (empty)',
        "  gh: no place yet for title (206), industry (1); a run writes them once there is one, see: sync check",
    ]
