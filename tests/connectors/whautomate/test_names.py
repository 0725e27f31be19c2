"""One name and two: taken apart as it was put together, and else at the last space."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.values import text
from connectors.whautomate.names import read_name, split_name, whole_name

WORDS = st.text(st.characters(categories=["L"]), min_size=1, max_size=6)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@given(st.none() | NAMES, st.none() | NAMES)
def test_what_was_put_together_is_taken_apart_as_it_was(first: str | None, last: str | None) -> None:
    assert split_name(whole_name(first, last), (first, last)) == (first, last)


@given(NAMES, st.none() | NAMES, st.none() | NAMES)
def test_nothing_of_a_name_is_lost_or_added(name: str, first: str | None, last: str | None) -> None:
    assert text.comparable(whole_name(*split_name(name, (first, last)))) == text.comparable(name)


@pytest.mark.parametrize(
    ("name", "own", "parts"),
    [
        ("Ada Byron", (None, None), ("Ada", "Byron")),
        ("Maria de la Cruz", (None, None), ("Maria de la", "Cruz")),
        ("Maria de la Cruz", ("Maria", "de la Cruz"), ("Maria", "de la Cruz")),
        ("Maria de la Cruz Lopez", ("Maria", "de la Cruz"), ("Maria", "de la Cruz Lopez")),
        ("Ana de la Cruz", ("Maria", "de la Cruz"), ("Ana", "de la Cruz")),
        ("Eve Smith", ("Maria", "de la Cruz"), ("Eve", "Smith")),
        ("Cher", (None, None), ("Cher", None)),
        ("Cher", (None, "Cher"), (None, "Cher")),
    ],
)
def test_a_name_is_split_at_the_last_space_unless_a_part_is_known(
    name: str, own: tuple[str | None, str | None], parts: tuple[str | None, str | None]
) -> None:
    assert split_name(name, own) == parts


@pytest.mark.parametrize("raw", ["", None, "+65 9876 5432", "6598765432", "(No Name)", "ada@example.com", "."])
def test_a_number_or_an_address_is_no_name(raw: str | None) -> None:
    assert read_name(raw) is None
