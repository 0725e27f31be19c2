"""P7: the limit of GrowthHub is kept and used; a 429 that comes all the same is obeyed."""

from datetime import timedelta
from itertools import pairwise

import pytest

from connectors.http.rate_limiter import RateLimit
from connectors.sandbox.base import Call
from tests.end_to_end.world import World

LIMIT = RateLimit(100, 10.0)


def ideal_seconds(calls: list[Call]) -> float:
    """Return how long so many calls take at least, when 100 may go out at once and 100 more every 10 s."""
    return (len(calls) - 1) // LIMIT.calls * LIMIT.interval


def test_a_first_sync_keeps_the_limit_and_uses_at_least_nine_tenths_of_it(world: World) -> None:
    world.gh.rate = LIMIT
    for number in range(450):
        world.gg.add(first_name="Ann", last_name=f"Example {number}", email=f"person{number}@example.com")
    with world.calls() as calls:
        report = world.run()
    assert report.exit_code == 0
    assert len(world.gh.people()) == 450
    assert world.gh.throttled == 0
    assert report.requests["gh"].throttled == 0
    taken = (calls.gh[-1].at - calls.gh[0].at).total_seconds()
    assert ideal_seconds(calls.gh) >= 40.0
    assert taken <= ideal_seconds(calls.gh) / 0.9


def test_updates_in_a_row_of_runs_share_one_limit(world: World) -> None:
    world.gh.rate = LIMIT
    for number in range(60):
        world.gg.add(first_name="Ann", last_name=f"Example {number}", email=f"person{number}@example.com")
    assert world.run().exit_code == 0
    for round_ in range(3):
        for person in world.gg.people():
            world.gg.edit(str(person["id"]), company_name=f"Company {round_}")
        assert world.run(unguarded=True).exit_code == 0
    assert world.gh.throttled == 0
    assert {person["companyName"] for person in world.gh.people()} == {"Company 2"}


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_429_caused_by_another_client_is_waited_out_and_loses_nothing(world: World, form: str) -> None:
    world.gh.rate = RateLimit(100, 10.0)
    world.gh.retry_after = "seconds" if form == "seconds" else "date"
    for number in range(10):
        world.gg.add(first_name="Ann", last_name=f"Example {number}", email=f"person{number}@example.com")
    world.clock.skip(60)
    world.gh.foreign_calls(100)
    with world.calls() as calls:
        report = world.run(skip=0.5)
    assert report.exit_code == 0
    assert world.gh.throttled == 1
    assert report.requests["gh"].throttled == 1
    assert len(world.gh.people()) == 10
    first, second = calls.gh[0].at, calls.gh[1].at
    assert second - first >= timedelta(seconds=9)


def test_every_call_to_growthhub_within_any_ten_seconds_is_within_the_limit(world: World) -> None:
    world.gh.rate = LIMIT
    for number in range(130):
        world.gg.add(first_name="Ann", last_name=f"Example {number}", email=f"person{number}@example.com", title="CEO")
    with world.calls() as calls:
        world.run()
    moments = [call.at for call in calls.gh]
    assert all(one <= other for one, other in pairwise(moments))
    for position in range(len(moments) - LIMIT.calls):
        assert moments[position + LIMIT.calls] - moments[position] >= timedelta(seconds=LIMIT.interval)
