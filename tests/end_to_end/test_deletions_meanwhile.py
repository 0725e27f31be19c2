"""R19 and R24: what happens at the moment in which a survivor is deleted."""

import json
from collections.abc import Callable

import pytest

from connectors.sandbox.base import Call, Fault
from tests.end_to_end.test_reconcile import (
    NAMES,
    at_left,
    at_right,
    fill,
    hide_from_search,
    only_conflict,
    propagate,
    reconcile,
)
from tests.end_to_end.world import World


def just_before(world: World, method: str, record_id: str, act: Callable[[], None], *, nth: int = 1) -> None:
    """Let something happen just before the nth call to one record at the right is carried out."""
    seen = 0

    def strike(call: Call) -> None:
        nonlocal seen
        seen += call.method == method and call.path.endswith(record_id)
        if seen == nth:
            world.gh.before_answer = None
            act()

    world.gh.before_answer = strike


def doomed(world: World) -> str:
    """Let Ann be deleted at the left, and return who is to follow her at the right."""
    people = fill(world)
    propagate(world)
    world.gg.remove(people["ann"][0])
    return people["ann"][1]


@pytest.mark.parametrize(("method", "nth"), [("GET", 1), ("GET", 2), ("DELETE", 1)])
def test_a_survivor_that_is_gone_by_then_is_forgotten(world: World, method: str, nth: int) -> None:
    right = doomed(world)
    just_before(world, method, right, lambda: world.gh.remove(right), nth=nth)
    assert reconcile(world).exit_code == 0
    assert at_left(world) == at_right(world) == sorted(NAMES)[1:]
    assert len(world.links()) == len(NAMES) - 1
    with world.calls() as calls:
        assert reconcile(world).exit_code == 0
    assert calls.writes == []


@pytest.mark.parametrize("nth", [1, 2], ids=["when it is planned", "when it is carried out"])
def test_a_survivor_that_is_edited_by_then_is_a_conflict(world: World, nth: int) -> None:
    right = doomed(world)
    just_before(world, "GET", right, lambda: world.gh.edit(right, companyName="Acme"), nth=nth)
    with world.calls() as calls:
        assert reconcile(world).exit_code == 1
    assert calls.writes == []
    assert "ann" in at_right(world)
    assert only_conflict(world)["field"] == "*"


def test_an_account_that_turns_us_away_is_asked_to_delete_no_other_contact(world: World) -> None:
    people = fill(world)
    propagate(world)
    for name in ("ann", "bob", "cai"):
        world.gg.remove(people[name][0])
    world.gh.faults = [Fault("status", method="DELETE", status=401, times=None)]
    with world.calls() as calls:
        assert reconcile(world, unguarded=True).exit_code == 3
    assert {call.path for call in calls.to("DELETE")} == {f"/contacts/{people['ann'][1]}"}
    assert at_right(world) == sorted(NAMES)
    world.gh.faults = []
    assert reconcile(world, unguarded=True).exit_code == 0
    assert at_left(world) == at_right(world) == ["dee", "eve"]


def test_what_became_of_a_deletion_is_off_every_list(world: World) -> None:
    right = doomed(world)
    world.gh.faults = [Fault("status", method="DELETE", status=422, body={"message": "has an open deal"}, times=None)]
    assert reconcile(world).exit_code == 1
    assert len(world.rows("SELECT * FROM failure")) == 1
    world.gh.faults = []
    just_before(world, "GET", right, lambda: world.gh.edit(right, companyName="Acme"))
    assert reconcile(world).exit_code == 1
    assert world.rows("SELECT * FROM failure") == []
    assert only_conflict(world)["right_value"] == '"edited"'


def test_an_edit_of_a_contact_that_is_back_by_then_is_carried_though_no_window_will_ever_show_it(world: World) -> None:
    people = fill(world)
    propagate(world)
    left, right = people["ann"]
    world.gh.edit(right, companyName="Acme")
    hidden = hide_from_search(world, right)
    lost = {"statusCode": 404, "message": "Not Found"}
    world.gh.faults = [Fault("status", method="GET", path=right, status=404, body=lost, times=1)]
    assert reconcile(world).exit_code == 0
    hidden.clear()
    assert world.gg.person(left)["company_name"] == world.gh.person(right)["companyName"] == "Acme"
    assert world.rows("SELECT * FROM link WHERE gone IS NOT NULL") == []


def test_troubles_with_some_hold_up_the_deletion_of_no_other_contact(world: World) -> None:
    people = fill(world, ["ann", "bob", "cai", "dee", "eve", "fay"])
    propagate(world)
    for left, _ in people.values():
        world.gg.remove(left)
    troubled = ("ann", "cai", "eve")
    world.gh.faults = [
        Fault("status", method="DELETE", path=people[name][1], status=500, times=None) for name in troubled
    ]
    assert reconcile(world, unguarded=True).exit_code == 3
    assert at_right(world) == sorted(troubled)


def test_what_a_deleted_survivor_showed_is_in_the_history_without_its_blanks(world: World) -> None:
    right = doomed(world)
    assert world.gh.person(right).get("city") is None
    reconcile(world)
    (entry,) = world.rows("SELECT old FROM history WHERE rule = 'deleted'")
    shown = json.loads(entry["old"])
    assert (shown["email"], shown["title"]) == ("ann@example.com", "CEO")
    assert None not in shown.values()


def test_an_edit_that_is_taken_back_ends_the_conflict_even_where_the_deletion_is_refused(world: World) -> None:
    right = doomed(world)
    before = world.gh.person(right).get("companyName")
    world.gh.edit(right, companyName="Acme")
    assert reconcile(world).exit_code == 1
    assert only_conflict(world)["field"] == "*"
    world.gh.edit(right, companyName=before)
    world.gh.faults = [Fault("status", method="DELETE", status=422, body={"message": "has an open deal"}, times=None)]
    assert reconcile(world).exit_code == 1
    assert world.rows("SELECT * FROM conflict") == []
    assert len(world.rows("SELECT * FROM failure")) == 1
    world.gh.faults = []
    assert reconcile(world).exit_code == 0
    assert "ann" not in at_right(world)


def test_a_row_of_a_lagging_index_does_not_create_a_contact_again_that_is_deleted_on_both_sides(world: World) -> None:
    world.options["lookback"] = '"10m"'
    right = doomed(world)
    world.gh.quirks.index_lag = 300
    reconcile(world)
    assert right not in {record["id"] for record in world.gh.people()}
    for _ in range(4):
        assert world.run(100).exit_code == 0
        assert at_left(world) == at_right(world) == sorted(NAMES)[1:]
