"""`sync run`, `plan`, `check`, `conflicts` and `failures` as contacts use them, against both sandboxes."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import SystemClock
from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.sandbox.base import Sandbox
from state.file import StateFile
from state.lock import hold_connection
from sync.cli import main


@dataclass(slots=True)
class Office:
    """Both systems with a few contacts, a config file for them, and the command line."""

    genius: GrowthGeniusSandbox
    hub: GrowthHubSandbox
    folder: Path
    capture: pytest.CaptureFixture[str]

    def config(self, conflicts: str = "newest", more: str = "") -> None:
        (self.folder / "config.toml").write_text(
            f"""
[accounts.growthgenius]
connector = "growthgenius"
api_key = "env:GROWTHGENIUS_API_KEY"
user_id = 78
base_url = "{self.genius.base_url}"

[accounts.growthhub]
connector = "growthhub"
token = "env:GROWTHHUB_TOKEN"
location_id = "{self.hub.location_id}"
base_url = "{self.hub.url}"

[connections.sales]
left = "growthgenius"
right = "growthhub"
settle = "0s"

[connections.sales.contacts]
conflicts = "{conflicts}"
{more}
""",
            encoding="utf-8",
        )

    def add_to_genius(self, **fields: Any) -> None:
        """Add a contact that was created an hour ago, before any horizon."""
        with _an_hour_ago(self.genius):
            self.genius.add(**fields)

    def add_to_hub(self, **properties: Any) -> None:
        """Add a contact that was created an hour ago, before any horizon."""
        with _an_hour_ago(self.hub):
            self.hub.add(**properties)

    def sync(self, *arguments: str, code: int = 0) -> str:
        """Give a command that is to end with the code; return what it printed."""
        ended = main(list(arguments))
        shown = self.capture.readouterr()
        assert ended == code, shown
        return shown.out

    def document(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Give a command with --json; return its one document."""
        found: dict[str, Any] = json.loads(self.sync(*arguments, "--json", code=code))
        return found


@contextmanager
def _an_hour_ago(sandbox: Sandbox) -> Iterator[None]:
    present = sandbox.now
    sandbox.now = lambda: present() - timedelta(hours=1)
    yield
    sandbox.now = present


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    with ExitStack() as stack:
        genius = stack.enter_context(GrowthGeniusSandbox())
        hub = stack.enter_context(GrowthHubSandbox())
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("GROWTHGENIUS_API_KEY", genius.api_key)
        monkeypatch.setenv("GROWTHHUB_TOKEN", hub.token)
        monkeypatch.delenv("SYNC_CONFIG", raising=False)
        made = Office(genius, hub, tmp_path, capsys)
        made.add_to_genius(first_name="Ann", last_name="Example", email="ann@example.com", title="CTO")
        made.add_to_hub(firstName="Bob", lastName="Example", email="bob@example.com")
        made.config()
        yield made


def test_a_plan_says_what_the_run_after_it_does_and_writes_nothing(office: Office) -> None:
    (plan,) = office.document("plan")["runs"]
    assert not (office.folder / "sync.db").exists()
    (run,) = office.document("run")["runs"]
    assert plan["dry_run"] is True
    assert run["dry_run"] is False
    for account in ("growthgenius", "growthhub"):
        assert plan["streams"]["contacts"][account] == run["streams"]["contacts"][account]
    assert run["streams"]["contacts"]["growthhub"]["created"] == 1
    assert {(change["account"], change["operation"], change["who"]) for change in plan["plan"]} == {
        ("growthgenius", "create", "bob@example.com"),
        ("growthhub", "create", "ann@example.com"),
    }
    assert plan["cost"]["growthhub"]["calls"] >= run["requests"]["growthhub"]["writes"]
    assert "cost" not in run


def test_plan_and_dry_run_are_one(office: Office) -> None:
    plan, dry = office.document("plan")["runs"][0], office.document("run", "--dry-run")["runs"][0]
    different = {"run", "started_at", "finished_at", "requests", "cost"}
    for document in (plan, dry):
        for window in document["streams"]["contacts"]["window"].values():
            window.clear()
    assert plan.keys() == dry.keys()
    assert {key: value for key, value in plan.items() if key not in different} == {
        key: value for key, value in dry.items() if key not in different
    }


def test_text_output_shows_planned_and_written_changes(office: Office) -> None:
    plan = office.sync("plan").splitlines()
    assert "growthhub: create ann@example.com" in plan
    assert '  first_name: "Ann"' in plan
    assert any("would be created 1" in line for line in plan)
    assert any(line.startswith("  growthhub: ") and "call" in line for line in plan)
    run = office.sync("run")
    assert run.startswith("sales: ok in ")
    assert "created 1" in run
    assert "sales       contacts" in office.sync("status")


def test_a_second_run_finds_nothing(office: Office) -> None:
    office.sync("run")
    (again,) = office.document("run", "--since", "2d", "--until", "2100-01-01")["runs"]
    for account in ("growthgenius", "growthhub"):
        counts = again["streams"]["contacts"][account]
        assert (counts["created"], counts["updated"], counts["deleted"]) == (0, 0, 0)


def test_a_conflict_is_listed_shown_and_settled(office: Office) -> None:
    office.config(conflicts="manual")
    office.add_to_hub(firstName="Anna", lastName="Example", email="ann@example.com")
    assert "sync conflicts list" in office.sync("run", code=1)
    (conflict,) = office.document("conflicts", "list")["conflicts"]
    assert (conflict["who"], conflict["field"]) == ("ann@example.com", "first_name")
    assert (conflict["left"]["value"], conflict["right"]["value"]) == ("Ann", "Anna")
    number = str(conflict["id"])
    assert office.document("conflicts", "show", number) == conflict
    assert 'left, at growthgenius: "Ann"' in office.sync("conflicts", "show", number)
    assert "the next run writes it" in office.sync("conflicts", "resolve", number, "--right")
    office.sync("run")
    assert {person["first_name"] for person in office.genius.people()} == {"Anna", "Bob"}
    assert office.sync("conflicts", "list") == "no conflicts are open\n"


def test_a_failure_is_listed_retried_and_dismissed(office: Office) -> None:
    office.add_to_genius(first_name="Ann", last_name="Double", email="ann@example.com")
    office.sync("run", code=1)
    (failure,) = office.document("failures", "list")["failures"]
    assert failure["who"] == "ann@example.com"
    number = str(failure["id"])
    assert failure["reason"] in office.sync("failures", "list")
    assert [one["id"] for one in office.document("failures", "retry", "--all")["failures"]] == [failure["id"]]
    assert "the next run retries 1 failure" in office.sync("failures", "retry", number)
    assert office.document("failures", "dismiss", number, "--why", "known double")["id"] == failure["id"]
    assert office.document("failures", "list") == {"failures": []}


def test_a_check_ends_with_0_or_3(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    (genius, hub) = office.document("check")["accounts"]
    assert (genius["account"], genius["connector"], genius["ok"]) == ("growthgenius", "growthgenius", True)
    assert hub["ok"] is True
    assert list(hub["findings"][0]) == ["what", "ok", "problem", "mend", "fixable", "fatal"]
    monkeypatch.setenv("GROWTHHUB_TOKEN", "pit-invented-0000")
    refused = office.document("check", code=3)["accounts"]
    assert [account["ok"] for account in refused] == [True, False]
    shown = office.sync("check", code=3)
    assert "growthhub (growthhub): does not work" in shown
    assert "pit-invented" not in shown


def test_an_account_that_refuses_us_ends_the_run_with_3(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROWTHHUB_TOKEN", "pit-invented-0000")
    (run,) = office.document("run", code=3)["runs"]
    assert run["status"] == "failed"
    assert any("growthhub" in error for error in run["errors"])
    assert "pit-invented" not in json.dumps(run)


def test_a_run_under_way_ends_another_with_75(office: Office) -> None:
    office.sync("run")
    state = StateFile.open(office.folder / "sync.db")
    try:
        with hold_connection(state, "sales", round(SystemClock().now().timestamp() * 1000)):
            document = office.document("run", code=75)
            assert document["runs"] == []
            assert "holds the lock" in document["error"]
            assert "sales: did not run: " in office.sync("run", code=75)
            assert office.document("plan")["runs"][0]["status"] == "ok"
            office.sync("status")
    finally:
        state.close()


def test_of_two_connections_the_one_that_is_locked_does_not_stop_the_other(office: Office) -> None:
    text = (office.folder / "config.toml").read_text(encoding="utf-8")
    second = '\n[connections.again]\nleft = "growthgenius"\nright = "growthhub"\nsettle = "0s"\n'
    (office.folder / "config.toml").write_text(text + second, encoding="utf-8")
    office.sync("run", "--connection", "sales")
    state = StateFile.open(office.folder / "sync.db")
    try:
        with hold_connection(state, "sales", round(SystemClock().now().timestamp() * 1000)):
            document = office.document("run", code=75)
    finally:
        state.close()
    assert [run["connection"] for run in document["runs"]] == ["again"]
    assert "holds the lock" in document["error"]


@dataclass(slots=True)
class Seat:
    """A user at a terminal of 24 lines that runs a command of `sync`."""

    folder: Path
    command: tuple[str, ...] = ("run",)
    terminal: int = 0

    def run(self, answer: str, *arguments: str) -> tuple[int, str]:
        """Type an answer once the run asks; return its exit code and what the terminal showed."""
        self.terminal, other = pty.openpty()
        with subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "sync", *self.command, *arguments],
            stdin=other, stderr=other, stdout=subprocess.DEVNULL, cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3]), "TERM": "xterm", "COLUMNS": "200"},
        ) as running:  # fmt: skip
            watchdog = threading.Timer(60, running.kill)  # a test that fails, not one that hangs
            watchdog.start()
            os.close(other)
            shown = self._read(until="Write this?")
            os.write(self.terminal, f"{answer}\n".encode())
            shown += self._read(until=None)
            os.close(self.terminal)
            watchdog.cancel()
            return running.wait(timeout=60), shown

    def _read(self, until: str | None) -> str:
        shown = b""
        while until is None or until.encode() not in shown:
            try:
                piece = os.read(self.terminal, 4096)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            shown += piece
        return shown.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_the_first_run_asks_and_writes_only_after_a_yes(office: Office) -> None:
    seat = Seat(office.folder)
    code, shown = seat.run("n")
    assert code == 130
    assert "The first run of sales would do this:" in shown
    assert "would be created 1" in shown
    assert "can start workflows" in shown
    assert "create_tags" in shown
    assert "declined, nothing was written; nothing is lost, run again" in shown
    assert len(office.hub.people()) == len(office.genius.people()) == 1
    code, shown = seat.run("y")
    assert "Write this?" in shown
    assert code == 0
    assert len(office.hub.people()) == len(office.genius.people()) == 2
    code, shown = seat.run("")
    assert "Write this?" not in shown
    assert code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_yes_does_not_ask(office: Office) -> None:
    code, shown = Seat(office.folder).run("", "--yes")
    assert "Write this?" not in shown
    assert code == 0
    assert len(office.hub.people()) == 2
