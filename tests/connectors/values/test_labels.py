from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.values import labels
from connectors.values.text import UNKNOWN
from tests.connectors.values.json_values import ANYTHING


@pytest.mark.parametrize("raw", [None, "", " , ,", [], [None, ""], [[], [None]]])
def test_no_names_is_empty(raw: object) -> None:
    assert labels.clean(raw) is None


@pytest.mark.parametrize(
    "raw", ["Sync, lead", ["Sync", "lead"], [{"name": "lead"}, {"id": 7, "name": "Sync"}], [["lead"], {"name": "Sync"}]]
)
def test_every_shape_gives_the_same_names(raw: object) -> None:
    assert labels.clean(raw) == ("lead", "Sync")


def test_one_object_is_one_name() -> None:
    assert labels.clean({"name": "lead"}) == ("lead",)


def test_names_are_trimmed_and_unique_without_case_by_their_first_spelling() -> None:
    assert labels.clean([" VIP ", "vip", "a  b", "Vip"]) == ("a b", "VIP")


def test_a_comma_inside_a_listed_name_is_part_of_it() -> None:
    assert labels.clean(["Austin, TX"]) == ("Austin, TX",)


@pytest.mark.parametrize("raw", ["NaN", float("nan"), ["None"], "null, NaN", {"id": 7}, ["a", {"id": 7}], {"name": {}}])
def test_what_cannot_be_reported_is_unknown_rather_than_a_smaller_set(raw: object) -> None:
    assert labels.clean(raw) is UNKNOWN


def test_a_name_that_is_dirt_is_no_name() -> None:
    assert labels.clean(["a", "NaN", None]) == ("a",)


def test_lists_without_end_are_unknown() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert labels.clean(endless) is UNKNOWN


def test_numbers_can_be_names() -> None:
    assert labels.clean([2026, "q1"]) == ("2026", "q1")


@given(ANYTHING)
def test_cleaning_twice_is_cleaning_once(raw: object) -> None:
    once = labels.clean(raw)
    assert labels.clean(once) == once


@given(st.lists(st.text(max_size=5)))
def test_names_come_in_order_without_doubles(raw: list[str]) -> None:
    found = labels.clean(raw)
    if isinstance(found, tuple):
        assert all(one.casefold() < other.casefold() for one, other in pairwise(found))
        assert labels.clean(raw[::-1]) is not None


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ('cold, "berlin, mitte"', ("berlin, mitte", "cold")),
        ('"say ""hi""",cold', ("cold", 'say "hi"')),
        ('5" pipe, cold', ('5" pipe', "cold")),
        ('"never closed, cold', ('"never closed', "cold")),
        ('"a" b, cold', ('"a" b', "cold")),
    ],
)
def test_quotation_marks_hold_a_name_together_in_a_text(raw: str, names: tuple[str, ...]) -> None:
    assert labels.clean(raw) == names


@given(ANYTHING)
def test_names_written_as_text_are_read_again(raw: object) -> None:
    names = labels.clean(raw)
    if isinstance(names, tuple):
        assert labels.clean(labels.to_text(names)) == names


@pytest.mark.parametrize(
    "raw",
    [
        ["hot  lead", "Hot lead", "cold"],
        "hot  lead,Hot lead, cold",
        [{"name": "hot  lead"}, "Hot lead", "cold"],
    ],
)
def test_a_name_is_removed_in_every_spelling_in_which_it_stands(raw: object) -> None:
    assert labels.spelled(["hot lead", "new"], labels.spellings(raw)) == ["hot  lead", "Hot lead", "new"]


def test_a_name_that_is_too_long_is_no_name_and_stays_where_it_is() -> None:
    huge = "x" * 70_000
    assert labels.clean([huge, "cold"]) == ("cold",)
    assert labels.spellings([huge, "cold"]) == {"": (huge,), "cold": ("cold",)}
    assert labels.spellings([{"id": 7}]) == {}
