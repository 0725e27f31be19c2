import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.values import text
from connectors.values.text import UNKNOWN, Unmapped
from tests.connectors.values.json_values import ANYTHING


@pytest.mark.parametrize("raw", [None, "", " ", "\t\n", "\u00a0", "\u200b", "\ufeff", "\u21b5", "\x00"])
def test_nothing_is_empty(raw: object) -> None:
    assert text.clean(raw) is None
    assert text.clean_line(raw) is None


@pytest.mark.parametrize("raw", ["NaN", "nan", "null", "None", "N/A", " NaN ", float("nan"), float("inf")])
def test_dirt_is_unknown(raw: object) -> None:
    assert text.clean(raw) is UNKNOWN
    assert text.clean_line(raw) is UNKNOWN


@pytest.mark.parametrize("name", ["Nan", "Null", "NAN", "none", "n/a", "Nana", "NaN Industries"])
def test_other_spellings_of_dirt_can_be_names(name: str) -> None:
    assert text.clean(name) == name


@pytest.mark.parametrize("raw", [[], {}, ["a"], {"name": "a"}, UNKNOWN, object()])
def test_what_is_no_single_value_is_unknown(raw: object) -> None:
    assert text.clean(raw) is UNKNOWN


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (100, "100"),
        (100.0, "100"),
        (0, "0"),
        (-0.0, "0"),
        (-5, "-5"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1e22, "1" + "0" * 22),
        (True, "true"),
        (False, "false"),
    ],
)
def test_a_number_becomes_its_plain_digits(raw: object, plain: str) -> None:
    assert text.clean(raw) == plain


def test_an_integer_with_more_digits_than_python_prints_does_not_crash() -> None:
    assert text.clean(10**5000) == "1" + "0" * 5000


def test_the_arrow_that_the_documents_print_for_a_line_end_becomes_one() -> None:
    assert text.clean("Hi Tony,\u21b5\u21b5Steve") == "Hi Tony,\n\nSteve"


def test_line_ends_of_other_machines_become_one_kind() -> None:
    assert text.clean("one\r\ntwo\rthree\n") == "one\ntwo\nthree"


def test_a_line_has_single_spaces() -> None:
    assert text.clean_line("  New \u00a0\r\n Zealand ") == "New Zealand"


def test_decomposed_letters_are_composed() -> None:
    assert text.clean("Zoe\u0308") == "Zo\u00eb"


def test_what_cannot_be_stored_does_not_come_out() -> None:
    assert text.clean("a\x00b\ud800c") == "ab\ufffdc"


def test_every_white_space_is_trimmed() -> None:
    spaces = "".join(filter(str.isspace, map(chr, range(0x11000))))
    assert text.clean(f"{spaces}a{spaces}") == "a"


@given(st.text())
@example("\u21b5NaN")
@example("e\x00\u0301")
@example("\r\u200b\n")
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    once, line = text.clean(raw), text.clean_line(raw)
    assert text.clean(once) == once
    assert text.clean_line(line) == line


@given(ANYTHING)
def test_any_json_is_text_or_empty_or_unknown(raw: object) -> None:
    found = text.clean_line(raw)
    assert found is None or found is UNKNOWN or (isinstance(found, str) and found == found.strip() != "")
    assert found not in text.DIRT
    if isinstance(found, str):
        found.encode()
        assert unicodedata.is_normalized("NFC", found)


@pytest.mark.parametrize("raw", ["a" * 65_537, "\u00e9" * 32_769, "x" * 10_000_000, 10**70_000], ids=range(4))
def test_a_value_of_more_than_64_kilobytes_is_refused_with_its_length(raw: object) -> None:
    for found in (text.clean(raw), text.clean_line(raw)):
        assert isinstance(found, Unmapped)
        assert "bytes" in found.raw
        assert len(found.raw) < 200


@pytest.mark.parametrize("raw", ["a" * 65_536, "\u00e9" * 32_768], ids=range(2))
def test_a_value_of_64_kilobytes_is_none_too_many(raw: str) -> None:
    assert text.clean(raw) == raw


@pytest.mark.parametrize("raw", [{}, [], [[]], {"a": "x"}, True, "\ud83d", "a\ufffdb", "\x00", "x" * 70_000])
def test_what_no_one_can_read_is_told_from_what_is_empty(raw: object) -> None:
    assert text.is_illegible(raw)


@pytest.mark.parametrize("raw", [None, "", " ", "\u200b", "NaN", "no address", 0, 7, 1.5, "x\x00", "\t"])
def test_what_is_empty_or_dirt_can_be_read(raw: object) -> None:
    assert not text.is_illegible(raw)
