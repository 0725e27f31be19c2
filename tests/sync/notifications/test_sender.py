import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.errors import Unreachable
from state.conflicts import Conflict, Conflicts
from state.file import StateFile
from state.links import Links
from sync.config.model import Config, parse
from sync.notifications.sender import NotificationSender
from sync.output.report import RunReport
from sync.output.stream_report import Counts, StreamReport
from tests.end_to_end.world import Timeline
from tests.state.files import link, opened
from tests.sync.config_text import GOOD
from tests.sync.notifications.commands import entries, heard, program

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def config(folder: Path, then: str = "", limit: str = "30s") -> Config:
    path = program(folder, then)
    table = f'[notify]\ncommand = "{path}"\ntime_limit = "{limit}"\n\n[state]\n'
    return parse(GOOD.replace("[state]\n", table), folder / "config.toml")


def report(**changed: object) -> RunReport:
    made = RunReport("r1", "sales", NOON)
    made.asked = ("contacts",)
    made.streams["contacts"] = StreamReport({"growthgenius": Counts(), "growthhub": Counts()})
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def add_conflict(state: StateFile, field: str, found_ms: int = 5) -> None:
    with state.atomic() as transaction:
        known = Links(transaction, 1, "contacts").by_record("left", ["1"]).get("1")
        one = known or link("1", "hub-1")
        Links(transaction, 1, "contacts").save_link(transaction, one, "r1")
        conflicts = Conflicts(transaction, 1, "contacts")
        conflicts.put_conflict(
            transaction, Conflict(one.id, field, "ann@example.com", '"Boston"', '"Denver"', None, None, found_ms, "r1")
        )


def settle(state: StateFile) -> None:
    with state.atomic() as db:
        db.execute("DELETE FROM conflict")


def test_a_failed_run_is_notified_once_and_so_is_its_end(tmp_path: Path) -> None:
    notifier = NotificationSender(config(tmp_path), Timeline(NOON))
    error = str(Unreachable("growthhub", "hub.example.com, GET /users: it answered 503: Ann Example"))
    with opened() as state:
        for errors in ([error], [error], []):
            notifier.after_run(state, report(errors=errors))
        notifier.after_run(state, report())
    begun, over = heard(tmp_path)
    assert begun == {
        "event": "failed", "over": False, "connection": "sales", "stream": "contacts", "at": "2026-03-01T12:00:00Z",
        "since": "2026-03-01T12:00:00Z", "run": "r1", "command": "sync status",
        "text": "sales: a run failed: growthhub: hub.example.com, GET /users: it answered 503",
    }  # fmt: skip
    assert (over["event"], over["over"], over["text"]) == ("failed", True, "sales: runs succeed again")


def test_a_guarded_run_is_notified_with_the_command_to_inspect_it(tmp_path: Path) -> None:
    notifier = NotificationSender(config(tmp_path), Timeline(NOON))
    with opened() as state:
        notifier.after_run(state, report(guarded="the guard stopped the run"))
        notifier.after_run(state, report(errors=["growthhub: is down"]))
        notifier.after_run(state, report())
    shown = [(one["event"], one["over"], one["command"]) for one in heard(tmp_path)]
    assert shown == [
        ("guarded", False, "sync plan --connection sales"),
        ("failed", False, "sync status"),
        ("failed", True, "sync status"),
        ("guarded", True, "sync plan --connection sales"),
    ]


def test_new_conflicts_are_notified_by_number_without_personal_data(tmp_path: Path) -> None:
    notifier = NotificationSender(config(tmp_path), Timeline(NOON))
    with opened() as state:
        add_conflict(state, "city")
        notifier.after_run(state, report())
        add_conflict(state, "title")
        notifier.after_run(state, report())
        settle(state)
        notifier.after_run(state, report())
    first, second, over = heard(tmp_path)
    assert first["conflicts"] == {"new": [1], "open": 1}
    assert second["conflicts"] == {"new": [2], "open": 2}
    assert (over["over"], over["conflicts"]) == (True, {"new": [], "open": 0})
    assert "ann@example.com" not in json.dumps(entries(tmp_path))
    assert "Boston" not in json.dumps(heard(tmp_path))


def test_a_conflict_that_comes_back_after_it_was_settled_is_a_new_one_with_a_new_number(tmp_path: Path) -> None:
    notifier = NotificationSender(config(tmp_path), Timeline(NOON))
    with opened() as state:
        for found_ms in (5, 6):
            settle(state)
            add_conflict(state, "city", found_ms)
            notifier.after_run(state, report())
    assert [one["conflicts"]["new"] for one in heard(tmp_path)] == [[1], [2]]


def test_a_stall_is_notified_once_and_ends_with_the_next_run(tmp_path: Path) -> None:
    found = config(tmp_path)
    notifier = NotificationSender(found, Timeline(NOON))
    with opened(found.state.path) as state:
        for _ in range(3):
            notifier.notify_stalled("sales", "contacts", NOON - timedelta(hours=1), timedelta(minutes=15))
        notifier.after_run(state, report())
    begun, over = heard(tmp_path)
    assert (begun["event"], begun["since"], begun["run"]) == ("stalled", "2026-03-01T11:00:00Z", None)
    assert begun["text"] == "sales: no run has succeeded since 2026-03-01T11:00:00Z, for more than 0:15:00"
    assert (over["event"], over["over"], over["run"]) == ("stalled", True, "r1")


def test_a_run_of_both_streams_is_notified_for_the_first_and_ends_causes_of_both(tmp_path: Path) -> None:
    notifier = NotificationSender(config(tmp_path), Timeline(NOON))
    with opened() as state:
        notifier.after_run(state, report(asked=("messages",), errors=["growthhub: no scope"]))
        notifier.after_run(state, report(asked=("contacts",)))
        notifier.after_run(state, report(asked=("contacts", "messages"), errors=["growthhub: is down"]))
        notifier.after_run(state, report(asked=("contacts", "messages")))
    assert [(one["stream"], one["over"]) for one in heard(tmp_path)] == [
        ("messages", False), ("contacts", False), ("contacts", True), ("messages", True)
    ]  # fmt: skip


@pytest.mark.parametrize("then", ["sys.exit(3)", "time.sleep(600)"], ids=["fails", "hangs"])
def test_a_command_that_fails_or_hangs_is_retried_at_most_twice(tmp_path: Path, then: str) -> None:
    notifier = NotificationSender(config(tmp_path, then, "1s"), Timeline(NOON, live=True))
    with opened() as state:
        for _ in range(5):
            notifier.after_run(state, report(errors=["growthhub: is down"]))
    assert len(heard(tmp_path)) == 3


def test_secrets_of_the_config_are_hidden_from_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROWTHHUB_TOKEN", "pit-invented-token")
    monkeypatch.setenv("GROWTHGENIUS_API_KEY", "gg-invented-key")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    with opened() as state:
        NotificationSender(config(tmp_path), Timeline(NOON)).after_run(state, report(errors=["growthhub: is down"]))
    environment = entries(tmp_path)[0][1]
    assert not {"GROWTHHUB_TOKEN", "GROWTHGENIUS_API_KEY", "NOTIFY_SOCKET"} & environment.keys()
    assert "invented" not in str(environment)


def test_a_state_that_cannot_be_written_harms_no_run(tmp_path: Path) -> None:
    notifier = NotificationSender(config(tmp_path), Timeline(NOON))
    with opened() as state:
        state.db.execute("DROP TABLE told")
        notifier.after_run(state, report(errors=["growthhub: is down"]))
    (tmp_path / "sync.db").mkdir()
    notifier.notify_stalled("sales", "contacts", NOON, timedelta(minutes=15))
    assert heard(tmp_path) == []


def test_without_a_command_nothing_is_stored() -> None:
    with opened() as state:
        NotificationSender(parse(GOOD, Path("config.toml")), Timeline(NOON)).after_run(
            state, report(errors=["growthhub: is down"])
        )
        assert state.db.execute("SELECT count(*) FROM told").fetchone()[0] == 0
