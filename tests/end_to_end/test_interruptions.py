"""R40: however a first run over two populated sides is cut off, its conflicts are those of one that was not.

Each contact differs in a value that `newest` settles and lacks something on both sides, so that our own write to one
side comes before the write to the other, and moves the time of the record.
"""

import json
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox.faults import Fault
from tests.end_to_end.world import World

PEOPLE = 12
CONFLICTS = "SELECT who, field, left_value, right_value, left_changed_ms, right_changed_ms FROM conflict ORDER BY who"

Cut = Callable[[World], None]


def fill(world: World) -> None:
    """Add contacts on both sides: a third younger at the left, a third at the right, a third of the same second."""
    for number in range(PEOPLE):
        known: dict[str, Any] = {"email": f"ann{number}@example.com"}
        later = (-60.0, 60.0, 0.0)[number % 3]
        if later > 0:
            world.gg.add(first_name="Ann", last_name="Reed", title="CEO", city="Rome", **known)
        world.clock.skip(abs(later))
        world.gh.add(firstName="Ann", lastName="Reed", companyName="Acme", city="Oslo", **known)
        world.clock.skip(abs(later))
        if later <= 0:
            world.gg.add(first_name="Ann", last_name="Reed", title="CEO", city="Rome", **known)
        world.clock.skip(1.0)


def cities(world: World) -> list[tuple[str, Any, Any]]:
    """Return of each contact what both sides show."""
    right = {person["email"]: person.get("city") for person in world.gh.people()}
    return sorted((str(one["email"]), one["city"], right[one["email"]]) for one in world.gg.people())


@pytest.fixture
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], list[tuple[str, Any, Any]]]:
    """What an uninterrupted run comes to: its conflicts, and what both sides show."""
    world = World.create(tmp_path_factory.mktemp("whole"))
    with world.gg, world.gh:
        fill(world)
        assert world.run().exit_code == 1
        return world.rows(CONFLICTS), cities(world)


def status_at(path: str, method: str, status: int, kind: Any = "status") -> Cut:
    """Answer the sixth write to one side, and all after it, with an error."""

    def cut(world: World) -> None:
        side = world.gh if path.endswith("/contacts/") else world.gg
        side.faults.append(Fault(kind, method=method, path=path, skip=5, times=None, status=status))

    return cut


def spent(world: World) -> None:
    """Let the day's allowance of the right side end in the middle of its writes."""
    headers = {"X-RateLimit-Limit-Daily": "200000", "X-RateLimit-Daily-Remaining": "0"}
    world.gh.faults.append(
        Fault("status", method="PUT", path="/contacts/", skip=5, times=None, status=429, headers=headers)
    )


CUTS: dict[str, Cut] = {
    "left 500": status_at("/contacts/[^/]+$", "PATCH", 500),
    "left 500 after its effect": status_at("/contacts/[^/]+$", "PATCH", 500, "status_after"),
    "right 503": status_at("/contacts/", "PUT", 503),
    "right 503 after its effect": status_at("/contacts/", "PUT", 503, "status_after"),
    "right never answers": status_at("/contacts/", "PUT", 0, "reset_after"),
    "right 401": status_at("/contacts/", "PUT", 401),
    "allowance": spent,
}


@pytest.mark.parametrize("name", CUTS)
def test_a_first_run_that_fails_half_way_leaves_the_conflicts_of_one_that_did_not(
    world: World, name: str, whole: tuple[list[dict[str, Any]], list[tuple[str, Any, Any]]]
) -> None:
    fill(world)
    CUTS[name](world)
    world.run()
    world.gg.faults.clear()
    world.gh.faults.clear()
    world.clock.skip(86_400.0)
    for _ in range(3):
        world.run(unguarded=True)
    assert (world.rows(CONFLICTS), cities(world)) == whole
    assert len(whole[0]) == PEOPLE // 3


def test_a_first_run_that_is_interrupted_leaves_the_conflicts_of_one_that_was_not(live_world: World) -> None:
    world = live_world
    fill(world)
    fault = Fault("hang", method="PUT", path="/contacts/", skip=5, delay=60.0)
    world.gh.faults.append(fault)
    with world.start("run") as process:
        deadline = time.monotonic() + 30.0
        while fault.times:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    world.gh.faults.clear()
    for _ in range(3):
        world.run(unguarded=True)
    of_a_second = {f"ann{number}@example.com" for number in range(2, PEOPLE, 3)}
    assert {row["who"] for row in world.rows(CONFLICTS)} == of_a_second
    winners = {email: left for email, left, right in cities(world) if left == right}
    assert winners == {f"ann{n}@example.com": ("Rome", "Oslo")[n % 3] for n in range(PEOPLE) if n % 3 < 2}


def test_a_guard_that_stops_the_run_after_changes_no_winner(
    world: World, whole: tuple[list[dict[str, Any]], list[tuple[str, Any, Any]]]
) -> None:
    world.contacts["max_changed"] = "1"
    fill(world)
    CUTS["right 503"](world)
    world.run(unguarded=True)
    world.gh.faults.clear()
    for _ in range(2):
        world.run()
    for _ in range(2):
        world.run(unguarded=True)
    assert (world.rows(CONFLICTS), cities(world)) == whole


def test_an_edit_of_another_field_meanwhile_changes_no_winner(world: World) -> None:
    fill(world)
    CUTS["right 503"](world)
    world.run()
    world.gh.faults.clear()
    before = {email: (left, right) for email, left, right in cities(world)}
    waiting = [email for email, (left, right) in before.items() if left != right]
    for one in world.gg.people():
        world.gg.edit(str(one["id"]), state="Ohio")
    for _ in range(3):
        world.run(unguarded=True)
    after = {email: (left, right) for email, left, right in cities(world)}
    younger_left = {f"ann{number}@example.com" for number in range(0, PEOPLE, 3)}
    assert younger_left.intersection(waiting)
    assert {email: after[email] for email in younger_left} == dict.fromkeys(younger_left, ("Rome", "Rome"))


def test_an_edit_of_the_very_field_meanwhile_counts_as_of_its_own_time(world: World) -> None:
    left = world.gg.add(first_name="Ann", email="ann@example.com", title="CEO", city="Rome")
    world.clock.skip(60.0)
    right = world.gh.add(firstName="Ann", email="ann@example.com", companyName="Acme", city="Oslo")
    world.clock.skip(60.0)
    world.gg.edit(left, city="Bern")
    world.gh.faults.append(Fault("status", method="PUT", path="/contacts/", times=None, status=503))
    world.run()
    world.gh.faults.clear()
    world.clock.skip(60.0)
    world.gh.edit(right, city="Kyiv")
    world.run()
    assert world.run().exit_code == 0
    assert cities(world) == [("ann@example.com", "Kyiv", "Kyiv")]


def test_what_is_kept_goes_when_all_is_settled(world: World) -> None:
    fill(world)
    CUTS["right 503"](world)
    world.run()
    kept = "SELECT left_kept, right_kept FROM link WHERE left_kept IS NOT NULL OR right_kept IS NOT NULL"
    rows = world.rows(kept)
    assert rows
    assert {name for row in rows for name in json.loads(row["left_kept"])} >= {"city"}
    world.gh.faults.clear()
    world.run()
    world.run()
    assert len(world.rows(kept)) == len(world.rows(CONFLICTS)) == PEOPLE // 3
    world.clock.skip(60.0)
    for one in world.gg.people():
        world.gg.edit(str(one["id"]), city="Bern")
    world.run(unguarded=True)
    assert world.run().exit_code == 0
    assert world.rows(kept) == []
