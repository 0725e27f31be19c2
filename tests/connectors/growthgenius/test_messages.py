"""Copies of messages: what is written, in how many calls, and what is found out about it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import OutcomeUnknown, RecordGone, RecordRefused, ServerTrouble, TransientError
from connectors.growthgenius.body_style import STYLE
from connectors.growthgenius.sandbox.server import Behaviour
from connectors.message import Message
from connectors.message_store import MessageStore
from connectors.sandbox.faults import Fault
from tests.connectors.growthgenius.account import World
from tests.end_to_end.changed_answers import rewrite

USERS = [
    {"id": 78, "team_id": 1, "email": "Dev@example.com"},
    {"id": 81, "team_id": 2, "email": "b@example.com", "reporting_email": "other@example.com"},
]
SENT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
ORIGINAL = Message(
    "hub-1", "hub-person", "Yes,\nplease.", "Re: a match", SENT, "email", "Email", "inbound", "b@example.com"
)
CHANGED = replace(ORIGINAL, text="No, thanks.")


def two_users(behaviour: Behaviour | None = None) -> World:
    return World(behaviour, user_ids=(78, 81), users=USERS)


def messages_of(world: World) -> MessageStore:
    return world.account.message_store


def methods(world: World) -> list[str]:
    return [method for method, path in world.asked() if path.startswith("/messages")]


def bodies(world: World) -> list[Any]:
    return [call.body for call in world.sandbox.calls if call.method in ("POST", "PATCH")]


def test_it_keeps_the_contract() -> None:
    with World() as world:
        messages = messages_of(world)
        assert (messages.lists_copies, messages.deletes_copies) == (True, True)
        assert messages.count_calls(ORIGINAL, recorded=False) == messages.count_calls(ORIGINAL, recorded=True) == 1
        assert messages.copies_of("5") == ()
        assert world.asked() == []


def test_a_copy_is_one_wrapped_post_as_documented() -> None:
    with two_users() as world:
        contact_id = world.sandbox.add(first_name="Louis")
        recorded = messages_of(world).record_copy(ORIGINAL, contact_id)
        assert methods(world) == ["POST"]
        assert bodies(world) == [
            {"message": {"contact_id": int(contact_id), "message_type": "email", "rendered_copy": "Yes,\nplease.",
                         "rendered_subject": "Re: a match", "sent_at": "2026-01-02T03:04:05.678Z",
                         "user_id": 81, "team_id": 2}}
        ]  # fmt: skip
        assert world.sandbox.calls[-1].query == {"user_id": "81"}
        (record,) = world.sandbox.messages()
        assert recorded.copy == replace(ORIGINAL, id=str(record["id"]), contact_id=contact_id, flow=None)
        assert recorded.served_at == world.clock.now()
        assert record["sent_at"] == "2026-01-01T22:04:05.678-05:00"


def test_an_id_that_is_no_number_goes_as_text() -> None:
    with World(Behaviour(ids="uuid")) as world:
        contact_id = world.sandbox.add()
        messages_of(world).record_copy(ORIGINAL, contact_id)
        assert bodies(world)[0]["message"]["contact_id"] == contact_id


@pytest.mark.parametrize("owner", [None, "stranger@example.com", "other@example.com"])
def test_an_owner_that_is_no_user_is_not_replaced_by_any_contact(owner: str | None) -> None:
    with two_users() as world:
        messages_of(world).record_copy(replace(ORIGINAL, owner=owner), world.sandbox.add())
        assert bodies(world)[0]["message"].keys() & {"user_id", "team_id"} == set()


def test_owners_are_compared_without_case_and_requested_once() -> None:
    with two_users() as world:
        contact_id = world.sandbox.add()
        for _ in range(3):
            copy = messages_of(world).record_copy(replace(ORIGINAL, owner="DEV@example.com"), contact_id).copy
            assert copy.owner == "dev@example.com"
        assert [path for _, path in world.asked() if path.startswith("/users")] == ["/users/", "/users/"]


@pytest.mark.parametrize("answers", ["mini", "id"])
def test_an_answer_that_does_not_show_what_was_sent_is_followed_by_a_read(answers: Any) -> None:
    with World(Behaviour(answers=answers)) as world:
        messages = messages_of(world)
        copy = messages.record_copy(ORIGINAL, world.sandbox.add()).copy
        assert methods(world) == ["POST", "GET"]
        assert messages.is_copy_of(copy, ORIGINAL)
        amended = messages.update_copy(copy, CHANGED).copy
        assert methods(world) == ["POST", "GET", "PATCH", "GET"]
        assert messages.is_copy_of(amended, CHANGED)


@pytest.mark.parametrize("body", [None, {"message": "Hello world!"}, {"message": None}, {"ok": True}])
def test_an_answer_without_an_id_is_an_unknown_outcome_and_nothing_is_repeated(body: Any) -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status_after", method="POST", status=200, body=body))
        with pytest.raises(OutcomeUnknown):
            messages_of(world).record_copy(ORIGINAL, world.sandbox.add())
        assert methods(world) == ["POST"]


@pytest.mark.parametrize("kind", ["reset_after", "html_after", "cut", "status_after", "drop_after"])
def test_a_post_is_never_repeated_by_itself(kind: Any) -> None:
    with World() as world:
        world.sandbox.faults.append(Fault(kind, method="POST"))
        with pytest.raises(OutcomeUnknown):
            messages_of(world).record_copy(ORIGINAL, world.sandbox.add())
        assert methods(world) == ["POST"]
        assert len(world.sandbox.messages()) == 1


@pytest.mark.parametrize("status", [404, 401, 503])
def test_the_id_of_a_copy_survives_trouble_with_the_read_that_follows(status: int) -> None:
    with World(Behaviour(answers="id")) as world:
        contact_id = world.sandbox.add()
        world.sandbox.faults.append(Fault("status", method="GET", path="/messages", status=status, times=None))
        copy = messages_of(world).record_copy(ORIGINAL, contact_id).copy
        (record,) = world.sandbox.messages()
        assert (copy.id, copy.contact_id, copy.text) == (str(record["id"]), contact_id, None)


def test_the_id_of_a_copy_survives_trouble_with_the_users() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", path="/users", status=503, times=None))
        copy = messages_of(world).record_copy(replace(ORIGINAL, owner=None), world.sandbox.add()).copy
        assert (copy.owner, [copy.id]) == (None, [str(record["id"]) for record in world.sandbox.messages()])


def test_without_knowing_the_users_nothing_is_recorded_for_an_owner() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", path="/users", status=503, times=None))
        with pytest.raises(TransientError):
            messages_of(world).record_copy(ORIGINAL, world.sandbox.add())
        assert world.sandbox.messages() == []


@pytest.mark.parametrize("strangers", ["refused", "not_found"])
def test_a_refused_post_for_a_contact_gone_says_that_they_are_gone(strangers: Any) -> None:
    with World(Behaviour(strangers=strangers)) as world:
        contact_id = world.sandbox.add()
        world.sandbox.remove(contact_id)
        with pytest.raises(RecordGone, match=f"contacts/{contact_id}"):
            messages_of(world).record_copy(ORIGINAL, contact_id)
        assert [path for _, path in world.asked() if path != "/users/"] == ["/messages", f"/contacts/{contact_id}"]
        assert world.cache.get(STYLE) is None


def test_a_post_that_is_not_found_is_no_proof_that_the_contact_is_gone() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", method="POST", status=404))
        with pytest.raises(RecordRefused, match="takes no messages"):
            messages_of(world).record_copy(ORIGINAL, world.sandbox.add())


def test_a_refused_post_shows_the_servers_words_though_the_contact_cannot_be_requested() -> None:
    with World() as world:
        said = {"errors": ["Rendered copy is profane"]}
        world.sandbox.faults.append(Fault("status", path="/(messages|contacts)", status=422, body=said, times=None))
        with pytest.raises(RecordRefused, match="profane") as refused:
            messages_of(world).record_copy(ORIGINAL, world.sandbox.add())
        assert refused.value.status == 422


@pytest.mark.parametrize("complains", [True, False])
def test_a_post_refused_for_what_is_missing_is_sent_again_flat_at_once(complains: bool) -> None:
    with World(Behaviour(bodies="flat", complains=complains)) as world:
        messages, contact_id = messages_of(world), world.sandbox.add()
        assert messages.is_copy_of(messages.record_copy(ORIGINAL, contact_id).copy, ORIGINAL)
        assert methods(world) == ["POST", "POST"]
        assert bodies(world)[-1]["rendered_copy"] == ORIGINAL.text
        assert len(world.sandbox.messages()) == 1


def test_a_style_that_is_proven_is_not_given_up_for_a_refusal() -> None:
    with World() as world:
        messages, contact_id = messages_of(world), world.sandbox.add()
        messages.record_copy(ORIGINAL, contact_id)
        said = {"errors": ["Team is missing"]}
        world.sandbox.faults.append(Fault("status", method="POST", status=422, body=said))
        with pytest.raises(RecordRefused):
            messages.record_copy(ORIGINAL, contact_id)
        assert methods(world) == ["POST", "POST"]
        messages.record_copy(ORIGINAL, contact_id)
        assert "message" in bodies(world)[-1]


def test_a_message_that_arrived_blank_is_filled_in_flat_and_no_second_one_made() -> None:
    with World(Behaviour(bodies="flat", strangers="taken")) as world:
        messages, contact_id = messages_of(world), world.sandbox.add()
        copy = messages.record_copy(ORIGINAL, contact_id).copy
        assert methods(world) == ["POST", "GET", "PATCH"]
        assert (copy.contact_id, messages.is_copy_of(copy, ORIGINAL)) == (contact_id, True)
        assert len(world.sandbox.messages()) == 1
        messages.record_copy(CHANGED, contact_id)
        assert methods(world) == ["POST", "GET", "PATCH", "POST"]


@pytest.mark.parametrize("complains", [True, False])
def test_a_change_is_repeated_flat_once_and_the_style_is_remembered(complains: bool) -> None:
    with World(Behaviour(bodies="flat", complains=complains)) as world:
        messages = messages_of(world)
        message_id = world.sandbox.add_message(world.sandbox.add(), rendered_copy="Old", sent_at=ORIGINAL.sent_at)
        world.sandbox.edit_message(message_id, sent_at="2026-01-02T03:04:05.678Z")
        copy = messages.read_message(message_id, "")
        assert messages.is_copy_of(messages.update_copy(copy, CHANGED).copy, CHANGED)
        assert ["message" in body for body in bodies(world)] == [True, False]
        messages.update_copy(copy, ORIGINAL)
        assert ["message" in body for body in bodies(world)] == [True, False, False]


def test_a_change_refused_for_another_reason_is_not_repeated() -> None:
    with World() as world:
        copy = messages_of(world).record_copy(ORIGINAL, world.sandbox.add()).copy
        world.sandbox.faults.append(Fault("status", method="PATCH", status=422, body={"errors": ["too long"]}))
        with pytest.raises(RecordRefused, match="too long"):
            messages_of(world).update_copy(copy, CHANGED)
        assert methods(world) == ["POST", "PATCH"]


def test_what_the_server_does_not_take_in_either_style_is_shown_as_it_is_there() -> None:
    with World(Behaviour(complains=True, ignored=frozenset({"rendered_copy"}))) as world:
        messages = messages_of(world)
        message_id = world.sandbox.add_message(world.sandbox.add(), rendered_copy="Old")
        amended = messages.update_copy(
            messages.read_message(message_id, ""), replace(CHANGED, sent_at=None, subject=None)
        )
        assert methods(world) == ["GET", "PATCH", "GET", "PATCH"]
        assert amended.copy.text == "Old"


@pytest.mark.parametrize("field", ["rendered_subject", "sent_at", "message_type", "user_id"])
def test_a_field_that_the_server_drops_costs_no_second_message(field: str) -> None:
    with World(Behaviour(ignored=frozenset({field}))) as world:
        copy = messages_of(world).record_copy(ORIGINAL, world.sandbox.add()).copy
        assert methods(world) == ["POST"]
        assert copy.text == ORIGINAL.text


def test_a_change_keeps_the_contact() -> None:
    with two_users() as world:
        messages = messages_of(world)
        copy = messages.record_copy(ORIGINAL, world.sandbox.add()).copy
        messages.update_copy(copy, CHANGED)
        assert bodies(world)[-1]["message"].keys() == {
            "rendered_copy", "rendered_subject", "message_type", "sent_at", "user_id", "team_id"
        }  # fmt: skip


def test_a_message_is_read_by_id_with_its_text_as_any_user_that_sees_it() -> None:
    with two_users() as world:
        message_id = world.sandbox.add_message(world.sandbox.add(), rendered_copy=None)
        world.sandbox.faults.append(Fault("status", path="/messages/", status=404))
        assert messages_of(world).read_message(message_id, "").text == ""
        assert [call.query["user_id"] for call in world.sandbox.calls[:2]] == ["78", "81"]
        with pytest.raises(RecordGone):
            messages_of(world).read_message("7", "")


def test_a_text_that_the_list_left_out_is_read_and_an_empty_one_is_whole() -> None:
    with World(Behaviour(omits_null=True)) as world:
        messages = messages_of(world)
        message_id = world.sandbox.add_message(world.sandbox.add(), rendered_copy=None)
        listed = messages.to_message({"id": int(message_id), "contact_id": 5})
        assert (listed.text, messages.with_text(listed).text) == (None, "")
        calls = len(world.sandbox.calls)
        assert messages.with_text(replace(listed, text="")).text == ""
        assert len(world.sandbox.calls) == calls


def test_an_answer_about_another_message_is_trouble() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", status=200, times=2, body={"message": {"id": 8}}))
        with pytest.raises(ServerTrouble, match="message 8"):
            messages_of(world).read_message("7", "")


def test_what_is_with_another_contact_or_says_something_else_is_not_found() -> None:
    with World() as world:
        messages, contact_id, since = messages_of(world), world.sandbox.add(), world.clock.now()
        sent: dict[str, Any] = {"rendered_copy": "Yes, please.", "sent_at": "2026-01-02T03:04:05Z"}
        world.sandbox.add_message(world.sandbox.add(), **sent)
        world.sandbox.add_message(contact_id, **sent | {"rendered_copy": "Yes"})
        world.sandbox.add_message(contact_id, **sent | {"sent_at": "2026-01-02T03:04:07Z"})
        world.sandbox.add_message(contact_id, **sent | {"sent_at": None})
        assert messages.find_copies(ORIGINAL, contact_id, since) == []
        copy_id = world.sandbox.add_message(contact_id, **sent)
        assert [copy.id for copy in messages.find_copies(ORIGINAL, contact_id, since)] == [copy_id]


def test_a_row_that_cannot_be_read_may_be_the_copy_that_is_looked_for() -> None:
    with World() as world:
        since, contact_id = world.clock.now(), world.sandbox.add()
        world.sandbox.add_message(contact_id, rendered_copy=ORIGINAL.text)
        rewrite(world.sandbox, lambda _, body: {**body, "messages": [None]} if "messages" in body else body)
        with pytest.raises(ServerTrouble, match="may be in a part of the list that cannot be read"):
            messages_of(world).find_copies(ORIGINAL, contact_id, since)


def test_a_copy_is_looked_for_from_five_minutes_before_it_was_sent() -> None:
    with World() as world:
        contact_id, since = world.sandbox.add(), world.clock.now()
        copies = [
            world.sandbox.add_message(
                contact_id, at=since - ago, rendered_copy=ORIGINAL.text, sent_at="2026-01-02T03:04:05.678Z"
            )
            for ago in (timedelta(minutes=4), timedelta(minutes=6))
        ]
        found = messages_of(world).find_copies(ORIGINAL, contact_id, since)
        assert [copy.id for copy in found] == copies[:1]
        assert methods(world) == ["GET"]


def test_a_copy_is_found_where_windows_go_by_when_messages_were_sent() -> None:
    with World(Behaviour(windows_of_messages="sent")) as world:
        messages, contact_id, since = messages_of(world), world.sandbox.add(), world.clock.now()
        world.sandbox.faults.append(Fault("drop_after", method="POST"))
        with pytest.raises(OutcomeUnknown):
            messages.record_copy(ORIGINAL, contact_id)
        (copy,) = messages.find_copies(ORIGINAL, contact_id, since)
        assert copy.id == str(world.sandbox.messages()[0]["id"])
        assert methods(world) == ["POST", "GET", "GET"]


def test_a_recent_original_is_looked_for_once() -> None:
    with World() as world:
        recent = replace(ORIGINAL, sent_at=world.clock.now() - timedelta(minutes=1))
        assert messages_of(world).find_copies(recent, "5", world.clock.now()) == []
        assert methods(world) == ["GET"]


def test_a_candidate_whose_text_was_left_out_is_read_and_one_that_is_gone_is_none() -> None:
    with World() as world:
        contact_id, since = world.sandbox.add(), world.clock.now()
        message_id = world.sandbox.add_message(
            contact_id, rendered_copy=ORIGINAL.text, sent_at="2026-01-02T03:04:05.678Z"
        )
        shown = {**world.sandbox.message(message_id)}
        del shown["rendered_copy"]
        gone = {**shown, "id": 7}
        world.sandbox.faults.append(Fault("status", path="/messages$", status=200, body={"messages": [shown, gone]}))
        assert [copy.id for copy in messages_of(world).find_copies(ORIGINAL, contact_id, since)] == [message_id]


def test_words_that_would_be_mistaken_for_html_are_written_as_html() -> None:
    with World() as world:
        copy = (
            messages_of(world).record_copy(replace(ORIGINAL, text="write <b>a</b> &\n<br>"), world.sandbox.add()).copy
        )
        assert bodies(world)[0]["message"]["rendered_copy"] == "<p>write &lt;b&gt;a&lt;/b&gt; &amp;<br>&lt;br&gt;</p>"
        assert copy.text == "write <b>a</b> &\n<br>"


@pytest.mark.parametrize("text", ["None", "NaN", "", "<p>Hi</p>", "a &lt;b&gt; <br> c"])
def test_a_copy_of_whatever_words_is_found(text: str) -> None:
    with World() as world:
        messages, contact_id, since = messages_of(world), world.sandbox.add(), world.clock.now()
        original = replace(ORIGINAL, text=text)
        copy_id = messages.record_copy(original, contact_id).copy.id
        assert [copy.id for copy in messages.find_copies(original, contact_id, since)] == [copy_id]


def test_a_copy_is_deleted_as_any_user_that_sees_it_and_once() -> None:
    with two_users() as world:
        message_id = world.sandbox.add_message(world.sandbox.add())
        world.sandbox.faults.append(Fault("status", method="DELETE", status=404))
        messages_of(world).delete_copy(message_id, "")
        assert world.sandbox.messages() == []
        assert [call.query["user_id"] for call in world.sandbox.calls] == ["78", "81"]
        messages_of(world).delete_copy(message_id, "")


def test_check_tries_messages_where_they_are_synced() -> None:
    with two_users() as world:
        assert [finding.what for finding in world.account.check_account(fix=False)] == [
            "contacts as user 78", "contacts as user 81", "users, for the owners of contacts"
        ]  # fmt: skip
        account = world.connect(messages=True)
        findings = account.check_account(fix=False)
        account.close()
        assert [finding.what for finding in findings if "messages" in finding.what] == [
            "messages as user 78", "messages as user 81"
        ]  # fmt: skip
        assert all(finding.ok for finding in findings)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_messages_that_cannot_be_read_are_advice(status: int) -> None:
    with World() as world:
        account = world.connect(messages=True)
        world.sandbox.faults.append(Fault("status", path="/messages", status=status, times=None))
        contacts, messages, users = account.check_account(fix=False)
        account.close()
        assert (contacts.ok, messages.ok, messages.fatal, users.ok) == (True, False, False, True)
        assert messages.mend


def test_only_records_are_written_and_nothing_that_sends() -> None:
    with World() as world:
        messages, contact_id = messages_of(world), world.sandbox.add()
        copy = messages.record_copy(ORIGINAL, contact_id).copy
        messages.update_copy(copy, CHANGED)
        messages.delete_copy(copy.id, contact_id)
        written = [(method, path) for method, path in world.asked() if method != "GET"]
        assert written == [
            ("POST", "/messages"), ("PATCH", f"/messages/{copy.id}"), ("DELETE", f"/messages/{copy.id}")
        ]  # fmt: skip


@pytest.mark.parametrize("complains", [True, False])
def test_what_a_user_types_into_a_copy_between_two_tries_of_a_style_is_not_written_over(
    complains: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(Behaviour(bodies="flat", complains=complains)) as world:
        messages = messages_of(world)
        message_id = world.sandbox.add_message(world.sandbox.add(), rendered_copy="Old", sent_at=ORIGINAL.sent_at)
        world.sandbox.edit_message(message_id, sent_at="2026-01-02T03:04:05.678Z")
        copy = messages.read_message(message_id, "")
        after_the_first(world, monkeypatch, "PATCH", lambda: _type(world, message_id))
        with pytest.raises(OutcomeUnknown, match=f"message {message_id} was edited between two tries"):
            messages.update_copy(copy, CHANGED)
        assert messages.read_message(message_id, "").text == "Typed"


def test_what_a_user_types_into_a_message_that_arrived_blank_is_not_written_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with World(Behaviour(bodies="flat", strangers="taken")) as world:
        messages, contact_id = messages_of(world), world.sandbox.add()
        after_the_first(world, monkeypatch, "POST", lambda: _type(world, str(world.sandbox.messages()[0]["id"])))
        messages.record_copy(ORIGINAL, contact_id)
        assert [each["rendered_copy"] for each in world.sandbox.messages()] == ["Typed"]


def _type(world: World, message_id: str) -> None:
    world.sandbox.edit_message(message_id, rendered_copy="Typed")


def after_the_first(world: World, monkeypatch: pytest.MonkeyPatch, method: str, edit: Callable[[], None]) -> None:
    """Let a user edit right after the first call of that method was answered."""
    handle = world.sandbox.handle

    def edited(call: Any) -> Any:
        served = handle(call)
        if call.method == method:
            monkeypatch.setattr(world.sandbox, "handle", handle)
            edit()
        return served

    monkeypatch.setattr(world.sandbox, "handle", edited)
