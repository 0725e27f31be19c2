import json
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from state.call_log import SharedCallLog
from tests.state.files import opened


def more(text: str) -> str:
    return json.dumps(json.loads(text or "0") + 1)


def test_all_processes_share_one_call_log(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path), closing(SharedCallLog(path)) as one, closing(SharedCallLog(path)) as other:
        threads = [
            Thread(target=lambda call_log: [call_log.revise("growthhub", more) for _ in range(25)], args=(call_log,))
            for call_log in (one, other, one, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.peek("growthhub") == other.peek("growthhub") == "100"
        assert one.peek("growthgenius") == ""


def test_a_failed_change_leaves_the_log_as_it_was_and_unlocked(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path), closing(SharedCallLog(path)) as call_log:
        call_log.revise("growthhub", lambda _: "before")
        with pytest.raises(ZeroDivisionError):
            call_log.revise("growthhub", lambda _: str(1 // 0))
        call_log.revise("growthhub", lambda text: f"{text} and after")
        assert call_log.peek("growthhub") == "before and after"


def test_the_call_log_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path):
        with closing(SharedCallLog(path)) as call_log:
            call_log.revise("growthhub", lambda _: "kept")
        with closing(SharedCallLog(path)) as call_log:
            assert call_log.peek("growthhub") == "kept"
