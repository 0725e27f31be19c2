"""P5: when users stop editing, two runs make both sides equal under the mapping, and the third writes nothing."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connectors.contact import Value
from connectors.growthgenius.sandbox.server import Behaviour
from connectors.growthhub.sandbox.server import Quirks
from tests.end_to_end.comparison import differences
from tests.end_to_end.population import Population
from tests.end_to_end.world import World
from tests.thorough import THOROUGH

BEHAVIOURS: Mapping[str, Callable[[], Behaviour]] = {
    "plain": Behaviour,
    "paged": lambda: Behaviour(page_size=7, order="id"),
    "wrapped": lambda: Behaviour(lists="wrapped", omits_null=True, ids="uuid"),
    "taciturn": lambda: Behaviour(answers="mini", coarse=True, bodies="flat", clearing="blank"),
    "stubborn": lambda: Behaviour(clearing="never", ignored=frozenset({"title", "city"}), answers="empty"),
}
QUIRKS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "lagging": {"index_lag": 12.0},
    "dropping": {"drops": frozenset({"website", "contact.custom1"}), "company_in_put": False},
    "clinging": {"ignores_clears": True, "put_lacks": frozenset({"tags", "city"}), "tags_echo": True},
}
PAIRS = (
    ("plain", "plain", "newest"),
    ("paged", "lagging", "newest"),
    ("wrapped", "dropping", "left"),
    ("taciturn", "clinging", "newest"),
    ("stubborn", "plain", "right"),
    ("plain", "dropping", "manual"),
)


@pytest.mark.parametrize("seed", range(4 if THOROUGH else 1))
@pytest.mark.parametrize(("behaviour", "quirks", "policy"), PAIRS)
def test_two_runs_make_both_sides_equal_and_the_third_writes_nothing(
    world: World, behaviour: str, quirks: str, policy: str, seed: int
) -> None:
    world.gg.behaviour = BEHAVIOURS[behaviour]()
    world.gh.quirks = Quirks(**QUIRKS[quirks])
    world.gh.add_user("dev@example.com")
    world.contacts["conflicts"] = f'"{policy}"'
    lag = world.gh.quirks.index_lag
    world.options["settle"] = f'"{lag + 3:.0f}s"'
    people = Population(world, seed * 100 + PAIRS.index((behaviour, quirks, policy)))
    for number in range(3):
        people.edit(40) if number else people.add(36)
        for _ in range(2):
            report = world.run(skip=2 * lag + 5, unguarded=True)
            assert report.errors == []
        with world.calls() as calls:
            third = world.run(skip=2 * lag + 5)
        assert calls.writes == []
        assert third.exit_code in (0, 1), third.errors
        assert differences(world, lambda *found: refuses(behaviour, quirks, *found)) == []
        assert_every_contact_is_somewhere(world)


def refuses(behaviour: str, quirks: str, name: str, left: Value, right: Value) -> bool:
    """Return whether a difference is what these servers make of what they are given: remembered, not tried again
    (R17).
    """
    if behaviour == "stubborn" and (name in {"title", "city"} or right is None):
        return True
    return (quirks == "dropping" and name in {"website", "custom1"}) or (quirks == "clinging" and left is None)


def assert_every_contact_is_somewhere(world: World) -> None:
    """No contact is lost, and no contact is there twice: each contact is linked once, or listed as a failure."""
    links = world.links()
    failed = {(row["side"], row["record_id"]) for row in world.rows("SELECT side, record_id FROM failure")}
    left = {str(person["id"]) for person in world.gg.people()}
    right = {str(person["id"]) for person in world.gh.people()}
    assert {record_id for record_id in left - links.keys() if ("left", record_id) not in failed} == set()
    assert {record_id for record_id in right - set(links.values()) if ("right", record_id) not in failed} == set()
    assert len(set(links.values())) == len(links)
    assert links.keys() <= left
