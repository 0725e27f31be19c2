from dataclasses import replace

from state.connections import connection_id
from state.history import PAGE, History, HistoryEntry, begin_run, end_run, find_run, prune_history, recent_runs
from tests.state.files import opened

ENTRY = HistoryEntry(None, "growthhub", "hub-1", "city", '"Oslo"', '"Rome"', "newest", "growthgenius:1", '"ROME"')


def test_an_entry_has_old_value_new_value_place_time_and_rule() -> None:
    with opened() as state:
        with state.atomic() as transaction:
            History(state.db, 1, "contacts").add_entries(transaction, [ENTRY], "r1", 100)
        row = dict(state.db.execute("SELECT * FROM history").fetchone())
        assert row == {
            "id": 1, "at_ms": 100, "run": "r1", "connection": 1, "stream": "contacts", "link": None,
            "account": "growthhub", "record_id": "hub-1", "field": "city", "old": '"Oslo"', "new": '"Rome"',
            "rule": "newest", "source": "growthgenius:1", "shown": '"ROME"',
            "person": None,
        }  # fmt: skip


def test_a_run_is_stored_when_it_begins_and_when_it_ends() -> None:
    with opened() as state:
        with state.atomic() as db:
            begin_run(db, "r1", 1, 100)
        assert tuple(state.db.execute("SELECT * FROM run").fetchone()) == ("r1", 1, 100, None, None, None, None)
        with state.atomic() as db:
            end_run(db, "r1", 200, "ok", "{}")
        assert tuple(state.db.execute("SELECT * FROM run").fetchone()) == ("r1", 1, 100, 200, "ok", "{}", None)


def test_only_older_history_of_the_same_connection_is_deleted() -> None:
    with opened() as state:
        with state.atomic() as transaction:
            other = connection_id(transaction, "other", "a", "b")
            for connection in (1, other):
                for moment in (99, 100):
                    History(transaction, connection, "contacts").add_entries(
                        transaction, [ENTRY], f"{connection}-{moment}", moment
                    )
                    begin_run(transaction, f"{connection}-{moment}", connection, moment)
            prune_history(transaction, 1, 100)
        left = ["1-100", f"{other}-99", f"{other}-100"]
        assert [row[0] for row in state.db.execute("SELECT run FROM history ORDER BY id")] == left
        assert [row[0] for row in state.db.execute("SELECT id FROM run ORDER BY rowid")] == left


def test_what_a_run_wrote_comes_in_pages_in_the_order_in_which_it_was_written() -> None:
    with opened() as state:
        history = History(state.db, 1, "contacts")
        entries = [replace(ENTRY, record_id=f"hub-{number}") for number in range(PAGE + 3)]
        with state.atomic() as transaction:
            history.add_entries(transaction, entries, "r1", 100)
            history.add_entries(transaction, [ENTRY], "r2", 100)
            History(state.db, 1, "messages").add_entries(transaction, [ENTRY], "r1", 100)
        first = history.of_run("r1")
        rest = history.of_run("r1", first[-1].id)
        assert (len(first), len(rest)) == (PAGE, 3)
        assert [line.entry for line in (*first, *rest)] == entries
        assert history.of_run("r1", rest[-1].id) == []


def test_the_lines_of_records_are_those_of_their_own_account_and_say_what_their_run_undid() -> None:
    with opened() as state:
        history = History(state.db, 1, "contacts")
        elsewhere = replace(ENTRY, account="growthgenius")
        with state.atomic() as transaction:
            begin_run(transaction, "r1", 1, 100)
            begin_run(transaction, "u1", 1, 200, "r1")
            history.add_entries(transaction, [ENTRY, elsewhere, replace(ENTRY, record_id="hub-2")], "r1", 100)
            history.add_entries(transaction, [ENTRY], "u1", 200)
        lines = history.of_records([("growthhub", "hub-1"), ("growthgenius", "7")])
        assert [(line.run, line.undoes, line.at_ms, line.entry) for line in lines] == [
            ("r1", None, 100, ENTRY), ("u1", "r1", 200, ENTRY),
        ]  # fmt: skip


def test_a_run_is_found_with_its_connection_and_the_last_ones_are_listed_first() -> None:
    with opened() as state:
        with state.atomic() as db:
            begin_run(db, "r1", 1, 100)
            begin_run(db, "r2", 1, 200)
            end_run(db, "r1", 150, "ok", "{}")
        assert find_run(state.db, "r1") == "sales"
        assert find_run(state.db, "r3") is None
        assert recent_runs(state.db, 5) == [("r2", "sales", 200, None), ("r1", "sales", 100, "ok")]
        assert recent_runs(state.db, 1) == [("r2", "sales", 200, None)]
