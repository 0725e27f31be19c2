"""The sandbox behaves as the documents say, and its people can be edited from outside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from connectors.growthgenius.sandbox import FIELDS, Behaviour
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


def test_an_edit_moves_a_person_to_the_end_and_a_removal_takes_them_out() -> None:
    with World() as world:
        one, other = world.populate(2)
        world.clock.pass_by(5)
        world.sandbox.edit(one, title="CEO")
        assert [str(record["id"]) for record in world.sandbox.people()] == [other, one]
        world.sandbox.remove(other)
        assert [str(record["id"]) for record in world.sandbox.people()] == [one]
        assert call(world, "GET", f"/contacts/{other}").status_code == 404


def test_people_show_copies() -> None:
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
