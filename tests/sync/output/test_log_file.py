import json
import stat
from pathlib import Path

import pytest

from sync.output import event_log
from sync.output.log_file import LogFile
from sync.output.log_format import logging_to


def events(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_lines_are_appended_as_json_to_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "sync.log"
    for event in ("one", "two"):
        with LogFile(path) as file, logging_to(file, "info", "auto"):
            event_log.info(event)
    assert events(path) == ["one", "two"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("is_replaced", [True, False], ids=["moved and made again", "moved"])
def test_a_file_that_was_moved_away_is_made_again(is_replaced: bool, tmp_path: Path) -> None:
    path = tmp_path / "sync.log"
    with LogFile(path) as file, logging_to(file, "info", "auto"):
        event_log.info("one")
        path.rename(tmp_path / "sync.log.1")
        if is_replaced:
            path.touch()
        event_log.info("two")
    assert (events(tmp_path / "sync.log.1"), events(path)) == (["one"], ["two"])


def test_a_file_that_cannot_be_opened_any_more_stops_no_run(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    with LogFile(folder / "sync.log") as file, logging_to(file, "info", "auto"):
        event_log.info("one")
        (folder / "sync.log").unlink()
        folder.rmdir()
        event_log.info("two")
        folder.mkdir()
        event_log.info("three")
    assert events(folder / "sync.log") == ["three"]
