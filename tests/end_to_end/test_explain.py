"""`sync explain`: all that the state remembers of a contact, without a call; an unknown contact ends it with 1."""

import json
from typing import Any

import pytest

from connectors.sandbox.base import Fault
from sync.config.model import load
from sync.errors import UsageError
from sync.operations.explain import explain as look_up
from sync.text_output.timeline import explanation_lines
from tests.end_to_end.world import World

KEYS = ["at", "run", "account", "field", "old", "new", "rule"]


def explain(world: World, who: str, field: str | None = None) -> dict[str, Any]:
    """Look a contact up; it must make no call, and the state may not change."""
    world.write_config()
    before = world.tables_of_state() if world.state_path.exists() else {}
    with world.calls() as calls:
        found = look_up(load(world.config_path), who, field)
    assert calls.counts == (0, 0)
    assert (world.tables_of_state() if world.state_path.exists() else {}) == before
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def one(world: World, who: str, field: str | None = None) -> dict[str, Any]:
    (person,) = explain(world, who, field)["people"]
    return person  # type: ignore[no-any-return]


def linked(world: World, **fields: Any) -> tuple[str, str]:
    """Put Ann in sync, and return her ids, left first."""
    left = world.gg.add(first_name="Ann", email="Ann@example.com", **fields)
    assert world.run().exit_code == 0
    return left, world.links()[left]


def test_the_timeline_of_a_contact_is_the_document_of_the_contract(world: World) -> None:
    left, right = linked(world, city="Oslo")
    (made,) = world.rows("SELECT id FROM run")
    world.gg.edit(left, city="Rome")
    carried = world.run()
    undone = world.run(undoes=carried.run)
    person = one(world, "ann@example.com")
    assert person["ids"] == {"gg": left, "gh": right}
    assert [list(event)[: len(KEYS)] for event in person["history"]] == [KEYS] * 3
    rows = [tuple(event[key] for key in (*KEYS[1:], "source")) for event in person["history"]]
    assert rows == [
        (made["id"], "gh", "*", None, None, "created", f"gg:{left}"),
        (carried.run, "gh", "city", "Oslo", "Rome", "carried", f"gg:{left}"),
        (undone.run, "gh", "city", "Rome", "Oslo", "undo", None),
    ]
    assert person["history"][1]["at"] == "2026-03-02T09:00:04Z"
    assert person["history"][2]["undoes"] == carried.run
    assert person["agreed"]["city"] == {"gg": "Rome", "gh": "Oslo"}
    ((held),) = person["held"]
    assert (held["field"], held["values"], held["run"]) == ("city", {"gg": "Rome", "gh": "Oslo"}, undone.run)


@pytest.mark.parametrize(
    "who", ["ANN@Example.com", " ann@example.com ", "+1 212 555 0123", "(212) 555-0123", "mailto:ann@example.com"]
)
def test_a_contact_is_found_by_address_and_number_in_any_form(world: World, who: str) -> None:
    left, right = linked(world, mobile_phone="+1 212-555-0123")
    assert one(world, who)["ids"] == {"gg": left, "gh": right}
    assert one(world, f"gg:{left}")["ids"] == one(world, f"gh:{right}")["ids"] == {"gg": left, "gh": right}


def test_one_field_is_shown_alone(world: World) -> None:
    left, _ = linked(world, city="Oslo", title="CEO")
    world.gg.edit(left, city="Rome", title="CTO")
    world.run()
    person = one(world, "ann@example.com", "city")
    assert [event["field"] for event in person["history"]] == ["city"]
    assert list(person["agreed"]) == ["city"]
    with pytest.raises(UsageError, match="there is no field town; allowed is first_name"):
        explain(world, "ann@example.com", "town")


@pytest.mark.parametrize("who", ["missing@example.com", "+12125550199", "gg:0", "gh:missing"])
def test_an_unknown_contact_is_not_found(world: World, who: str) -> None:
    assert explain(world, who) == {"people": [], "forgotten": False}
    linked(world)
    assert explain(world, who) == {"people": [], "forgotten": False}
    assert not list(world.folder.glob("sync.db-journal"))


def test_what_is_no_address_number_or_id_is_said_to_be_none(world: World) -> None:
    with pytest.raises(UsageError, match=r"'ann' is neither .* nor ACCOUNT:ID \(accounts are gg, gh\)"):
        explain(world, "ann")
    with pytest.raises(UsageError, match="neither"):
        explain(world, "hubspot:17")


def test_doubles_are_all_shown(world: World) -> None:
    left, right = linked(world)
    twin = world.gg.add(first_name="Anna", email="ann@example.com")
    world.run()
    first, second = explain(world, "ann@example.com")["people"]
    assert (first["ids"], first["linked"]) == ({"gg": left, "gh": right}, True)
    assert (second["ids"], second["linked"]) == ({"gg": twin}, False)
    assert second["failures"][0]["operation"] == "double"


def test_a_contact_that_was_seen_and_left_out_is_no_stranger(world: World) -> None:
    world.contacts["create"] = '"none"'
    left = world.gg.add(first_name="Ann", email="ann@example.com")
    world.run()
    person = one(world, "ann@example.com")
    assert (person["ids"], person["linked"], person["history"]) == ({"gg": left}, False, [])
    assert "left out" in "\n".join(explanation_lines({"people": [person]}))


def test_values_that_mean_nothing_on_the_other_side_are_shown(world: World) -> None:
    left, _ = linked(world, mobile_phone="12", country="Atlantis")
    assert one(world, f"gg:{left}")["unmapped"] == {"gg": {"country": "Atlantis", "mobile_phone": "12"}}
    world.gg.edit(left, country="Norway")
    world.run()
    assert one(world, f"gg:{left}")["unmapped"] == {"gg": {"mobile_phone": "12"}}


def test_what_a_server_did_not_take_is_shown_until_it_does(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, country="Norway")
    world.run()
    world.gg.edit(left, country=None)
    world.run()
    (refused,) = one(world, f"gg:{left}")["refused"]
    assert (refused["account"], refused["field"], refused["value"]) == ("gh", "country", None)
    world.gg.edit(left, country="Sweden")
    world.run()
    assert one(world, f"gg:{left}")["refused"] == []
    assert world.gh.person(right)["country"] == "SE"


def test_open_conflicts_failures_and_unknown_outcomes_are_shown(world: World) -> None:
    world.contacts["conflicts"] = '"manual"'
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    world.gh.edit(right, city="Paris")
    world.run()
    (conflict,) = one(world, "ann@example.com")["conflicts"]
    assert (conflict["field"], conflict["left"]["value"], conflict["right"]["value"]) == ("city", "Rome", "Paris")
    world.gg.edit(left, title="CTO")
    world.gh.faults.append(Fault("status", method="PUT", status=422, body={"message": "no"}, times=None))
    world.run()
    assert one(world, "ann@example.com")["failures"][0]["operation"] == "update"
    world.gg.add(first_name="Bob", email="bob@example.com")
    world.gh.faults[:] = [Fault("drop_before", method="POST", path="/contacts/$", times=None)]
    world.options["settle"] = '"60s"'
    world.run(skip=70)
    (sent,) = one(world, "bob@example.com")["unanswered"]
    assert sent["account"] == "gh"


def test_a_deleted_contact_is_still_shown(world: World) -> None:
    world.contacts["deletes"] = '"propagate"'
    left, right = linked(world, city="Oslo", mobile_phone="+12125550123")
    world.gg.remove(left)
    world.run(whole=True)
    for who in (f"gg:{left}", f"gh:{right}", "ann@example.com", "+12125550123"):
        rules = [event["rule"] for person in explain(world, who)["people"] for event in person["history"]]
        assert "deleted" in rules or "found deleted" in rules, who


def test_a_contact_is_found_by_an_address_that_was_theirs_while_no_other_contact_has_it(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, email="ann@example.org")
    world.run()
    assert one(world, "ann@example.com")["ids"] == {"gg": left, "gh": right}
    bob = world.gg.add(first_name="Bob", email="ann@example.com")
    world.run()
    assert one(world, "ann@example.com")["ids"]["gg"] == bob


def test_users_read_a_timeline(live_world: World) -> None:
    world = live_world
    left, right = linked(world, city="Oslo", country="Atlantis")
    world.gg.edit(left, city="Rome")
    carried = world.run()
    found = world.sync("explain", "ann@example.com")
    assert found.code == 0
    lines = found.out.splitlines()
    assert lines[0] == f"ann@example.com (sales): gg:{left}, gh:{right}"
    assert (
        lines[1].endswith(f"created, from gg:{left}                                        run {carried.run}")
        or "created, from gg" in lines[1]
    )
    assert f'city: "Oslo" -> "Rome", from gg:{left}, changed there' in lines[2]
    assert lines[2].endswith(f"run {carried.run}")
    assert "  both sides last agreed on:" in lines
    assert '  means nothing on the other side: country "Atlantis" at gg' in lines
    stranger = world.sync("explain", "missing@example.com", "--json")
    assert (stranger.code, stranger.document) == (1, {"people": [], "forgotten": False})
    assert world.sync("explain", "missing").code == 2
