"""Transforms with a way back come back to the value, or have no result at all (R48)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Value
from connectors.values.typed import decode, key
from sync.rules.transforms import CASES, Join, OneWay, Prefix, Transform, Words, stripped
from sync.rules.translation import NO_TRANSLATION, terms

TEXTS = st.text(min_size=1, max_size=12).map(lambda raw: decode("text", raw)).filter(lambda one: isinstance(one, str))
CHOICES = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4).map(lambda raw: decode("choices", raw))
SETS = CHOICES.filter(lambda one: isinstance(one, tuple))
SEPARATORS = st.sampled_from(["; ", ";", " | ", ", ", "\n", " "])


def returned(transform: Transform, value: Value) -> Value:
    """Return the value after the way to the right and back, the value itself where it does not get there."""
    there = transform.to_right(value)
    back = value if there is NO_TRANSLATION else transform.to_left(there)
    assert back is not NO_TRANSLATION
    return back


@given(value=TEXTS, prefix=st.text(min_size=1, max_size=5))
def test_a_prefix_comes_off_again(value: str, prefix: str) -> None:
    assert returned(Prefix(prefix), value) == value


@given(value=SETS, separator=SEPARATORS)
def test_what_is_joined_is_split_again(value: tuple[str, ...], separator: str) -> None:
    assert key("choices", returned(Join(separator), value)) == key("choices", value)


@given(value=SETS, separator=SEPARATORS)
def test_a_split_is_the_mirror_of_a_join(value: tuple[str, ...], separator: str) -> None:
    assert Join(separator, splits=True).to_left(value) == Join(separator).to_right(value)


@given(value=TEXTS, name=st.sampled_from(list(CASES)))
def test_a_change_of_case_settles(value: str, name: str) -> None:
    once = OneWay(CASES[name]).to_right(value)
    assert once is not NO_TRANSLATION
    assert not isinstance(once, tuple)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("hot", "A"), ("HOT", "A"), ("warm", NO_TRANSLATION), (("hot", "cold"), ("A", "B")), (None, None)],
)
def test_words_are_replaced_one_by_one(value: Value, shown: object) -> None:
    assert Words(terms({"hot": "A", "cold": "B"})).to_right(value) == shown


def test_a_word_without_a_counterpart_keeps_all_of_its_choices_back() -> None:
    assert Words(terms({"hot": "A"})).to_right(("hot", "warm")) is NO_TRANSLATION


def test_a_choice_with_the_separator_in_it_is_not_joined() -> None:
    assert Join("; ").to_right(("a", "b;c")) is NO_TRANSLATION


@pytest.mark.parametrize("value", ["7", "GG-", "XX-7", "GG- 7"])
def test_a_value_without_the_prefix_has_no_way_back(value: str) -> None:
    assert Prefix("GG-").to_left(value) is NO_TRANSLATION


def test_characters_are_stripped_from_both_ends() -> None:
    assert OneWay(stripped("()#")).to_right("(#a (b)") == "a (b"
    assert OneWay(stripped("#")).to_right("##") is None
