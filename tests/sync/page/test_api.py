"""/api/: word for word what the commands print, and what they do."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from sync.cli import cli
from sync.config.model import Config
from tests.sync.config_text import GOOD
from tests.sync.page.client import Visitor
from tests.sync.page.state_files import EMAIL, LEFT, RUN, change, report, stored
from tests.sync.page.test_bounds import many


def command(config: Config, *arguments: str) -> Any:
    """Return what a command prints with --json."""
    config.path.write_text(GOOD, encoding="utf-8")
    ended = CliRunner().invoke(cli, [*arguments, "--json", "--config", str(config.path)], standalone_mode=False)
    return json.loads(ended.stdout)


def without_lag(document: Any) -> Any:
    for connection in document["connections"]:
        for stream in connection["streams"].values():
            stream.pop("lag_seconds")
    return document


def test_the_api_returns_the_documents_of_the_commands(visitor: Visitor, config: Config) -> None:
    assert without_lag(visitor.get("/api/status").json) == without_lag(command(config, "status"))
    assert visitor.get("/api/conflicts").json == command(config, "conflicts", "list")
    assert visitor.get("/api/conflicts/1").json == command(config, "conflicts", "show", "1")
    assert visitor.get("/api/failures").json == command(config, "failures", "list")
    for asked in ({"who": EMAIL}, {"who": f"{LEFT}:1", "field": "city"}, {"who": "missing@example.com"}):
        answer = visitor.post("/api/explain", asked)
        assert answer.json == command(config, "explain", *asked.values())


def test_the_api_returns_the_reports_of_runs(visitor: Visitor) -> None:
    assert visitor.get("/api/runs").json == {"runs": [report()]}
    assert visitor.get(f"/api/runs/{RUN}").json == report()


@pytest.mark.parametrize("sent", [{"side": "left"}, {"side": "right"}, {"value": "Lund"}, {"value": ""}])
def test_a_conflict_is_settled_as_by_the_command(visitor: Visitor, config: Config, sent: dict[str, str]) -> None:
    answer = visitor.post("/api/conflicts/1/resolve", sent)
    ours = stored(config, "SELECT resolution FROM conflict")
    with change(config) as transaction:
        transaction.execute("UPDATE conflict SET resolution = NULL")
    option = f"--{sent['side']}" if "side" in sent else f"--value={sent['value']}"
    assert answer.json == command(config, "conflicts", "resolve", "1", option)
    assert stored(config, "SELECT resolution FROM conflict") == ours


def test_failures_are_settled_as_by_the_commands(visitor: Visitor, config: Config) -> None:
    for path, arguments in (("/api/failures/1/retry", ("1",)), ("/api/failures/retry", ("--all",))):
        assert visitor.post(path).json == command(config, "failures", "retry", *arguments)
    assert stored(config, "SELECT due_ms FROM failure") == [{"due_ms": 0}]
    answer = visitor.post("/api/failures/1/dismiss", {"why": "a test record"})
    with change(config) as transaction:
        transaction.execute("UPDATE failure SET dismissed = NULL")
    assert answer.json == command(config, "failures", "dismiss", "1", "--why", "a test record")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/conflicts/9/resolve", {"side": "left"}, 404),
        ("/api/failures/9/retry", {}, 404),
        ("/api/failures/9/dismiss", {"why": "x"}, 404),
        ("/api/conflicts/1/resolve", {"side": "up"}, 422),
        ("/api/conflicts/1/resolve", {}, 422),
        ("/api/conflicts/1/resolve", {"side": "left", "value": "x"}, 422),
        ("/api/conflicts/1/resolve", {"value": 7}, 422),
        ("/api/conflicts/1/resolve", ["left"], 422),
        ("/api/failures/1/dismiss", {"why": "  "}, 422),
        ("/api/failures/1/dismiss", {"because": "x"}, 422),
        ("/api/explain", {"who": "nonsense"}, 422),
        ("/api/explain", {"who": EMAIL, "field": "colour"}, 422),
        ("/api/explain", {}, 422),
    ],
)
def test_an_impossible_decision_is_an_error_and_changes_nothing(
    visitor: Visitor, path: str, body: Any, status: int
) -> None:
    answer = visitor.post(path, body)
    assert answer.status == status
    assert answer.json["error"]
    assert stored(visitor.state.config, "SELECT resolution FROM conflict") == [{"resolution": None}]


def test_a_body_that_is_not_json_is_an_error(visitor: Visitor) -> None:
    answer = visitor.ask("POST", "/api/explain", b"{", {"content-type": "application/json"})
    assert (answer.status, answer.json) == (422, {"error": "the body is not JSON"})


@pytest.mark.parametrize("path", ["/api/conflicts/9", "/api/runs/x", "/api/nothing", "/api/conflicts?after=x"])
def test_a_missing_entry_is_a_json_error(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status in (404, 422)
    assert answer.json.keys() == {"error"}


def test_a_long_list_names_its_next_page(visitor: Visitor, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.page.api.LARGEST", 3)
    many(config, 6)
    found, path = [], "/api/conflicts"
    while path:
        document = visitor.get(path).json
        assert len(document["conflicts"]) <= 3
        found += document["conflicts"]
        path = document.get("next", "")
    assert found == command(config, "conflicts", "list")["conflicts"]


def test_runs_go_back_as_far_as_they_are_kept(
    visitor: Visitor, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.page.api.RUNS", 2)
    with change(config) as transaction:
        for number in range(5):
            values = (f"run-{number}", 1, 1000)  # all begun in the same millisecond
            transaction.execute("INSERT INTO run (id, connection, started_ms) VALUES (?, ?, ?)", values)
    found, path = [], "/api/runs"
    while path:
        document = visitor.get(path).json
        found += [one["run"] for one in document["runs"]]
        path = document.get("next", "")
    assert found == [RUN, *(f"run-{number}" for number in range(4, -1, -1))]
