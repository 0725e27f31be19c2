"""P1, P2 and P5 at once: users edit, servers fail in every way, runs go on; in the end both sides are equal."""

from collections import Counter
from random import Random

import pytest

from connectors.sandbox.base import Fault
from connectors.sandbox.faults import Kind
from tests.end_to_end.comparison import differences
from tests.end_to_end.population import Population
from tests.end_to_end.world import World

SETTLE = 20.0
DAY = 90_000.0
KINDS: tuple[Kind, ...] = (
    "reset_before",
    "reset_after",
    "drop_after",
    "html",
    "html_after",
    "cut",
    "close_after",
    "status",
    "status_after",
    "late",
)
METHODS = ("GET", "POST", "PUT|PATCH", "DELETE|POST", ".*")


@pytest.mark.parametrize("seed", range(3))
def test_whatever_fails_on_the_way_no_contact_is_lost_doubled_or_left_different(world: World, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - trouble to repeat, no secret
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gh.allow_duplicates = True
    world.gh.add_user("dev@example.com")
    people = Population(world, 1000 + seed)
    people.add(10)
    for _ in range(6):
        people.edit(8)
        people.add(2)
        for server in (world.gg, world.gh):
            server.faults = [fault(chance) for _ in range(3)]
        world.run(skip=chance.choice((2.0, SETTLE, 2 * SETTLE)), unguarded=True)
        world.gg.deliver_late()
        world.gh.deliver_late()
    world.gg.faults, world.gh.faults = [], []
    for skip in (DAY, 2 * SETTLE, 2 * SETTLE):  # what failed is tried once a day
        report = world.run(skip=skip, unguarded=True)
    assert report.errors == []
    with world.calls() as calls:
        world.run(skip=2 * SETTLE)
    assert calls.writes == []
    assert differences(world) == []
    assert world.rows("SELECT * FROM intent") == []
    assert_no_contact_is_there_twice(world, people)


def fault(chance: Random) -> Fault:
    """Return some trouble at some call."""
    return Fault(
        chance.choice(KINDS),
        method=chance.choice(METHODS),
        path="/contacts",
        skip=chance.randrange(6),
        times=chance.choice((1, 1, 1, 30)),
        status=chance.choice((500, 502, 503)),
        delay=600.0,
    )


def assert_no_contact_is_there_twice(world: World, people: Population) -> None:
    """Each side has who was added there by hand, and who the runs remember to have made there, and no others."""
    failed = {(row["side"], row["record_id"]) for row in world.rows("SELECT side, record_id FROM failure")}
    links = world.links()
    right_links = set(links.values())
    left = [str(person["id"]) for person in world.gg.people()]
    right = [str(person["id"]) for person in world.gh.people()]
    assert [each for each in left if each not in links and ("left", each) not in failed] == []
    assert [each for each in right if each not in right_links and ("right", each) not in failed] == []
    made = Counter(row["account"] for row in world.rows("SELECT account FROM history WHERE rule = 'created'"))
    assert len(left) == people.added["gg"] + made["gg"]
    assert len(right) == people.added["gh"] + made["gh"]
