import sqlite3
from pathlib import Path

import pytest

from state.links import Links
from state.stage import PAGE, Stage, Staged, Step
from tests.state.files import link, opened


def staged(record_id: str, side: str = "left", raw: str | None = "{}", linked: int | None = None) -> Staged:
    return Staged(side, record_id, raw, '{"id":1}' if raw else None, b"d" * 16 if raw else None, 5, linked)


def test_of_a_record_that_comes_twice_the_later_counts_at_the_place_of_the_first() -> None:
    with opened() as state:
        stage = Stage(state)
        with state.atomic():
            stage.put([staged("1"), staged("2"), Staged("left", "1", '{"new":1}', "{}", b"n", 9, None)])
            stage.put([Staged("left", "2", '{"newer":1}', "{}", b"n", 10, None)])
        assert stage.count("left") == 2
        assert stage.get("left", ["1", "2"])["1"] == Staged("left", "1", '{"new":1}', "{}", b"n", 9, None)
        assert [(one.id, one.raw) for page in stage.pages("left", linked=False) for one in page] == [
            ("1", '{"new":1}'),
            ("2", '{"newer":1}'),
        ]


def test_pages_hold_every_changed_record_once_in_order() -> None:
    with opened() as state:
        stage = Stage(state)
        count = 2 * PAGE + 50
        with state.atomic():
            stage.put(staged(str(number)) for number in range(count))
            stage.put(staged(f"linked {number}", linked=number + 1) for number in range(3))
            stage.put(staged(f"old news {number}", raw=None) for number in range(3))
            stage.put(staged(str(number), "right") for number in range(2))
        pages = list(stage.pages("left", linked=False))
        assert [len(page) for page in pages] == [PAGE, PAGE, 50]
        assert [one.id for page in pages for one in page] == [str(number) for number in range(count)]
        assert [one.link for page in stage.pages("left", linked=True) for one in page] == [1, 2, 3]


def test_records_may_be_staged_while_pages_are_walked() -> None:
    with opened() as state:
        stage = Stage(state)
        with state.atomic():
            stage.put(staged(str(number)) for number in range(PAGE + 1))
        seen = []
        for page in stage.pages("left", linked=False):
            seen += [one.id for one in page]
            with state.atomic():
                stage.put([staged("0"), staged("later")])
        assert seen == [*(str(number) for number in range(PAGE + 1)), "later"]


def test_what_shows_nothing_new_is_counted_and_not_worked_on() -> None:
    with opened() as state:
        stage, links = Stage(state), Links(state.db, 1, "contacts")
        quiet, loud = link("1", "hub-1"), link("2", "hub-2")
        with state.atomic():
            links.save(quiet, "r1")
            links.save(loud, "r1")
            stage.put([staged("1", raw=None, linked=quiet.id), staged("hub-1", "right", None, quiet.id)])
            stage.put([staged("2", raw=None, linked=loud.id), staged("hub-2", "right", "{}", loud.id)])
        assert stage.get("left", ["1", "2"]) == {}
        assert stage.has("left", "1")
        assert not stage.has("left", "3")
        assert stage.count("left") == 2
        assert stage.count_unchanged() == 1


def test_a_pair_is_known_from_both_sides_and_nobody_is_paired_twice() -> None:
    with opened() as state:
        stage = Stage(state)
        stage.pair("1", "hub-1")
        assert stage.paired("left", "1") == "hub-1"
        assert stage.paired("right", "hub-1") == "1"
        assert stage.paired("left", "hub-1") is None
        for double in (("1", "hub-2"), ("2", "hub-1")):
            with pytest.raises(sqlite3.IntegrityError):
                stage.pair(*double)


def test_steps_come_back_in_order_a_page_at_a_time() -> None:
    with opened() as state:
        stage = Stage(state)
        with state.atomic():
            for number in range(PAGE + 20):
                stage.plan(Step("pair", "", str(number), f"hub-{number}", None, "both" if number % 2 else "left"))
            stage.plan(Step("create", "right", "x", None, None, "right", '{"who":"ada@example.com"}'))
        pages = list(stage.steps("pair", ("left", "both"), 100))
        assert [len(page) for page in pages] == [100, 100, 20]
        assert [step.left_id for page in pages for step in page] == [str(number) for number in range(PAGE + 20)]
        assert stage.count_steps("pair", "left") == PAGE + 20
        assert stage.count_steps("pair", "right") == PAGE // 2 + 10
        (created,) = next(iter(stage.steps("create", ("right",))))
        assert (created.side, created.left_id, created.right_id) == ("right", "x", None)
        assert created.note == '{"who":"ada@example.com"}'
        assert list(stage.steps("create", ("left",))) == []


def test_the_stage_leaves_nothing_in_the_state_file_nor_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state:
        stage = Stage(state)
        with state.atomic():
            stage.put(staged(f"somebody {number}") for number in range(5000))
        assert {each.name for each in tmp_path.iterdir()} <= {"sync.db", "sync.db-wal", "sync.db-shm"}
        stage.close()
        with pytest.raises(sqlite3.OperationalError):
            stage.count("left")
    assert b"somebody" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())


def test_a_second_run_begins_with_an_empty_stage() -> None:
    with opened() as state:
        first = Stage(state)
        with state.atomic():
            first.put([staged("1")])
        first.close()
        second = Stage(state)
        assert second.count("left") == 0
