from state.connections import connection_id
from state.history import Entry, History, begin_run, end_run, prune
from tests.state.files import opened

ENTRY = Entry(None, "growthhub", "hub-1", "city", '"Oslo"', '"Rome"', "newest", "growthgenius:1", '"ROME"')


def test_an_entry_says_what_was_replaced_by_what_where_when_and_why() -> None:
    with opened() as state:
        with state.atomic():
            History(state.db, 1, "contacts").add([ENTRY], "r1", 100)
        row = dict(state.db.execute("SELECT * FROM history").fetchone())
        assert row == {
            "id": 1, "at_ms": 100, "run": "r1", "connection": 1, "stream": "contacts", "link": None,
            "account": "growthhub", "record_id": "hub-1", "field": "city", "old": '"Oslo"', "new": '"Rome"',
            "rule": "newest", "source": "growthgenius:1", "shown": '"ROME"',
        }  # fmt: skip


def test_a_run_is_noted_when_it_begins_and_again_when_it_ends() -> None:
    with opened() as state:
        with state.atomic() as db:
            begin_run(db, "r1", 1, 100)
        assert tuple(state.db.execute("SELECT * FROM run").fetchone()) == ("r1", 1, 100, None, None, None, None)
        with state.atomic() as db:
            end_run(db, "r1", 200, "ok", "{}")
        assert tuple(state.db.execute("SELECT * FROM run").fetchone()) == ("r1", 1, 100, 200, "ok", "{}", None)


def test_only_what_is_older_than_the_history_is_kept_for_goes_and_only_of_this_connection() -> None:
    with opened() as state:
        with state.atomic() as db:
            other = connection_id(db, "other", "a", "b")
            for connection in (1, other):
                for moment in (99, 100):
                    History(db, connection, "contacts").add([ENTRY], f"{connection}-{moment}", moment)
                    begin_run(db, f"{connection}-{moment}", connection, moment)
            prune(db, 1, 100)
        left = ["1-100", f"{other}-99", f"{other}-100"]
        assert [row[0] for row in state.db.execute("SELECT run FROM history ORDER BY id")] == left
        assert [row[0] for row in state.db.execute("SELECT id FROM run ORDER BY rowid")] == left
