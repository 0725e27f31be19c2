"""P1 for records that are dated ahead of their server's clock, be it by thousands of years: they are synced, too."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.values import instant
from sync.output.report import Comparison
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import START, World

AHEAD = {
    "an hour": START + timedelta(hours=1),
    "a week": START + timedelta(days=7),
    "two years": START + timedelta(days=730),
    "2999": datetime(2999, 1, 1, tzinfo=UTC),
    "the last": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
}


def add(world: World, side: str, when: datetime, number: int = 0, **fields: Any) -> str:
    """Add a contact that is dated so."""
    email = f"ann{number}@example.com"
    if side == "left":
        return str(world.gg.add(first_name="Ann", email=email, at=when, **fields))
    stamp = instant.to_ms(when)
    return world.gh.add(firstName="Ann", email=email, dateAdded=stamp, dateUpdated=stamp, **fields)


@pytest.mark.parametrize("later", [False, True], ids=["first run", "later run"])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("when", AHEAD)
def test_a_contact_that_is_dated_ahead_is_carried_and_verified(
    world: World, when: str, side: str, *, later: bool
) -> None:
    if later:
        world.run()
        world.run()
    add(world, side, AHEAD[when], city="Oslo")
    differing = world.run(dry_run=True, whole=True, compared=True).comparison
    assert isinstance(differing, Comparison)
    assert not differing.agree
    world.run()
    assert world.run().exit_code == 0
    assert [len(world.gg.people()), len(world.gh.people())] == [1, 1]
    assert world.gg.people()[0]["city"] == world.gh.people()[0]["city"] == "Oslo"
    assert differences(world) == []
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    agreed = world.run(dry_run=True, whole=True, compared=True).comparison
    assert isinstance(agreed, Comparison)
    assert agreed.agree


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("when", ["two years", "the last"])
def test_a_contact_that_is_dated_ahead_is_edited_afterwards_on_either_side(world: World, when: str, side: str) -> None:
    add(world, side, AHEAD[when], city="Oslo")
    world.run()
    left, right = next(iter(world.links().items()))
    world.clock.skip(60.0)
    world.gg.edit(left, city="Rome")
    world.run()
    assert world.gh.person(right)["city"] == "Rome"
    world.clock.skip(60.0)
    world.gh.edit(right, city="Bern")
    world.run()
    assert world.gg.person(left)["city"] == "Bern"
    assert world.run().exit_code == 0


def test_a_date_in_the_future_wins_no_conflict(world: World) -> None:
    add(world, "left", AHEAD["2999"], city="Oslo")
    add(world, "right", world.clock.now(), city="Rome")
    assert world.run().exit_code == 1
    (row,) = world.rows("SELECT field, left_changed_ms FROM conflict")
    assert (row["field"], row["left_changed_ms"]) == ("city", None)


def test_a_run_over_a_window_of_its_own_leaves_them_alone(world: World) -> None:
    add(world, "left", AHEAD["2999"])
    world.run(since=START - timedelta(days=1))
    assert world.gh.people() == []


def test_many_that_are_dated_ahead_are_read_in_pages(world: World) -> None:
    for number in range(30):
        add(world, "left", AHEAD["2999"] + timedelta(days=number), number)
        add(world, "right", AHEAD["the last"] - timedelta(days=number), 100 + number)
    world.run()
    assert world.run().exit_code == 0
    assert [len(world.gg.people()), len(world.gh.people())] == [60, 60]
