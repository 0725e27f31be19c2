import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.values import web
from connectors.values.text import UNKNOWN, Unmapped
from connectors.values.web import Network
from tests.connectors.values.json_values import ANYTHING

NETWORKS: st.SearchStrategy[Network] = st.sampled_from(["linkedin", "twitter", "facebook"])
ADDRESSES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "http://", "HTTPS://", "//", "https://https://", "ftp://"]),
    st.sampled_from(["linkedin.com", "www.x.com", "m.facebook.com", "FB.com", "Twitter.com:443", "a.test.", "a@b.c"]),
    st.sampled_from(["", "/", "/in/", "/company/", "/@", "/profile.php", "?", "//"]),
    st.text(alphabet="aB/?#&=.%:@\u00e9\u21b5 ", max_size=10) | st.text(max_size=5),
)


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("anz.com", "https://anz.com"),
        ("apple.com", "https://apple.com"),
        ("https://www.tesla.com", "https://www.tesla.com"),
        ("http://www.apollo.io", "http://www.apollo.io"),
        ("HTTP://Example.COM/", "http://example.com"),
        ("https://example.com:443/About?x=A#Top", "https://example.com/About?x=A#Top"),
        ("http://example.com:80", "http://example.com"),
        ("example.com:8080/a/", "https://example.com:8080/a/"),
        ("//example.com/a", "https://example.com/a"),
        ("https://example.com/?q=1", "https://example.com/?q=1"),
        ("https://example.com./", "https://example.com"),
        ("Bücher.example", "https://bücher.example"),
    ],
)
def test_an_address_gets_scheme_and_lower_case_host_and_keeps_the_rest(raw: str, address: str) -> None:
    assert web.website(raw) == address


@pytest.mark.parametrize(
    "raw",
    [
        "apple",
        "http://",
        "mailto:jane@example.com",
        "jane@example.com",
        "javascript:alert(1)",
        "ftp://example.com",
        "https://example.com, https://example.org",
        "https://example.com:port",
        "https://[::1]/",
        "https://user:secret@example.com",
        "https://https://example.com",
    ],
)
def test_what_is_no_web_address_is_unmapped(raw: str) -> None:
    assert web.website(raw) == Unmapped(raw)


@pytest.mark.parametrize(
    ("raw", "network", "address"),
    [
        ("linkedin.com/in/tony-barkley-92824584", "linkedin", "https://www.linkedin.com/in/tony-barkley-92824584"),
        ("http://www.linkedin.com/company/apolloio", "linkedin", "https://www.linkedin.com/company/apolloio"),
        ("linkedin.com/company/anz", "linkedin", "https://www.linkedin.com/company/anz"),
        ("https://UK.linkedin.com/in/jane-doe/?trk=x", "linkedin", "https://www.linkedin.com/in/jane-doe"),
        ("https://www.linkedin.com/in/jane-doe/de", "linkedin", "https://www.linkedin.com/in/jane-doe"),
        ("linkedin.com/pub/jane-doe/1/2/3", "linkedin", "https://www.linkedin.com/pub/jane-doe/1/2/3"),
        ("https://twitter.com/MeetApollo/", "twitter", "https://twitter.com/MeetApollo"),
        ("http://mobile.twitter.com/@jane?lang=en", "twitter", "https://twitter.com/jane"),
        ("www.x.com/jane", "twitter", "https://x.com/jane"),
        ("twitter.com/jane/status/1", "twitter", "https://twitter.com/jane/status/1"),
        ("https://www.facebook.com/MeetApollo/", "facebook", "https://www.facebook.com/MeetApollo"),
        ("facebook.com/tony", "facebook", "https://www.facebook.com/tony"),
        ("m.facebook.com/tony?ref=1", "facebook", "https://www.facebook.com/tony"),
        ("fb.com/tony", "facebook", "https://www.facebook.com/tony"),
        ("facebook.com/profile.php?id=7", "facebook", "https://www.facebook.com/profile.php?id=7"),
        ("facebook.com/", "facebook", "https://www.facebook.com"),
        ("example.com/tony", "facebook", "https://example.com/tony"),
        ("notlinkedin.com/in/x", "linkedin", "https://notlinkedin.com/in/x"),
    ],
)
def test_a_profile_has_the_form_of_its_network(raw: str, network: Network, address: str) -> None:
    assert web.profile(raw, network) == address


@pytest.mark.parametrize("raw", ["jane", "@jane", "in/jane"])
def test_a_bare_handle_is_unmapped(raw: str) -> None:
    assert web.profile(raw, "twitter") == Unmapped(raw)


@pytest.mark.parametrize("raw", [None, "", " "])
def test_no_address_is_empty(raw: object) -> None:
    assert web.website(raw) is None
    assert web.profile(raw, "linkedin") is None


def test_dirt_is_unknown() -> None:
    assert web.website("NaN") is UNKNOWN
    assert web.profile("None", "facebook") is UNKNOWN


@pytest.mark.parametrize("same", ["anz.com", "http://anz.com/", "https://www.ANZ.com", "HTTPS://WWW.anz.com//"])
def test_addresses_are_compared_without_scheme_www_and_final_slash(same: str) -> None:
    assert web.key(same) == "anz.com"


def test_paths_are_compared_with_their_case() -> None:
    assert web.key("anz.com/A") != web.key("anz.com/a")


@given(ADDRESSES | st.text(), NETWORKS)
@example("https://www.linkedin.com/in/x/in", "linkedin")
@example("twitter.com//@@a", "twitter")
@example("www.x.com/@@:", "twitter")
@example("x.com/?#", "twitter")
def test_mapping_what_was_mapped_changes_nothing(raw: str, network: Network) -> None:
    site, profile = web.website(raw), web.profile(raw, network)
    assert not isinstance(site, str) or web.website(site) == site
    assert not isinstance(profile, str) or web.profile(profile, network) == profile


@given(ANYTHING, NETWORKS)
def test_any_json_is_an_address_or_says_why_not(raw: object, network: Network) -> None:
    found = web.profile(raw, network)
    assert not isinstance(found, str) or found.startswith(("https://", "http://"))
