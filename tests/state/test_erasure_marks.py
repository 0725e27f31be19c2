from pathlib import Path

import pytest

from state.erasure_marks import ErasureMarks
from state.file import StateFile
from tests.state.files import opened

ANN = {"email ann@example.com", "record gg 1"}
BOB = {"email bob@example.com", "record gg 2"}


def forget(state: StateFile, *contacts: set[str]) -> ErasureMarks:
    forgotten = ErasureMarks(state.db)
    with state.atomic() as transaction:
        for marks in contacts:
            forgotten.add_marks(transaction, marks, 100)
    return forgotten


def test_an_erased_contact_is_recognised_by_any_mark_after_reopening_the_file(tmp_path: Path) -> None:
    with opened(tmp_path / "sync.db") as state:
        assert not ErasureMarks(state.db)
        assert not ErasureMarks(state.db).knows_any(ANN)
        assert forget(state, ANN).knows_any({"record gg 1", "email else@example.com"})
    with opened(tmp_path / "sync.db") as state:
        assert ErasureMarks(state.db)
        assert ErasureMarks(state.db).knows_any(["email ann@example.com"])
        assert not ErasureMarks(state.db).knows_any([*BOB, "record gh 1"])


def test_only_salted_hashes_are_stored(tmp_path: Path) -> None:
    with opened(tmp_path / "one.db") as one, opened(tmp_path / "other.db") as other:
        forget(one, ANN)
        forget(other, ANN)
        found = [{bytes(row[0]) for row in each.db.execute("SELECT digest FROM forgotten")} for each in (one, other)]
        assert len(found[0]) == len(found[1]) == len(ANN)
        assert found[0].isdisjoint(found[1])
        assert all(len(digest) == 32 for digest in found[0])
        columns = {row[1] for row in one.db.execute("PRAGMA table_info(forgotten)")}
        assert columns == {"digest", "person", "at_ms"}


@pytest.mark.parametrize("mark", sorted(ANN))
def test_lifting_by_one_mark_ends_all_marks_of_that_contact_only(mark: str) -> None:
    with opened() as state:
        forgotten = forget(state, ANN, BOB)
        with state.atomic() as transaction:
            assert forgotten.lift_marks(transaction, [mark]) == 1
        assert not forgotten.knows_any(ANN)
        assert not ErasureMarks(state.db).knows_any(ANN)
        assert forgotten.knows_any(BOB)
        with state.atomic() as transaction:
            assert forgotten.lift_marks(transaction, [mark]) == 0


def test_a_second_erasure_uses_the_same_salt() -> None:
    with opened() as state:
        forget(state, ANN)
        forget(state, BOB)
        assert state.db.execute("SELECT count(*) FROM salt").fetchone()[0] == 1
        forgotten = forget(state, ANN)
        with state.atomic() as transaction:
            assert forgotten.lift_marks(transaction, [*ANN]) == 2
