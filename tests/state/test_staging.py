import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.links import Links
from state.staging import PAGE, Staged, Staging, Step
from tests.state.files import link, opened, other_connection


def staged(record_id: str, side: str = "left", raw: str | None = "{}", linked: int | None = None) -> Staged:
    return Staged(side, record_id, raw, '{"id":1}' if raw else None, b"d" * 16 if raw else None, 5, linked)


def test_a_later_reading_of_a_record_replaces_the_earlier_one_in_place() -> None:
    with opened() as state:
        staging = Staging(state)
        with state.atomic() as transaction:
            staging.put_records(
                transaction, [staged("1"), staged("2"), Staged("left", "1", '{"new":1}', "{}", b"n", 9, None)]
            )
            staging.put_records(transaction, [Staged("left", "2", '{"newer":1}', "{}", b"n", 10, None)])
        assert staging.count_records("left") == 2
        assert staging.changed_records("left", ["1", "2"])["1"] == Staged("left", "1", '{"new":1}', "{}", b"n", 9, None)
        assert [(one.id, one.raw) for page in staging.record_pages("left", linked=False) for one in page] == [
            ("1", '{"new":1}'),
            ("2", '{"newer":1}'),
        ]


def test_pages_hold_every_changed_record_once_in_order() -> None:
    with opened() as state:
        staging = Staging(state)
        count = 2 * PAGE + 50
        with state.atomic() as transaction:
            staging.put_records(transaction, (staged(str(number)) for number in range(count)))
            staging.put_records(transaction, (staged(f"linked {number}", linked=number + 1) for number in range(3)))
            staging.put_records(transaction, (staged(f"old news {number}", raw=None) for number in range(3)))
            staging.put_records(transaction, (staged(str(number), "right") for number in range(2)))
        pages = list(staging.record_pages("left", linked=False))
        assert [len(page) for page in pages] == [PAGE, PAGE, 50]
        assert [one.id for page in pages for one in page] == [str(number) for number in range(count)]
        assert [one.link for page in staging.record_pages("left", linked=True) for one in page] == [1, 2, 3]


def test_records_may_be_staged_while_pages_are_read() -> None:
    with opened() as state:
        staging = Staging(state)
        with state.atomic() as transaction:
            staging.put_records(transaction, (staged(str(number)) for number in range(PAGE + 1)))
        seen = []
        for page in staging.record_pages("left", linked=False):
            seen += [one.id for one in page]
            with state.atomic() as transaction:
                staging.put_records(transaction, [staged("0"), staged("later")])
        assert seen == [*(str(number) for number in range(PAGE + 1)), "later"]


def test_unchanged_records_are_counted_and_not_listed() -> None:
    with opened() as state:
        staging, links = Staging(state), Links(state.db, 1, "contacts")
        quiet, loud = link("1", "hub-1"), link("2", "hub-2")
        with state.atomic() as transaction:
            links.save_link(transaction, quiet, "r1")
            links.save_link(transaction, loud, "r1")
            staging.put_records(
                transaction, [staged("1", raw=None, linked=quiet.id), staged("hub-1", "right", None, quiet.id)]
            )
            staging.put_records(
                transaction, [staged("2", raw=None, linked=loud.id), staged("hub-2", "right", "{}", loud.id)]
            )
        assert staging.changed_records("left", ["1", "2"]) == {}
        assert staging.has_record("left", "1")
        assert not staging.has_record("left", "3")
        assert staging.count_records("left") == 2
        assert staging.count_unchanged() == 1


PAIRS = st.lists(
    st.tuples(st.sampled_from((None, "left", "right")), st.sampled_from(("changed", "old news", "later", "not shown"))),
    max_size=8,
)


@given(PAIRS, st.sampled_from(("left", "right")))
def test_linked_records_that_were_not_listed_and_are_not_known_to_be_gone_are_missing(
    pairs: list[tuple[str | None, str]], side: str
) -> None:
    with opened() as state:
        staging, links, expected = Staging(state), Links(state.db, 1, "contacts"), []
        with state.atomic() as transaction:
            for number, (gone, shown) in enumerate(pairs):
                pair = link(f"left {number}", f"right {number}", gone=gone)
                links.save_link(transaction, pair, "r1")
                record_id = pair.side(side).id
                if shown == "later":
                    staging.mark_shown(transaction, side, [record_id])
                elif shown != "not shown":
                    staging.put_records(
                        transaction, [staged(record_id, side, "{}" if shown == "changed" else None, pair.id)]
                    )
                elif gone != side:
                    expected.append((pair.id, record_id))
            staging.put_records(
                transaction, [staged(f"{side} {number}", "right" if side == "left" else "left") for number in range(8)]
            )
        assert staging.missing_links(side, 1, 0) == expected
        for after in range(len(pairs)):
            assert staging.missing_links(side, 1, after) == [one for one in expected if one[0] > after]


def test_links_of_other_connections_and_of_messages_are_not_missing() -> None:
    with opened() as state:
        staging, other = Staging(state), other_connection(state)
        with state.atomic() as transaction:
            Links(state.db, 1, "messages").save_link(transaction, link("1", "hub-1"), "r1")
            Links(state.db, other, "contacts").save_link(transaction, link("2", "hub-2"), "r1")
            for number in range(PAGE + 3):
                Links(state.db, 1, "contacts").save_link(transaction, link(f"left {number}", f"right {number}"), "r1")
        first = staging.missing_links("left", 1, 0)
        assert [record_id for _, record_id in first] == [f"left {number}" for number in range(PAGE)]
        assert [record_id for _, record_id in staging.missing_links("left", 1, first[-1][0])] == [
            f"left {number}" for number in range(PAGE, PAGE + 3)
        ]
        assert [record_id for _, record_id in staging.missing_links("right", other, 0)] == ["hub-2"]


def test_a_pair_is_found_from_both_sides_and_no_record_is_paired_twice() -> None:
    with opened() as state:
        staging = Staging(state)
        staging.add_pair("1", "hub-1")
        assert staging.paired_id("left", "1") == "hub-1"
        assert staging.paired_id("right", "hub-1") == "1"
        assert staging.paired_id("left", "hub-1") is None
        for double in (("1", "hub-2"), ("2", "hub-1")):
            with pytest.raises(sqlite3.IntegrityError):
                staging.add_pair(*double)


def test_steps_come_back_in_order_a_page_at_a_time() -> None:
    with opened() as state:
        staging = Staging(state)
        with state.atomic():
            for number in range(PAGE + 20):
                staging.plan_step(
                    Step("pair", "", str(number), f"hub-{number}", None, "both" if number % 2 else "left")
                )
            staging.plan_step(Step("create", "right", "x", None, None, "right", '{"who":"ada@example.com"}'))
        pages = list(staging.steps("pair", ("left", "both"), 100))
        assert [len(page) for page in pages] == [100, 100, 20]
        assert [step.left_id for page in pages for step in page] == [str(number) for number in range(PAGE + 20)]
        assert staging.count_steps("pair", "left") == PAGE + 20
        assert staging.count_steps("pair", "right") == PAGE // 2 + 10
        (created,) = next(iter(staging.steps("create", ("right",))))
        assert (created.side, created.left_id, created.right_id) == ("right", "x", None)
        assert created.note == '{"who":"ada@example.com"}'
        assert list(staging.steps("create", ("left",))) == []


def test_staging_leaves_nothing_in_the_state_file_or_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state:
        staging = Staging(state)
        with state.atomic() as transaction:
            staging.put_records(transaction, (staged(f"record {number}") for number in range(5000)))
        assert {each.name for each in tmp_path.iterdir()} <= {"sync.db", "sync.db-wal", "sync.db-shm"}
        staging.detach()
        with pytest.raises(sqlite3.OperationalError):
            staging.count_records("left")
    assert b"record 17" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())


def test_a_second_run_begins_with_an_empty_staging() -> None:
    with opened() as state:
        first = Staging(state)
        with state.atomic() as transaction:
            first.put_records(transaction, [staged("1")])
        first.detach()
        second = Staging(state)
        assert second.count_records("left") == 0
