from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.indexed_contact import IndexedContact
from sync.rules.erasure_marks import (
    mark_of_email,
    mark_of_record,
    marks_of,
    marks_of_phones,
    marks_to_look_for,
)
from sync.rules.match import may_adopt

OFFICE, MOBILE = "+12125550123", "+12125550145"
ADA = IndexedContact("1", "ada@example.com", "ada lovelace", (OFFICE,), None, None)


def is_known_again(forgotten: IndexedContact, seen: IndexedContact, account: str = "gg", other: str = "gh") -> bool:
    return bool(marks_of("gg", forgotten) & marks_to_look_for(account, other, seen))


def people() -> st.SearchStrategy[IndexedContact]:
    return st.builds(
        IndexedContact,
        st.sampled_from(("1", "2")),
        st.sampled_from((None, "ada@example.com", "grace@example.com")),
        st.sampled_from(("", "ada lovelace", "ada  lovelace", "grace hopper")),
        st.lists(st.sampled_from((OFFICE, MOBILE)), max_size=2, unique=True).map(tuple),
        st.none(),
        st.none(),
    )


@given(people(), people())
def test_a_contact_that_comes_back_is_known_by_the_tests_of_pairing(
    forgotten: IndexedContact, seen: IndexedContact
) -> None:
    same_record = forgotten.id == seen.id
    assert is_known_again(forgotten, seen) == (same_record or may_adopt(forgotten, replace(seen, id=f"{seen.id}!")))
    assert is_known_again(forgotten, seen, "gh", "gg") == may_adopt(forgotten, replace(seen, id=f"{seen.id}!"))


@pytest.mark.parametrize(
    ("seen", "known"),
    [
        (IndexedContact("9", None, "", (), "1", None), True),  # its marker points to the record
        (IndexedContact("9", None, "", (), "2", None), False),
        (IndexedContact("1", None, "", (), None, None), False),  # the same id at the other account
    ],
)
def test_a_record_of_the_other_side_is_known_by_its_marker(seen: IndexedContact, known: bool) -> None:
    assert is_known_again(ADA, seen, "gh", "gg") == known


def test_a_contact_is_found_by_whatever_users_type() -> None:
    marks = marks_of("gg", ADA)
    assert mark_of_record("gg", "1") in marks
    assert mark_of_email("ada@example.com") in marks
    assert marks & set(marks_of_phones([OFFICE]))
    assert marks_of("gg", replace(ADA, email=None)) & set(marks_of_phones([OFFICE]))
    assert not marks & set(marks_of_phones([MOBILE]))


def test_no_name_stands_for_any_name() -> None:
    for name in ("*", "any", "\n", " "):
        assert not is_known_again(
            replace(ADA, email=None), IndexedContact("2", None, f"{name} x", (OFFICE,), None, None)
        )


def test_a_contact_that_was_forgotten_by_an_earlier_version_is_known_again_by_the_forms_that_it_kept() -> None:
    seen = IndexedContact("9", "office@xn--fa-hia.example", "ada lovelace", ("+525555550123",), None, None)
    assert mark_of_email("office@fass.example") in marks_to_look_for("gg", "gh", seen)
    by_number = replace(ADA, id="8", email=None, phones=("+5215555550123",))
    assert is_known_again(by_number, replace(seen, email=None))


def test_an_address_beside_the_own_one_is_a_mark_as_well() -> None:
    assert is_known_again(
        replace(ADA, more_emails=("a@example.org",)), IndexedContact("9", "a@example.org", "x", (), None, None)
    )
