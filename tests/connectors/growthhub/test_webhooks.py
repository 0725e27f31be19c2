import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.growthhub import webhooks
from connectors.growthhub.sandbox.events import payload
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.system import WebhookEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = {"locationId": "loc1", "timestamp": "2026-03-01T12:00:00.000Z", "webhookId": "w1"}


def read(**said: Any) -> WebhookEvent:
    return webhooks.read(json.dumps({**BASE, **said}).encode())


@pytest.mark.parametrize("kind", ["ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate"])
def test_what_changes_a_contact_is_a_hint_to_it(kind: str) -> None:
    found = read(type=kind, id="c1", email="ann@example.com")
    assert found == WebhookEvent(kind, "loc1", "contact", "c1", at=NOON, webhook="w1")


def test_a_deletion_says_that_a_contact_is_gone() -> None:
    assert read(type="ContactDelete", id="c1").gone


@pytest.mark.parametrize("kind", ["InboundMessage", "OutboundMessage"])
def test_a_message_is_known_by_its_own_id_and_an_email_by_that_of_the_email(kind: str) -> None:
    text = read(type=kind, messageId="m1", contactId="c1")
    email = read(type=kind, messageId="m1", emailMessageId="e1", contactId="c1")
    assert (text.subject, text.record, text.contact) == ("message", "message:m1", "c1")
    assert (email.subject, email.record, email.contact) == ("message", "email:e1", "c1")


def test_a_note_is_of_interest_when_it_is_gone() -> None:
    gone = read(type="NoteDelete", id="n1", contactId="c1")
    assert (gone.subject, gone.record, gone.contact, gone.gone) == ("message", "note:n1", "c1", True)
    assert [read(type=kind, id="n1", contactId="c1").subject for kind in ("NoteCreate", "NoteUpdate")] == [None, None]


@pytest.mark.parametrize("kind", ["TaskCreate", "UserCreate", "INSTALL", "OpportunityCreate", ""])
def test_other_events_are_of_no_interest(kind: str) -> None:
    assert read(type=kind, id="x1").subject is None


def test_fields_may_stand_within_data() -> None:
    said = {"type": "ContactUpdate", "data": {"id": "c1", "locationId": "loc1"}, "timestamp": BASE["timestamp"]}
    found = webhooks.read(json.dumps(said).encode())
    assert (found.place, found.record, found.at, found.webhook) == ("loc1", "c1", NOON, None)


def test_a_time_that_cannot_be_read_is_none() -> None:
    assert read(type="ContactUpdate", id="c1", timestamp="soon").at is None
    assert webhooks.read(json.dumps({"type": "ContactUpdate", "id": "c1"}).encode()).at is None


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"\xff", b'{"type": 5}', b'{"type": "ContactUpdate"}', b"[" * 100_000,
     b'{"type": "ContactUpdate", "id": "../users"}', b'{"type": "ContactUpdate", "id": ""}',
     b'{"type": "ContactUpdate", "id": {"a": 1}}', b'{"type": "InboundMessage", "messageId": "m1"}',
     b'{"type": "InboundMessage", "contactId": "c1"}', b'{"type": "NoteDelete", "id": "n1"}',
     b'{"type": "ContactUpdate", "id": "' + b"a" * 129 + b'"}'],
)  # fmt: skip
def test_what_is_no_event_is_reported(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        webhooks.read(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(
    st.dictionaries(st.sampled_from(["locationId", "timestamp", "webhookId", "id", "data", "contactId"]), json_values)
)
def test_nothing_in_a_payload_leads_to_anything_but_an_event_or_a_refusal(said: Mapping[str, Any]) -> None:
    try:
        found = webhooks.read(json.dumps({"type": "ContactUpdate", **said}).encode())
    except ValueError:
        return
    assert found.subject == "contact"


def test_every_event_of_the_sandbox_is_read_as_what_happened() -> None:
    heard: list[WebhookEvent] = []
    hub = GrowthHubSandbox(now=lambda: NOON)

    def send_event(kind: str, record: Mapping[str, Any], at: datetime) -> None:
        heard.append(webhooks.read(json.dumps(payload(kind, record, hub.location_id, at, "w")).encode()))

    hub.send_event = send_event
    ann = hub.add(firstName="Ann", email="ann@example.com", tags=["a"])
    hub.edit(ann, city="Lyon")
    hub.edit(ann, tags=["a", "b"])
    hub.edit(ann, dnd=True)
    note = hub.add_note(ann, "Hello")
    hub.edit_note(ann, note, body="Bye")
    hub.remove_note(ann, note)
    text = hub.add_message(ann, "SMS", "inbound", "Hi")
    email = hub.add_message(ann, "Email", "outbound", "Dear Ann", subject="Hello")
    hub.remove(ann)
    assert [(one.kind, one.record) for one in heard if one.subject] == [
        ("ContactCreate", ann), ("ContactUpdate", ann), ("ContactTagUpdate", ann), ("ContactDndUpdate", ann),
        ("NoteDelete", f"note:{note}"), ("InboundMessage", f"message:{text}"), ("OutboundMessage", f"email:{email}"),
        ("ContactDelete", ann),
    ]  # fmt: skip
    assert [one.kind for one in heard if not one.subject] == ["NoteCreate", "NoteUpdate"]
    assert {(one.place, one.at) for one in heard} == {(hub.location_id, NOON)}
    assert abs(NOON - (heard[0].at or NOON)) < timedelta(seconds=1)
