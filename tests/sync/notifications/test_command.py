import time
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.clock import SystemClock
from sync.notifications.command import Program
from tests.sync.notifications.commands import entries, heard, is_alive, program

DOCUMENT = {"event": "failed", "text": "sales: gh: Zürich ist nicht erreichbar"}
PATIENCE = 30.0


def made(folder: Path, command: str, limit: float = 30.0, *hidden: str, stops: bool = False) -> Program:
    span = timedelta(seconds=limit)
    return Program(command, folder, span, frozenset(hidden), SystemClock(), lambda: stops)


def test_a_command_gets_the_document_its_folder_and_its_arguments(tmp_path: Path) -> None:
    path = program(tmp_path)
    assert made(tmp_path, f"{path} --to 'two words'").run_with(DOCUMENT) == ""
    (entry,) = entries(tmp_path)
    assert entry[0] == DOCUMENT
    assert (entry[2], entry[3]) == (str(tmp_path), ["--to", "two words"])


def test_a_command_gets_the_environment_without_hidden_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROWTHHUB_TOKEN", "pit-invented")
    monkeypatch.setenv("CHANNEL", "sync")
    assert made(tmp_path, str(program(tmp_path)), 30.0, "GROWTHHUB_TOKEN").run_with(DOCUMENT) == ""
    environment = entries(tmp_path)[0][1]
    assert environment["CHANNEL"] == "sync"
    assert "GROWTHHUB_TOKEN" not in environment
    assert "pit-invented" not in str(environment)


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("no-such-program-anywhere", "cannot be started (No such file or directory)"),
        ("/bin/sh -c 'cat > /dev/null; exit 7'", "it exited with 7"),
        ("/bin/false", "it exited with 1"),
    ],
)
def test_a_failing_command_returns_a_reason_and_raises_nothing(tmp_path: Path, command: str, wrong: str) -> None:
    assert wrong in made(tmp_path, command).run_with(DOCUMENT)


def test_a_command_that_does_not_read_its_input_may_succeed(tmp_path: Path) -> None:
    assert made(tmp_path, "/bin/true").run_with({"text": "x" * 1_000_000}) == ""


def test_the_output_of_a_command_is_discarded(tmp_path: Path) -> None:
    assert (
        made(tmp_path, "/bin/sh -c 'head -c 50000000 /dev/zero; head -c 50000000 /dev/zero >&2'").run_with(DOCUMENT)
        == ""
    )


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = f"/bin/sh -c 'sleep 600 & echo $! $$ > {pids}; sleep 600'"
    assert made(tmp_path, command, limit=1.0).run_with(DOCUMENT) == "it took longer than 1 s"
    for pid in map(int, pids.read_text().split()):
        deadline = time.monotonic() + PATIENCE
        while is_alive(pid):
            assert time.monotonic() < deadline, f"{pid} is still there"
            time.sleep(0.01)


def test_a_stopping_daemon_does_not_wait_for_a_command(tmp_path: Path) -> None:
    path = program(tmp_path, "time.sleep(600)")
    assert made(tmp_path, str(path), 600.0, stops=True).run_with(DOCUMENT) == "growthsync is stopping"


def test_a_long_document_reaches_the_command_in_full(tmp_path: Path) -> None:
    document = {"text": "é" * 200_000}
    assert made(tmp_path, str(program(tmp_path))).run_with(document) == ""
    assert heard(tmp_path) == [document]
