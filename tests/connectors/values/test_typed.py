"""Values by type: conversions are stable both ways, and what does not convert is unmapped (R47)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeGuard

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Value
from connectors.fields import TYPES, FieldType, Place
from connectors.values import instant, number
from connectors.values.text import Unknown, Unmapped
from connectors.values.typed import Decoded, decode, encode, fit, key

REGIONS = ("US",)
OPTIONS = ("Gold", "Silver, old", "Café", 'The "best"')

WORDS = st.text(min_size=1, max_size=20)
RAW = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.lists(WORDS, max_size=4), st.decimals().map(str),
    st.dates().map(str), st.datetimes(timezones=st.just(UTC)).map(instant.render),
    st.sampled_from(["1,234.50", "$1,234.50", "1.234,50 EUR", "09/25/1990", "yes", "NaN", "a@b.com"]),
    st.sampled_from(["+1 303 555 0123", "(303) 555-0123", "example.com", "a, b", '"a, b", c']),
)  # fmt: skip


def is_value(found: Decoded) -> TypeGuard[Value]:
    return not isinstance(found, Unknown | Unmapped)


@given(st.sampled_from(TYPES), RAW)
def test_decoding_twice_equals_decoding_once(field_type: FieldType, raw: Any) -> None:
    found = decode(field_type, raw, REGIONS)
    if is_value(found):
        again = decode(field_type, list(found) if isinstance(found, tuple) else found, REGIONS)
        assert again == found


@given(st.sampled_from(TYPES), RAW)
def test_what_a_text_place_is_given_is_read_back_as_the_same_value(field_type: FieldType, raw: Any) -> None:
    found = decode(field_type, raw, REGIONS)
    if is_value(found):
        place = Place("custom1", "custom1")
        assert decode(field_type, encode(field_type, fit(field_type, found, place), place), REGIONS) == found


@given(st.sampled_from(TYPES), RAW)
def test_what_a_place_of_the_same_type_is_given_is_read_back_as_the_same_value(field_type: FieldType, raw: Any) -> None:
    found = decode(field_type, raw, REGIONS)
    place = Place("p", "P", field_type)
    if is_value(found):
        try:
            fitting = fit(field_type, found, place)
        except ValueError:
            return
        assert decode(field_type, encode(field_type, fitting, place), REGIONS) == found


@given(st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True))
def test_options_with_commas_and_quotes_survive_a_text_place(chosen: list[str]) -> None:
    value = decode("choices", chosen)
    assert is_value(value)
    text_place = Place("custom1", "custom1")
    assert decode("choices", encode("choices", value, text_place)) == value
    assert decode("choices", encode("choices", value, Place("p", "P", "choices", OPTIONS))) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=4))
def test_a_number_is_the_same_in_every_way_to_write_it(amount: Decimal) -> None:
    canonical = number.parse(str(amount))
    assert canonical is not None
    assert Decimal(canonical) == amount
    assert number.parse(f"{amount:,}") == canonical
    assert decode("money", f"${amount:,}" if amount >= 0 else f"-${-amount:,}") == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("1,234.50", "1234.5"), ("1234.5", "1234.5"), ("1.234,50", "1234.5"), ("1 234,5", "1234.5"),
        ("1'234.5", "1234.5"),
        ("1,234", "1234"), ("1.234", "1.234"), ("1,5", "1.5"), ("1.234.567", "1234567"), ("-0", "0"), ("0.0", "0"),
        ("1e3", "1000"), (12, "12"), (1.5, "1.5"), (1e21, "1000000000000000000000"), ("+7", "7"), (".5", "0.5"),
        ("\u22125", "-5"),
        ("0,123", "0.123"), ("-0,123", "-0.123"), ("0,5", "0.5"), (",5", "0.5"), ("0.123", "0.123"),
        ("0,1234", "0.1234"), ("1234,567", "1234.567"), ("1 234,567", "1234.567"),
        ("12\u202f345\u202f678,9", "12345678.9"),
        ("1'234.50", "1234.5"), ("1'234'567", "1234567"), ("1.234,5", "1234.5"), ("1.234.567,89", "1234567.89"),
        ("1,234,567.891", "1234567.891"), ("-1,234", "-1234"), ("-1.234,5", "-1234.5"), ("999,999", "999999"),
        ("0,000", "0"), ("10,000", "10000"), ("007", "7"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written(written: Any, canonical: str) -> None:
    assert decode("number", written) == canonical


@pytest.mark.parametrize("written",
    [
        "twelve", "1,23,4", "1,2.3.4", "12 apples", "1-2", "$5", True, "9" * 99,
        "0,123,456", "0.123.456", "0.123,5", "01,234", "0 123", "1,234 567", "1.234 567", "1,234,5", "1.234.5",
        "1234 567", "1 234'567", "12,34,567", "5,", "1 2345", "1,234.567,8",
    ],
)  # fmt: skip
def test_what_is_no_number_is_unmapped(written: Any) -> None:
    assert isinstance(decode("number", written), Unmapped)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("$1,234.50", "1234.5"), ("1.234,50 €", "1234.5"), ("USD 12", "12"), ("-$5", "-5"), ("12 EUR", "12"), (7, "7"),
        ("0,50 €", "0.5"), ("€ 1.234.567", "1234567"), ("$1,234", "1234"), ("$0.123", "0.123"), ("1.234", "1.234"),
        ("-1'234.50 CHF", "-1234.5"), ("1 234,5 SEK", "1234.5"),
    ],
)  # fmt: skip
def test_money_is_read_without_its_currency(written: Any, canonical: str) -> None:
    assert decode("money", written) == canonical


@pytest.mark.parametrize("written", ["$", "USD", "5 $ 6", "ABCD 5", "--5", "-$-5", "1.234 €", "-USD 1.234"])
def test_what_is_no_amount_is_unmapped(written: str) -> None:
    assert isinstance(decode("money", written), Unmapped)


@pytest.mark.parametrize(
    "written",
    [
        "1990/09/25", "09/25/1990", "1990-09-25", "09-25-1990", "1990.09.25", "09.25.1990", "1990_09_25", "09_25_1990",
        "1990-09-25T00:00:00.000Z", "1990-09-25T23:59:59Z",
    ],
)  # fmt: skip
def test_a_date_is_read_in_every_documented_form(written: Any) -> None:
    assert decode("date", written) == "1990-09-25"


@pytest.mark.parametrize("written", [1772323200, "1772323200", 1772323200000, 1772323200000.0, "1772323200000"])
def test_ten_digits_are_seconds_and_thirteen_are_milliseconds(written: Any) -> None:
    assert decode("date", written) == "2026-03-01"
    assert decode("datetime", written) == "2026-03-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "written", [20260301, 45000, 0, 5, -5, 2026.5, 654220800000, "654220800000", 202603011200, 1e14, 10**15, 1e300]
)
@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_a_number_of_other_length_is_no_moment(kind: FieldType, written: Any) -> None:
    assert isinstance(decode(kind, written), Unmapped)


@pytest.mark.parametrize("written", ["25/12/2020", "2020-02-30", "soon", "12/2020", True, "2020-1/2"])
def test_what_is_no_date_is_unmapped(written: Any) -> None:
    assert isinstance(decode("date", written), Unmapped)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_kept_to_the_millisecond(moment: datetime) -> None:
    assert decode("datetime", moment.isoformat()) == instant.render(moment)
    assert decode("datetime", instant.render(moment)) == instant.render(moment)


@pytest.mark.parametrize(
    ("written", "canonical"), [(True, "yes"), ("TRUE", "yes"), ("No", "no"), (0, "no"), (1, "yes"), (["Yes"], "yes")]
)
def test_yes_and_no_are_read_as_they_are_written(written: Any, canonical: str) -> None:
    assert decode("boolean", written) == canonical


def test_yes_is_written_as_the_option_that_means_it() -> None:
    place = Place("vip", "VIP", "choice", ("Yes", "No"))
    assert encode("boolean", fit("boolean", "yes", place), place) == "Yes"
    with pytest.raises(ValueError, match="has no option for no"):
        fit("boolean", "no", Place("vip", "VIP", "choice", ("Yes",)))


def test_a_choice_takes_the_spelling_of_the_option() -> None:
    place = Place("tier", "Tier", "choice", OPTIONS)
    assert fit("choice", "gold", place) == "Gold"
    assert fit("choices", ("CAFÉ", "gold"), Place("tier", "Tier", "choices", OPTIONS)) == ("Café", "Gold")
    with pytest.raises(ValueError, match="Tier has no option bronze"):
        fit("choice", "bronze", place)


def test_a_number_with_more_digits_than_json_keeps_does_not_fit_a_number_place() -> None:
    place = Place("score", "Score", "number")
    with pytest.raises(ValueError, match="cannot hold all digits"):
        fit("number", "0.12345678901234567890123", place)
    assert fit("number", "0.12345678901234567890123", Place("custom1", "custom1")) == "0.12345678901234567890123"


def test_several_values_are_no_single_one() -> None:
    assert isinstance(decode("choice", ["a", "b"]), Unmapped)
    assert decode("choice", ["a"]) == "a"
    assert decode("choice", []) is None


def test_values_compare_by_their_type() -> None:
    assert key("choice", "Gold") == key("choice", "gold")
    assert key("email", "A@Example.com") == key("email", "a@example.com")
    assert key("url", "https://www.example.com/") == key("url", "http://example.com")
    assert key("text", "Gold") != key("text", "gold")
    assert key("choices", ("B", "a")) == key("choices", ("A", "b"))
