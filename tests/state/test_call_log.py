import json
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from state.call_log import SharedCallLog
from tests.state.files import opened


def more(book: str) -> str:
    return json.dumps(json.loads(book or "0") + 1)


def test_every_process_turns_the_same_page(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path), closing(SharedCallLog(path)) as one, closing(SharedCallLog(path)) as other:
        threads = [
            Thread(target=lambda ledger: [ledger.revise("growthhub", more) for _ in range(25)], args=(ledger,))
            for ledger in (one, other, one, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.peek("growthhub") == other.peek("growthhub") == "100"
        assert one.peek("growthgenius") == ""


def test_a_revision_that_fails_changes_nothing_and_locks_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path), closing(SharedCallLog(path)) as ledger:
        ledger.revise("growthhub", lambda _: "before")
        with pytest.raises(ZeroDivisionError):
            ledger.revise("growthhub", lambda _: str(1 // 0))
        ledger.revise("growthhub", lambda book: f"{book} and after")
        assert ledger.peek("growthhub") == "before and after"


def test_the_book_outlives_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path):
        with closing(SharedCallLog(path)) as ledger:
            ledger.revise("growthhub", lambda _: "kept")
        with closing(SharedCallLog(path)) as ledger:
            assert ledger.peek("growthhub") == "kept"
