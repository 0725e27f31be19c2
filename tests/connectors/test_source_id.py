"""A source id distinguishes its account from every other one (R31)."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.source_id import NO_ACCOUNT, SourceAccount

SERVER = "https://api.example.com/v1"
OURS = SourceAccount.of("growthgenius", SERVER, (78, 81))
IDS = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1)


@given(IDS)
def test_what_is_written_is_read_by_the_account_and_means_nothing_to_another_one(record_id: str) -> None:
    others = (
        SourceAccount.of("growthgenius", SERVER, (79,)),
        SourceAccount.of("growthgenius", "https://other.example.com/v1", (78, 81)),
        SourceAccount.of("growthhub", SERVER, (78, 81)),
    )
    written = OURS.written(record_id)
    assert OURS.read(written) == record_id
    assert [other.read(written) for other in others] == [None, None, None]
    assert all(other.is_foreign(written) for other in others)


@given(IDS)
def test_the_id_alone_that_an_earlier_release_wrote_still_counts(record_id: str) -> None:
    assert OURS.read(record_id) == (record_id if not NO_ACCOUNT.is_foreign(record_id) else None)
    assert record_id in OURS.spellings(record_id)


def test_a_user_that_is_added_or_leaves_first_place_changes_no_account() -> None:
    written = OURS.written("4711")
    assert SourceAccount.of("growthgenius", f"{SERVER}/", (12, 78, 81)).read(written) == "4711"
    assert written in SourceAccount.of("growthgenius", SERVER.upper(), (12, 78)).spellings("4711")


def test_without_an_account_ids_are_written_and_read_alone() -> None:
    assert NO_ACCOUNT.written("4711") == "4711"
    assert NO_ACCOUNT.read("4711") == "4711"
    assert NO_ACCOUNT.read(None) is None
