"""A list that stops showing a key empties nothing: a value is gone when the record itself says so (R39)."""

import json
from typing import Any

import pytest

from connectors.sandbox.base import Call
from tests.end_to_end.changed_answers import rewrite
from tests.end_to_end.message_world import minutes
from tests.end_to_end.world import World

COUNT = 15


@pytest.fixture
def pairs(world: World) -> World:
    """Contacts on both sides, linked, each with a company and a title."""
    for number in range(COUNT):
        world.gg.add(
            first_name=f"Ana{number}", email=f"ana{number}@example.com", company_name="Acme", title="Head",
            city="Oslo", at=minutes(-60),
        )  # fmt: skip
    assert world.run().exit_code == 0
    assert world.run().exit_code == 0
    return world


def _without(key: str, rows: str = "contacts") -> Any:
    """Return a change of answers: rows of lists lose a key."""

    def change(call: Call, body: Any) -> Any:
        if not isinstance(body, dict) or not isinstance(body.get(rows), list):
            return body
        return {**body, rows: [{name: value for name, value in row.items() if name != key} for row in body[rows]]}

    return change


def _edit_every_contact(world: World, system: str) -> None:
    for left, right in world.links().items():
        if system == "gh":
            world.gh.edit(right, city="Rome")
        else:
            world.gg.edit(left, city="Rome")


@pytest.mark.parametrize(("system", "key"), [("gh", "companyName"), ("gg", "company_name")])
def test_a_key_that_a_list_stops_showing_empties_no_field_at_the_other_side(
    pairs: World, system: str, key: str
) -> None:
    """All were edited, and their rows lack the company: the edit is carried, the company stays on both sides."""
    rewrite(pairs.gh if system == "gh" else pairs.gg, _without(key))
    _edit_every_contact(pairs, system)
    assert pairs.run().exit_code == 0
    assert {each["company_name"] for each in pairs.gg.people()} == {"Acme"}
    assert {each["companyName"] for each in pairs.gh.people()} == {"Acme"}
    assert {each["city"] for each in (*pairs.gg.people(), *pairs.gh.people())} == {"Rome"}


def test_custom_fields_that_a_list_stops_showing_are_not_emptied(pairs: World) -> None:
    """Titles live in a custom field at GrowthHub, which its rows do not show any more."""
    rewrite(pairs.gh, _without("customFields"))
    _edit_every_contact(pairs, "gh")
    assert pairs.run().exit_code == 0
    assert {each["title"] for each in pairs.gg.people()} == {"Head"}


def test_a_value_that_the_record_does_not_show_either_is_emptied(pairs: World) -> None:
    """Whoever empties a field at GrowthHub empties it at GrowthGenius; that record is read once for it."""
    left, right = next(iter(pairs.links().items()))
    pairs.gh.edit(right, companyName=None)
    with pairs.calls() as calls:
        assert pairs.run().exit_code == 0
    assert pairs.gg.person(left)["company_name"] is None
    assert len(calls.to("GET", right)) == 1


def test_a_row_that_shows_a_value_as_empty_is_requested_too(pairs: World) -> None:
    """GrowthGenius' list shows null for what the record has: nothing is emptied."""

    def change(call: Call, body: Any) -> Any:
        if isinstance(body, dict) and isinstance(body.get("contacts"), list):
            return {**body, "contacts": [{**row, "company_name": None} for row in body["contacts"]]}
        return body

    rewrite(pairs.gg, change)
    _edit_every_contact(pairs, "gg")
    assert pairs.run().exit_code == 0
    assert {each["companyName"] for each in pairs.gh.people()} == {"Acme"}


@pytest.mark.parametrize("system", ["gh", "gg"])
def test_a_list_without_a_key_costs_a_read_per_contact_once_and_none_by_each_scan(pairs: World, system: str) -> None:
    """A scan of everything shows each row without the company: each is asked for once, and then known."""
    server = pairs.gh if system == "gh" else pairs.gg
    rewrite(server, _without("companyName" if system == "gh" else "company_name"))
    reads = []
    for _ in range(3):
        with pairs.calls() as calls:
            assert pairs.run(whole=True).exit_code == 0
        seen = calls.gh if system == "gh" else calls.gg
        reads.append(len([call for call in seen if call.method == "GET" and "/contacts/" in call.path]))
        assert calls.writes == []
    assert reads == [COUNT, 0, 0]


def test_what_is_emptied_after_a_list_lost_the_key_is_found_by_its_time(pairs: World) -> None:
    """The row looks as before but for its time: the record is read again, and says that the value is gone."""
    rewrite(pairs.gh, _without("companyName"))
    left, right = next(iter(pairs.links().items()))
    pairs.gh.edit(right, city="Rome")
    assert pairs.run().exit_code == 0
    pairs.gh.edit(right, companyName=None)
    assert pairs.run().exit_code == 0
    assert pairs.gg.person(left)["company_name"] is None
    assert json.dumps(pairs.gg.person(left)["city"]) == '"Rome"'


def test_a_scan_asks_for_so_many_records_at_most_and_empties_nothing(
    pairs: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit the values stay as they were agreed, and the next scans ask for the rest."""
    monkeypatch.setattr("sync.contacts.list_rows.MOST", 10)
    rewrite(pairs.gh, _without("companyName"))
    reads = []
    for _ in range(3):
        with pairs.calls() as calls:
            assert pairs.run(whole=True).exit_code == 0
        reads.append(len([call for call in calls.gh if call.method == "GET" and "/contacts/" in call.path]))
        assert calls.writes == []
    assert reads == [10, 5, 0]
    assert {each["company_name"] for each in pairs.gg.people()} == {"Acme"}
