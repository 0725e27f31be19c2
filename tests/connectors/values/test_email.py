import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.values import email
from connectors.values.text import UNKNOWN, Unmapped
from tests.connectors.values.json_values import ANYTHING


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("Jane.Doe@Example.COM", "Jane.Doe@example.com"),
        (" jane@example.com\n", "jane@example.com"),
        ("mailto:jane@example.com", "jane@example.com"),
        ("MAILTO: jane@example.com?subject=Hi", "jane@example.com"),
        ("jane@example.com.", "jane@example.com"),
        ("o'neil+tag@mail.example.org", "o'neil+tag@mail.example.org"),
        ("jane..doe.@example.com", "jane..doe.@example.com"),
        ("jane@team.test", "jane@team.test"),
        ("jürgen@Müller.example", "jürgen@müller.example"),
        ("john@deo.com", "john@deo.com"),
    ],
)
def test_the_domain_is_lower_cased_and_the_rest_kept(raw: str, address: str) -> None:
    assert email.clean(raw) == address


@pytest.mark.parametrize(
    "raw",
    [
        "jane",
        "jane@",
        "@example.com",
        "jane@localhost",
        "jane@@example.com",
        "jane@example.com, joe@example.com",
        "jane doe@example.com",
        "jane@exam ple.com",
        "Jane <jane@example.com>",
        "jane@example..com",
        "jane@.com",
        "mailto:",
        "@",
    ],
)
def test_what_cannot_be_an_address_is_unmapped(raw: str) -> None:
    assert email.clean(raw) == Unmapped(raw)


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_no_address_is_empty(raw: object) -> None:
    assert email.clean(raw) is None


def test_dirt_is_unknown() -> None:
    assert email.clean("NaN") is UNKNOWN


def test_addresses_are_compared_without_case() -> None:
    assert email.key("Jane@example.com") == email.key("jANE@example.com")


@given(st.emails() | st.text() | st.builds("{}@{}.{}".format, st.text(), st.text(), st.text()))
@example("mailto:mailto:a@b.c")
@example("a@\u0130\u0323.com")
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    once = email.clean(raw)
    if isinstance(once, str):
        assert email.clean(once) == once


@given(st.from_regex(r"[a-z][a-z0-9.+_-]{0,20}@[a-z0-9-]{1,20}\.(com|org|test)", fullmatch=True))
def test_a_plain_address_comes_through_untouched(raw: str) -> None:
    assert email.clean(raw) == raw


@given(ANYTHING)
def test_any_json_is_an_address_or_says_why_not(raw: object) -> None:
    found = email.clean(raw)
    assert not isinstance(found, str) or found.count("@") == 1
