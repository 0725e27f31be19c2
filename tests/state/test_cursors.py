from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from state.connections import connection_id
from state.cursors import COVERED, INDEXED, Cursors
from state.file import StateFile
from state.intervals import union
from tests.state.files import opened

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=4)


@given(st.lists(SPANS, max_size=4))
def test_a_cursor_is_the_union_of_all_added_intervals(batches: list[list[tuple[int, int]]]) -> None:
    with opened() as state:
        cursors = Cursors(state.db, 1, "contacts")
        for spans in batches:
            with state.atomic() as transaction:
                cursors.add_intervals(transaction, "left", COVERED, spans)
        assert cursors.intervals("left", COVERED) == union(*batches)
        stored = state.db.execute("SELECT count(*) FROM cursor").fetchone()[0]
        assert stored == len(union(*batches))


def test_sides_kinds_streams_and_connections_are_kept_apart() -> None:
    with opened() as state:
        with state.atomic() as db:
            other = connection_id(db, "other", "a", "b")
        contacts, messages, elsewhere = (
            Cursors(state.db, connection, stream)
            for connection, stream in ((1, "contacts"), (1, "messages"), (other, "contacts"))
        )
        with state.atomic() as transaction:
            contacts.add_intervals(transaction, "left", COVERED, [(0, 10)])
            contacts.add_intervals(transaction, "left", INDEXED, [(0, 20)])
            contacts.add_intervals(transaction, "right", COVERED, [(5, 10)])
            messages.add_intervals(transaction, "left", COVERED, [(7, 8)])
        assert contacts.intervals("left", COVERED) == ((0, 10),)
        assert contacts.intervals("left", INDEXED) == ((0, 20),)
        assert contacts.intervals("right", COVERED) == ((5, 10),)
        assert messages.intervals("left", COVERED) == ((7, 8),)
        assert elsewhere.intervals("left", COVERED) == ()
        with state.atomic() as transaction:
            elsewhere.add_intervals(transaction, "left", COVERED, [(3, 4)])
            contacts.add_intervals(transaction, "left", COVERED, [(10, 12)])
        assert contacts.intervals("left", COVERED) == ((0, 12),)
        assert elsewhere.intervals("left", COVERED) == ((3, 4),)
        with state.atomic() as transaction:
            contacts.forget_side(transaction, "left")
        assert elsewhere.intervals("left", COVERED) == ((3, 4),)
        assert contacts.intervals("left", COVERED) == contacts.intervals("left", INDEXED) == ()
        assert contacts.intervals("right", COVERED) == ((5, 10),)
        assert messages.intervals("left", COVERED) == ((7, 8),)


def test_intervals_up_to_the_largest_integer_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state, state.atomic() as transaction:
        Cursors(state.db, 1, "contacts").add_intervals(transaction, "left", COVERED, [(0, 1 << 62)])
    again = StateFile.open(path)
    assert Cursors(again.db, 1, "contacts").intervals("left", COVERED) == ((0, 1 << 62),)
    again.close()
