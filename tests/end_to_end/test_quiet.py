"""P4: when nothing changed, a run writes nothing, and what it calls does not grow with the number of contacts."""

from datetime import timedelta
from typing import Any

import pytest

from tests.end_to_end.world import START, World
from tests.thorough import THOROUGH


def fill(world: World, count: int) -> None:
    """Put the same contacts on both sides, changed in the months before, and alike but for what is never synced."""
    for number in range(count):
        moment = START - timedelta(days=200) + timedelta(minutes=7 * number)
        who: dict[str, Any] = {"email": f"person{number}@example.com", "website": f"https://www{number}.example.com"}
        world.gg.add(at=moment, first_name="Ann", last_name=f"Example {number}", country="USA", **who)
        world.gh.add(
            firstName="Ann", lastName=f"Example {number}", country="US", dateAdded=moment, dateUpdated=moment, **who
        )


@pytest.mark.parametrize("count", [30, 3000 if THOROUGH else 500])
def test_a_run_that_finds_nothing_makes_one_call_a_side_however_many_contacts_there_are(
    world: World, count: int
) -> None:
    fill(world, count)
    for _ in range(2):
        assert world.run().exit_code == 0
    assert len(world.links()) == count
    with world.calls() as calls:
        report = world.run()
    assert (report.exit_code, calls.writes, calls.counts) == (0, [], (1, 1))
    assert [report.requests[account].reads for account in ("gg", "gh")] == [1, 1]


def test_contacts_that_are_alike_on_both_sides_are_paired_without_a_write(world: World) -> None:
    fill(world, 300)
    with world.calls() as calls:
        report = world.run()
    assert report.exit_code == 0
    assert calls.writes == []
    assert len(world.links()) == 300


@pytest.mark.parametrize("field", ["title", "label_names", "company_name"])
def test_one_edit_costs_a_read_and_a_write_however_many_contacts_there_are(world: World, field: str) -> None:
    fill(world, 400)
    world.gh.add_field("Job Title")
    world.run()
    world.run()
    person = world.gg.people()[200]
    changes: dict[str, Any] = {field: ["VIP"] if field == "label_names" else "New"}
    world.gg.edit(str(person["id"]), **changes)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert [call.method for call in calls.gh if not call.path.endswith(("/search", "customFields"))] in (
        ["GET", "PUT"],
        ["GET", "POST"],
        ["GET", "PUT", "POST"],
    )
    assert len(calls.gg) == 1
