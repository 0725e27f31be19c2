"""Connections that share accounts: a circle of three accounts, and a connection that was renamed (R6, R20, P5)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.growthhub.sandbox.server import GrowthHubSandbox
from sync.output.report import RunReport
from tests.end_to_end.world import World


class RenamedWorld(World):
    """A world whose connection has another name in the config after a while."""

    def write_config(self) -> None:
        """Write the config file with the name of now."""
        super().write_config()
        text = self.config_path.read_text(encoding="utf-8")
        self.config_path.write_text(text.replace("[connections.sales", f"[connections.{self.name}"), encoding="utf-8")

    name: str = "sales"


@pytest.fixture
def renamed(tmp_path: Path) -> Iterator[RenamedWorld]:
    world = RenamedWorld.create(tmp_path)
    with world.gg, world.gh:
        yield world


def test_a_renamed_connection_is_no_circle_with_its_old_name(renamed: RenamedWorld) -> None:
    left = renamed.gg.add(first_name="Ann", email="ann@example.com", city="Oslo")
    assert renamed.run().exit_code == 0
    renamed.gg.edit(left, city="Rome")
    assert renamed.run(skip=120).exit_code == 0
    renamed.name = "sold"
    renamed.gh.add(firstName="Cy", email="cy@example.com")
    assert renamed.run(skip=120).exit_code == 0
    assert {one["email"] for one in renamed.gg.people()} == {"ann@example.com", "cy@example.com"}
    assert len(renamed.gh.people()) == 2
    for city in ("Bern", "Rome", "Oslo"):  # an earlier value of the old connection explains nothing
        right = next(str(one["id"]) for one in renamed.gh.people() if one["email"] == "ann@example.com")
        renamed.gh.edit(right, city=city)
        assert renamed.run(skip=120).exit_code == 0
        assert renamed.gg.person(left)["city"] == city


class Triangle(World):
    """A world of three accounts, each connected to both others: `sales`, `second` and `third`."""

    other: GrowthHubSandbox

    def round(self, *names: str) -> list[RunReport]:
        """Run these connections one after the other, all of them without a name."""
        return [self.run(connections=(name,)) for name in names or ("sales", "second", "third")]

    def shown(self, key: str) -> set[object]:
        """Return what the contact shows at GrowthGenius and at both locations."""
        both = [one.get(key) or None for one in (*self.gh.people(), *self.other.people())]
        return {*both, *(one.get(key) or None for one in self.gg.people())}


@pytest.fixture
def triangle(tmp_path: Path) -> Iterator[Triangle]:
    world = Triangle.create(tmp_path)
    world.other = GrowthHubSandbox(now=world.clock.now)
    world.other.location_id = "loc2"
    with world.gg, world.gh, world.other:
        world.tables = f"""
[accounts.other]
connector = "growthhub"
token = "{world.other.token}"
location_id = "loc2"
base_url = "{world.other.url}"

[connections.second]
left = "gh"
right = "other"
settle = "0s"
lookback = "0s"

[connections.third]
left = "other"
right = "gg"
settle = "0s"
lookback = "0s"
"""
        yield world


def at_rest(world: Triangle, city: str) -> tuple[str, str, str]:
    """Return the ids of one contact at all three accounts."""
    left = world.gg.add(first_name="Ann", email="ann@example.com", city=city)
    for _ in range(2):
        assert all(report.exit_code == 0 for report in world.round())
    assert world.shown("city") == {city}
    (right,), (there,) = world.gh.people(), world.other.people()
    return left, str(right["id"]), str(there["id"])


def test_a_user_who_goes_back_to_an_earlier_value_is_not_overruled(triangle: Triangle) -> None:
    left, right, there = at_rest(triangle, "Oslo")
    places = {
        "gg": lambda city: triangle.gg.edit(left, city=city),
        "gh": lambda city: triangle.gh.edit(right, city=city),
        "other": lambda city: triangle.other.edit(there, city=city),
    }
    steps = [("gh", "Rome"), ("gg", "Oslo"), ("gg", "Rome"), ("other", "Oslo"), ("other", "Rome"), ("gh", "Oslo")]
    for place, city in [*steps, ("gh", None), ("gh", "Oslo"), ("gg", None), ("other", "Oslo"), ("gg", "Rome")]:
        triangle.clock.skip(60)
        places[place](city)
        for _ in range(2):
            assert all(report.exit_code == 0 for report in triangle.round())
        assert triangle.shown("city") == {city}, (place, city)


def test_a_value_that_goes_back_at_one_account_is_carried_from_there_by_whichever_connection_runs(
    triangle: Triangle,
) -> None:
    left, _, _ = at_rest(triangle, "Oslo")
    for city in ("Rome", "Oslo", None, "Oslo", "Rome"):
        triangle.clock.skip(60)
        triangle.gg.edit(left, city=city)
        triangle.round("third", "second", "sales")
        triangle.round()
        assert triangle.shown("city") == {city}


def test_a_value_that_was_cleared_on_the_way_round_does_not_come_back_at_a_first_meeting(triangle: Triangle) -> None:
    left = triangle.gg.add(first_name="Ann", email="ann@example.com", city="Oslo")
    triangle.round("third")
    triangle.gg.edit(left, city=None)
    triangle.clock.skip(60)
    triangle.round("second")  # carries the contact on as it was
    triangle.round("third")
    for _ in range(2):
        triangle.round()
    assert triangle.shown("city") == {None}


def test_an_edit_before_the_first_meeting_is_carried_over_what_went_round(triangle: Triangle) -> None:
    left = triangle.gg.add(first_name="Ann", email="ann@example.com", city="Oslo")
    triangle.round("third", "second")
    triangle.gg.edit(left, city=None)
    triangle.clock.skip(60)
    assert triangle.round("sales")[0].exit_code == 0
    for _ in range(2):
        triangle.round()
    assert triangle.shown("city") == {None}


@pytest.mark.parametrize(("policy", "open_fields"), [("newest", []), ("manual", ["city"])])
def test_a_value_that_was_cleared_between_two_creates_is_a_conflict_until_its_connection_carries_that(
    triangle: Triangle, policy: str, open_fields: list[str]
) -> None:
    """Nothing tells which of the creates read the contact first, so it may as well have been added since."""
    triangle.tables += f'[connections.third.contacts]\nconflicts = "{policy}"\n'
    right = triangle.gh.add(firstName="Ann", email="ann@example.com", city="Oslo")
    triangle.round("sales")
    triangle.gh.edit(right, city=None)
    triangle.clock.skip(60)
    triangle.round("second")
    assert triangle.round("third")[0].exit_code == len(open_fields)
    assert [row["field"] for row in triangle.rows("SELECT field FROM conflict")] == open_fields
    assert triangle.other.people()[0].get("city") is None
    for _ in range(2):
        triangle.round()
    assert triangle.shown("city") == {None}
    assert triangle.rows("SELECT field FROM conflict") == []


@pytest.mark.parametrize("order", [("second", "third"), ("third",)])
def test_a_value_that_was_added_between_two_creates_reaches_all(triangle: Triangle, order: tuple[str, ...]) -> None:
    right = triangle.gh.add(firstName="Ann", email="ann@example.com")
    triangle.round("sales")
    triangle.gh.edit(right, city="Oslo")
    triangle.clock.skip(60)
    triangle.round(*order)
    for _ in range(3):
        assert all(not report.errors for report in triangle.round())
    assert triangle.shown("city") == {"Oslo"}
    assert triangle.rows("SELECT field FROM conflict") == []
