"""The sandbox behaves as the documents say, and its contacts can be edited from outside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from connectors.growthgenius.sandbox.server import FIELDS, MESSAGE_FIELDS, Behaviour
from tests.connectors.growthgenius.account import KEY, World


def call(world: World, method: str, path: str, **options: Any) -> requests.Response:
    options.setdefault("params", {"user_id": 78})
    url = f"{world.sandbox.base_url}{path}"
    return requests.request(method, url, headers={"Authorization": KEY}, timeout=10, **options)


def test_a_contact_has_the_58_documented_fields() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony")
        assert len(FIELDS) == len(set(FIELDS)) == 58
        assert set(call(world, "GET", f"/contacts/{record_id}").json()["contact"]) == set(FIELDS)


def test_nothing_is_deduplicated() -> None:
    with World() as world:
        for _ in range(2):
            call(world, "POST", "/contacts", json={"contact": {"email": "tony@example.com"}})
        assert len(world.sandbox.people()) == 2


def test_times_are_local_with_their_offset_in_summer_and_winter() -> None:
    with World() as world:
        winter = world.sandbox.add(at=datetime(2021, 1, 19, 22, 6, 25, 730_000, tzinfo=UTC))
        summer = world.sandbox.add(at=datetime(2021, 7, 19, 22, 6, 25, 730_000, tzinfo=UTC))
        assert world.sandbox.person(winter)["created_at"] == "2021-01-19T17:06:25.730-05:00"
        assert world.sandbox.person(summer)["created_at"] == "2021-07-19T18:06:25.730-04:00"


def test_an_edit_moves_a_contact_to_the_end_and_a_removal_takes_them_out() -> None:
    with World() as world:
        one, other = world.populate(2)
        world.clock.pass_by(5)
        world.sandbox.edit(one, title="CEO")
        assert [str(record["id"]) for record in world.sandbox.people()] == [other, one]
        world.sandbox.remove(other)
        assert [str(record["id"]) for record in world.sandbox.people()] == [one]
        assert call(world, "GET", f"/contacts/{other}").status_code == 404


def test_contacts_show_copies() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony")
        world.sandbox.person(record_id)["first_name"] = "Changed"
        world.sandbox.people()[0]["first_name"] = "Changed"
        assert world.sandbox.person(record_id)["first_name"] == "Tony"


@pytest.mark.parametrize(
    ("ends", "at_ends"),
    [("half_open", [0]), ("inclusive", [0, 1]), ("exclusive", []), ("start_exclusive", [1])],
)
def test_the_ends_of_a_window_are_read_as_told(ends: Any, at_ends: list[int]) -> None:
    with World(Behaviour(ends=ends)) as world:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        ids = [world.sandbox.add(at=start + timedelta(seconds=n)) for n in range(2)]
        window = {"user_id": 78, "from": "2026-01-01T00:00:00.000Z", "to": "2026-01-01T00:00:01.000Z"}
        shown = call(world, "GET", "/contacts", params=window).json()["contacts"]
        assert [str(record["id"]) for record in shown] == [ids[n] for n in at_ends]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("PUT", "/contacts", 405),
        ("PUT", "/contacts/ID", 405),
        ("DELETE", "/contacts/ID", 204),
    ],
)
def test_what_is_not_documented_is_refused(method: str, path: str, status: int) -> None:
    with World() as world:
        record_id = world.sandbox.add()
        assert call(world, method, path.replace("ID", record_id)).status_code == status


def test_user_id_is_required() -> None:
    with World() as world:
        assert call(world, "GET", "/contacts", params={}).status_code == 400


def test_own_fields_of_the_server_are_not_taken() -> None:
    with World() as world:
        sent = {"id": 5, "created_at": "never", "updated_at": "never", "breed": "unknown", "title": "CEO"}
        made = call(world, "POST", "/contacts", json={"contact": sent}).json()["contact"]
        assert made["id"] != 5
        assert "never" not in (made["created_at"], made["updated_at"])
        assert "breed" not in made
        assert made["title"] == "CEO"


def test_a_message_has_the_eight_documented_fields_and_times_with_an_offset() -> None:
    with World() as world:
        contact_id = world.sandbox.add()
        message_id = world.sandbox.add_message(contact_id, rendered_copy="Hey Louis")
        shown = call(world, "GET", f"/messages/{message_id}").json()["message"]
        assert set(shown) == set(MESSAGE_FIELDS)
        assert (shown["contact_id"], shown["user_id"], shown["team_id"]) == (int(contact_id), 78, 1)
        assert shown["sent_at"] == "2026-03-04T00:06:07.000-05:00"


def test_messages_are_not_deduplicated_and_belong_to_the_caller() -> None:
    with World() as world:
        sent = {"contact_id": int(world.sandbox.add()), "rendered_copy": "Hello", "id": 5, "updated_at": "never"}
        for _ in range(2):
            made = call(world, "POST", "/messages", json={"message": sent}).json()["message"]
            assert (made["rendered_copy"], made["user_id"], made["team_id"], made["sent_at"]) == ("Hello", 78, 1, None)
        assert len(world.sandbox.messages()) == 2
        assert 5 not in {message["id"] for message in world.sandbox.messages()}


@pytest.mark.parametrize(("strangers", "status"), [("refused", 422), ("not_found", 404), ("taken", 200)])
def test_a_message_with_no_contact_is_treated_as_configured(strangers: Any, status: int) -> None:
    with World(Behaviour(strangers=strangers)) as world:
        answer = call(world, "POST", "/messages", json={"message": {"contact_id": 7}})
        assert (answer.status_code, len(world.sandbox.messages())) == (status, status == 200)


def test_a_window_of_messages_goes_by_when_they_were_updated_which_does_not_show() -> None:
    with World() as world:
        message_id = world.sandbox.add_message(world.sandbox.add(), at=datetime(2025, 1, 1, tzinfo=UTC))
        window = {"user_id": 78, "from": "2026-01-01T00:00:00.000Z", "to": "2027-01-01T00:00:00.000Z"}
        assert call(world, "GET", "/messages", params=window).json() == {"messages": []}
        world.sandbox.edit_message(message_id, rendered_copy="Edited")
        (shown,) = call(world, "GET", "/messages", params=window).json()["messages"]
        assert (shown["rendered_copy"], shown["sent_at"]) == ("Edited", "2024-12-31T19:00:00.000-05:00")


def test_a_window_of_messages_goes_by_when_they_were_sent_where_it_is_reported_so() -> None:
    with World(Behaviour(windows_of_messages="sent")) as world:
        contact_id = world.sandbox.add()
        world.sandbox.add_message(contact_id, sent_at="2025-01-01T00:00:00Z")
        world.sandbox.add_message(contact_id, sent_at="2026-01-01T00:00:00Z")
        window = {"user_id": 78, "from": "2026-01-01T00:00:00.000Z", "to": "2026-02-01T00:00:00.000Z"}
        assert len(call(world, "GET", "/messages", params=window).json()["messages"]) == 1


def test_messages_can_be_changed_and_deleted_by_users_and_by_calls() -> None:
    with World() as world:
        one, other = (world.sandbox.add_message(world.sandbox.add()) for _ in range(2))
        call(world, "PATCH", f"/messages/{one}", json={"message": {"rendered_subject": "Re", "id": 7}})
        assert [message["rendered_subject"] for message in world.sandbox.messages()] == [None, "Re"]
        assert call(world, "DELETE", f"/messages/{one}").status_code == 204
        world.sandbox.remove_message(other)
        assert world.sandbox.messages() == []
        assert call(world, "GET", f"/messages/{one}").status_code == 404


@pytest.mark.parametrize("stay", [True, False])
def test_messages_stay_when_their_contact_goes_unless_it_is_reported_otherwise(stay: bool) -> None:
    with World(Behaviour(messages_stay=stay)) as world:
        contact_id = world.sandbox.add()
        world.sandbox.add_message(contact_id)
        other = world.sandbox.add_message(world.sandbox.add())
        call(world, "DELETE", f"/contacts/{contact_id}")
        assert len(world.sandbox.messages()) == 1 + stay
        assert world.sandbox.message(other)["id"] == int(other)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/messages"), ("PUT", "/messages/ID"), ("POST", "/messages/ID")])
def test_what_is_not_documented_of_messages_is_refused(method: str, path: str) -> None:
    with World() as world:
        message_id = world.sandbox.add_message(world.sandbox.add())
        assert call(world, method, path.replace("ID", message_id)).status_code == 405
