"""What is written, in how many calls, and what is found out about it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.contact import Fields
from connectors.errors import AuthError, CallRefused, OutcomeUnknown, RecordGone, RecordRefused
from connectors.growthgenius.sandbox.server import Behaviour
from connectors.sandbox.base import SandboxResponse
from connectors.sandbox.faults import Fault
from connectors.sandbox.server import Call
from tests.connectors.growthgenius.account import World

TONY = {"first_name": "Tony", "last_name": "Barkley", "email": "tony@example.com", "phone": "+12125550123"}
WRITES = {"POST", "PATCH"}


def bodies(world: World) -> list[Any]:
    return [call.body for call in world.sandbox.calls if call.method in WRITES]


def methods(world: World) -> list[str]:
    return [method for method, path in world.asked() if path.startswith("/contacts")]


def test_a_create_is_one_wrapped_call_and_shows_what_is_there() -> None:
    with World() as world:
        answer = world.account.create_contact({**TONY, "title": None, "country": "NZ"}, None)
        assert methods(world) == ["POST"]
        assert bodies(world) == [
            {"contact": {"first_name": "Tony", "last_name": "Barkley", "email": "tony@example.com",
                         "mobile_phone": "+12125550123", "country": "New Zealand"}}
        ]  # fmt: skip
        person = world.account.to_contact(answer.raw, {})
        assert {name: person.fields[name] for name in TONY} == TONY
        assert answer.refused == frozenset()
        assert world.sandbox.calls[0].query == {"user_id": "78"}


@pytest.mark.parametrize("answers", ["mini", "id"])
def test_an_answer_that_does_not_show_what_was_sent_is_followed_by_a_read(answers: Any) -> None:
    with World(Behaviour(answers=answers)) as world:
        answer = world.account.create_contact({**TONY, "title": "CEO"}, None)
        assert methods(world) == ["POST", "GET"]
        assert answer.raw["title"] == "CEO"
        world.sandbox.calls.clear()
        updated = world.account.update_contact(answer.raw, {}, {"title": "CTO"}, None)
        assert methods(world) == ["PATCH", "GET"]
        assert updated.raw["title"] == "CTO"
        assert updated.raw["email"] == "tony@example.com"


def test_a_create_without_an_id_in_its_answer_has_an_unknown_outcome() -> None:
    with World(Behaviour(answers="empty")) as world:
        with pytest.raises(OutcomeUnknown):
            world.account.create_contact(TONY, None)
        assert methods(world) == ["POST"]
        assert len(world.sandbox.people()) == 1


def test_an_update_with_an_empty_answer_is_read_back() -> None:
    with World(Behaviour(answers="empty")) as world:
        record_id = world.sandbox.add(first_name="Tony")
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {"title": "CEO"}, None)
        assert answer.raw["title"] == "CEO"
        assert methods(world) == ["PATCH", "GET"]


@pytest.mark.parametrize("shown", [{}, ["CEO"], True, "\x00"])
def test_an_answer_that_shows_what_was_sent_in_an_illegible_form_is_followed_by_a_read(shown: Any) -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony")
        decent = world.sandbox.handle

        def handle(call: Call) -> SandboxResponse:
            answer = decent(call)
            if call.method == "PATCH" and isinstance(answer.body, dict):
                body = {**answer.body, "contact": {**answer.body["contact"], "title": shown}}
                return replace(answer, body=body)
            return answer

        world.sandbox.handle = handle  # type: ignore[method-assign] # the server asks the instance
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {"title": "CEO"}, None)
        assert methods(world) == ["PATCH", "GET"]
        assert answer.raw["title"] == "CEO"


@pytest.mark.parametrize("kind", ["reset_after", "html_after", "cut", "status_after"])
def test_a_create_is_never_repeated_by_itself(kind: Any) -> None:
    with World() as world:
        world.sandbox.faults.append(Fault(kind, method="POST"))
        with pytest.raises(OutcomeUnknown):
            world.account.create_contact(TONY, None)
        assert methods(world) == ["POST"]
        assert len(world.sandbox.people()) == 1


def test_the_id_of_a_create_survives_trouble_with_the_read_that_follows() -> None:
    with World(Behaviour(answers="id")) as world:
        world.sandbox.faults.append(Fault("status", method="GET", status=404))
        answer = world.account.create_contact(TONY, None)
        assert str(answer.raw["id"]) in {str(record["id"]) for record in world.sandbox.people()}


def test_a_server_that_ignores_the_wrapper_of_a_create_gets_a_flat_patch_of_the_same_contact() -> None:
    with World(Behaviour(bodies="flat")) as world:
        answer = world.account.create_contact(TONY, None)
        assert methods(world) == ["POST", "GET", "PATCH"]
        assert answer.raw["first_name"] == "Tony"
        assert len(world.sandbox.people()) == 1
        world.sandbox.calls.clear()
        world.account.create_contact({**TONY, "first_name": "Ann"}, None)
        assert methods(world) == ["POST"]
        assert bodies(world)[0]["first_name"] == "Ann"


@pytest.mark.parametrize("complains", [True, False])
def test_an_update_is_repeated_flat_once_and_the_style_is_remembered(complains: bool) -> None:
    with World(Behaviour(bodies="flat", complains=complains)) as world:
        record_id = world.sandbox.add(first_name="Tony")
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {"title": "CEO"}, None)
        assert (answer.raw["title"], answer.refused) == ("CEO", frozenset())
        assert bodies(world) == [{"contact": {"title": "CEO"}}, {"title": "CEO"}]
        world.sandbox.calls.clear()
        world.account.update_contact(answer.raw, {}, {"title": "CTO"}, None)
        assert bodies(world) == [{"title": "CTO"}]


@pytest.mark.parametrize("answers", ["full", "empty"])
def test_what_a_server_silently_ignores_is_refused_though_the_other_style_is_one_that_it_complains_of(
    answers: Any,
) -> None:
    with World(Behaviour(bodies="wrapped", complains=True, ignored=frozenset({"city"}), answers=answers)) as world:
        record_id = world.sandbox.add(first_name="Tony", city="Oslo")
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {"city": "Rome"}, None)
        assert (answer.raw["city"], answer.refused) == ("Oslo", frozenset({"city"}))
        assert [body for body in bodies(world) if body] == [{"contact": {"city": "Rome"}}, {"city": "Rome"}]
        world.sandbox.calls.clear()
        world.account.update_contact(answer.raw, {}, {"city": "Bern"}, None)
        assert [body for body in bodies(world) if body] == [{"contact": {"city": "Bern"}}]


@pytest.mark.parametrize(("before", "refused"), [(None, frozenset({"city"})), ("Oslo", frozenset())])
def test_what_a_reading_does_not_show_counts_as_not_taken_only_where_nothing_was_before(
    before: str | None, refused: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were "Oslo" taken for gone, it would come back as an edit the next time that it shows."""
    with World(Behaviour(answers="empty", ignored=frozenset({"city"}))) as world:
        record_id = world.sandbox.add(first_name="Tony", city=before)
        handle = world.sandbox.handle

        def silent(call: Any) -> Any:
            served = handle(call)
            for shown in (served.body, served.body.get("contact")) if isinstance(served.body, dict) else ():
                if isinstance(shown, dict):
                    shown.pop("city", None)
            return served

        current = world.sandbox.person(record_id)
        monkeypatch.setattr(world.sandbox, "handle", silent)
        answer = world.account.update_contact(current, {}, {"city": "Rome", "title": "CTO"}, None)
        assert (answer.raw["title"], answer.refused) == ("CTO", refused)


def test_what_a_user_edits_meanwhile_does_not_prove_that_the_server_reads_the_wrapper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with World(Behaviour(bodies="flat", answers="empty", coarse=True)) as world:
        record_id = world.sandbox.add(first_name="Tony", title="CEO")
        handle = world.sandbox.handle

        def edited(call: Any) -> Any:
            if call.method == "GET":
                monkeypatch.setattr(world.sandbox, "handle", handle)
                world.sandbox.edit(record_id, company_name="Another one's")
            return handle(call)

        current = world.sandbox.person(record_id)
        monkeypatch.setattr(world.sandbox, "handle", edited)
        with pytest.raises(OutcomeUnknown, match="edited between two tries"):
            world.account.update_contact(current, {}, {"company": "Acme", "title": "CTO"}, None)
        assert world.sandbox.person(record_id)["company_name"] == "Another one's"
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {"title": "CTO"}, None)
        assert answer.raw["title"] == "CTO"
        world.sandbox.calls.clear()
        world.account.update_contact(answer.raw, {}, {"title": "CIO"}, None)
        assert [body for body in bodies(world) if body] == [{"title": "CIO"}]


def test_a_create_refused_for_missing_fields_is_sent_again_flat_at_once() -> None:
    with World(Behaviour(bodies="flat", complains=True)) as world:
        assert world.account.create_contact(TONY, None).raw["first_name"] == "Tony"
        assert methods(world) == ["POST", "POST"]
        assert len(world.sandbox.people()) == 1
        world.account.create_contact({**TONY, "first_name": "Ann"}, None)
        assert methods(world) == ["POST", "POST", "POST"]


def test_a_create_that_lacks_something_in_either_style_is_refused_with_the_first_complaint() -> None:
    with World() as world:
        said = {"errors": ["Last name is required"]}
        world.sandbox.faults.append(Fault("status", method="POST", status=422, body=said, times=None))
        with pytest.raises(RecordRefused, match="Last name"):
            world.account.create_contact(TONY, None)
        assert ["contact" in body for body in bodies(world)[:2]] == [True, False]
        assert world.sandbox.people() == []


def test_an_update_sends_only_the_given_fields() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony", mobile_phone="212-555-0123", title="CEO")
        changes: dict[str, Any] = {"title": "CTO", "tags": ("hot",), "phone": "+12125550123"}
        world.account.update_contact(world.sandbox.person(record_id), {}, changes, None)
        assert bodies(world) == [{"contact": {"title": "CTO", "label_names": ["hot"]}}]
        assert world.sandbox.person(record_id)["mobile_phone"] == "212-555-0123"


def test_emptying_sends_null() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony", title="CEO")
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {"title": None}, None)
        assert bodies(world) == [{"contact": {"title": None}}]
        assert (answer.raw["title"], answer.refused) == (None, frozenset())


@pytest.mark.parametrize(
    ("field", "key", "old", "blank"), [("title", "title", "CEO", ""), ("tags", "label_names", ["a"], [])]
)
def test_where_null_does_not_empty_a_blank_is_tried_once(field: str, key: str, old: Any, blank: Any) -> None:
    with World(Behaviour(clearing="blank")) as world:
        world.account.create_contact({"first_name": "Proof", "email": "proof@example.com"}, None)
        record_id = world.sandbox.add(first_name="Tony", **{key: old})
        world.sandbox.calls.clear()
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {field: None}, None)
        assert bodies(world) == [{"contact": {key: None}}, {"contact": {key: blank}}]
        assert answer.refused == frozenset()
        assert not world.sandbox.person(record_id)[key]


def test_what_cannot_be_emptied_is_refused() -> None:
    with World(Behaviour(clearing="never")) as world:
        record_id = world.sandbox.add(first_name="Tony", title="CEO", city="Rome")
        answer = world.account.update_contact(
            world.sandbox.person(record_id), {}, {"title": None, "city": "Paris"}, None
        )
        assert answer.refused == {"title"}
        assert answer.raw["city"] == "Paris"


def test_a_value_silently_not_taken_is_refused() -> None:
    with World(Behaviour(ignored=frozenset({"industry"}))) as world:
        created = world.account.create_contact({**TONY, "industry": "Banking"}, None)
        assert created.refused == {"industry"}
        updated = world.account.update_contact(created.raw, {}, {"industry": "Mining", "title": "CEO"}, None)
        assert updated.refused == {"industry"}
        assert updated.raw["title"] == "CEO"


def test_a_cleared_key_that_the_server_leaves_out_is_empty() -> None:
    with World(Behaviour(omits_null=True)) as world:
        record_id = world.sandbox.add(first_name="Tony", title="CEO")
        current = world.account.read_record(record_id).records[0]
        answer = world.account.update_contact(current, {}, {"title": None}, None)
        assert (answer.raw["title"], answer.refused) == (None, frozenset())


def test_read_only_and_homeless_fields_and_strangers_as_owners_are_refused_without_a_write() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony")
        changes: dict[str, Any] = {"lists": ("a",), "address": "1 Main St", "owner": "stranger@example.com"}
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, changes, None)
        assert answer.refused == set(changes)
        assert bodies(world) == []
        assert answer.raw["first_name"] == "Tony"


def test_an_owner_is_written_as_the_users_id_with_its_type() -> None:
    users = [{"id": 78, "email": "a@example.com"}, {"id": 81, "email": "B@example.com"}]
    with World(user_ids=(78, 81), users=users) as world:
        record_id = world.sandbox.add(first_name="Tony", user_id=78)
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {"owner": "b@example.com"}, None)
        assert answer.raw["user_id"] == 81
        assert world.account.to_contact(answer.raw, {}).fields["owner"] == "b@example.com"


def test_do_not_contact_is_a_stage_that_no_other_stage_of_the_same_write_undoes() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony", stage="Replied")
        changes = {"do_not_contact": "true", "stage": "Lost"}
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, changes, None)
        assert bodies(world) == [{"contact": {"stage": "Do Not Contact"}}]
        assert world.account.values_after_write(answer.raw, {}, changes) == {
            "do_not_contact": "true",
            "stage": "Do Not Contact",
        }
        again = world.account.update_contact(answer.raw, {}, {"do_not_contact": "true"}, None)
        assert (len(bodies(world)), again.refused) == (1, frozenset())
        cleared = world.account.update_contact(answer.raw, {}, {"do_not_contact": None}, None)
        assert (world.sandbox.person(record_id)["stage"], cleared.refused) == (None, frozenset())


def test_a_server_that_does_not_take_the_stage_refuses_do_not_contact() -> None:
    with World(Behaviour(ignored=frozenset({"stage"}))) as world:
        record_id = world.sandbox.add(first_name="Tony", stage="Replied")
        answer = world.account.update_contact(world.sandbox.person(record_id), {}, {"do_not_contact": "true"}, None)
        assert answer.refused == {"do_not_contact"}


def test_a_contact_that_may_not_be_contacted_is_created_with_the_stage_that_says_so() -> None:
    with World() as world:
        answer = world.account.create_contact({**TONY, "stage": "Lost", "do_not_contact": "true"}, None)
        assert answer.raw["stage"] == "Do Not Contact"
        assert world.account.to_contact(answer.raw, {}).fields["do_not_contact"] == "true"
        assert len(bodies(world)) == 1


def test_a_contact_is_written_as_its_own_user() -> None:
    users = [{"id": 78, "email": "a@example.com"}, {"id": 81, "email": "b@example.com"}]
    with World(user_ids=(78, 81), users=users) as world:
        record_id = world.sandbox.add(first_name="Tony", user_id=81)
        world.account.update_contact(world.sandbox.person(record_id), {}, {"title": "CEO"}, None)
        assert world.sandbox.calls[-1].query == {"user_id": "81"}


USERS = [{"id": 78, "email": "a@example.com"}, {"id": 81, "email": "b@example.com"}]


def test_a_contact_that_only_another_user_sees_is_read_written_and_deleted_as_that_one() -> None:
    with World(Behaviour(user_filters=True, answers="mini"), user_ids=(78, 81), users=USERS) as world:
        record_id = world.sandbox.add(first_name="Tony", user_id=81)
        current = world.account.read_record(record_id).records[0]
        answer = world.account.update_contact(current, {}, {"title": "CEO"}, None)
        assert (answer.raw["title"], answer.refused) == ("CEO", frozenset())
        world.account.delete_contact(record_id)
        assert world.sandbox.people() == []


def test_a_contact_that_changes_hands_is_written_as_the_old_owner_and_read_as_the_new_one() -> None:
    with World(Behaviour(user_filters=True, answers="id"), user_ids=(78, 81), users=USERS) as world:
        record_id = world.sandbox.add(first_name="Tony", user_id=81)
        current = world.account.read_record(record_id).records[0]
        answer = world.account.update_contact(current, {}, {"owner": "a@example.com", "title": "CEO"}, None)
        assert (answer.raw["user_id"], answer.raw["title"], answer.refused) == (78, "CEO", frozenset())


def test_a_contact_is_created_as_the_owner_that_the_contact_is_to_have() -> None:
    with World(Behaviour(user_filters=True), user_ids=(78, 81), users=USERS) as world:
        answer = world.account.create_contact({**TONY, "owner": "b@example.com"}, None)
        assert [call.query["user_id"] for call in world.sandbox.calls if call.method == "POST"] == ["81"]
        assert answer.raw["user_id"] == 81


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"owner": "b@example.com"},
        {"work_phone": "+12125550123"},
        {"phone": "+12125550123"},
        {"do_not_contact": "true"},
        {"stage": "Lost", "do_not_contact": "true"},
        {"status": "Do Not Contact"},
        {"tags": ("a", "b"), "country": "NO", "last_name": None},
    ],
)
def test_what_a_contact_shows_besides_what_it_is_created_with_is_known_before(sent: Fields) -> None:
    with World(user_ids=(78, 81), users=USERS) as world:
        changes = {**TONY, **sent}
        shown = world.account.to_contact(world.account.create_contact(changes, None).raw, {}).fields
        besides = {name: value for name, value in shown.items() if value is not None and name not in changes}
        assert world.account.filled_in(changes) == besides
        assert besides.keys() >= {"owner"} - sent.keys()


def test_the_users_that_a_contact_can_be_given_to_are_known_once_they_were_requested() -> None:
    with World(user_ids=(78, 81), users=USERS) as world:
        assert world.account.owner_emails is None
        world.account.missing_places(frozenset({"owner"}))
        assert world.account.owner_emails == {"a@example.com", "b@example.com"}
        calls = len(world.sandbox.calls)
        assert world.connect().owner_emails == world.account.owner_emails
        assert len(world.sandbox.calls) == calls


def test_an_update_of_a_contact_deleted_is_gone() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony")
        current = world.sandbox.person(record_id)
        world.sandbox.remove(record_id)
        with pytest.raises(RecordGone):
            world.account.update_contact(current, {}, {"title": "CEO"}, None)


@pytest.mark.parametrize("ids", ["int", "uuid", "hex"])
def test_ids_of_any_kind_are_found_again(ids: Any) -> None:
    with World(Behaviour(ids=ids)) as world:
        answer = world.account.create_contact(TONY, None)
        record_id = world.account.to_contact(answer.raw, {}).id
        assert world.account.read_record(record_id).records[0]["id"] == answer.raw["id"]


def test_an_id_that_a_server_could_take_for_another_path_is_never_requested() -> None:
    with World() as world:
        with pytest.raises(CallRefused):
            world.account.read_record("../users?x=1#y")
        assert world.asked() == []


def test_a_wrong_key_is_an_auth_error_and_creates_no_contact() -> None:
    with World() as world:
        account = world.connect(key="wrong-key-of-a-user")
        with pytest.raises(AuthError) as caught:
            account.create_contact(TONY, None)
        assert "wrong-key-of-a-user" not in str(caught.value)
        account.close()
        assert world.sandbox.people() == []


def test_phones_move_before_they_are_replaced() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony", mobile_phone="212-555-0123")
        current = world.sandbox.person(record_id)
        memory = world.account.to_contact(current, {}).memory
        changes = {"mobile_phone": "+12125550124"}
        answer = world.account.update_contact(current, memory, changes, None)
        assert (answer.raw["mobile_phone"], answer.raw["first_phone"]) == ("+12125550124", "+12125550123")
        assert answer.refused == frozenset()
        assert world.account.values_after_write(answer.raw, memory, changes) == changes


def test_every_reading_of_a_write_ends_in_the_same_contact() -> None:
    for answers in ("full", "mini", "id"):
        for style in ("wrapped", "flat", "both"):
            behaviour = replace(Behaviour(), answers=answers, bodies=style)
            with World(behaviour) as world:
                created = world.account.create_contact(TONY, None)
                updated = world.account.update_contact(created.raw, {}, {"phone": None, "title": "CEO"}, None)
                person = world.account.to_contact(updated.raw, {})
                assert (person.fields["title"], person.fields["phone"]) == ("CEO", None)
                assert person.fields["email"] == "tony@example.com"


def test_a_deleted_contact_is_gone_and_deleting_it_again_is_no_error() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Ann")
        world.account.delete_contact(record_id)
        world.account.delete_contact(record_id)
        with pytest.raises(RecordGone):
            world.account.read_record(record_id)


def test_a_create_that_got_lost_is_looked_for_by_the_search_too() -> None:
    with World() as world:
        record_id = world.sandbox.add(email="ann@example.com")
        now = world.sandbox.server_now()
        world.sandbox.edit(record_id, at=now - timedelta(days=1))
        found = world.account.find_candidates({"email": "ann@example.com"}, None, now)
        assert [str(raw["id"]) for raw in found] == [record_id]
        assert world.sandbox.calls[-1].path.endswith("/contacts/search")


def test_a_server_without_a_search_says_nothing_about_a_lost_create() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", path="/contacts/search", status=404))
        assert list(world.account.find_candidates({"email": "ann@example.com"}, None, world.sandbox.server_now())) == []


def test_an_update_answered_with_a_word_is_read_back() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Ann", title="CEO")
        current = world.account.read_record(record_id).records[0]
        world.sandbox.faults.append(Fault("status_after", method="PATCH", status=200, body=b"OK"))
        answer = world.account.update_contact(current, {}, {"title": "CTO"}, None)
        assert world.account.to_contact(answer.raw, {}).fields["title"] == "CTO"
        assert methods(world)[-2:] == ["PATCH", "GET"]


@pytest.mark.parametrize("complains", [True, False])
def test_what_a_user_types_between_two_tries_of_a_style_is_not_written_over(
    complains: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(Behaviour(bodies="flat", complains=complains)) as world:
        record_id = world.sandbox.add(first_name="Tony", title="CEO")
        current = world.sandbox.person(record_id)
        after_the_first(world, monkeypatch, lambda: world.sandbox.edit(record_id, title="Typed"))
        with pytest.raises(OutcomeUnknown, match=rf"contact {record_id} was edited between two tries .*title"):
            world.account.update_contact(current, {}, {"title": "CTO"}, None)
        assert world.sandbox.person(record_id)["title"] == "Typed"


@pytest.mark.parametrize("complains", [True, False])
def test_what_a_user_types_into_a_blank_that_is_not_shown_is_not_written_over_by_a_second_try(
    complains: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(Behaviour(bodies="flat", complains=complains, omits_null=True)) as world:
        record_id = world.sandbox.add(first_name="Tony")
        current = world.account.read_record(record_id).records[0]
        assert "label_names" not in current
        after_the_first(world, monkeypatch, lambda: world.sandbox.edit(record_id, label_names=["Newsletter"]))
        with pytest.raises(OutcomeUnknown, match=rf"contact {record_id} was edited between two tries"):
            world.account.update_contact(current, {}, {"tags": ("vip",)}, None)
        assert world.sandbox.person(record_id)["label_names"] == ["Newsletter"]


def test_what_a_user_types_between_null_and_blank_is_not_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(Behaviour(clearing="blank")) as world:
        record_id = world.sandbox.add(first_name="Tony", title="CEO", city="Rome")
        current = world.sandbox.person(record_id)
        after_the_first(world, monkeypatch, lambda: world.sandbox.edit(record_id, title="Typed"))
        with pytest.raises(OutcomeUnknown, match="edited between two tries"):
            world.account.update_contact(current, {}, {"title": None, "city": "Oslo"}, None)
        assert world.sandbox.person(record_id)["title"] == "Typed"


def test_an_edit_of_another_field_between_two_tries_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(Behaviour(bodies="flat", complains=True)) as world:
        record_id = world.sandbox.add(first_name="Tony", title="CEO")
        current = world.sandbox.person(record_id)
        after_the_first(world, monkeypatch, lambda: world.sandbox.edit(record_id, city="Rome"))
        answer = world.account.update_contact(current, {}, {"title": "CTO"}, None)
        assert (answer.raw["title"], world.sandbox.person(record_id)["city"]) == ("CTO", "Rome")


def after_the_first(world: World, monkeypatch: pytest.MonkeyPatch, edit: Any) -> None:
    """Let a user edit right after the first PATCH was answered."""
    handle = world.sandbox.handle

    def edited(call: Any) -> Any:
        served = handle(call)
        if call.method == "PATCH":
            monkeypatch.setattr(world.sandbox, "handle", handle)
            edit()
        return served

    monkeypatch.setattr(world.sandbox, "handle", edited)
