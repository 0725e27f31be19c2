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
def test_what_cannot_be_told_is_unknown_rather_than_a_smaller_set(raw: object) -> None:
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
