import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.values import message_text

WRITTEN = st.text(st.one_of(st.characters(), st.sampled_from("\u21b5\r\n\t\u00a0\u200b\u00ad\ufeff\u0301 e")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hey Louis,↵↵You hate prospecting.", "Hey Louis,\n\nYou hate prospecting."),
        ("Hey Louis,\r\n\r\nYou hate", "Hey  Louis,\tYou hate\n"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("\ufeffHello\u00a0there", "Hel\u00adlo\u200b there"),
        ("  \n", ""),
        ("", None),
    ],
)
def test_what_a_server_does_to_a_text_makes_no_other_text_of_it(one: str, other: str | None) -> None:
    assert message_text.same(one, other)
    assert message_text.same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Yes", "yes"), ("Yes", "Yes."), ("see you", "seeyou"), ("None", None), ("1\u00b2", "12"), ("👩\u200d🚀", "👩🚀")],
)
def test_whatever_can_be_read_counts(one: str, other: str | None) -> None:
    assert not message_text.same(one, other)


@given(WRITTEN)
def test_to_compare_what_is_comparable_changes_nothing(raw: str) -> None:
    once = message_text.comparable(raw)
    assert message_text.comparable(once) == once
    assert once == unicodedata.normalize("NFC", once)
    assert "\n" not in once


@given(WRITTEN)
def test_a_text_that_was_cleaned_is_still_the_same_text(raw: str) -> None:
    assert message_text.same(message_text.tidy(raw), raw)
    assert message_text.same(raw.replace("\n", "\r\n"), raw)


@given(WRITTEN, WRITTEN)
def test_white_space_between_words_is_one_space(one: str, other: str) -> None:
    assert message_text.same(f"{one}\n \n{other}", f"{one} {other}")
