import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.http.redaction import HIDDEN, Redaction

SECRET = 'a/b+c="d" é?7x'


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        base64.b64encode(f"u:{SECRET}".encode()).decode(),
        base64.b64encode(f"us:{SECRET}!".encode()).decode(),
        base64.b64encode(f"use:{SECRET}?!".encode()).decode(),
    ],
)
def test_a_secret_is_hidden_in_every_spelling(text: str) -> None:
    shown = Redaction([SECRET]).text(f"before {text} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert HIDDEN in shown
    assert text not in shown


@given(st.text(min_size=4), st.text(), st.text())
def test_a_known_secret_is_never_in_the_text(secret: str, before: str, after: str) -> None:
    assume(secret not in HIDDEN)
    assert secret not in Redaction([secret]).text(before + secret + after).replace(HIDDEN, "\x00")


def test_a_secret_that_holds_another_leaves_no_tail() -> None:
    assert Redaction(["abcd", "abcd-efgh"]).text("x abcd-efgh y") == f"x {HIDDEN} y"


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("Authorization: Bearer abcdef1234567890", "abcdef1234567890"),
        ("/contacts?api_key=abc123def456&page=2", "abc123def456"),
        ('{"access_token": "tok-0123456789", "scope": "x"}', "tok-0123456789"),
        ("token pit-12345678-90ab-cdef for it", "pit-12345678-90ab-cdef"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here", "eyJzdWIiOiIxIn0"),
    ],
)
def test_what_looks_like_a_credential_is_hidden_unasked(text: str, leak: str) -> None:
    shown = Redaction().text(text)
    assert leak not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "Invalid token: access token is invalid",
        "Basic authentication failed",
        "The token does not have access to this location.",
        "contact ann@example.com has +1 212 555 0123",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redaction(["another-secret"]).text(text) == text


def test_contacts_are_hidden_when_requested() -> None:
    shown = Redaction().text("ann+1@example.com called +1 (212) 555-0123 on 2026", people=True)
    assert shown == "[person] called [person] on 2026"


def test_a_json_value_is_redacted_all_the_way_down() -> None:
    value = {"a": ["x sesame-42 y", 1, None], "sesame-42": {"b": "sesame-42"}}
    assert "sesame" not in json.dumps(Redaction(["sesame-42"]).value(value))
