from datetime import timedelta
from typing import Any

import pytest
import requests

from connectors.growthhub.client import headers
from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.growthhub.sandbox.server import LOCATION, TOKEN
from connectors.values import instant
from tests.connectors.growthhub.test_allowed_calls import SENDS
from tests.connectors.growthhub.world import EXPORT, World


def ask(world: World, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
    sent = {**headers(TOKEN), "Version": "2021-04-15"}
    return requests.request(method, f"{world.sandbox.url}{path}", json=body, headers=sent, params=params, timeout=5)


def export(world: World, **asked: Any) -> Any:
    return ask(world, "GET", EXPORT, **{"locationId": LOCATION, **asked}).json()


def exported(world: World, **asked: Any) -> list[str]:
    return [each["id"] for each in export(world, **asked)["messages"]]


def recording(conversation_id: str, contact_id: str, **more: Any) -> dict[str, Any]:
    sent = {"type": "Custom", "conversationId": conversation_id, "contactId": contact_id, "message": "Hi"}
    return {**sent, "conversationProviderId": PROVIDER, **more}


@pytest.fixture
def ann(world: World) -> str:
    return world.sandbox.add(firstName="Ann", lastName="Lee", email="ann@example.com")


def test_a_note_is_created_shown_changed_and_deleted(world: World, ann: str) -> None:
    made = ask(world, "POST", f"/contacts/{ann}/notes", {"body": "Called", "title": "Call"})
    note = made.json()["note"]
    assert made.status_code == 201
    assert (note["body"], note["bodyText"], note["userId"], note["contactId"]) == ("Called", "Called", None, ann)
    assert "dateUpdated" not in note
    path = f"/contacts/{ann}/notes/{note['id']}"
    assert ask(world, "GET", path).json()["note"] == note
    changed = ask(world, "PUT", path, {"body": "Called <b>twice</b>"}).json()["note"]
    assert (changed["bodyText"], changed["title"]) == ("Called twice", "Call")
    assert ask(world, "GET", f"/contacts/{ann}/notes").json()["notes"] == [changed]
    assert ask(world, "DELETE", path).json()["succeeded"] is True
    assert [ask(world, method, path, {}).status_code for method in ("GET", "PUT", "DELETE")] == [400] * 3
    assert world.sandbox.notes(ann) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"body": "x", "locationId": LOCATION}, "property locationId should not exist"),
        ({"title": "x"}, "body should not be empty"),
        ({"body": None}, "body must be a string"),
        ({"body": "x" * 41}, "body must be shorter than or equal to 40 characters"),
    ],
)
def test_a_note_that_is_not_as_it_should_be_is_unprocessable(world: World, ann: str, body: Any, said: str) -> None:
    world.sandbox.quirks.longest_note = 40
    answer = ask(world, "POST", f"/contacts/{ann}/notes", body)
    assert (answer.status_code, answer.json()["message"]) == (422, [said])


def test_notes_of_no_contact_are_refused_as_the_contact_is(world: World) -> None:
    for method, path in (("GET", "notes"), ("POST", "notes"), ("GET", "notes/n"), ("DELETE", "notes/n")):
        answer = ask(world, method, f"/contacts/missing/{path}", {"body": "x"})
        assert (answer.status_code, answer.json()["message"]) == (400, "Contact with id missing not found")


def test_a_location_may_make_html_of_notes(world: World, ann: str) -> None:
    world.sandbox.quirks.html_notes = True
    note = ask(world, "POST", f"/contacts/{ann}/notes", {"body": "a < b\nc"}).json()["note"]
    assert (note["body"], note["bodyText"]) == ("<div><p>a &lt; b</p><p>c</p></div>", "a < b\nc")


def test_users_write_change_and_delete_notes_by_hand(world: World, ann: str) -> None:
    first, second = (world.sandbox.add_note(ann, body) for body in ("one", "two"))
    world.sandbox.edit_note(ann, first, body="<p>uno</p>")
    world.sandbox.remove_note(ann, second)
    (note,) = world.sandbox.notes(ann)
    assert (note["id"], note["body"], note["bodyText"]) == (first, "<p>uno</p>", "uno")


def test_what_belongs_to_a_contact_goes_with_it_or_to_the_survivor_of_a_merge(world: World, ann: str) -> None:
    bob = world.sandbox.add(firstName="Bob")
    note = world.sandbox.add_note(ann, "x")
    text, letter = world.sandbox.add_message(ann, "SMS", text="hi"), world.sandbox.add_message(ann, "Email", text="hi")
    world.sandbox.merge(bob, ann)
    assert [each["id"] for each in world.sandbox.notes(bob)] == [note]
    assert world.sandbox.notes(bob)[0]["contactId"] == bob
    assert text in [each["id"] for each in world.sandbox.messages(bob)]
    assert [each["id"] for each in world.sandbox.emails(bob)] == [letter]
    assert set(exported(world, contactId=bob)) == {text}
    world.sandbox.remove(bob)
    assert (world.sandbox.notes(bob), world.sandbox.messages(bob), world.sandbox.emails(bob)) == ([], [], [])
    assert exported(world) == exported(world, channel="Email") == []


def test_the_export_leaves_emails_out_unless_it_is_requested_them(world: World, ann: str) -> None:
    ids = {kind: world.sandbox.add_message(ann, kind, text="hi") for kind in ("SMS", "WhatsApp", "Activity", "Call")}
    world.sandbox.add_message(ann, "Email", text="hi")
    assert set(exported(world)) == set(ids.values())
    assert exported(world, channel="SMS") == [ids["SMS"]]
    (thread,) = export(world, channel="Email")["messages"]
    assert thread["messageType"] == "TYPE_EMAIL"
    assert "body" not in thread


def test_the_export_goes_on_by_its_cursor_and_counts_everything(world: World, ann: str) -> None:
    ids = [world.sandbox.add_message(ann, text=str(n), at=world.clock.now() - timedelta(hours=n)) for n in range(25)]
    first = export(world, limit=10, sortOrder="asc")
    second = export(world, limit=10, sortOrder="asc", cursor=first["nextCursor"])
    last = export(world, limit=10, sortOrder="asc", cursor=second["nextCursor"])
    assert [page["total"] for page in (first, second, last)] == [25] * 3
    assert last["nextCursor"] is None
    pages = [each["id"] for page in (first, second, last) for each in page["messages"]]
    assert set(pages) == set(ids)
    assert exported(world, limit=25, sortOrder="desc") == pages[::-1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"limit": 9}, "limit must not be less than 10 nor greater than 500"),
        ({"limit": 501}, "limit must not be less than 10 nor greater than 500"),
        ({"sortBy": "dateAdded"}, "sortBy must be one of the following values: createdAt, updatedAt"),
        ({"channel": "Pigeon"}, "channel must be one of"),
        ({"startDate": "soon"}, "startDate must be a date"),
        ({"page": 2}, "property page should not exist"),
    ],
)
def test_questions_that_the_documents_do_not_know_are_refused(world: World, asked: Any, said: str) -> None:
    answer = ask(world, "GET", EXPORT, locationId=LOCATION, **asked)
    assert answer.status_code == 422
    assert answer.json()["message"][0].startswith(said)
    assert ask(world, "GET", EXPORT).status_code == 422
    assert ask(world, "GET", EXPORT, locationId="other").status_code == 403


@pytest.mark.parametrize("cursor", ["nonsense", "e30=", "bnVsbA=="])
def test_a_cursor_of_another_question_or_of_no_contacts_is_refused(world: World, ann: str, cursor: str) -> None:
    for n in range(11):
        world.sandbox.add_message(ann, text=str(n))
    own = export(world, limit=10)["nextCursor"]
    assert ask(world, "GET", EXPORT, locationId=LOCATION, limit=10, cursor=cursor).status_code == 400
    assert ask(world, "GET", EXPORT, locationId=LOCATION, limit=11, cursor=own).status_code == 400
    world.sandbox.quirks.cursor_life = 60.0
    assert ask(world, "GET", EXPORT, locationId=LOCATION, limit=10, cursor=own).status_code == 200
    world.clock.pass_by(61)
    assert ask(world, "GET", EXPORT, locationId=LOCATION, limit=10, cursor=own).status_code == 400


def test_a_cursor_lives_two_minutes_since_it_was_last_used(world: World, ann: str) -> None:
    for n in range(11):
        world.sandbox.add_message(ann, text=str(n))
    own = export(world, limit=10)["nextCursor"]
    statuses = []
    for seconds in (119, 119, 119, 121):
        world.clock.pass_by(seconds)
        statuses.append(ask(world, "GET", EXPORT, locationId=LOCATION, limit=10, cursor=own).status_code)
    assert statuses == [200, 200, 200, 400]


def test_the_dates_of_the_export_mean_what_the_location_takes_them_for(world: World, ann: str) -> None:
    now = world.clock.now()
    world.clock.pass_by(60)
    late = world.sandbox.add_message(ann, text="late", at=now - timedelta(days=30))
    world.clock.pass_by(60)
    world.sandbox.edit_message(late, body="edited")
    shown = {}
    for dates in ("dateAdded", "createdAt", "sorted"):
        world.sandbox.quirks.export_dates = dates
        shown[dates] = [
            exported(world, sortBy=sort, startDate=instant.render(start), endDate=instant.render(world.clock.now()))
            for sort, start in (("createdAt", now), ("updatedAt", now + timedelta(seconds=90)))
        ]
    assert shown == {"dateAdded": [[], []], "createdAt": [[late], []], "sorted": [[late], [late]]}


def test_both_ends_belong_to_what_is_requested_unless_the_location_excludes_them(world: World, ann: str) -> None:
    moment = world.clock.now() - timedelta(days=1)
    message_id = world.sandbox.add_message(ann, text="x", at=moment)
    only = {"startDate": instant.render(moment), "endDate": instant.render(moment)}
    assert exported(world, **only) == [message_id]
    world.sandbox.quirks.export_ends_excluded = True
    assert exported(world, **only) == []


def test_the_export_lags_behind(world: World, ann: str) -> None:
    world.sandbox.quirks.message_lag = 30.0
    message_id = world.sandbox.add_message(ann, text="x")
    assert exported(world) == []
    world.clock.pass_by(30)
    assert exported(world) == [message_id]
    world.sandbox.remove_message(message_id)
    assert exported(world) == [message_id]
    world.clock.pass_by(30)
    assert exported(world) == []


def test_a_reply_is_another_email_of_the_same_message(world: World, ann: str) -> None:
    letter = world.sandbox.add_message(ann, "Email", "outbound", "<p>Hi</p>", subject="Offer")
    world.clock.pass_by(60)
    reply = world.sandbox.add_message(ann, "Email", "inbound", "<p>Yes</p>", thread=letter)
    (thread,) = export(world, channel="Email")["messages"]
    assert thread["meta"]["email"]["messageIds"] == [letter, reply]
    assert (thread["direction"], thread["dateAdded"]) == ("inbound", instant.render(world.clock.now()))
    shown = ask(world, "GET", f"/conversations/messages/email/{letter}").json()["emailMessage"]
    assert (shown["subject"], shown["body"], shown["threadId"]) == ("Offer", "<p>Hi</p>", thread["id"])
    world.sandbox.remove_message(letter)
    assert export(world, channel="Email")["messages"][0]["meta"]["email"]["messageIds"] == [reply]
    assert ask(world, "GET", f"/conversations/messages/email/{letter}").status_code == 400
    world.sandbox.remove_message(reply)
    assert exported(world, channel="Email") == []


def test_a_message_is_shown_by_its_id(world: World, ann: str) -> None:
    message_id = world.sandbox.add_message(ann, "SMS", "inbound", "hi")
    shown = ask(world, "GET", f"/conversations/messages/{message_id}").json()["message"]
    assert (shown["body"], shown["direction"], shown["messageType"]) == ("hi", "inbound", "TYPE_SMS")
    assert ask(world, "GET", "/conversations/messages/nothing").status_code == 400


def test_a_conversation_is_created_once_and_found_by_its_contact(world: World, ann: str) -> None:
    assert ask(world, "GET", "/conversations/search", locationId=LOCATION).json()["total"] == 0
    made = ask(world, "POST", "/conversations/", {"locationId": LOCATION, "contactId": ann}).json()["conversation"]
    again = ask(world, "POST", "/conversations/", {"locationId": LOCATION, "contactId": ann})
    assert (again.status_code, again.json()["message"]) == (400, "Conversation already exists")
    found = ask(world, "GET", "/conversations/search", locationId=LOCATION, contactId=ann).json()["conversations"]
    assert [(each["id"], each["email"]) for each in found] == [(made["id"], "ann@example.com")]
    assert ask(world, "GET", "/conversations/search", locationId="other").status_code == 403
    no_owner = {"locationId": LOCATION, "contactId": "missing"}
    assert ask(world, "POST", "/conversations/", no_owner).status_code == 400
    assert ask(world, "POST", "/conversations/", {**no_owner, "locationId": "other"}).status_code == 403
    assert ask(world, "POST", "/conversations/", {"x": 1}).status_code == 422
    assert world.sandbox.messages(ann) == []


@pytest.mark.parametrize(("kind", "message_type"), [("SMS", "TYPE_CUSTOM_SMS"), ("Email", "TYPE_CUSTOM_EMAIL")])
def test_recording_keeps_a_message_at_its_date_and_sends_nothing(
    world: World, ann: str, kind: Any, message_type: str
) -> None:
    world.sandbox.quirks.provider_kind = kind
    sent = {"locationId": LOCATION, "contactId": ann}
    conversation = ask(world, "POST", "/conversations/", sent).json()["conversation"]["id"]
    date = instant.render(world.clock.now() - timedelta(days=300))
    more = {"direction": "inbound", "date": date, "altId": "a1", "subject": "S"}
    answer = ask(world, "POST", "/conversations/messages/inbound", recording(conversation, ann, **more)).json()
    (message,) = world.sandbox.messages(ann)
    assert (message["id"], message["messageType"]) == (answer["messageId"], message_type)
    assert (message["dateAdded"], message["direction"], message["altId"]) == (date, "inbound", "a1")
    assert [each["id"] for each in world.sandbox.emails(ann)] == [answer[k] for k in ("emailMessageId",) if k in answer]
    world.sandbox.quirks.alt_id_shown = False
    assert "altId" not in world.sandbox.messages(ann)[0]
    assert world.sandbox.sends == 0


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"conversationProviderId": None}, 201),
        ({"conversationProviderId": None, "type": "SMS"}, 400),
        ({"conversationProviderId": LOCATION}, 500),
        ({"conversationId": "nothing"}, 400),
        ({"conversationId": None, "contactId": None}, 422),
        ({"conversationId": None, "contactId": "missing"}, 400),
        ({"direction": "sideways"}, 422),
        ({"date": "soon"}, 422),
        ({"locationId": LOCATION}, 422),
    ],
)
def test_recording_without_what_it_needs_keeps_nothing(world: World, ann: str, more: Any, status: int) -> None:
    sent = {"locationId": LOCATION, "contactId": ann}
    conversation = ask(world, "POST", "/conversations/", sent).json()["conversation"]["id"]
    body = {key: value for key, value in recording(conversation, ann, **more).items() if value is not None}
    answer = ask(world, "POST", "/conversations/messages/inbound", body)
    assert (answer.status_code, world.sandbox.messages(ann)) == (status, [])
    assert status != 201 or answer.text == ""


def test_a_location_may_answer_with_nothing_and_keep_nothing(world: World, ann: str) -> None:
    world.sandbox.quirks.silent_inbound = 1
    sent = {"locationId": LOCATION, "contactId": ann}
    body = recording(ask(world, "POST", "/conversations/", sent).json()["conversation"]["id"], ann)
    answers = [ask(world, "POST", "/conversations/messages/inbound", body) for _ in range(2)]
    assert [(answer.status_code, bool(answer.text)) for answer in answers] == [(201, False), (201, True)]
    assert len(world.sandbox.messages(ann)) == 1


def test_whatever_sends_is_counted(world: World) -> None:
    posts = [path for method, path in SENDS if method == "POST" and path.startswith("/conversations")]
    for path in posts:
        ask(world, "POST", path, {"type": "SMS"})
    counted = [path for path in posts if "preferences" not in path]
    assert world.sandbox.sends == len(counted) > 5


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("conversations/message.readonly", "GET", EXPORT),
        ("conversations/message.readonly", "GET", "/conversations/messages/email/e"),
        ("conversations.readonly", "GET", "/conversations/search"),
        ("conversations.write", "POST", "/conversations/"),
        ("conversations/message.write", "POST", "/conversations/messages/inbound"),
        ("contacts.readonly", "GET", "/contacts/c/notes"),
        ("contacts.write", "POST", "/contacts/c/notes"),
    ],
)
def test_each_call_takes_its_scope(world: World, scope: str, method: str, path: str) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({scope})
    assert ask(world, method, path, {} if method == "POST" else None).status_code == 401
