"""What no reader sees is no part of a value: wherever it stands, in whatever kind of field."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.contact import same
from connectors.values import email, labels, phone, text

UNSEEN = (
    "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u00ad\ufeff\u034f\u061c\u180e\u3164"
)
JOINERS = "\u200c\u200d"
HARD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(f"{UNSEEN}{JOINERS}\ufe0f\t\n\u0301e\u0646\u094d\u2764👩🚀🏴\U000e0067\U000e007f"),
    )
)


@pytest.mark.parametrize("mark", UNSEEN + JOINERS)
def test_an_invisible_character_inside_or_around_a_value_is_removed(mark: str) -> None:
    assert text.clean(f"{mark}Ana{mark} Am{mark}es{mark}") == "Ana Ames"
    assert text.clean_line(f"{mark}Ana {mark} Ames") == "Ana Ames"
    assert email.clean(f"{mark}a{mark}na@exam{mark}ple.com{mark}") == "ana@example.com"
    assert phone.to_e164(f"{mark}+1 212{mark} 555 0123{mark}", ("US",)) == "+12125550123"
    assert labels.clean([f"{mark}ho{mark}t"]) == ("hot",)
    assert text.clean(mark) is None


@pytest.mark.parametrize("control", ["\x01", "\x07", "\x1b", "\x7f", "\x9b", "\x86"])
def test_a_control_character_is_removed(control: str) -> None:
    assert text.clean(f"A{control}na{control}") == "Ana"


def test_line_ends_stay_and_a_tab_is_a_space() -> None:
    assert text.clean("one\ttwo\x1fthree\u2028four\nfive\x0bsix") == "one two three\nfour\nfive\nsix"


@pytest.mark.parametrize(
    "word",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian: the letters would join without it
        "\u0d28\u0d4d\u200d",  # Malayalam: an older spelling of a chillu, at the end of a word
        "\u0915\u094d\u200d\u0937",  # Hindi: the half form of a letter
    ],
)
def test_a_joiner_stays_where_letters_need_it_and_makes_no_difference(word: str) -> None:
    assert text.clean(word) == word
    assert same("first_name", word, word.replace("\u200c", "").replace("\u200d", ""))


@pytest.mark.parametrize(
    "emoji",
    [
        "👩\u200d🚀",
        "❤\ufe0f\u200d🔥",
        "👨🏽\u200d👩🏽\u200d👧🏽",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "🙂\u200d↔\ufe0f",
    ],
)
def test_an_emoji_of_several_stays_one(emoji: str) -> None:
    assert text.clean(f"Ana {emoji}") == f"Ana {emoji}"
    assert labels.clean([emoji]) == (emoji,)


def test_tags_without_a_flag_are_removed() -> None:
    assert text.clean("An\U000e0041\U000e0042a") == "Ana"


@given(HARD)
@example("e\u200d\u0301")
@example("\u0646\u200d\u200d")
@example("🏴\u200b\U000e0067")
@example("\u200d\u0646\u200c")
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    once, line = text.clean(raw), text.clean_line(raw)
    assert text.clean(once) == once
    assert text.clean_line(line) == line


@given(HARD)
def test_a_value_is_the_same_as_before_it_was_cleaned(raw: str) -> None:
    assert text.comparable(text.tidy(raw)) == text.comparable(raw)
    assert text.comparable(text.comparable(raw)) == text.comparable(raw)


@given(st.text(st.sampled_from("abc \u0646")), st.sampled_from(UNSEEN), st.integers(0, 9))
def test_a_shadow_with_something_invisible_is_no_edit_after_the_upgrade(plain: str, mark: str, place: int) -> None:
    assert same("city", plain[:place] + mark + plain[place:], plain)
