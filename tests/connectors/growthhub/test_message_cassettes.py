"""Messages against what is documented and recorded of the real API."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from connectors.errors import OutcomeUnknown, RecordRefused
from connectors.growthhub.messages import GrowthHubMessages, MessageStyle
from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.growthhub.sandbox.server import LOCATION
from connectors.message import Message
from connectors.records import Window
from tests.connectors.growthhub.recording import connect, player
from tests.connectors.growthhub.test_cassettes import JULY, PERSON

NOTES = MessageStyle()
LOGGED = MessageStyle(as_note=False, provider_id=PROVIDER)
LETTER = Message(
    id="393642",
    contact_id="6345678",
    text="Hi Rubika,\n\nshall we talk?",
    subject="Quick question",
    sent_at=datetime(2026, 7, 16, 13, tzinfo=UTC),
    kind="email",
)
REPLY = Message("393642", "6345678", text="Hi Rubika,\n\nshall we talk?", sent_at=LETTER.sent_at, flow="outbound")


@contextmanager
def replayed(name: str, style: MessageStyle = NOTES) -> Iterator[GrowthHubMessages]:
    """Play a cassette to the messages of a connector that knows location and users."""
    hub = connect(messages=style)
    hub.location._cache.put("location", {"timezone": "America/Chicago"})
    hub.directory._cache.put("directory", [[LOCATION, "rep@example.com", True]])
    with player().use_cassette(f"{name}.yaml") as cassette:
        yield hub.message_store
        assert cassette.all_played
    hub.close()


def letter(owner: str | None = "rep@example.com", **changes: str) -> Message:
    fields = {name: getattr(LETTER, name) for name in Message.__slots__}
    return Message(**{**fields, "owner": owner, **changes})


def test_a_note_is_created_and_known_by_its_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    with replayed("note_made") as messages:
        monkeypatch.setattr(messages._notebook, "_user_of", lambda _: None)
        recorded = messages.record_copy(letter(), PERSON)
    assert (recorded.copy.id, recorded.copy.of, recorded.copy.contact_id) == (
        "note:HGPcayliwcdoUFzvbTok",
        "393642",
        PERSON,
    )
    assert recorded.served_at == datetime(2026, 7, 17, 12, 48, tzinfo=UTC)


def test_the_notes_of_a_contact_are_its_copies_and_those_of_others() -> None:
    with replayed("notes_of_a_contact") as messages:
        copies = messages.copies_of(PERSON)
    assert [copy.of for copy in copies] == [None, "393642"]
    assert [messages.is_copy_of(copy, LETTER) for copy in copies] == [False, True]


def test_a_note_is_changed_and_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    with replayed("note_changed_and_deleted") as messages:
        monkeypatch.setattr(messages._notebook, "_user_of", lambda _: None)
        copy = Message("note:HGPcayliwcdoUFzvbTok", PERSON)
        amended = messages.update_copy(copy, letter(text="Hi Rubika,\n\nnever mind.")).copy
        messages.delete_copy(amended.id, PERSON)
    assert (amended.text or "").endswith("never mind.")


def test_the_export_shows_what_contacts_said_and_each_email_of_a_thread() -> None:
    with replayed("export") as messages:
        pages = list(messages.read_window(Window(JULY.start)))
        shown = [messages.to_message(raw) for page in pages for raw in page.records]
    assert [(each.id, each.kind, each.flow, each.text, each.owner) for each in shown] == [
        ("message:LIoj6nurQg6YT0MCW6t4", "sms", "inbound", "Hi there", None),
        ("message:6ti7LFICjkuKfx1ZMV2M", "whatsapp", "outbound", "Good morning", "rep@example.com"),
        ("email:ve9EPM428kjkvShlRW1K", "email", "outbound", None, None),
        ("email:ve9EPs1028kjkvShlRW1", "email", "inbound", None, None),
    ]
    assert {each.subject for each in shown} == {None, "Order confirm"}
    assert shown[0].sent_at == datetime(2026, 7, 17, 10, 58, 9, 966_000, tzinfo=UTC)


def test_the_text_of_an_email_is_read_by_its_own_id() -> None:
    with replayed("email_body") as messages:
        whole = messages.with_text(Message("email:ve9EPM428kjkvShlRW1K", PERSON))
    assert (whole.text, whole.subject, whole.flow) == ("Hi there,\nthank you & bye", "Order confirm", "outbound")


def test_a_message_is_read_by_its_id() -> None:
    with replayed("message_by_id") as messages:
        shown = messages.read_message("message:LIoj6nurQg6YT0MCW6t4", PERSON)
    assert (shown.text, shown.contact_id, shown.channel) == ("Hi there", PERSON, "SMS")


def test_a_message_is_recorded_in_the_conversation() -> None:
    with replayed("message_recorded", LOGGED) as messages:
        copy = messages.record_copy(REPLY, PERSON).copy
    assert (copy.id, copy.of, copy.sent_at) == ("message:t22c6DQcTDf3MjRhwf77", "393642", REPLY.sent_at)


def test_a_201_without_a_message_is_no_success() -> None:
    with replayed("message_recorded_in_silence", LOGGED) as messages, pytest.raises(OutcomeUnknown):
        messages.record_copy(REPLY, PERSON)


def test_an_empty_conversation_is_created_where_there_is_none() -> None:
    with replayed("conversation_made", LOGGED) as messages:
        assert messages._conversations._conversation(PERSON).id == "tDtDnQdgm2LXpyiqYvZ6"
        with pytest.raises(RecordRefused):
            messages.delete_copy("message:t22c6DQcTDf3MjRhwf77", PERSON)
