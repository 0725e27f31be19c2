import re
import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.values import phone

REGIONS = st.sampled_from([(), ("US",), ("NZ", "US"), ("GB",), ("AR", "MX"), ("IT", "DE"), ("XX",), ("XK",)])
TYPED = st.text(alphabet="0123456789+-() ./x", max_size=20)


@pytest.mark.parametrize(
    ("raw", "regions", "e164"),
    [
        ("777-889-3825", ("US",), "+17778893825"),
        ("778-889-3825", ("US",), "+17788893825"),
        ("+18832327657", ("US",), "+18832327657"),
        ("+1 888-888-8880", (), "+18888888880"),
        ("+17788893825", ("NZ",), "+17788893825"),
        ("555-555-0133", ("US",), "+15555550133"),
        ("+44 20 7946 0123", ("US",), "+442079460123"),
    ],
)
def test_the_samples_of_the_documents_are_read(raw: str, regions: tuple[str, ...], e164: str) -> None:
    assert phone.to_e164(raw, regions) == e164


def test_a_stored_number_that_is_one_digit_too_long_is_not_possible() -> None:
    assert phone.to_e164("+178655689546", ("US",)) is None


@pytest.mark.parametrize("regions", [("NZ", "US"), ("US", "NZ")])
def test_of_two_regions_the_one_counts_in_which_the_number_is_valid(regions: tuple[str, ...]) -> None:
    assert phone.to_e164("021 555 0123", regions) == "+64215550123"
    assert phone.to_e164("312-555-0123", ("NZ", "US")) == "+13125550123"


def test_where_it_is_valid_in_neither_the_first_counts_in_which_it_is_possible() -> None:
    assert phone.to_e164("777-889-3825", ("US", "NZ")) == "+17778893825"
    assert phone.to_e164("777-889-3825", ("NO", "US")) == "+17778893825"


@pytest.mark.parametrize(
    "raw", ["0044 20 7946 0123", "(0044) 20 7946 0123", "+44 (0)20 7946 0123", "tel:+44-20-7946-0123"]
)
@pytest.mark.parametrize("regions", [(), ("US",), ("NZ", "US")])
def test_a_country_code_needs_no_region(raw: str, regions: tuple[str, ...]) -> None:
    assert phone.to_e164(raw, regions) == "+442079460123"


def test_the_own_prefix_for_calls_abroad_is_understood() -> None:
    assert phone.to_e164("011 44 20 7946 0123", ("US",)) == "+442079460123"


@pytest.mark.parametrize("raw", ["+1 212 555 0123 ext. 4", "212-555-0123 x4", "+1-212-555-0123;ext=4"])
def test_an_extension_is_left_out(raw: str) -> None:
    assert phone.to_e164(raw, ("US",)) == "+12125550123"


@pytest.mark.parametrize("raw", ["911", "12", "", "call me", "+", "+999 123 456 789", "0" * 300, "+0 212 555 0123"])
def test_what_cannot_be_dialled_from_abroad_is_no_number(raw: str) -> None:
    assert phone.to_e164(raw, ("US",)) is None


def test_without_a_region_a_national_number_means_nothing() -> None:
    assert phone.to_e164("212-555-0123", ()) is None
    assert phone.to_e164("212-555-0123", ("XX",)) is None


def test_a_number_that_went_through_a_table_of_floats_is_read() -> None:
    assert phone.to_e164("7788893825.0", ("US",)) == "+17788893825"


def test_the_zero_of_italian_numbers_stays() -> None:
    assert phone.to_e164("06 6982 0123", ("IT",)) == "+390669820123"


@settings(max_examples=200, deadline=None)  # the first number loads the tables of its region
@given(TYPED | st.text(max_size=20), REGIONS)
@example("+43000000", ())  # possible only locally, and read otherwise the second time
def test_reading_twice_is_reading_once(raw: str, regions: tuple[str, ...]) -> None:
    once = phone.to_e164(raw, regions)
    if once is not None:
        assert re.fullmatch(r"\+[1-9][0-9]{1,16}", once)
        assert phone.to_e164(once, ()) == once
        assert phone.to_e164(once, regions) == once


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"[ ().-]{0,3}[2-9][0-9]{2}[ ().-]{0,3}[0-9]{3}[ ().-]{0,3}[0-9]{4}[ ().-]{0,3}", fullmatch=True))
@example("(212) 555-0123")
def test_what_is_plainly_american_is_read_as_the_tables_read_it(raw: str) -> None:
    by_tables = phonenumbers.format_number(phonenumbers.parse(raw, "US"), phonenumbers.PhoneNumberFormat.E164)
    assert phone.to_e164(raw, ("US",)) == by_tables


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("+49 30 5550123 Fax", "+49305550123"),
        ("+49 30 5550123 (Büro)", "+49305550123"),
        ("Fax: 0049 30 5550123", "+49305550123"),
        ("Tel.: +49 30 5550123", "+49305550123"),
        ("mobile +49 170 5550124 evenings", "+491705550124"),
        ("212-555-0123 work", "+12125550123"),
        ("555-0133 Fax", "+15550133"),
        ("1-800-555-0123 CALL", "+18005550123"),
        ("1-800-FLOWERS", "+18003569377"),
        ("+49 30 5550123/24", "+49305550123"),
    ],
)
def test_words_beside_a_number_are_no_digits(raw: str, e164: str) -> None:
    assert phone.to_e164(raw, ("US",)) == e164


@pytest.mark.parametrize("between", [" / ", "/", ", ", "; ", " or ", " und ", " & ", "\n", " | ", " ", " Fax: "])
def test_of_two_numbers_in_a_field_the_first_counts_and_both_are_known(between: str) -> None:
    raw = f"+49 30 5550123{between}+49 170 5550124"
    assert phone.to_e164(raw, ("US",)) == "+49305550123"
    assert phone.all_in(raw, ("US",)) == ("+49305550123", "+491705550124")


def test_two_national_numbers_in_a_field_are_two() -> None:
    assert phone.all_in("030/5550123, 0170/5550124", ("DE",)) == ("+49305550123", "+491705550124")
    assert phone.all_in("2125550123 2125550124", ("US",)) == ("+12125550123", "+12125550124")
    assert phone.all_in("212-555-0123 / 212-555-0124 x5", ("US",)) == ("+12125550123", "+12125550124")


def test_the_other_number_stays_where_the_first_is_written() -> None:
    written = phone.with_first("212-555-0123 / 212-555-0124", "+12125550199")
    assert phone.all_in(written, ("US",)) == ("+12125550199", "+12125550124")
    assert phone.with_first("212-555-0123 x4", "+12125550199") == "+12125550199"


@pytest.mark.parametrize(
    "raw",
    [
        "0000000000", "000-000-0000", "+1 000 000 0000", "+00000000000", "1111111111", "+1 111 111 1111",
        "5555555555", "(555) 555-5555", "+1 (555) 555-5555", "+49 5555555555", "+44 7777777777", "9999999999",
        "1234567890", "(123) 456-7890", "+1 123-456-7890", "+49 1234567890", "+91 1234567890", "5555555555 ext. 5",
        "5555555555 / 0000000000", "555-5555", "+999999999999",
    ],
)  # fmt: skip
def test_what_was_typed_to_fill_a_field_is_no_number(raw: str) -> None:
    assert phone.to_e164(raw, ("US",)) is None


def test_the_number_beside_a_placeholder_counts() -> None:
    assert phone.to_e164("0000000000 / 212-555-0123", ("US",)) == "+12125550123"


@pytest.mark.parametrize("raw", ["+52 1 55 5555 0123", "+5215555550123", "0052 1 55 5555 0123", "+52 55 5555 0123"])
def test_the_old_mobile_prefix_of_mexico_goes(raw: str) -> None:
    assert phone.to_e164(raw, ("US",)) == "+525555550123"


@pytest.mark.parametrize("raw", ["044 55 5555 0123", "1 55 5555 0123", "55 5555 0123"])
def test_it_goes_from_numbers_without_a_country_code_too(raw: str) -> None:
    assert phone.to_e164(raw, ("MX",)) == "+525555550123"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+5511985550123", "+551185550123"),
        ("+5491155550123", "+541155550123"),
        ("+5215555550123", "+525555550123"),
    ],
)
def test_digits_that_came_with_the_years_distinguish_no_numbers_and_stay(one: str, other: str) -> None:
    assert phone.key(one) == phone.key(other)
    assert {phone.to_e164(each, ("US",)) for each in (one, other)} <= {one, other}


@pytest.mark.parametrize(
    ("one", "other"),
    [("+5511925550123", "+551125550123"), ("+12125550123", "+12125550124"), ("+54911555501234", "+5411555501234")],
)
def test_other_digits_do(one: str, other: str) -> None:
    assert phone.key(one) != phone.key(other)


@given(st.from_regex(r"\+(?:1|44|49|52|54|55)[0-9]{6,12}", fullmatch=True))
def test_a_key_of_a_key_is_itself(e164: str) -> None:
    assert phone.key(phone.key(e164)) == phone.key(e164)


def test_the_tables_are_loaded_only_when_a_number_is_read() -> None:
    code = "import sys, connectors.values.phone; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603  code of our own


def test_a_number_that_is_possible_only_locally_is_carried_as_it_is() -> None:
    assert phone.to_e164("555-0133", ("US",)) == "+15550133"
