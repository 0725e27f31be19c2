"""R43: a server's word of its time that is wrong once, or that turns out to have been wrong, loses no edit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.base import Call, Sandbox, SandboxResponse, http_date
from tests.end_to_end.world import World

AHEAD = [timedelta(hours=1), timedelta(days=1), timedelta(days=366)]


def misdate(sandbox: Sandbox, wrong: Callable[[Call], str | None]) -> None:
    """Have answers bear another `Date`, where `wrong` returns one."""
    handle = sandbox.handle

    def handled(call: Call) -> SandboxResponse:
        served, date = handle(call), wrong(call)
        return served if date is None else replace(served, headers={**served.headers, "Date": date})

    sandbox.handle = handled  # type: ignore[method-assign] # a fault of this one server


def once(world: World, by: timedelta, path: str = "/contacts") -> Callable[[Call], str | None]:
    """Return a fault that strikes one list answer."""
    left = [1]

    def wrong(call: Call) -> str | None:
        if not left or path not in call.path:
            return None
        left.pop()
        return http_date(world.clock.now() + by)

    return wrong


def lists_of(world: World, side: str) -> Sandbox:
    return world.gg if side == "left" else world.gh


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("by", [*AHEAD, timedelta(days=-1), timedelta(days=-20_000)], ids=str)
def test_one_wrong_date_hides_no_later_edit(world: World, side: str, by: timedelta) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    misdate(lists_of(world, side), once(world, by))
    assert world.run(skip=60).exit_code == 0
    world.gg.edit(ann, title="CEO")
    world.gh.edit(world.links()[ann], city="Oslo")
    assert world.run(skip=60).exit_code == 0
    assert world.gg.person(ann)["city"] == "Oslo"
    assert title_at_right(world, ann) == "CEO"


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("by", AHEAD, ids=str)
def test_a_cursor_in_the_future_is_cut_back_and_what_it_hid_is_read(world: World, side: str, by: timedelta) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    misdate(lists_of(world, side), lambda _: http_date(world.clock.now() + by) if by else None)
    assert world.run().exit_code == 0
    by = timedelta(0)  # the server's clock is set right
    bob = world.gh.add(firstName="Bob", email="bob@example.com")
    world.gg.edit(ann, title="CEO")
    world.gh.edit(world.links()[ann], city="Oslo")
    assert world.run(skip=60).exit_code == 0
    assert world.gg.person(ann)["city"] == "Oslo"
    assert title_at_right(world, ann) == "CEO"
    assert bob in world.links().values()
    with world.calls() as calls:
        assert world.run(skip=60).exit_code == 0
    assert calls.writes == []


def test_dates_of_1970_are_no_clock_and_everything_is_carried(world: World) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    for sandbox in (world.gg, world.gh):
        misdate(sandbox, lambda _: "Thu, 01 Jan 1970 00:00:00 GMT")
    assert world.run().exit_code == 0
    world.gg.edit(ann, title="CEO")
    assert world.run(skip=60).exit_code == 0
    assert title_at_right(world, ann) == "CEO"


def test_a_server_whose_clock_is_known_to_be_wrong_costs_no_call_more(world: World) -> None:
    world.gg.add(first_name="Ann", email="ann@example.com")
    for sandbox in (world.gg, world.gh):
        misdate(sandbox, lambda _: http_date(world.clock.now() + timedelta(hours=5)))
    assert world.run().exit_code == 0
    assert world.run(skip=60).exit_code == 0
    with world.calls() as calls:
        assert world.run(skip=60).exit_code == 0
    assert calls.counts == (1, 1)


def title_at_right(world: World, left_id: str) -> Any:
    return world.gh.custom(world.links()[left_id], "contact.job_title")
