import json
from pathlib import Path
from threading import Thread

import pytest

from state.file import StateFile
from state.settings import DAY_MS, Settings
from tests.state.files import opened


class Clock:
    now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


def test_a_setting_is_cached_for_a_day_across_runs(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path / "sync.db") as state:
        Settings(state, "growthhub", clock).put("users", [{"id": "u1", "email": "ada@example.com"}])
    with opened(tmp_path / "sync.db") as state:
        settings = Settings(state, "growthhub", clock)
        clock.now_ms += DAY_MS - 1
        assert settings.get("users") == [{"id": "u1", "email": "ada@example.com"}]
        clock.now_ms += 1
        assert settings.get("users") is None


def test_a_stored_setting_is_fresh_and_a_deleted_one_is_gone() -> None:
    clock = Clock()
    with opened() as state:
        settings, other = Settings(state, "growthhub", clock), Settings(state, "growthgenius", clock)
        settings.put("users", 1)
        other.put("users", 2)
        clock.now_ms += DAY_MS - 1
        settings.put("users", 3)
        settings.put("location", None)
        clock.now_ms += 1
        assert settings.get("users") == 3
        assert other.get("users") is None
        other.put("users", 4)
        settings.forget("users")
        assert settings.get("users") is None
        settings.put("users", 5)
        settings.forget_all()
        assert settings.get("users") is settings.get("location") is None
        assert other.get("users") == 4


def test_several_threads_may_read_and_store_at_once() -> None:
    with opened() as state:
        settings = Settings(state, "growthhub", Clock())

        def work(name: str) -> None:
            for number in range(30):
                settings.put(name, number)
                assert settings.get(name) == number

        threads = [Thread(target=work, args=(f"key {number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        values = [json.loads(row[0])["value"] for row in state.db.execute("SELECT value FROM setting")]
        assert values == [29] * 4


@pytest.mark.parametrize("text", ["1", "null", "[]", "{}", '["u1"]', '{"digest": "", "value": 1}', '{"value": 1}'])
def test_a_setting_that_was_changed_in_the_file_is_read_from_the_account_again(text: str) -> None:
    with opened() as state:
        Settings(state, "growthhub", Clock()).put("users", [["u1", "ada@example.com"]])
        with state.atomic() as db:
            db.execute("UPDATE setting SET value = ?", (text,))
        settings = Settings(state, "growthhub", Clock())
        assert settings.get("users") is None
        settings.put("users", {"a": [1, None, "é"], "b": {}})
        assert Settings(state, "growthhub", Clock()).get("users") == {"a": [1, None, "é"], "b": {}}


EARLIER = {"at": "2026-11-30T12:00:00+00:00", "create": True, "update": True, "delete": False}


def stored(state: StateFile, text: str) -> Settings:
    """Return settings with this text as the result of a probe."""
    Settings(state, "growthhub", Clock()).keep_probed(EARLIER)
    with state.atomic() as db:
        db.execute("UPDATE setting SET value = ?", (text,))
    return Settings(state, "growthhub", Clock())


def test_what_a_probe_found_is_kept_from_a_release_that_stored_no_digests() -> None:
    with opened() as state:
        settings = stored(state, json.dumps(EARLIER))
        assert settings.probed() == EARLIER
        settings.forget_all()
        assert settings.probed() == EARLIER


@pytest.mark.parametrize(
    "text",
    ["1", "[]", "{}", '{"create": true}', '{"at": 5}', '{"at": "2026-11-30", "create": "no"}',
     '{"digest": "", "value": {"at": "2026-11-30"}}'],
)  # fmt: skip
def test_what_a_probe_found_is_unknown_where_the_cell_is_damaged(text: str) -> None:
    with opened() as state:
        assert stored(state, text).probed() == {}
