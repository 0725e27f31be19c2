"""`sync verify` compares both sides in full, writes nothing anywhere, and says whether they agree."""

from typing import Any

import pytest

from connectors.sandbox.base import Fault
from sync.output.report import Comparison, verification, verification_code
from sync.text_output.runs import verify_lines
from tests.end_to_end.population import Population
from tests.end_to_end.world import World


def verify(world: World) -> Comparison:
    """Compare, and return what was found; nothing may have been written by it."""
    remembered = world.tables_of_state("allowance") if world.state_path.exists() else {}
    with world.calls() as calls:
        report = world.run(dry_run=True, unguarded=True, whole=True, compared=True)
    assert calls.writes == []
    assert (world.tables_of_state("allowance") if world.state_path.exists() else {}) == remembered
    assert report.errors == []
    assert report.comparison is not None
    return report.comparison


def linked(world: World, **fields: Any) -> tuple[str, str]:
    """Put Ann in sync, and return her ids, left first."""
    left = world.gg.add(first_name="Ann", email="ann@example.com", **fields)
    assert world.run().exit_code == 0
    return left, world.links()[left]


@pytest.mark.parametrize("seed", range(4))
def test_two_runs_make_any_world_agree_but_for_what_is_listed(world: World, seed: int) -> None:
    world.contacts["max_changed"] = "1.0"
    people = Population(world, seed)
    people.add(25)
    world.run()
    people.edit(15)
    for _ in range(2):
        report = world.run()
    found = verify(world)
    listed = report.streams["contacts"]
    assert found.compared == len(world.links())
    assert len(found.differ) == listed.conflicts
    assert len(found.doubles) + sum(map(len, found.only.values())) == listed.failed
    assert found.agree == (report.exit_code == 0)


def test_before_the_first_run_nothing_is_created_and_every_contact_is_on_one_side_only(world: World) -> None:
    world.gg.add(first_name="Ann", email="ann@example.com")
    world.gh.add(firstName="Bob", email="bob@example.com")
    found = verify(world)
    assert not found.agree
    assert found.only == {"gg": [{"who": "ann@example.com"}], "gh": [{"who": "bob@example.com"}]}
    assert not world.state_path.exists()


@pytest.mark.parametrize("winner", ["--left", "--right"])
def test_an_open_conflict_is_a_difference_and_so_is_one_that_is_settled_until_it_is_carried(
    world: World, winner: str
) -> None:
    world.contacts["conflicts"] = '"manual"'
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    world.gh.edit(right, city="Bergen")
    assert world.run().exit_code == 1
    expected = [{"who": "ann@example.com", "field": "city", "left": "Rome", "right": "Bergen"}]
    assert verify(world).differ == expected
    (conflict,) = world.rows("SELECT id FROM conflict")
    assert world.sync("conflicts", "resolve", str(conflict["id"]), winner).code == 0
    assert verify(world).differ == expected
    assert world.run().exit_code == 0
    assert verify(world).agree


def test_a_contact_that_is_left_out_agrees(world: World) -> None:
    world.contacts["create"] = '"left"'
    world.gg.add(first_name="Ann", email="ann@example.com")
    world.run()
    assert verify(world).agree


def test_what_is_unmapped_or_refused_agrees(world: World) -> None:
    left, _ = linked(world, country="Atlantis", mobile_phone="12", city="Oslo")
    world.gg.edit(left, country="Germany")
    world.run()
    world.gg.edit(left, country=None)  # which GrowthHub can't empty
    assert world.run().exit_code == 0
    assert verify(world).agree


def test_what_is_behind_the_horizon_is_no_disagreement(world: World) -> None:
    left, _ = linked(world)
    world.options["settle"] = '"60s"'
    world.clock.skip(120)
    world.gg.edit(left, city="Oslo")
    world.gh.add(firstName="Bob", email="bob@example.com")
    assert verify(world).agree
    world.clock.skip(120)
    assert not verify(world).agree


def test_the_command_ends_with_0_or_1_and_prints_the_same_as_text(live_world: World) -> None:
    world = live_world
    _, right = linked(world, city="Oslo")
    agreed = world.sync("verify")
    assert (agreed.code, agreed.out) == (0, "sales: both sides agree, 1 pair compared\n")
    world.gh.edit(right, city="Bergen")
    world.gh.add(firstName="Bob", email="bob@example.com")
    found = world.sync("verify", "--json")
    assert found.code == 1
    assert found.document == {
        "connections": [{
            "name": "sales",
            "agree": False,
            "compared": 1,
            "only": {"gg": [], "gh": [{"who": "bob@example.com"}]},
            "differ": [{"who": "ann@example.com", "field": "city", "left": "Oslo", "right": "Bergen"}],
            "doubles": [],
            "held": [],
            "parked": 0,
        }]
    }  # fmt: skip
    result = world.sync("verify")
    assert result.code == 1
    assert result.out.splitlines() == [
        "sales: the sides do not agree, 1 pair compared",
        "  only at gh: bob@example.com",
        '  ann@example.com: city is "Oslo" and "Bergen"',
        "write what can be written with: sync run; find deletions with: sync reconcile",
    ]


@pytest.mark.parametrize(("account", "status"), [("gg", 401), ("gh", 401), ("gg", 500), ("gh", 500)])
def test_an_account_that_is_down_ends_it_with_3_and_nothing_is_said_of_the_sides(
    world: World, account: str, status: int
) -> None:
    linked(world)
    sandbox = world.gg if account == "gg" else world.gh
    sandbox.faults.append(Fault("status", status=status, times=None))
    report = world.run(dry_run=True, unguarded=True, whole=True, compared=True)
    assert verification_code([report]) == 3
    document = verification([report])
    assert document["connections"] == []
    assert document["errors"][0].startswith(account)
    assert list(verify_lines(document)) == [f"error: {error}" for error in document["errors"]]
