"""What a run costs, where it can be counted exactly: calls and durable commits (G1c and G2c of the benchmarks)."""

import sqlite3
from datetime import timedelta
from math import ceil
from typing import Any

import pytest

import state.file
from tests.end_to_end.world import START, World
from tests.thorough import THOROUGH

PEOPLE = 1230 if THOROUGH else 610
USERS_AT_GG = 1
SETTINGS_AT_GH = 3
"""Custom fields, the location, its users: asked for once a day."""


def a_contact(number: int) -> dict[str, Any]:
    return {
        "first_name": "Ann",
        "last_name": f"Example {number}",
        "email": f"person{number}@example.com",
        "mobile_phone": f"+1 212 555 {number:04}",
        "title": "CEO",
        "label_names": ["VIP"],
    }


def counterpart(number: int) -> dict[str, Any]:
    return {"firstName": "Ann", "lastName": f"Example {number}", "email": f"person{number}@example.com"}


def fill_both(world: World, people: int) -> None:
    for number in range(people):
        moment = START - timedelta(days=200) + timedelta(minutes=7 * number)
        who = {"first_name": "Ann", "last_name": f"Example {number}", "email": f"person{number}@example.com"}
        world.gg.add(at=moment, **who)
        world.gh.add(dateAdded=moment, dateUpdated=moment, **counterpart(number))


def test_reading_both_sides_again_in_full_costs_a_call_a_page_and_two_more(world: World) -> None:
    world.gg.behaviour.page_size = 200
    fill_both(world, PEOPLE)
    assert world.run().exit_code == 0
    forget_what_was_covered(world)
    with world.calls() as calls:
        report = world.run()
    assert (report.exit_code, report.streams["contacts"].unchanged, calls.writes) == (0, PEOPLE, [])
    assert sum(calls.counts) <= ceil(PEOPLE / 200) + ceil(PEOPLE / 500) + 2


def forget_what_was_covered(world: World) -> None:
    with sqlite3.connect(world.state_path) as db:
        assert db.execute("DELETE FROM cursor WHERE kind = 'covered'").rowcount == 2


@pytest.mark.parametrize("people", [11, 47])
def test_a_first_sync_makes_one_call_a_contact_and_the_same_few_others_for_many_as_for_few(
    world: World, people: int
) -> None:
    prepare_places(world)
    for number in range(people):
        world.gg.add(**a_contact(number))
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert len(calls.writes) == people
    assert [call.path for call in calls.to("GET", "/duplicate")] == []
    assert calls.counts == (1 + USERS_AT_GG, people + 1 + SETTINGS_AT_GH)


def test_a_later_create_looks_at_growthhub_twice_and_not_at_growthgenius_at_all(world: World) -> None:
    prepare_places(world)
    world.gg.add(**a_contact(0))
    world.run()
    for number in range(1, 11):
        world.gg.add(**a_contact(number))
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert len(calls.writes) == 10
    assert len(calls.to("GET", "/duplicate")) == 20
    assert calls.counts == (1, 1 + 20 + 10)


def test_later_creates_at_growthgenius_look_at_one_window_all_together(world: World) -> None:
    prepare_places(world)
    world.gg.add(**a_contact(0))
    world.run()
    for number in range(1, 11):
        world.gh.add(**counterpart(number))
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert len(calls.to("POST", "/integrations/v1/contacts")) == 10
    assert len(calls.gg) <= 1 + 1 + 10


def test_an_update_costs_a_read_by_id_and_a_write_and_tags_one_call_each_way(world: World) -> None:
    prepare_places(world)
    people = [world.gg.add(**a_contact(number)) for number in range(4)]
    world.run()
    world.run()
    world.gg.edit(people[0], title="CTO")
    world.gg.edit(people[1], label_names=["VIP", "new"])
    world.gg.edit(people[2], label_names=["other"], title="CFO")
    with world.calls() as calls:
        assert world.run(unguarded=True).exit_code == 0
    ids = world.links()
    asked = [(call.method, call.path.removeprefix("/contacts/")) for call in calls.gh if "/search" not in call.path]
    assert sorted(asked) == sorted([
        ("GET", ids[people[0]]), ("PUT", ids[people[0]]),
        ("GET", ids[people[1]]), ("POST", f"{ids[people[1]]}/tags"),
        ("GET", ids[people[2]]), ("PUT", ids[people[2]]),
        ("POST", f"{ids[people[2]]}/tags"), ("DELETE", f"{ids[people[2]]}/tags"),
    ])  # fmt: skip
    assert len(calls.gg) == 1


@pytest.mark.parametrize("kind", ["create", "update"])
def test_a_write_costs_far_less_than_two_durable_commits(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_places(world)
    few, many = 40, 120
    people = [world.gg.add(**a_contact(number)) for number in range(many + few)] if kind == "update" else []
    world.run()
    commits = Commits(monkeypatch)

    def writes(first: int, last: int) -> int:
        for number in range(first, last):
            if kind == "update":
                world.gg.edit(people[number], title="CTO")
            else:
                world.gg.add(**a_contact(number))
        before = commits.count
        assert world.run(unguarded=True).exit_code == 0
        return commits.count - before

    assert 0.2 < (writes(few, few + many) - writes(0, few)) / (many - few) <= 1.2


class Commits:
    """Counts the commits of transactions that changed the state file; what changes only the stage is not durable."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._changed = False
        connect = state.file._connect

        def traced(path: Any) -> sqlite3.Connection:
            db = connect(path)
            db.set_trace_callback(self._note)
            return db

        monkeypatch.setattr(state.file, "_connect", traced)

    def _note(self, statement: str) -> None:
        if statement.startswith("BEGIN"):
            self._changed = False
        elif statement.startswith("COMMIT"):
            self.count += self._changed
        elif statement.startswith(("INSERT", "UPDATE", "DELETE")) and "stage." not in statement:
            self._changed = True


def prepare_places(world: World) -> None:
    world.gh.add_user("dev@example.com")
    for key in ("growthgenius_id", "job_title"):
        world.gh.add_field(key, key=f"contact.{key}")
