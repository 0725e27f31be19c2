import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.values import company_domain, email
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
        "jane doe@example.com",
        "jane@exam ple.com",
        "Jane <jane doe@example.com>",
        "jane doe@example.com, joe",
        "please ask jane@example.com",
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


@pytest.mark.parametrize(
    ("raw", "addresses"),
    [
        ("Ana Ames <ana@example.com>", ["ana@example.com"]),
        ('"Ames, Ana" <Ana@Example.com>', ["Ana@example.com"]),
        ("<ana@example.com>", ["ana@example.com"]),
        ("Ana Ames <mailto:ana@example.com>", ["ana@example.com"]),
        ("'ana@example.com'", ["ana@example.com"]),
        ("E-mail: ana@example.com", ["ana@example.com"]),
        ("ana@example.com (work)", ["ana@example.com"]),
        ("ana@example.com - work, till June", ["ana@example.com"]),
        ("ana@example.com, joe@example.com", ["ana@example.com", "joe@example.com"]),
        ("ana@example.com;joe@example.com; ", ["ana@example.com", "joe@example.com"]),
        ("ana@example.com / joe@example.com", ["ana@example.com", "joe@example.com"]),
        ("ana@example.com/joe@example.com", ["ana@example.com", "joe@example.com"]),
        ("ana@example.com joe@example.com", ["ana@example.com", "joe@example.com"]),
        ("ana@example.com\njoe@example.com", ["ana@example.com", "joe@example.com"]),
        ("Ana <ana@example.com>, Joe <joe@example.com>", ["ana@example.com", "joe@example.com"]),
        ("ana@example.com, ANA@example.com, n/a", ["ana@example.com"]),
        ("a/b@example.com", ["a/b@example.com"]),
        ("jane doe@example.com, joe@example.com", ["joe@example.com"]),
        ("ana@例え。example", ["ana@例え.example"]),
    ],
)
def test_the_addresses_are_read_out_of_a_field_and_the_first_is_the_one(raw: str, addresses: list[str]) -> None:
    assert email.clean(raw) == addresses[0]
    assert list(email.all_in(raw)) == addresses


def test_the_other_addresses_stay_where_the_first_is_written() -> None:
    assert email.with_first("Ana <ana@example.com>; joe@example.com", "new@example.com") == (
        "new@example.com, joe@example.com"
    )
    assert email.with_first("ana@example.com; joe@example.com", "JOE@example.com") == "JOE@example.com"
    assert email.with_first(None, "new@example.com") == "new@example.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane@example.com", "jANE@example.com"),
        ("jane@faß.example", "jane@xn--fa-hia.example"),
        ("jane@Müller.example", "jane@XN--MLLER-KVA.example"),
        ("jane@mu\u0308ller.example", "jane@m\u00fcller.example"),
        ("zoe\u0308@example.com", "zo\u00eb@example.com"),
        ("ÅSA@example.com", "åsa@example.com"),
        ("jane@\uff45xample.com", "jane@example.com"),
    ],
)
def test_two_spellings_of_an_address_are_one_contact(one: str, other: str) -> None:
    assert email.key(one) == email.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("office@faß.example", "office@fass.example"),
        ("strauß@example.com", "strauss@example.com"),
        ("\ufb01n@example.com", "fin@example.com"),
        ("\u0131da@example.com", "ida@example.com"),
        ("\u0130da@example.com", "ida@example.com"),
        ("\u017fam@example.com", "sam@example.com"),
        ("office@\u03bf\u03c2.example", "office@\u03bf\u03c3.example"),
    ],
)
def test_what_only_folding_makes_the_same_is_two_contacts(one: str, other: str) -> None:
    assert email.key(one) != email.key(other)
    assert (
        company_domain.of_email(one) != company_domain.of_email(other)
        or one.partition("@")[2] == other.partition("@")[2]
    )


@pytest.mark.parametrize(
    "host", ["xn--.example", "xn--\u00fc.example", "i\u2764.example", "a\u200db.example", "\u0301.example"]
)
def test_a_label_that_no_standard_takes_is_compared_all_the_same(host: str) -> None:
    assert email.key(f"a@{host}") == email.key(f"A@{host}")
    company_domain.of_email(f"a@{host}")


@given(st.text(), st.text())
def test_a_key_of_a_key_is_itself(local: str, host: str) -> None:
    once = email.key(f"{local}@{host}.example")
    assert email.key(once) == once


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
