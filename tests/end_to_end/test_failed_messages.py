"""What never went out was never said, what is sent once more is the same message, and no message arrives empty."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.base import Call, Fault
from tests.end_to_end.changed_answers import rewrite
from tests.end_to_end.message_world import Office, minutes
from tests.end_to_end.test_messages import counts, nothing_more, streams
from tests.thorough import pairs

PHOTO = "https://files.example.com/location/photo.jpg"


@pytest.mark.parametrize(("kind", "status"), pairs(["SMS", "WhatsApp", "Email"], ["failed", "undelivered", "Failed"]))
def test_a_message_that_failed_to_go_out_is_not_synced(office: Office, kind: str, status: str) -> None:
    left, right = office.person("ann")
    office.world.gh.add_message(right, kind, "outbound", "Call me", at=minutes(-5), status=status)
    gg, _ = counts(office.world.run())
    assert (gg["created"], office.letters(left)) == (0, [])
    nothing_more(office)


def test_what_a_user_wrote_is_synced_whatever_its_status(office: Office) -> None:
    left, right = office.person("ann")
    office.world.gh.add_message(right, "SMS", "inbound", "Call me", at=minutes(-5), status="failed")
    office.world.run()
    assert office.letters(left) == ["Call me"]


def test_of_a_thread_only_the_failed_e_mail_stays_behind(office: Office) -> None:
    left, right = office.person("ann")
    hub = office.world.gh
    first = hub.add_message(right, "Email", "outbound", "<p>One</p>", at=minutes(-9), subject="Hello")
    second = hub.add_message(right, "Email", "outbound", "<p>Two</p>", at=minutes(-8), thread=first, status="failed")
    hub.add_message(right, "Email", "inbound", "<p>Three</p>", at=minutes(-7), thread=first)
    hub.edit_message(second, status="failed")
    office.world.run()
    assert office.letters(left) == ["One", "Three"]
    nothing_more(office)


@pytest.mark.parametrize("kind", ["SMS", "Email"])
@pytest.mark.parametrize("deletes", ["ignore", "propagate"])
@pytest.mark.parametrize("noticed", [False, True])
def test_a_retry_that_deletes_the_old_message_is_the_same_message(
    office: Office, kind: str, deletes: str, *, noticed: bool
) -> None:
    office.world.contacts["deletes"] = f'"{deletes}"'
    left, right = office.person("ann")
    hub = office.world.gh
    old = hub.add_message(right, kind, "outbound", "Call me", at=minutes(-5))
    office.world.run()
    (copy,) = office.world.gg.messages()
    hub.remove_message(old)
    hub.add_message(right, kind, "outbound", "Call me", at=minutes(-4.5))
    gg, _ = counts(office.world.run(whole=noticed))
    assert (gg["created"], office.letters(left)) == (0, ["Call me"])
    nothing_more(office)
    office.world.run(whole=True)
    assert [each["id"] for each in office.world.gg.messages()] == [copy["id"]]


def test_a_retry_of_what_a_full_comparison_found_deleted_is_the_same_message(office: Office) -> None:
    left, right = office.person("ann")
    old = office.world.gh.add_message(right, "SMS", "outbound", "Call me", at=minutes(-5))
    office.world.run()
    office.world.gh.remove_message(old)
    office.world.run(whole=True)
    new = office.world.gh.add_message(right, "SMS", "outbound", "Call me", at=minutes(-5))
    office.world.run()
    assert office.letters(left) == ["Call me"]
    office.world.contacts["deletes"] = '"propagate"'
    office.world.gh.remove_message(new)
    office.world.run(whole=True)
    assert office.letters(left) == []


@pytest.mark.parametrize(
    ("text", "at", "gone"), [("Call me", -5.0, False), ("Call me now", -5.0, True), ("Call me", -3.0, True)]
)
def test_another_message_is_another_message(office: Office, text: str, at: float, *, gone: bool) -> None:
    left, right = office.person("ann")
    old = office.world.gh.add_message(right, "SMS", "outbound", "Call me", at=minutes(-5))
    office.world.run()
    if gone:
        office.world.gh.remove_message(old)
    office.world.gh.add_message(right, "SMS", "outbound", text, at=minutes(at + 0.1))
    office.world.run()
    assert len(office.letters(left)) == 2


def test_the_same_words_to_another_contact_are_another_message(office: Office) -> None:
    ann, bob = office.person("ann"), office.person("bob")
    old = office.world.gh.add_message(ann[1], "SMS", "outbound", "Call me", at=minutes(-5))
    office.world.run()
    office.world.gh.remove_message(old)
    office.world.gh.add_message(bob[1], "SMS", "outbound", "Call me", at=minutes(-5))
    office.world.run()
    assert (office.letters(ann[0]), office.letters(bob[0])) == (["Call me"], ["Call me"])


@pytest.mark.parametrize("kind", ["SMS", "WhatsApp", "Email"])
@pytest.mark.parametrize("attachments", [[f"{PHOTO}?signature=1"], [{"url": PHOTO}]])
def test_a_message_that_is_only_a_picture_says_so(office: Office, kind: str, attachments: Any) -> None:
    left, right = office.person("ann")
    message = office.world.gh.add_message(right, kind, "inbound", "", at=minutes(-5), attachments=attachments)
    office.world.run()
    assert office.letters(left) == [f"Attachment: {PHOTO}"]
    office.world.gh.edit_message(message, attachments=[f"{PHOTO}?signature=2"])
    nothing_more(office)


def test_an_e_mail_of_nothing_but_a_picture_says_where_it_is_on_both_sides(office: Office) -> None:
    left, right = office.person("ann")
    body = f'<html><body><img alt="" src="{PHOTO}"></body></html>'
    office.world.gh.add_message(right, "Email", "inbound", body, at=minutes(-5))
    office.write(left, body, at=minutes(-4))
    office.world.run()
    assert any(f"Attachment: {PHOTO}" in each for each in office.notes(right))
    assert office.letters(left) == [f"Attachment: {PHOTO}", body]
    nothing_more(office)


def test_a_file_of_which_only_the_kind_is_known_says_so(office: Office) -> None:
    left, right = office.person("ann")
    office.world.gh.add_message(right, "WhatsApp", "inbound", "", at=minutes(-5), contentType="audio/ogg")
    office.world.run()
    assert office.letters(left) == ["Attachment: audio/ogg"]


def test_words_beside_a_picture_stay_as_they_are(office: Office) -> None:
    left, right = office.person("ann")
    office.world.gh.add_message(right, "SMS", "inbound", "Look!", at=minutes(-5), attachments=[PHOTO])
    assert streams(office.world.run())["messages"]["gg"]["created"] == 1
    assert office.letters(left) == ["Look!"]


@pytest.mark.parametrize("status", ["failed", "delivered"])
@pytest.mark.parametrize("kind", ["SMS", "WhatsApp", "Email"])
def test_a_message_that_failed_while_it_waited_for_its_contact_stays_behind(
    office: Office, kind: str, status: str
) -> None:
    world = office.world
    world.gg.faults.append(Fault("status", "POST", "/contacts$", status=422, body={"message": ["no"]}, times=None))
    right = world.gh.add(firstName="Ann", email="ann@example.com")
    message = world.gh.add_message(right, kind, "outbound", "Call me", at=minutes(-5))
    world.run()
    (failure,) = world.rows("SELECT operation FROM failure WHERE stream = 'messages'")
    assert failure["operation"] == "wait"
    world.gh.edit_message(message, status=status)
    world.gg.faults.clear()
    world.gh.edit(right, city="Rome")
    assert world.run(skip=90_000).exit_code == 0
    (left,) = (str(each["id"]) for each in world.gg.people())
    assert office.letters(left) == ([] if status == "failed" else ["Call me"])
    assert world.rows("SELECT * FROM failure") == []
    nothing_more(office)


@pytest.mark.parametrize("status", ["failed", "delivered"])
@pytest.mark.parametrize("kind", ["SMS", "Email"])
def test_a_message_that_failed_while_its_contact_was_left_out_stays_behind(
    office: Office, kind: str, status: str
) -> None:
    world = office.world
    world.contacts["only"] = '{ right = { tags = ["sync"] } }'
    right = world.gh.add(firstName="Ann", email="ann@example.com")
    message = world.gh.add_message(right, kind, "outbound", "Call me", at=minutes(-5))
    world.run()
    assert world.gg.people() == []
    world.gh.edit_message(message, status=status)
    world.gh.edit(right, tags=["sync"])
    assert world.run().exit_code == 0
    (left,) = (str(each["id"]) for each in world.gg.people())
    assert office.letters(left) == ([] if status == "failed" else ["Call me"])
    nothing_more(office)


@pytest.mark.parametrize("status", ["bounced", "undelivered", "pending", "delivered"])
def test_an_e_mail_is_decided_again_when_its_text_is_read_for_the_copy(office: Office, status: str) -> None:
    world = office.world
    left, right = office.person("ann")
    world.gh.add_message(right, "Email", "outbound", "Call me", at=minutes(-5))

    def fail_at_the_last_moment(call: Call) -> None:
        if "/email/" in call.path:
            world.gh.edit_message(call.path.rpartition("/")[2], status=status)

    world.gh.before_answer = fail_at_the_last_moment
    assert world.run().exit_code == 0
    assert office.letters(left) == (["Call me"] if status in {"pending", "delivered"} else [])
    assert world.rows("SELECT * FROM failure") == []
    nothing_more(office)


@pytest.mark.parametrize("status", ["failed", "delivered"])
@pytest.mark.parametrize("kind", ["SMS", "Email"])
def test_a_message_that_failed_while_it_waited_behind_an_unanswered_one_stays_behind(
    office: Office, kind: str, status: str
) -> None:
    world = office.world
    world.options["settle"] = '"60s"'
    left, right = office.person("ann")
    world.run(skip=120)
    world.gh.add_message(right, "SMS", "inbound", "First", at=world.clock.now())
    second = world.gh.add_message(right, kind, "outbound", "Second", at=world.clock.now() + timedelta(seconds=1))
    world.gg.faults.append(Fault("drop_before", "POST", "/messages$", times=None))
    world.run(skip=1)
    world.gh.edit_message(second, status=status)
    world.gg.faults.clear()
    world.run(skip=300)
    world.run(skip=300)
    assert office.letters(left) == (["First"] if status == "failed" else ["First", "Second"])
    assert world.rows("SELECT * FROM failure") == []


@pytest.mark.parametrize("status", ["failed", "delivered"])
@pytest.mark.parametrize("kind", ["SMS", "Email"])
def test_a_message_that_failed_while_it_could_not_be_read_stays_behind(office: Office, kind: str, status: str) -> None:
    world = office.world
    left, right = office.person("ann")
    message = world.gh.add_message(right, kind, "outbound", "Call me", at=minutes(-5))
    broken = [True]

    def answer(_: Call, body: Any) -> Any:
        text = json.dumps(body)
        return json.loads(text.replace("2026-03-02T08:55", "0001-03-02T08:55")) if broken[0] else body

    rewrite(world.gh, answer)
    assert world.run().exit_code == 1
    world.gh.edit_message(message, status=status)
    broken[0] = False
    world.run(skip=90_000)
    assert office.letters(left) == ([] if status == "failed" else ["Call me"])
    assert world.rows("SELECT * FROM failure") == []


@pytest.mark.parametrize("kind", ["SMS", "Email"])
def test_a_failure_that_an_earlier_release_listed_by_the_id_of_its_row_ends_when_its_message_is_copied(
    office: Office, kind: str
) -> None:
    world = office.world
    left, right = office.person("ann")
    world.run()
    world.gh.add_message(right, kind, "outbound", "Call me", at=minutes(-600_000))
    (row,) = world.gh.messages(right)
    with closing(sqlite3.connect(world.state_path)) as db, db:
        values = (1, "messages", "right", row["id"], "gh", "gh:ann", "read", "it could not be read", "[]", 1, 0, 0, 0)
        columns = "connection, stream, side, record_id, account, who, operation, reason, blockers, attempts"
        places = ", ".join("?" * len(values))
        db.execute(f"INSERT INTO failure ({columns}, first_ms, last_ms, due_ms) VALUES ({places})", values)
    world.run()
    assert (office.letters(left), world.rows("SELECT * FROM failure")) == (["Call me"], [])
