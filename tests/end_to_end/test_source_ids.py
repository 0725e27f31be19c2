"""Two accounts with the same ids share a location: a source id of the other account means nothing (R31)."""

from collections.abc import Iterator

import pytest

from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from tests.end_to_end.message_world import minutes
from tests.end_to_end.world import World

SOURCE_ID = "contact.growthgenius_id"


@pytest.fixture
def other(world: World) -> Iterator[GrowthGeniusSandbox]:
    """Another GrowthGenius account with the same ids, and a connection of it with the same location."""
    sandbox = GrowthGeniusSandbox(now=world.clock.now)
    with sandbox:
        world.tables = (
            f'[accounts.gg2]\nconnector = "growthgenius"\napi_key = "{sandbox.api_key}"\nuser_id = 78\n'
            f'base_url = "{sandbox.base_url}"\n'
            '[connections.second]\nleft = "gg2"\nright = "gh"\nsettle = "0s"\nlookback = "0s"\n'
            '[connections.second.contacts]\ndirection = "left_to_right"\n'
        )
        yield sandbox


def _people(world: World, other: GrowthGeniusSandbox) -> None:
    for name in ("ana", "bob"):
        world.gg.add(first_name=name.title(), email=f"{name}@example.com", city="Oslo", at=minutes(-60))
    for name in ("cy", "dee"):
        other.add(first_name=name.title(), email=f"{name}@example.com", city="Rome", at=minutes(-60))
    assert [each["id"] for each in world.gg.people()] == [each["id"] for each in other.people()]


def test_no_contact_is_overwritten_by_a_contact_of_another_account_with_the_same_id(
    world: World, other: GrowthGeniusSandbox
) -> None:
    """Four contacts of two accounts become four records at GrowthHub, each with the values of its own."""
    _people(world, other)
    assert world.run(connections=("sales",)).exit_code == 0
    assert world.run(connections=("second",)).exit_code == 0
    shown = {each["email"]: each["city"] for each in world.gh.people()}
    assert shown == {
        "ana@example.com": "Oslo", "bob@example.com": "Oslo", "cy@example.com": "Rome", "dee@example.com": "Rome",
    }  # fmt: skip
    assert world.rows("SELECT * FROM failure") == []


def test_the_source_id_of_another_account_stays_where_a_contact_is_in_both(
    world: World, other: GrowthGeniusSandbox
) -> None:
    """Ana is in both accounts: her record is paired by e-mail, and keeps its first account."""
    world.gg.add(first_name="Ana", email="ana@example.com", at=minutes(-60))
    other.add(first_name="Zoe", email="zoe@example.com", at=minutes(-60))
    other.add(first_name="Ana", email="ana@example.com", city="Rome", at=minutes(-60))
    assert world.run(connections=("sales",)).exit_code == 0
    (record,) = world.gh.people()
    before = world.gh.custom(record["id"], SOURCE_ID)
    assert world.run(connections=("second",)).exit_code == 0
    assert world.gh.custom(record["id"], SOURCE_ID) == before
    assert world.gh.person(record["id"])["city"] == "Rome"
    assert len(world.gh.people()) == 2


def test_each_connection_of_a_location_has_a_field_of_its_own_for_source_ids(
    world: World, other: GrowthGeniusSandbox
) -> None:
    """Ana is in both accounts, Bo and Cy have only names: with the state lost, no contact is created twice."""
    world.contacts["direction"] = '"left_to_right"'
    for account in (world.gg, other):
        account.add(first_name="Ana", email="ana@example.com", at=minutes(-60))
    world.gg.add(first_name="Bo", last_name="Berg", at=minutes(-60))
    other.add(first_name="Cy", last_name="Cole", at=minutes(-60))
    for connection in ("sales", "second"):
        assert world.run(connections=(connection,)).exit_code == 0
    (ana,) = [each["id"] for each in world.gh.people() if each.get("email") == "ana@example.com"]
    other.edit(str(other.people()[0]["id"]), city="Rome")
    assert world.run(connections=("second",)).exit_code == 0
    keys = [field.key for field in world.gh.fields.values() if "growthgenius_id" in field.key]
    assert len(keys) == 2
    carried = [world.gh.custom(ana, key) for key in keys]
    assert len({value.split(":")[1] for value in carried}) == 2
    world.state_path.unlink()
    before = world.gh.people()
    for connection in ("sales", "second"):
        assert world.run(connections=(connection,)).exit_code == 0
    assert world.gh.people() == before
    assert len(world.gg.people()) == len(other.people()) == 2


def test_a_source_id_of_an_earlier_release_pairs_and_becomes_whole_with_the_next_write(world: World) -> None:
    """The state is lost, and records carry the id alone: no contact is made twice."""
    left = world.gg.add(first_name="Ana", last_name="Ames", city="Oslo", at=minutes(-60))
    right = world.gh.add(firstName="Ana", lastName="Ames")
    world.gh.add_field("GrowthGenius ID", key=SOURCE_ID)
    world.gh.edit(right, custom={SOURCE_ID: left})
    assert world.run().exit_code == 0
    assert world.links() == {left: right}
    carried = world.gh.custom(right, SOURCE_ID)
    assert carried.startswith("growthgenius:")
    assert carried.endswith(f":{left}")
    world.state_path.unlink()
    assert world.run().exit_code == 0
    assert world.links() == {left: right}
    assert len(world.gg.people()) == len(world.gh.people()) == 1
