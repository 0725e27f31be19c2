"""Values of both sides that a transform makes equal agree, whichever side wrote them first (R10, R48)."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Value
from connectors.fields import FieldType
from connectors.values.typed import decode
from sync.rules.transforms import CASES, Join, OneWay, Prefix, Transform, Words
from sync.rules.translation import NO_TRANSLATION, terms
from sync.rules.typed_fields import TypedField

JOINED: tuple[FieldType, FieldType] = ("choices", "text")
SPLIT: tuple[FieldType, FieldType] = ("text", "choices")
TEXTS: tuple[FieldType, FieldType] = ("text", "text")
MAP = Words(terms({"Replied": "Engaged", "hot": "A", "warm": "A"}))


@pytest.mark.parametrize(
    ("types", "transform", "left", "right"),
    [
        (JOINED, Join("; "), ("red", "blue"), "red; blue"),
        (JOINED, Join("; "), ("blue", "red"), "Red;  BLUE"),
        (JOINED, Join("; "), ("blue", "red"), "red; blue; red"),
        (SPLIT, Join("; ", splits=True), "red;blue", ("blue", "red")),
        (TEXTS, MAP, "replied", "engaged"),
        (TEXTS, MAP, "WARM", "a"),
        (("choices", "choices"), MAP, ("hot", "warm"), ("a",)),
        (TEXTS, Prefix("GG-"), "7", "GG-7"),
        (TEXTS, OneWay(CASES["upper"]), "ceo", "CEO"),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_values_that_a_transform_makes_equal_agree(
    types: tuple[FieldType, FieldType], transform: Transform, left: Value, right: Value, backwards: bool
) -> None:
    if not transform.invertible and backwards:
        left, right = right, left
    assert TypedField(*types, transform, backwards).same(left, right)


@pytest.mark.parametrize(
    ("types", "transform", "left", "right"),
    [
        (JOINED, Join("; "), ("blue", "red"), "blue"),
        (JOINED, Join("; "), ("blue", "red"), None),
        (TEXTS, MAP, "Replied", "A"),
        (TEXTS, MAP, "unknown", "unknown"),
        (TEXTS, Prefix("GG-"), "7", "7"),
        (TEXTS, OneWay(CASES["upper"]), "CEO", "ceo"),
    ],
)
def test_other_values_differ(
    types: tuple[FieldType, FieldType], transform: Transform, left: Value, right: Value
) -> None:
    assert not TypedField(*types, transform).same(left, right)


@given(
    values=st.lists(st.text("abcD éß", min_size=1, max_size=4), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_a_text_with_the_choices_in_any_order_agrees(values: list[str], order: Random) -> None:
    choices = decode("choices", values)
    field = TypedField(*JOINED, Join("; "))
    if not isinstance(choices, tuple):
        return
    shuffled = list(choices)
    order.shuffle(shuffled)
    assert field.carried(choices, "right") is not NO_TRANSLATION
    assert field.same(choices, ";".join(shuffled))
