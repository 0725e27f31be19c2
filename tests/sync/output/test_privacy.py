import pytest

from connectors.http.call_errors import ADVICE
from sync.output.privacy import hashed, hide, public, public_facts

SECRET = "pit-invented-4711"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gh: hub, POST /x: it answered 400: Ann Example is taken", "gh: hub, POST /x: it answered 400"),
        ("gh: hub, GET /x: it answered 503: Ann (tried 4 times)", "gh: hub, GET /x: it answered 503 (tried 4 times)"),
        (
            "gh: hub, POST /x: it answered 502: Ann (tried 2 times); it may have taken effect",
            "gh: hub, POST /x: it answered 502 (tried 2 times); it may have taken effect",
        ),
        ("gh: hub, GET /x: it answered 200 with an HTML page (Ann's\nplace)", "gh: hub, GET /x: it answered 200"),
        ("gh refuses it: hub, PUT /x: it answered 422: a; Ann is", "gh refuses it: hub, PUT /x: it answered 422"),
        ("renewed at 2026-11-22 00:00:00 UTC", "renewed at 2026-11-22 00:00:00 UTC"),
        ("the window from 2026-11-22T00:00:00Z on", "the window from 2026-11-22T00:00:00Z on"),
        ("shares its number with hub-1 on the other side", "shares its number with hub-1 on the other side"),
        ("connection refused", "connection refused"),
    ],
)  # fmt: skip
def test_server_messages_are_removed_and_our_own_words_stay(text: str, shown: str) -> None:
    assert public(text) == shown


@pytest.mark.parametrize("status", sorted(ADVICE))
def test_the_advice_stays(status: int) -> None:
    text = f"gh: hub, GET /x: it answered {status}: Ann Example; {ADVICE[status]}"
    assert public(text) == f"gh: hub, GET /x: it answered {status}; {ADVICE[status]}"


@pytest.mark.parametrize(
    "private", ["ann.example@example.com", "Jürgen@example.com", "+13035550177", "(303) 555-0177", "020 7946 0118"]
)
def test_addresses_and_numbers_become_a_hash_that_is_the_same_within_a_process(private: str) -> None:
    shown = public(f"has the e-mail of {private}, who is linked")
    assert private not in shown
    assert hashed(private) in shown
    assert shown == public(f"has the e-mail of {private}, who is linked")


def test_secrets_go_once_they_are_known() -> None:
    hide([SECRET])
    assert SECRET not in public(f"the header Authorization: {SECRET}")
    assert public_facts({"path": f"/x?key={SECRET}", "connections": [SECRET]}) == {
        "path": "/x?key=[secret]", "connections": ["[secret]"]
    }  # fmt: skip


def test_unknown_facts_become_a_hash_as_a_whole() -> None:
    shown = public_facts({"who": "Ann Example", "age": 41, "record": "gh:1", "read": 3, "reason": "by ann@example.com"})
    assert shown["who"] == hashed("Ann Example")
    assert shown["age"] == hashed(41)
    assert shown["record"] == "gh:1"
    assert shown["read"] == 3
    assert "ann" not in shown["reason"]


def test_values_that_a_note_quotes_become_a_hash() -> None:
    text = 'gg: owners that are no users of gh, left alone: "Ann Example" (3), "Bob" (1)'
    shown = public_facts({"text": text})["text"]
    assert (
        shown == f'gg: owners that are no users of gh, left alone: "{hashed("Ann Example")}" (3), "{hashed("Bob")}" (1)'
    )


def test_a_hash_is_never_mistaken_for_a_number_and_hashed_again() -> None:
    for number in range(500):
        assert public(f"left alone: {hashed(number)}") == f"left alone: {hashed(number)}"


def test_facts_that_are_none_are_left_out() -> None:
    assert public_facts({"reason": None, "who": None, "next_run_at": None}) == {}
