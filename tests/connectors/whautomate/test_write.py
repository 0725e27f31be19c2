"""Writing by PUT of the whole record, tags by their own calls, and creates that overwrite no contact."""

from random import Random
from typing import Any

import pytest

from connectors.contact import Fields, Value
from connectors.errors import CallRefused, DuplicateRefused, RecordEdited, RecordRefused
from connectors.whautomate.allowed_calls import CALLS, CHANGED
from connectors.whautomate.mapping import STAGES
from connectors.whautomate.places import CARRIED
from connectors.whautomate.sandbox.server import LOCATION, WhautomateBehaviour
from tests.connectors.whautomate.account import SOURCES, AccountAtSandbox, account
from tests.thorough import THOROUGH

EDITS = 1000 if THOROUGH else 25
NUMBER = "+12125550123"


def made(here: AccountAtSandbox, **keys: Any) -> str:
    return here.sandbox.add(**{"name": "Ada Byron", "phoneNumber": NUMBER, **keys})


def update(here: AccountAtSandbox, record_id: str, changes: Fields) -> Any:
    return here.connector.update_contact(here.got(record_id), {}, changes, None)


@pytest.mark.parametrize("put", ["replaces", "merges"])
def test_keys_that_we_do_not_know_survive_every_edit(put: str) -> None:
    strange = {
        "assignee": {"id": "s1", "name": "Bob"}, "score": 7, "flags": [True, None], "notes": "keep\nthis", "out": True
    }  # fmt: skip
    chance = Random(7)  # noqa: S311 - edits to repeat, no secret
    with account(WhautomateBehaviour(put=put)) as here:  # type: ignore[arg-type]
        record_id = made(here, **strange, customFields={"Their Field": "stays"}, tags=["Theirs"])
        for number in range(EDITS):
            changes: dict[str, Value] = {
                name: chance.choice([None, f"value {number}"])
                for name in chance.sample(sorted({"city", "title", "company", "custom1", "custom9", "address"}), 2)
            }
            if chance.random() < 0.3:
                changes["tags"] = ("Theirs", *chance.sample(("a", "b", "c"), chance.randrange(4)))
            if chance.random() < 0.3:
                changes["stage"] = chance.choice(STAGES)
            assert update(here, record_id, changes).refused == frozenset()
            record = here.sandbox.person(record_id)
            assert {key: record[key] for key in strange} == strange
            assert record["customFields"]["Their Field"] == "stays"
            assert "Theirs" in record["tags"]
            shown = here.connector.to_contact(record, {}).fields
            assert {name: shown[name] for name in changes} == {
                name: tuple(sorted(value, key=str.casefold)) if isinstance(value, tuple) else value
                for name, value in changes.items()
            }


def test_tags_alone_go_by_their_own_calls_where_the_record_has_its_source_id_already() -> None:
    with account() as here:
        record_id = made(here, tags=["old"], customFields={"growthhub_id": SOURCES.written("h1")})
        result = here.connector.update_contact(here.got(record_id), {}, {"tags": ("new",)}, "h1")
        assert (result.raw["tags"], here.calls("PUT"), here.calls("POST", "/tags/add")) == (["new"], 0, 1)
        assert here.calls("POST", "/tags/remove") == 1


def test_a_record_that_changed_since_the_reading_is_not_written() -> None:
    with account() as here:
        record_id = made(here)
        before = here.got(record_id)
        here.sandbox.edit(record_id, customFields={"city": "Rome"})
        with pytest.raises(RecordEdited):
            here.connector.update_contact(before, {}, {"title": "CEO"}, None)
        assert here.calls("PUT") == 0


def test_an_update_reads_before_and_after_and_sends_the_whole_record() -> None:
    with account() as here:
        record_id = made(here, tags=["vip"])
        raw = here.got(record_id)
        here.sandbox.calls.clear()
        here.connector.update_contact(raw, {}, {"city": "Rome"}, None)
        assert [call.method for call in here.sandbox.calls] == ["GET", "PUT", "GET"]
        body = here.sandbox.calls[1].body
        assert body == {**raw, "customFields": {"city": "Rome"}}


def test_a_number_that_is_shown_without_its_plus_is_written_with_it() -> None:
    with account(WhautomateBehaviour(phones="bare")) as here:
        record_id = made(here)
        update(here, record_id, {"city": "Rome"})
        (put,) = (call for call in here.sandbox.calls if call.method == "PUT")
        assert put.body["phoneNumber"] == NUMBER


def test_tags_alone_take_their_own_calls_and_leave_others_alone() -> None:
    with account() as here:
        record_id = made(here, tags=["a", "b"])
        raw = here.got(record_id)
        here.sandbox.before_answer = lambda call: (
            here.sandbox.edit(record_id, tags=["a", "b", "typed meanwhile"])
            if call.path.endswith("tags/add") else None
        )  # fmt: skip
        here.connector.update_contact(raw, {}, {"tags": ("b", "c")}, None)
        assert here.calls("PUT") == 0
        assert sorted(here.sandbox.person(record_id)["tags"]) == ["b", "c", "typed meanwhile"]


@pytest.mark.parametrize("tag_calls", ["missing", "silent", "wordless"])
def test_where_the_calls_for_tags_do_not_work_a_put_sets_them(tag_calls: str) -> None:
    with account(WhautomateBehaviour(tag_calls=tag_calls)) as here:  # type: ignore[arg-type]
        record_id = made(here, tags=["a", "b"])
        answer = update(here, record_id, {"tags": ("b", "c")})
        assert answer.refused == frozenset()
        assert sorted(here.sandbox.person(record_id)["tags"]) == ["b", "c"]


@pytest.mark.parametrize("put_tags", ["adds", "ignores"])
def test_where_a_put_does_not_replace_tags_their_calls_do(put_tags: str) -> None:
    with account(WhautomateBehaviour(put_tags=put_tags)) as here:  # type: ignore[arg-type]
        record_id = made(here, tags=["a", "b"])
        assert update(here, record_id, {"tags": ("b", "c"), "city": "Rome"}).refused == frozenset()
        assert sorted(here.sandbox.person(record_id)["tags"]) == ["b", "c"]


@pytest.mark.parametrize("stage", ["Replied", "lead", "LEAD"])
@pytest.mark.parametrize("unknown", ["refused", "dropped", "kept"])
def test_a_stage_that_is_none_of_the_words_is_never_sent(stage: str, unknown: str) -> None:
    with account(WhautomateBehaviour(unknown_stage=unknown)) as here:  # type: ignore[arg-type]
        record_id = made(here)
        answer = update(here, record_id, {"stage": stage, "city": "Rome"})
        known = stage.casefold() == "lead"
        assert answer.refused == (frozenset() if known else {"stage"})
        assert here.sandbox.person(record_id)["stage"] == ("Lead" if known else "Subscriber")


def test_a_custom_field_that_the_server_drops_is_refused_and_the_rest_is_written() -> None:
    with account(WhautomateBehaviour(unknown_fields="dropped")) as here:
        record_id = made(here)
        answer = update(here, record_id, {"city": "Rome", "stage": "Lead"})
        assert answer.refused == {"city"}
        assert here.sandbox.person(record_id)["stage"] == "Lead"


def test_a_contact_without_a_number_is_read_only() -> None:
    with account() as here:
        record_id = here.sandbox.add(name="Insta Gram", phoneNumber=None)
        answer = update(here, record_id, {"city": "Rome", "tags": ("a",)})
        assert answer.refused == {"city", "tags"}
        assert here.calls("PUT") == here.calls("POST") == 0


def test_a_create_names_the_location_and_no_id() -> None:
    with account(WhautomateBehaviour(ids="taken")) as here:
        fields: Fields = {"first_name": "Ada", "last_name": "Byron", "phone": NUMBER, "city": "Rome", "tags": ("a",)}
        here.connector.create_contact(fields, "h1")
        (post,) = (call for call in here.sandbox.calls if call.method == "POST")
        assert post.body == {
            "name": "Ada Byron",
            "phoneNumber": NUMBER,
            "location": {"id": LOCATION},
            "customFields": {
                "city": "Rome", "first_name": "Ada", "last_name": "Byron", "growthhub_id": SOURCES.written("h1")
            },
            "tags": ["a"],
        }  # fmt: skip


@pytest.mark.parametrize("doubles", ["made", "refused", "upserted"])
@pytest.mark.parametrize("search", ["text", "ignored"])
def test_a_number_that_a_contact_has_is_never_sent_again(doubles: str, search: str) -> None:
    with account(WhautomateBehaviour(doubles=doubles, search=search, phones="bare")) as here:  # type: ignore[arg-type]
        record_id = made(here)
        with pytest.raises(DuplicateRefused) as refused:
            here.connector.create_contact({"first_name": "Eve", "phone": NUMBER}, None)
        assert (refused.value.other_id, refused.value.field) == (record_id, "phone")
        assert here.calls("POST") == 0
        assert here.sandbox.person(record_id)["name"] == "Ada Byron"


@pytest.mark.parametrize("lacking", ["first_name", "phone"])
def test_who_has_no_name_or_no_number_is_not_created(lacking: str) -> None:
    fields = {"first_name": "Ada", "phone": NUMBER}
    with account() as here:
        del fields[lacking]
        what = {"first_name": "name", "phone": "phone number"}[lacking]
        assert here.connector.missing_key(fields) == f"no {what}, which Whautomate needs"
        with pytest.raises(RecordRefused, match="which Whautomate needs"):
            here.connector.create_contact(fields, None)
        assert here.sandbox.calls == []


def test_the_fields_of_the_list_of_calls_send_no_message() -> None:
    """Nothing that this connector may call reaches a person."""
    assert [(method, path) for method, path in CHANGED if "message" in path or "broadcast" in path] == []
    for method in ("POST", "PUT", "PATCH", "GET"):
        for path in ("/messages/whatsapp/sendtext", "/messages/whatsapp/sendtemplate", "/broadcasts", "/messages"):
            assert not CALLS.may_change(method, path)
            assert not CALLS.may_ask(method, path)


@pytest.mark.parametrize("path", ["/messages/whatsapp/sendtext", "/messages/instagram/sendtext", "/broadcasts"])
def test_a_call_that_sends_never_leaves_this_machine(path: str) -> None:
    with account() as here:
        for repeatable in (False, True):
            with pytest.raises(CallRefused):
                here.connector._wire.send_change("POST", path, json={}, repeatable=repeatable)
        assert here.sandbox.calls == []
        assert here.sandbox.sends == 0


def test_whatever_is_written_no_call_sends() -> None:
    with account() as here:
        made(here)
        fields: dict[str, Value] = {name: f"v {name}" for name in CARRIED if name not in {"tags", "lists", "phone"}}
        fields |= {"phone": "+12125550177", "tags": ("a",), "stage": "Lead", "country": "DE", "email": "a@example.com"}
        raw = here.connector.create_contact(fields, "h1").raw
        here.connector.update_contact(raw, {}, {"tags": ("b",), "city": "x"}, "h1")
        here.connector.delete_contact(str(raw["id"]))
        assert [call.path for call in here.sandbox.calls if "message" in call.path] == []
        assert here.sandbox.sends == 0
