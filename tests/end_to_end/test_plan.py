"""R27: a dry run moves nothing, and its counts are those of the run after it; its cost is reported."""

from typing import Any

import pytest

from tests.end_to_end.population import Population
from tests.end_to_end.world import World
from tests.thorough import THOROUGH

MOVES = ("created", "updated", "deleted")
TOTALS = ("unchanged", "conflicts", "failed", "unmapped", "left_out")


def counted(report: Any) -> dict[str, Any]:
    """Return what a plan and the run after it have to agree on."""
    stream = report.to_json()["streams"]["contacts"]
    moves = {account: {key: stream[account][key] for key in MOVES} for account in ("gg", "gh")}
    return {**moves, **{key: stream[key] for key in TOTALS}}


@pytest.mark.parametrize("seed", range(8 if THOROUGH else 2))
def test_a_plan_counts_what_the_run_after_it_does(world: World, seed: int) -> None:
    world.gh.add_user("dev@example.com")
    if seed % 2:
        world.contacts["conflicts"] = '"manual"'
    people = Population(world, seed)
    for number in range(3):
        people.edit(25) if number else people.add(25)
        planned = world.run(dry_run=True, priced=True, unguarded=True)
        with world.calls() as calls:
            done = world.run(skip=0.0, unguarded=True)
        assert done.errors == planned.errors == []
        assert counted(planned) == counted(done)
        assert planned.cost is not None
        for account, made in zip(("gg", "gh"), calls.counts, strict=True):
            assert abs(planned.cost[account].calls - made) <= max(4, made // 5), account
        world.run()


def test_a_plan_leaves_state_and_both_sides_as_they_are(live_world: World) -> None:
    world = live_world
    ann = world.gg.add(first_name="Ann", email="ann@example.com", title="CEO")
    assert world.run().exit_code == 0
    world.gg.edit(ann, title="CTO")
    world.gh.add(firstName="Bob", email="bob@example.com")
    world.clock.skip(2)
    before = world.tables_of_state("allowance")
    people = world.gg.people(), world.gh.people()
    with world.calls() as calls:
        finished = world.sync("plan", "--json")
    assert finished.code == 0
    assert calls.writes == []
    assert (world.gg.people(), world.gh.people()) == people
    assert world.tables_of_state("allowance") == before
    plan = finished.run
    assert plan["dry_run"] is True
    assert plan["cost"].keys() == {"gg", "gh"}
    assert {"calls", "share_of_day", "seconds"} == plan["cost"]["gh"].keys()
    assert {(line["account"], line["who"], line["field"], line["old"], line["new"]) for line in plan["plan"]} >= {
        ("gh", "ann@example.com", "title", "CEO", "CTO"),
        ("gg", "bob@example.com", "email", None, "bob@example.com"),
    }


def test_a_plan_before_the_first_run_creates_no_state_file(world: World) -> None:
    world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run(dry_run=True, priced=True).streams["contacts"].accounts["gh"].created == 1
    assert not world.state_path.exists()
    assert world.run().streams["contacts"].accounts["gh"].created == 1


def test_a_plan_that_the_guard_would_stop_says_so(world: World) -> None:
    world.contacts["max_changed"] = "0"
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    world.gg.edit(ann, title="CTO")
    assert world.run(dry_run=True).exit_code == 4
    assert world.run().exit_code == 4
