import json
from typing import Any

from state.history import begin_run, end_run
from sync.config.model import Config
from sync.operations.run_list import list_runs
from sync.text_output.run_list import run_list_lines
from tests.sync.operations.state_files import NOON_MS, change, fill

QUIET = {"contacts": {"gg": {"read": 9, "created": 0, "updated": 0, "deleted": 0}, "unchanged": 9, "window": {}}}
BUSY = {"contacts": {"gg": {"read": 9, "created": 2, "updated": 1, "deleted": 0}, "unchanged": 9, "window": {}}}


def store(config: Config, *runs: tuple[str, str, dict[str, Any], list[str]]) -> None:
    fill(config)
    with change(config) as transaction:
        for minute, (name, status, streams, errors) in enumerate(runs):
            begin_run(transaction, name, 1, NOON_MS + minute * 60_000)
            report = json.dumps({"streams": streams, "errors": errors})
            end_run(transaction, name, NOON_MS + minute * 60_000 + 1500, status, report)


def names(config: Config, *, limit: int = 20, idle: bool = False) -> list[str]:
    return [run["run"] for run in list_runs(config, (), limit, idle=idle)["runs"]]


def test_runs_that_changed_something_or_failed_are_listed_the_latest_first(config: Config) -> None:
    store(config, ("r1", "ok", BUSY, []), ("r2", "ok", QUIET, []), ("r3", "failed", QUIET, ["gg: is down"]))
    assert names(config) == ["r3", "r1"]
    assert names(config, idle=True) == ["r3", "r2", "r1"]
    assert names(config, limit=1) == ["r3"]


def test_the_list_is_read_on_past_any_number_of_idle_runs(config: Config) -> None:
    store(config, ("busy", "ok", BUSY, []), *((f"r{number}", "ok", QUIET, []) for number in range(450)))
    assert names(config) == ["busy"]


def test_a_run_is_shown_with_its_start_its_length_and_what_it_changed(config: Config) -> None:
    store(config, ("r1", "ok", BUSY, []), ("r3", "failed", QUIET, ["gg: is down"]))
    with change(config) as transaction:
        begin_run(transaction, "r4", 1, NOON_MS + 600_000)
    lines = [" ".join(line.split()) for line in run_list_lines(list_runs(config, (), 9, idle=False))]
    assert lines == [
        "RUN CONNECTION STARTED TOOK STATUS CHANGED",
        "r4 sales 2026-03-01 12:10:00+00:00 - running, or killed nothing",
        "r3 sales 2026-03-01 12:01:00+00:00 1.5 s failed gg: is down",
        "r1 sales 2026-03-01 12:00:00+00:00 1.5 s ok gg: created 2, updated 1",
        "what happened to one contact: sync explain WHO; restore what a run overwrote: sync undo RUN",
    ]


def test_before_the_first_run_the_list_says_so(config: Config) -> None:
    (line,) = run_list_lines(list_runs(config, (), 20, idle=False))
    assert line.startswith("no run has changed anything yet")
