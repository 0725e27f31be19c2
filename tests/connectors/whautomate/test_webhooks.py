"""Events of Whautomate: taken with the secret alone, and read as hints."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.system import WebhookEvent
from connectors.whautomate.webhook_options import WhautomateWebhookKeys
from connectors.whautomate.webhooks import SecretWebhooks

SECRET = "0123456789abcdef" * 4
READER = SecretWebhooks(WhautomateWebhookKeys(whautomate_key_sha256=sha256(SECRET.encode()).hexdigest()))
CONTACT = {
    "id": "c1", "name": "Ada", "phoneNumber": "6598765432", "tags": "['vip', 'cold]", "customFields": "{'a': }",
    "location": {"id": "loc1", "title": "Main"},
}  # fmt: skip
EVENT = {"id": "e1", "type": "contact_created", "timeStamp": "2026-03-02T09:00:00.000Z", "key": "c1"}


def read(said: Any) -> WebhookEvent:
    return READER.read(json.dumps(said).encode())


def test_an_event_is_genuine_with_the_secret_at_the_end_of_the_path_or_in_the_header() -> None:
    assert READER.takes(f"/{SECRET}")
    assert READER.is_genuine(f"/{SECRET}", b"{}", [])
    assert READER.takes("")
    assert READER.is_genuine("", b"{}", [(b"x-growthsync-key", SECRET.encode())])


@pytest.mark.parametrize("path", ["", "/", f"/{SECRET[:-1]}0", f"/{SECRET}/", f"//{SECRET}", f"/{SECRET.upper()}"])
def test_nothing_else_is(path: str) -> None:
    assert not READER.is_genuine(path, b"{}", [(b"x-growthsync-key", b""), (b"authorization", SECRET.encode())])


@given(st.text())
def test_no_guess_is_genuine(guess: str) -> None:
    assert guess == SECRET or not READER.is_genuine(f"/{guess}", b"", [(b"x-growthsync-key", guess.encode())])


def test_without_a_secret_in_the_config_nothing_is_taken() -> None:
    reader = SecretWebhooks(WhautomateWebhookKeys())
    assert not reader.takes("")
    assert not reader.takes(f"/{SECRET}")
    assert not reader.is_genuine(f"/{SECRET}", b"", [])


@pytest.mark.parametrize("value", ["", "secret", SECRET[:-1], SECRET.upper(), 7])
def test_the_hash_has_the_form_of_one(value: object) -> None:
    with pytest.raises(ValidationError, match="SHA-256 of the secret"):
        WhautomateWebhookKeys(whautomate_key_sha256=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["contact_created", "contact_tag_added", "contact_tag_removed"])
def test_an_event_is_a_hint_to_read_its_contact(kind: str) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert read({"event": {**EVENT, "type": kind}, "contact": CONTACT}) == WebhookEvent(
        kind, "loc1", "contact", "c1", at=at, webhook="e1"
    )


def test_a_message_is_a_hint_to_read_the_contact_who_wrote() -> None:
    message = {"id": "m1", "contact": {"id": "c1", "location": {"id": "loc1"}}, "isIncoming": "true", "text": "Hi"}
    event = read({"event": {**EVENT, "type": "incoming_whatsapp_message"}, "message": message})
    assert (event.subject, event.record, event.place) == ("contact", "c1", "loc1")


@pytest.mark.parametrize(
    "location", ["{'id': 'loc1', 'title': 'Main's'}", '{"id":"loc1"}', "{id: loc1, title: x}", "loc1"]
)
def test_a_location_in_a_badly_quoted_text_is_found(location: str) -> None:
    assert read({"event": EVENT, "contact": {**CONTACT, "location": location}}).place == "loc1"


@pytest.mark.parametrize("contact", [None, {}, {"id": "../x"}, {"id": None}, "c1"])
def test_an_event_without_a_contact_that_can_be_read_is_of_no_interest(contact: object) -> None:
    assert read({"event": EVENT, "contact": contact}).subject is None


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b'{"event": {"type": 7}}', b"\xff", b"{"])
def test_what_is_no_event_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of the decoder
        READER.read(body)
