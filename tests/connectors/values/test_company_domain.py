import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.values import company_domain, domain, web


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://www.ACME.example.com/about?x=1#top", "acme.example.com"),
        ("http://example.org:8080", "example.org"),
        ("https://example.com?utm=x", "example.com"),
        ("https://www2.example.com", "www2.example.com"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("https://faß.example", "xn--fa-hia.example"),
        ("https://xn--fa-hia.example", "xn--fa-hia.example"),
        ("https://fass.example", "fass.example"),
        ("https://www.linkedin.com/company/example", None),
        ("https://example.wordpress.com", None),
        ("https://localhost", None),
    ],
)
def test_a_web_address_names_the_domain_in_one_spelling_unless_every_contact_can_have_a_page_there(
    address: str, name: str | None
) -> None:
    assert company_domain.of_website(address) == name


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("Ada@Mail.Example.com", "mail.example.com"),
        ("ada@www.example.com", "example.com"),
        ("ada@gmail.com", None),
        ("ada@YAHOO.co.uk", None),
        ("ada@notgmail.com", "notgmail.com"),
        ("ada", None),
    ],
)
def test_an_e_mail_address_names_the_domain_unless_every_contact_can_have_one_there(
    address: str, name: str | None
) -> None:
    assert company_domain.of_email(address) == name


@pytest.mark.parametrize("listed", [company_domain.PUBLIC_MAIL, company_domain.PUBLIC_PAGES])
def test_the_lists_hold_domains_as_they_are_compared(listed: frozenset[str]) -> None:
    assert {domain.canonical(name) for name in listed} == set(listed)


LABELS = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=2, max_size=4).map(".".join).filter(lambda host: host.partition(".")[0] != "www")


@given(
    HOSTS, st.sampled_from(("", "http://", "https://", "HTTPS://")), st.booleans(), st.sampled_from(("", "/", "/a?b"))
)
def test_every_spelling_of_a_site_is_one_domain(host: str, scheme: str, www: bool, rest: str) -> None:
    address = web.website(f"{scheme}{'www.' * www}{host.upper()}{rest}")
    assert isinstance(address, str)
    assert company_domain.of_website(address) in (host, None)
    assert company_domain.of_website(address) == company_domain.of_website(f"https://{host}")
