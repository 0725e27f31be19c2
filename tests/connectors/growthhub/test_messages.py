import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import (
    AuthError,
    ConnectorError,
    OutcomeUnknown,
    RecordEdited,
    RecordGone,
    RecordRefused,
    ServerTrouble,
)
from connectors.growthhub.allowed_calls import ASKED, CHANGED
from connectors.growthhub.message_mapping import is_wanted
from connectors.growthhub.messages import GrowthHubMessages, MessageStyle
from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.http.allowed_calls import is_listed
from connectors.message import Message
from connectors.records import Window
from connectors.sandbox.faults import Fault, Kind
from connectors.values import instant
from tests.connectors.growthhub.world import EXPORT, World
from tests.thorough import THOROUGH

START = datetime(2020, 1, 1, tzinfo=UTC)
INBOUND = "/conversations/messages/inbound"
RECORDED = MessageStyle(as_note=False, provider_id=PROVIDER)
LETTER = Message(
    id="393642",
    contact_id="6345678",
    text="Hi Ann,\n\nshall we talk about looms & <5 others?",
    subject="Quick question",
    sent_at=datetime(2019, 12, 1, 9, 30, 5, 250_000, tzinfo=UTC),
    kind="sales_force_message",
    channel="Email",
    flow="outbound",
    owner="rep@example.com",
)
REPLY = Message("393643", "6345678", text="Yes", sent_at=datetime(2019, 12, 2, tzinfo=UTC), kind="sms", flow="inbound")


def read(hub: GrowthHubMessages, start: datetime = START, end: datetime | None = None) -> list[Message]:
    """Read a window, as whole messages; each is shown once."""
    pages = list(hub.read_window(Window(start, end)))
    return [hub.to_message(raw) for page in pages for raw in page.records]


@pytest.fixture
def ann(world: World) -> str:
    world.sandbox.add_user("rep@example.com")
    return world.sandbox.add(firstName="Ann", email="ann@example.com")


@pytest.fixture
def kept(world: World) -> GrowthHubMessages:
    """Return the messages of a connector that keeps copies as notes."""
    return world.connect(messages=MessageStyle()).message_store


@pytest.fixture
def logged(world: World) -> GrowthHubMessages:
    """Return the messages of a connector that records copies in conversations."""
    return world.connect(messages=RECORDED).message_store


def warm(world: World, messages: GrowthHubMessages, contact_id: str) -> str:
    """Record something, so that settings and conversation are known; return the id of the copy."""
    copy_id = messages.record_copy(replace(LETTER, id="first"), contact_id).copy.id
    world.calls()
    return copy_id


@pytest.mark.parametrize(
    ("channels", "calls"),
    [(("Email", "SMS", "WhatsApp"), 2), (("SMS",), 1), (("Email",), 1), (("Instagram", "Facebook"), 1), ((), 0)],
)
def test_a_quiet_window_costs_a_call_for_emails_and_one_for_all_else(
    world: World, channels: tuple[str, ...], calls: int
) -> None:
    hub = world.connect(messages=MessageStyle(channels=channels)).message_store
    pages = list(hub.read_window(Window(START)))
    assert [list(page.records) for page in pages] == [[]] * calls
    assert {page.served_at for page in pages} <= {world.clock.now()}
    assert world.calls() == [f"GET {EXPORT}"] * calls


def test_copies_in_conversations_are_looked_for_in_both_readings(world: World) -> None:
    style = replace(RECORDED, channels=("Email",))
    assert world.connect(messages=style).message_store.streams() == (None, "Email")


def test_conversations_take_a_provider() -> None:
    with pytest.raises(ValueError, match="provider_id is missing"):
        MessageStyle(as_note=False)


def test_only_what_contacts_say_to_each_other_in_the_wanted_channels_is_read(world: World, ann: str) -> None:
    say = world.sandbox.add_message
    wanted = {say(ann, kind, text="hi") for kind in ("SMS", "WhatsApp", "Custom SMS")}
    for kind in ("Activity", "Comment", "Call", "Instagram", "Facebook"):
        say(ann, kind, text="hi")
    say(ann, "SMS", text="later", status="scheduled")
    say(ann, "SMS", text="gone", deleted=True)
    hub = world.connect(messages=MessageStyle()).message_store
    assert {message.id for message in read(hub)} == {f"message:{each}" for each in wanted}


def test_calls_are_read_where_they_are_wanted_and_have_words(world: World, ann: str) -> None:
    spoken = world.sandbox.add_message(ann, "Call", text="left a message")
    world.sandbox.add_message(ann, "Call", text=" ")
    hub = world.connect(messages=MessageStyle(channels=("Call",))).message_store
    assert [message.id for message in read(hub)] == [f"message:{spoken}"]


def test_a_text_message_shows_all_there_is_to_it(world: World, ann: str, kept: GrowthHubMessages) -> None:
    user_id = world.sandbox.users[0]["id"]
    at = world.clock.now() - timedelta(hours=3)
    message_id = world.sandbox.add_message(ann, "WhatsApp", "outbound", "Hi\r\nAnn ", at=at, userId=user_id)
    (message,) = read(kept)
    assert message == Message(
        id=f"message:{message_id}",
        contact_id=ann,
        text="Hi\nAnn",
        sent_at=at,
        kind="whatsapp",
        channel="WhatsApp",
        flow="outbound",
        owner="rep@example.com",
    )
    world.calls()
    assert kept.with_text(message) == message
    assert world.calls() == []
    assert kept.read_message(message.id, ann) == message


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"messageType": "TYPE_CAMPAIGN_SMS", "body": "x"}, ("campaign_sms", "SMS", "x")),
        ({"messageType": "SMS", "body": "<p>a</p><p>b</p>"}, ("sms", "SMS", "a\n\nb")),
        ({"messageType": "TYPE_SMS", "body": "a &amp; b", "contentType": "text/html"}, ("sms", "SMS", "a & b")),
        ({"messageType": "TYPE_SMS", "body": "a &amp; b", "contentType": "text/plain"}, ("sms", "SMS", "a &amp; b")),
        ({"messageType": "TYPE_SMS", "body": None}, ("sms", "SMS", "")),
        ({"messageType": "TYPE_FACEBOOK_COMMENT", "body": "None"}, ("facebook_comment", "Facebook", "None")),
        ({"messageType": "TYPE_SOMETHING_NEW", "body": "x"}, ("something_new", None, "x")),
        ({"body": "x", "direction": "sideways", "dateAdded": "soon", "meta": [], "altId": 7}, ("", None, "x")),
    ],
)
def test_rows_are_mapped_as_far_as_they_make_sense(world: World, row: Any, shown: tuple[Any, ...]) -> None:
    message = world.hub.message_store.to_message({"id": "m1", "contactId": "c1", **row})
    assert (message.kind, message.channel, message.text) == shown
    assert (message.flow, message.sent_at, message.owner, message.of) == (None, None, None, None)


def test_an_email_has_its_text_for_one_call(world: World, ann: str, kept: GrowthHubMessages) -> None:
    at = world.clock.now() - timedelta(hours=3)
    letter = world.sandbox.add_message(
        ann, "Email", "inbound", "<p>Hi</p><p>Bye</p>", at=at, subject="Two\r\n lines", userId="stranger"
    )
    (message,) = read(kept)
    assert message == Message(
        f"email:{letter}", ann, None, "Two lines", at, kind="email", channel="Email", flow="inbound"
    )
    world.calls()
    assert kept.with_text(message) == replace(message, text="Hi\n\nBye")
    assert world.calls() == [f"GET /conversations/messages/email/{letter}"]
    assert kept.read_message(message.id, ann) == replace(message, text="Hi\n\nBye")


def test_what_the_list_says_of_the_text_of_an_email_is_not_believed(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    world.sandbox.add_message(ann, "Email", "inbound", "<p>new</p>")

    def with_old_text(body: Any) -> Any:
        return body | {"messages": [row | {"body": "the quoted original"} for row in body["messages"]]}

    world.change_answers(EXPORT, with_old_text)
    (message,) = read(kept)
    assert message.text is None
    assert kept.with_text(message).text == "new"


def test_each_email_of_a_thread_is_a_message_that_a_reply_leaves_as_it_is(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    say, clock = world.sandbox.add_message, world.clock
    user_id = world.sandbox.users[0]["id"]
    first_at = clock.now()
    first = say(ann, "Email", "outbound", "<p>Hi</p>", subject="Offer", userId=user_id)
    before = read(kept)
    clock.pass_by(3600)
    second = say(ann, "Email", "inbound", "<p>Yes</p>", subject="Re: Offer", thread=first)
    messages = read(kept)
    assert [(each.id, each.sent_at, each.flow, each.owner) for each in messages] == [
        (f"email:{first}", first_at, "outbound", "rep@example.com"),
        (f"email:{second}", clock.now(), "inbound", None),
    ]
    assert messages[0] == before[0]
    wholes = [kept.with_text(message) for message in messages]
    assert [(each.text, each.subject) for each in wholes] == [("Hi", "Offer"), ("Yes", "Re: Offer")]
    assert [replace(each, text=None, subject=None) for each in wholes] == [
        replace(each, subject=None) for each in messages
    ]


def test_the_emails_of_a_thread_are_read_once_and_then_known(world: World, ann: str) -> None:
    first = world.sandbox.add_message(ann, "Email", text="<p>1</p>")
    others = [world.sandbox.add_message(ann, "Email", text="<p>secret</p>", thread=first) for _ in range(3)]
    shown = read(world.connect(messages=MessageStyle()).message_store)
    assert len([call for call in world.calls() if "/email/" in call]) == 4
    again = world.connect(messages=MessageStyle()).message_store
    assert read(again) == shown
    assert world.calls() == [f"GET {EXPORT}"] * 2
    fifth = world.sandbox.add_message(ann, "Email", text="<p>5</p>", thread=first)
    assert [message.id for message in read(again)] == [f"email:{each}" for each in (first, *others, fifth)]
    assert [call for call in world.calls() if "/email/" in call] == [f"GET /conversations/messages/email/{fifth}"]
    assert "secret" not in repr(world.cache.kept)


def test_emails_are_remembered_only_so_far_and_also_of_a_reading_that_ended_early(
    world: World, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.growthhub.email_threads.REMEMBERED", 3)
    monkeypatch.setattr("connectors.growthhub.email_threads.KEPT_EVERY", 2)
    first = world.sandbox.add_message(ann, "Email", text="<p>1</p>")
    emails = [first, *(world.sandbox.add_message(ann, "Email", text="<p>x</p>", thread=first) for _ in range(4))]
    world.sandbox.faults.append(Fault("status", path=f"email/{emails[3]}", status=401, times=None))
    hub = world.connect(messages=MessageStyle()).message_store
    with pytest.raises(AuthError):
        read(hub)
    assert list(world.cache.kept["emails_of_threads"]) == emails[:3]
    world.sandbox.faults.clear()
    assert [message.id for message in read(hub)] == [f"email:{each}" for each in emails]
    assert list(world.cache.kept["emails_of_threads"]) == emails[2:]


def test_an_email_that_is_gone_is_unknown_and_one_that_is_not_shown_has_no_time(world: World, ann: str) -> None:
    first = world.sandbox.add_message(ann, "Email", text="<p>1</p>")
    gone, hidden = (world.sandbox.add_message(ann, "Email", text="<p>x</p>", thread=first) for _ in range(2))
    world.sandbox.faults.append(Fault("status", path=f"email/{gone}", status=404, times=None))
    world.sandbox.faults.append(Fault("status", path=f"email/{hidden}", status=422, times=None))
    hub = world.connect(messages=MessageStyle()).message_store
    shown = read(hub)
    assert [(message.id, message.sent_at is None) for message in shown] == [
        (f"email:{first}", False),
        (f"email:{hidden}", True),
    ]
    with pytest.raises(RecordRefused):
        hub.with_text(shown[1])


def test_a_message_is_found_by_the_id_of_its_row_as_earlier_releases_kept_it(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    world.sandbox.add_message(ann, "Email", text="<p>1</p>")
    text = world.sandbox.add_message(ann, "SMS", text="2")
    row = next(each for each in world.sandbox.messages(ann) if each["id"] != text)
    found = [kept.read_listed(str(each), ann) for each in (row["id"], text)]
    assert [(one.id, one.text) for one in found if one] == [
        (f"email:{row['meta']['email']['messageIds'][0]}", "1"),
        (f"message:{text}", "2"),
    ]
    assert [kept.read_message(each, ann).text for each in (f"message:{text}", text)] == ["2", "2"]


def test_an_id_with_a_colon_names_no_other_message(world: World, ann: str, kept: GrowthHubMessages) -> None:
    other = world.sandbox.add_message(ann, "SMS", text="another one")
    for read_by_id in (kept.read_message, kept.read_listed):
        with pytest.raises(RecordGone):
            read_by_id(f"message:a:{other}", ann)


def test_an_e_mail_that_failed_since_it_was_listed_is_no_original_any_more(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    email = world.sandbox.add_message(ann, "Email", "outbound", "<p>1</p>")
    (listed,) = read(kept)
    assert kept.read_current(listed) == kept.with_text(listed)
    world.sandbox.edit_message(email, status="failed")
    assert kept.read_current(listed) is None
    assert kept.with_text(listed).text == "1"


def test_a_reply_to_what_we_recorded_is_no_copy_of_it(world: World, ann: str, logged: GrowthHubMessages) -> None:
    world.sandbox.quirks.provider_kind = "Email"
    copy = logged.record_copy(LETTER, ann).copy
    reply = world.sandbox.add_message(ann, "Email", text="<p>Yes</p>", thread=copy.id.removeprefix("email:"))
    shown = {message.id: message.of for message in read(logged, datetime(1970, 1, 1, tzinfo=UTC))}
    assert shown == {copy.id: "393642", f"email:{reply}": None}


def test_a_thread_that_lists_its_emails_deeper_is_read_as_well(world: World) -> None:
    row = {"id": "m1", "contactId": "c1", "messageType": "TYPE_EMAIL", "meta": {"email": {"email": {}}}}
    row["meta"]["email"]["email"]["messageIds"] = ["e1", "e1", "", "e2"]  # type: ignore[index]
    world.change_answers(EXPORT, lambda _: {"messages": [row], "nextCursor": None, "total": 1})
    for each in ("e1", "e2"):
        body = {"emailMessage": {"id": each, "dateAdded": "2026-01-02T03:04:05.000Z"}}
        world.sandbox.faults.append(Fault("status", path=f"email/{each}", status=200, body=body))
    hub = world.connect(messages=MessageStyle(channels=("Email",))).message_store
    assert [message.id for message in read(hub)] == ["email:e1", "email:e2"]


@pytest.mark.parametrize(("status", "shown"), [("sent", 1), ("pending", 0), ("queued", 0), (None, 1)])
def test_an_email_without_an_id_of_its_own_is_read_once_it_was_sent(
    world: World, ann: str, status: str | None, shown: int
) -> None:
    world.sandbox.add_message(ann, "Email", text="<p>Hi</p>")
    row = world.sandbox.messages(ann)[0]
    bare = {**row, "meta": {}, "status": status}
    world.change_answers(EXPORT, lambda _: {"messages": [bare], "nextCursor": None, "total": 1})
    world.change_answers(f"/conversations/messages/{row['id']}", lambda _: {"message": {**bare, "body": "<p>Hi</p>"}})
    hub = world.connect(messages=MessageStyle(channels=("Email",))).message_store
    messages = read(hub)
    assert [message.id for message in messages] == [f"message:{row['id']}"] * shown
    assert [hub.with_text(message).text for message in messages] == ["Hi"] * shown


@pytest.mark.parametrize("message_id", ["message:nothing", "email:nothing", "note:nothing"])
def test_what_does_not_exist_is_gone(ann: str, kept: GrowthHubMessages, message_id: str) -> None:
    with pytest.raises(RecordGone):
        kept.read_message(message_id, ann)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("No message found with that id: not found", RecordGone),
        ("Email does not exist", RecordGone),
        ("No", RecordRefused),
    ],
)
def test_a_refused_question_says_that_something_is_gone_in_many_words(
    world: World, kept: GrowthHubMessages, said: str, error: type[ConnectorError]
) -> None:
    world.sandbox.faults.append(Fault("status", path="/messages/", status=400, body={"message": said}, times=None))
    for message_id in ("message:x", "email:x"):
        with pytest.raises(error):
            kept.read_message(message_id, "c1")


@pytest.mark.parametrize("kind", ["message", "email"])
def test_what_is_shown_as_deleted_is_gone_and_nonsense_is_trouble(
    world: World, kept: GrowthHubMessages, kind: str
) -> None:
    path = "/conversations/messages/" + ("email/x" if kind == "email" else "x")
    for body, error in (({"id": "x", "deleted": True}, RecordGone), ({"traceId": "t"}, ServerTrouble)):
        world.sandbox.faults.append(Fault("status", path=path, status=200, body=body, times=None))
        with pytest.raises(error):
            kept.read_message(f"{kind}:x", "c1")
        world.sandbox.faults.clear()


def test_the_version_of_the_api_is_that_of_each_endpoint(world: World, ann: str, kept: GrowthHubMessages) -> None:
    read(kept)
    kept.copies_of(ann)
    versions = {call.path.split("/")[1]: call.headers["version"] for call in world.sandbox.calls}
    assert versions == {"conversations": "2021-04-15", "contacts": "2021-07-28", "locations": "2021-07-28"}


def test_a_copy_is_a_note_with_its_user_in_one_call(world: World, ann: str, kept: GrowthHubMessages) -> None:
    warm(world, kept, ann)
    recorded = kept.record_copy(LETTER, ann)
    (call,) = world.sandbox.calls
    assert (call.method, call.path) == ("POST", f"/contacts/{ann}/notes")
    head = "Quick question\nsales force message · rep@example.com · 2019-12-01 03:30:05 CST\n\n"
    assert call.body == {
        "body": f"{head}{LETTER.text}\n\n[growthgenius-message:393642]",
        "title": "Quick question",
        "userId": world.sandbox.users[0]["id"],
    }
    assert (recorded.copy.of, recorded.copy.contact_id, recorded.served_at) == ("393642", ann, world.clock.now())
    assert recorded.copy.text == f"{head}{LETTER.text}"


def test_no_contact_is_put_in_the_place_of_an_owner_that_is_no_user(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    for original in (replace(LETTER, owner="stranger@example.com"), REPLY):
        kept.record_copy(original, ann)
    assert [note["userId"] for note in world.sandbox.notes(ann)] == [None, None]


def test_a_location_that_may_not_be_read_has_its_times_in_utc(world: World, ann: str, kept: GrowthHubMessages) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"locations.readonly"})
    assert "2019-12-01 09:30:05 UTC" in (kept.record_copy(LETTER, ann).copy.text or "")


def test_a_note_is_known_again_in_html_and_after_users_wrote_in_it(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    world.sandbox.quirks.html_notes = True
    copy = kept.record_copy(LETTER, ann).copy
    note_id = copy.id.removeprefix("note:")
    body = world.sandbox.notes(ann)[0]["body"]
    world.sandbox.edit_note(ann, note_id, body=body.replace("shall we talk", "did we talk"))
    world.sandbox.add_note(ann, "A note of a user")
    copies = {each.id: each for each in kept.copies_of(ann)}
    assert len(copies) == 2
    assert [each.of for each in copies.values()].count("393642") == 1
    assert kept.is_copy_of(copies[copy.id], LETTER)
    assert [each.id for each in kept.find_copies(LETTER, ann, START)] == [copy.id]


def test_a_note_that_lost_its_marker_is_known_by_its_words_and_time(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    copy = kept.record_copy(LETTER, ann).copy
    note_id = copy.id.removeprefix("note:")
    body = world.sandbox.notes(ann)[0]["body"]
    world.sandbox.edit_note(ann, note_id, body=re.sub(r"\[.*\]$", "", body), title="Another")
    assert [each.id for each in kept.find_copies(LETTER, ann, START)] == [copy.id]
    world.sandbox.edit_note(ann, note_id, body="Another")
    assert kept.find_copies(LETTER, ann, START) == []


def test_a_note_is_amended_and_deleted(world: World, ann: str, kept: GrowthHubMessages) -> None:
    copy = kept.record_copy(LETTER, ann).copy
    world.calls()
    amended = kept.update_copy(copy, replace(LETTER, text="Changed", subject=None))
    assert (amended.copy.id, amended.copy.of) == (copy.id, "393642")
    assert (amended.copy.text or "").endswith("Changed")
    assert world.sandbox.notes(ann)[0]["title"] == "sales force message"
    kept.delete_copy(copy.id, ann)
    kept.delete_copy(copy.id, ann)
    assert world.sandbox.notes(ann) == []
    path = f"/contacts/{ann}/notes/{copy.id.removeprefix('note:')}"
    assert world.calls() == [f"PUT {path}", f"DELETE {path}", f"DELETE {path}"]


def test_a_change_that_is_answered_with_a_word_is_read_back(world: World, ann: str, kept: GrowthHubMessages) -> None:
    copy = kept.record_copy(LETTER, ann).copy
    world.sandbox.faults.append(Fault("status_after", method="PUT", status=200, body=b"OK"))
    assert "Changed" in (kept.update_copy(copy, replace(LETTER, text="Changed")).copy.text or "")


@pytest.mark.parametrize("named", ["title", "userId"])
def test_a_property_that_notes_do_not_know_is_left_out(
    world: World, ann: str, kept: GrowthHubMessages, named: str
) -> None:
    world.sandbox.quirks.note_lacks = frozenset({named})
    copy = kept.record_copy(LETTER, ann).copy
    kept.update_copy(copy, replace(LETTER, text="Changed"))
    (note,) = world.sandbox.notes(ann)
    assert note["bodyText"].startswith("Quick question")
    assert not note.get(named)
    world.calls()
    kept.record_copy(REPLY, ann)
    assert world.calls() == [f"POST /contacts/{ann}/notes"]


def test_a_refused_change_of_a_note_is_not_repeated_over_what_a_user_wrote_meanwhile(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    copy = kept.record_copy(LETTER, ann).copy
    world.sandbox.quirks.note_lacks = frozenset({"title"})
    world.sandbox.edit_note(ann, copy.id.removeprefix("note:"), body="Call her back")
    with pytest.raises(RecordEdited, match="edited between two tries"):
        kept.update_copy(copy, replace(LETTER, text="Changed"))
    assert world.sandbox.notes(ann)[0]["body"] == "Call her back"


def test_a_change_of_a_note_that_a_refusal_made_all_the_same_is_not_repeated(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    copy = kept.record_copy(LETTER, ann).copy
    world.calls()
    refusal = {"message": ["property title should not exist"], "statusCode": 422}
    world.sandbox.faults.append(Fault("status_after", method="PUT", status=422, body=refusal))
    assert "Changed" in (kept.update_copy(copy, replace(LETTER, text="Changed")).copy.text or "")
    assert [call.split()[0] for call in world.calls()] == ["PUT", "GET"]


def test_a_note_that_is_too_long_is_cut_once_and_says_so(world: World, ann: str, kept: GrowthHubMessages) -> None:
    world.sandbox.quirks.longest_note = 1000
    long = replace(LETTER, text="looms " * 1000)
    warm(world, kept, ann)
    copy = kept.record_copy(long, ann).copy
    assert (copy.of, len(world.sandbox.notes(ann)[0]["body"])) == ("393642", 1000)
    assert "the whole text is at growthgenius" in (copy.text or "")
    assert kept.is_copy_of(copy, long)
    assert [call.split()[0] for call in world.calls()] == ["POST", "GET", "POST"]
    world.sandbox.quirks.longest_note = 100
    with pytest.raises(RecordRefused, match="shorter than"):
        kept.record_copy(replace(long, id="another"), ann)
    assert len(world.sandbox.notes(ann)) == 2


def test_a_note_that_a_server_finds_too_large_is_cut(world: World, ann: str, kept: GrowthHubMessages) -> None:
    long = replace(LETTER, text="looms " * 4000)
    warm(world, kept, ann)
    world.sandbox.faults.append(Fault("status", method="POST", status=413, body=b"<html>413</html>"))
    kept.record_copy(long, ann)
    assert len(world.sandbox.notes(ann)[0]["body"]) == 5000


def test_a_note_that_a_refusal_made_all_the_same_is_not_created_again(
    world: World, ann: str, kept: GrowthHubMessages
) -> None:
    warm(world, kept, ann)
    refusal = {"message": ["property title should not exist"], "statusCode": 422}
    world.sandbox.faults.append(Fault("status_after", method="POST", status=422, body=refusal))
    recorded = kept.record_copy(LETTER, ann)
    assert [note["id"] for note in world.sandbox.notes(ann)][:1] == [recorded.copy.id.removeprefix("note:")]
    assert len(world.sandbox.notes(ann)) == 2


def test_a_refusal_for_anything_else_is_the_records(world: World, ann: str, kept: GrowthHubMessages) -> None:
    world.sandbox.faults.append(Fault("status", method="POST", status=422, body={"message": ["no notes today"]}))
    with pytest.raises(RecordRefused, match="no notes today"):
        kept.record_copy(LETTER, ann)
    assert world.sandbox.notes(ann) == []


def test_no_contacts_notes_are_gone_and_hold_no_copies(world: World, ann: str, kept: GrowthHubMessages) -> None:
    world.sandbox.remove(ann)
    for ask in (kept.copies_of, lambda contact_id: kept.record_copy(LETTER, contact_id)):
        with pytest.raises(RecordGone):
            ask(ann)
    assert kept.find_copies(LETTER, ann, START) == []


@pytest.mark.parametrize("row", [None, "x", {}, {"id": None}, {"id": " "}, {"id": "a/b"}, {"id": {}}])
def test_a_note_that_cannot_be_read_may_be_the_copy_that_is_looked_for(
    world: World, ann: str, kept: GrowthHubMessages, row: Any
) -> None:
    """To take it for missing would make the copy a second time."""
    kept.record_copy(LETTER, ann)
    body = {"notes": [*world.sandbox.notes(ann), row]}
    world.sandbox.faults.append(Fault("status", method="GET", path="/notes$", status=200, body=body, times=None))
    with pytest.raises(ServerTrouble, match="without a usable id"):
        kept.find_copies(LETTER, ann, START)


@pytest.mark.parametrize("row", [None, {"body": "?"}])
def test_a_row_of_the_export_that_cannot_be_read_may_be_the_copy_that_is_looked_for(
    world: World, ann: str, logged: GrowthHubMessages, row: Any
) -> None:
    logged.record_copy(LETTER, ann)
    world.change_answers(EXPORT, lambda body: body | {"messages": [row for _ in body["messages"]]})
    with pytest.raises(ServerTrouble, match="may be in a part of the list that cannot be read"):
        logged.find_copies(LETTER, ann, START)


@pytest.mark.parametrize("row", [None, {"id": None}, {"id": []}])
def test_a_conversation_that_cannot_be_read_may_be_that_of_the_contact(
    world: World, ann: str, logged: GrowthHubMessages, row: Any
) -> None:
    body = {"conversations": [row], "total": 1}
    world.sandbox.faults.append(Fault("status", path="/conversations/search", status=200, body=body, times=None))
    with pytest.raises(ServerTrouble, match="without a usable id"):
        logged.record_copy(LETTER, ann)


@pytest.mark.parametrize("body", [None, {}, {"notes": None}, []])
def test_notes_that_are_not_shown_are_trouble_and_not_none(
    world: World, ann: str, kept: GrowthHubMessages, body: Any
) -> None:
    warm(world, kept, ann)
    world.sandbox.faults.append(Fault("status", path="/notes", status=200, body=body, times=None))
    with pytest.raises(ServerTrouble):
        kept.copies_of(ann)
    with pytest.raises(ServerTrouble):
        kept.find_copies(LETTER, ann, START)


def test_a_copy_is_recorded_in_the_conversation_at_its_time(world: World, ann: str, logged: GrowthHubMessages) -> None:
    warm(world, logged, ann)
    recorded = logged.record_copy(LETTER, ann)
    post, get = world.sandbox.calls
    assert (post.method, post.path, get.method) == ("POST", INBOUND, "GET")
    conversation_id = world.sandbox.messages(ann)[0]["conversationId"]
    assert post.body == {
        "type": "Custom",
        "conversationId": conversation_id,
        "contactId": ann,
        "conversationProviderId": PROVIDER,
        "message": LETTER.text,
        "altId": "growthgenius-message:393642",
        "direction": "outbound",
        "date": "2019-12-01T09:30:05.250Z",
        "subject": "Quick question",
        "html": "Hi Ann,<br>\n<br>\nshall we talk about looms &amp; &lt;5 others?",
        "emailFrom": "rep@example.com",
    }
    assert recorded.copy.of == "393642"
    assert (recorded.copy.sent_at, recorded.copy.flow) == (LETTER.sent_at, "outbound")
    logged.record_copy(REPLY, ann)
    sent = next(call.body for call in world.sandbox.calls if call.body and "393643" in call.body["altId"])
    assert (sent["direction"], sent["message"], sent["html"]) == ("inbound", "Yes", "Yes")
    assert sent.keys().isdisjoint({"subject", "emailFrom", "emailTo"})


def test_a_copy_names_the_address_that_its_conversation_shows(
    world: World, ann: str, logged: GrowthHubMessages
) -> None:
    world.sandbox.add_message(ann, text="hi")
    for flow in ("outbound", "inbound"):
        logged.record_copy(replace(LETTER, id=flow, flow=flow), ann)
    sent = [call.body for call in world.sandbox.calls if call.path == INBOUND]
    ends = [(each["emailFrom"], each["emailTo"]) for each in sent]
    assert ends == [("rep@example.com", "ann@example.com"), ("ann@example.com", "rep@example.com")]


@pytest.mark.parametrize("provider_kind", ["SMS", "Email"])
@pytest.mark.parametrize("alt_id_shown", [True, False])
def test_what_was_recorded_is_listed_and_known_again(
    world: World, ann: str, logged: GrowthHubMessages, provider_kind: Any, alt_id_shown: bool
) -> None:
    world.sandbox.quirks.provider_kind = provider_kind
    world.sandbox.quirks.alt_id_shown = alt_id_shown
    tagged = replace(REPLY, id="393644", text="a <b>bold</b> <br> claim", sent_at=START)
    copies = {original.id: logged.record_copy(original, ann).copy for original in (LETTER, REPLY, tagged)}
    again = world.connect(messages=replace(RECORDED, channels=("WhatsApp",))).message_store
    listed = {message.id: message for message in read(again, datetime(1970, 1, 1, tzinfo=UTC))}
    assert listed.keys() == {copy.id for copy in copies.values()}
    for original in (LETTER, REPLY, tagged):
        shown = again.with_text(listed[copies[original.id].id])
        assert shown.of == (original.id if alt_id_shown else None)
        assert again.is_copy_of(shown, original)
        assert [each.id for each in again.find_copies(original, ann, START)] == [copies[original.id].id]
        assert not again.is_copy_of(shown, replace(original, id="x", text="Other words"))
        assert not again.is_copy_of(shown, replace(original, id="x", sent_at=START + timedelta(hours=1)))


def test_a_conversation_is_looked_up_once_and_made_once(world: World, ann: str, logged: GrowthHubMessages) -> None:
    logged.record_copy(LETTER, ann)
    made = [call for call in world.calls() if "/conversations" in call and "GET /conversations/messages" not in call]
    assert made == ["GET /conversations/search", "POST /conversations/", f"POST {INBOUND}"]
    logged.record_copy(REPLY, ann)
    assert len(world.calls()) == logged.count_calls(REPLY, recorded=False) == 2
    world.connect(messages=RECORDED).message_store.record_copy(replace(REPLY, id="3"), ann)
    assert world.calls()[:2] == ["GET /conversations/search", f"POST {INBOUND}"]


def test_a_conversation_that_exists_and_does_not_show_yet_is_looked_up_again(
    world: World, ann: str, logged: GrowthHubMessages
) -> None:
    world.sandbox.add_message(ann, text="hi")
    empty = {"conversations": [], "total": 0}
    world.sandbox.faults.append(Fault("status", path="/conversations/search", status=200, body=empty))
    logged.record_copy(REPLY, ann)
    assert len(world.sandbox.messages(ann)) == 2
    world.sandbox.faults.append(Fault("status", path="/conversations/search", status=200, body=empty, times=None))
    with pytest.raises(RecordRefused, match="shows no conversation"):
        world.connect(messages=RECORDED).message_store.record_copy(LETTER, ann)


def test_a_conversation_that_was_deleted_is_looked_up_again(world: World, ann: str, logged: GrowthHubMessages) -> None:
    warm(world, logged, ann)
    world.sandbox._conversations.clear()
    assert logged.record_copy(REPLY, ann).copy.of == "393643"
    world.sandbox.faults.append(Fault("status", path=INBOUND, status=404, body={"message": "Not found"}, times=None))
    with pytest.raises(RecordRefused, match="not known any more"):
        logged.record_copy(LETTER, ann)


def test_conversations_are_kept_in_mind_only_so_far(world: World, logged: GrowthHubMessages, monkeypatch: Any) -> None:
    monkeypatch.setattr("connectors.growthhub.conversations.REMEMBERED", 2)
    people = [world.sandbox.add(firstName=f"P{n}") for n in range(4)]
    for contact_id in (*people, people[-1]):
        logged.record_copy(replace(REPLY, id=contact_id), contact_id)
    assert list(logged._conversations._known) == people[-2:]


def test_a_silent_success_is_none(world: World, ann: str, logged: GrowthHubMessages) -> None:
    world.sandbox.quirks.silent_inbound = 1
    with pytest.raises(OutcomeUnknown, match="without the message"):
        logged.record_copy(LETTER, ann)
    assert logged.find_copies(LETTER, ann, START) == []
    assert logged.record_copy(LETTER, ann).copy.of == "393642"
    assert len(world.sandbox.messages(ann)) == 1


def test_a_wrong_provider_is_named_as_what_may_be_wrong(world: World, ann: str) -> None:
    hub = world.connect(messages=replace(RECORDED, provider_id="wrong")).message_store
    with pytest.raises(OutcomeUnknown, match="conversation_provider_id may be wrong"):
        hub.record_copy(LETTER, ann)
    assert world.sandbox.messages(ann) == []


@pytest.mark.parametrize("provider_kind", ["SMS", "Email"])
def test_the_id_of_what_was_recorded_is_not_lost_over_reading_it(
    world: World, ann: str, logged: GrowthHubMessages, provider_kind: Any
) -> None:
    world.sandbox.quirks.provider_kind = provider_kind
    warm(world, logged, ann)
    world.sandbox.faults.append(Fault("status", method="GET", status=401, times=None))
    copy = logged.record_copy(LETTER, ann).copy
    world.sandbox.faults.clear()
    assert copy.id in {message.id for message in read(logged, datetime(1970, 1, 1, tzinfo=UTC))}
    assert (copy.of, copy.contact_id, copy.text) == ("393642", ann, LETTER.text)
    assert logged.is_copy_of(copy, LETTER)


def test_what_is_recorded_cannot_be_changed_or_deleted_but_a_note_can(
    world: World, ann: str, logged: GrowthHubMessages
) -> None:
    copy = logged.record_copy(LETTER, ann).copy
    assert (logged.lists_copies, logged.deletes_copies, logged.copies_of(ann)) == (True, False, ())
    world.calls()
    for ask in (lambda: logged.update_copy(copy, LETTER), lambda: logged.delete_copy(copy.id, ann)):
        with pytest.raises(RecordRefused, match="cannot be changed or deleted through the API"):
            ask()
    assert world.calls() == []
    note = world.connect(messages=MessageStyle()).message_store.record_copy(REPLY, ann).copy
    assert (logged.update_copy(note, replace(REPLY, text="No")).copy.text or "").endswith("No")
    logged.delete_copy(note.id, ann)
    assert world.sandbox.notes(ann) == []


def test_recording_for_a_contact_that_is_gone_says_so(world: World, ann: str, logged: GrowthHubMessages) -> None:
    warm(world, logged, ann)
    world.sandbox.remove(ann)
    for contact_id in (ann, "missing"):
        with pytest.raises(RecordGone):
            logged.record_copy(LETTER, contact_id)
    assert logged.find_copies(LETTER, ann, START) == []


@pytest.mark.parametrize("style", [MessageStyle(), RECORDED], ids=["note", "conversation"])
def test_prices_are_those_of_the_calls(world: World, ann: str, style: MessageStyle) -> None:
    hub = world.connect(messages=style).message_store
    warm(world, hub, ann)
    copy = hub.record_copy(LETTER, ann).copy
    assert len(world.calls()) == hub.count_calls(LETTER, recorded=False)
    assert hub.count_calls(replace(LETTER, text=None), recorded=False) == hub.count_calls(LETTER, recorded=False) + 1
    if style.as_note:
        hub.update_copy(copy, LETTER)
        assert len(world.calls()) == hub.count_calls(LETTER, recorded=True) == 1


SKIPS = range(12) if THOROUGH else range(0, 12, 2)
"""How many calls pass before one goes wrong."""

KINDS: tuple[Kind, ...] = ("reset_before", "reset_after", "drop_after", "html", "html_after", "cut", "status_after")


@pytest.mark.parametrize("style", [MessageStyle(), RECORDED], ids=["note", "conversation"])
@pytest.mark.parametrize("provider_kind", ["SMS", "Email"])
def test_whatever_is_done_and_whatever_goes_wrong_no_contact_is_sent_anything(
    world: World, ann: str, style: MessageStyle, provider_kind: Any
) -> None:
    world.sandbox.quirks.provider_kind = provider_kind
    for kind in ("SMS", "Email", "Activity"):
        world.sandbox.add_message(ann, kind, text="hi")

    def live(hub: GrowthHubMessages) -> None:
        for message in read(hub):
            hub.with_text(message)
            hub.read_message(message.id, ann)
        copy = hub.record_copy(LETTER, ann).copy
        hub.copies_of(ann)
        hub.find_copies(LETTER, ann, START)
        hub.update_copy(copy, REPLY)
        hub.delete_copy(copy.id, ann)

    for fault in (None, *(Fault(kind, status=500, skip=skip) for kind in KINDS for skip in SKIPS)):
        world.sandbox.faults = [fault] if fault else []
        connector = world.connect(messages=style)
        try:
            connector.check_account(fix=True)
            live(connector.message_store)
        except ConnectorError:
            continue
    made = {(call.method, call.path) for call in world.sandbox.calls if call.method != "GET"}
    assert made
    assert {call for call in made if not is_listed((*ASKED, *CHANGED), *call)} == set()
    assert {call.method for call in world.sandbox.calls} <= {"GET", "POST", "PUT", "DELETE"}
    assert world.sandbox.sends == 0


def test_a_revoked_token_is_an_auth_error_everywhere(
    world: World, ann: str, kept: GrowthHubMessages, logged: GrowthHubMessages
) -> None:
    copy = kept.record_copy(LETTER, ann).copy
    warm(world, logged, ann)
    world.sandbox.token = "pit-other"
    for ask in (
        lambda: read(kept),
        lambda: kept.read_message(copy.id, ann),
        lambda: kept.record_copy(REPLY, ann),
        lambda: kept.update_copy(copy, REPLY),
        lambda: kept.delete_copy(copy.id, ann),
        lambda: kept.copies_of(ann),
        lambda: kept.find_copies(LETTER, ann, START),
        lambda: logged.record_copy(REPLY, ann),
        lambda: logged.find_copies(LETTER, ann, START),
    ):
        with pytest.raises(AuthError):
            ask()


def test_a_merge_takes_the_copies_along(
    world: World, ann: str, kept: GrowthHubMessages, logged: GrowthHubMessages
) -> None:
    bob = world.sandbox.add(firstName="Bob")
    note, message = kept.record_copy(LETTER, ann).copy.id, logged.record_copy(REPLY, ann).copy.id
    world.sandbox.merge(bob, ann)
    assert [each.id for each in kept.find_copies(LETTER, bob, START)] == [note]
    assert [each.id for each in logged.find_copies(REPLY, bob, START)] == [message]
    assert kept.read_message(note, bob).contact_id == logged.read_message(message, ann).contact_id == bob


def test_times_are_cut_to_what_the_api_keeps(world: World, ann: str, logged: GrowthHubMessages) -> None:
    sent_at = datetime(2019, 12, 1, 9, 30, 5, 250_999, tzinfo=UTC)
    copy = logged.record_copy(replace(LETTER, sent_at=sent_at), ann).copy
    assert copy.sent_at == instant.parse("2019-12-01T09:30:05.250Z")
    assert logged.is_copy_of(replace(copy, of=None), replace(LETTER, sent_at=sent_at))


@pytest.mark.parametrize(
    "key", ["id", "contactId", "deleted", "status", "direction", "messageType", "body", "altId", "meta",
            "conversationProviderId"],
)  # fmt: skip
@pytest.mark.parametrize("value", [{}, {"a": "x"}, [[]], [None], "\x00", "\ud83d", True, 7])
def test_no_odd_value_in_a_row_of_the_export_ends_its_reading(key: str, value: Any) -> None:
    row = {
        "id": "m1", "contactId": "c1", "messageType": "TYPE_EMAIL", "status": "pending", "direction": "outbound",
        "meta": {"email": {"messageIds": ["e1"]}}, "conversationProviderId": "p", "altId": "growthgenius-message:1",
    }  # fmt: skip
    assert is_wanted({**row, key: value}, frozenset({"Email"}), "p", "growthgenius") in {True, False}
