"""Two GrowthHub locations, and two GrowthGenius accounts, are kept the same like any other two accounts (R30, R31)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from tests.end_to_end.message_world import minutes
from tests.end_to_end.world import World, is_write

MESSAGES = "[connections.sales.messages]\n"


class TwoAccounts(World):
    """A world whose connection is between two accounts of one system; the other system has none."""

    def write_config(self) -> None:
        """Write the config file with the two accounts."""
        super().write_config()
        text = self.config_path.read_text(encoding="utf-8")
        for old, new in self.renamed.items():
            text = text.replace(f'= "{old}"', f'= "{new}"')
        self.config_path.write_text(text, encoding="utf-8")

    renamed: dict[str, str]


@pytest.fixture
def locations(tmp_path: Path) -> Iterator[tuple[TwoAccounts, GrowthHubSandbox]]:
    """Return a world of two locations: `gh` and `other`."""
    world = TwoAccounts.create(tmp_path)
    world.renamed = {"gg": "other"}
    other = GrowthHubSandbox(now=world.clock.now)
    other.location_id = "loc2"
    with world.gg, world.gh, other:
        world.tables = (
            f'[accounts.other]\nconnector = "growthhub"\ntoken = "{other.token}"\nlocation_id = "loc2"\n'
            f'base_url = "{other.url}"\n'
        )
        yield world, other


@pytest.fixture
def prospectors(tmp_path: Path) -> Iterator[tuple[TwoAccounts, GrowthGeniusSandbox]]:
    """Return a world of two GrowthGenius accounts: `gg` and `other`, whose ids are the same ones."""
    world = TwoAccounts.create(tmp_path)
    world.renamed = {"gh": "other"}
    other = GrowthGeniusSandbox(now=world.clock.now)
    with world.gg, world.gh, other:
        world.tables = (
            f'[accounts.other]\nconnector = "growthgenius"\napi_key = "{other.api_key}"\nuser_id = 78\n'
            f'base_url = "{other.base_url}"\n'
        )
        yield world, other


def test_two_locations_exchange_contacts_and_each_keeps_the_source_ids_of_the_other(
    locations: tuple[TwoAccounts, GrowthHubSandbox],
) -> None:
    world, other = locations
    world.gh.add(firstName="Ann", email="ann@example.com", city="Oslo", tags=["vip"])
    nameless = other.add(firstName="Bo", lastName="Berg", city="Rome")
    assert world.run().exit_code == 0
    assert [one["city"] for one in world.gh.people()] == ["Oslo", "Rome"]
    assert sorted(one["city"] for one in other.people()) == ["Oslo", "Rome"]
    copy = next(str(one["id"]) for one in world.gh.people() if one["firstName"] == "Bo")
    assert world.gh.custom(copy, "contact.growthhub_id").endswith(f":{nameless}")
    assert other.custom(nameless, "contact.growthhub_id").endswith(f":{copy}")
    world.state_path.unlink()
    assert world.run().exit_code == 0
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert len(world.gh.people()) == len(other.people()) == 2


def test_messages_of_two_locations_become_notes_once_and_are_known_again_without_the_state(
    locations: tuple[TwoAccounts, GrowthHubSandbox],
) -> None:
    world, other = locations
    world.tables += MESSAGES
    here = world.gh.add(firstName="Ann", email="ann@example.com")
    there = other.add(firstName="Ann", email="ann@example.com")
    world.gh.add_message(here, "SMS", body="Shall we talk?", at=minutes(-30))
    for _ in range(3):
        assert world.run().exit_code == 0
    world.state_path.unlink()
    for _ in range(2):
        assert world.run().exit_code == 0
    notes = [str(note["body"]) for note in other.notes(there)]
    assert len(notes) == 1
    assert "Shall we talk?" in notes[0]
    assert "[growthhub-message:" in notes[0]
    assert world.gh.notes(here) == []
    assert world.gh.sends == other.sends == 0


def test_two_accounts_of_prospectors_exchange_contacts_and_messages_and_come_to_rest(
    prospectors: tuple[TwoAccounts, GrowthGeniusSandbox],
) -> None:
    world, other = prospectors
    world.tables += MESSAGES
    ann = world.gg.add(first_name="Ann", email="ann@example.com", city="Oslo", at=minutes(-60))
    other.add(first_name="Bo", email="bo@example.com", city="Rome", at=minutes(-60))
    world.gg.add_message(ann, rendered_copy="Hello Ann", at=minutes(-30))
    for _ in range(2):
        assert world.run().exit_code == 0
    texts = [str(one["rendered_copy"]) for one in other.messages()]
    assert texts == ["Hello Ann"]
    assert {one["email"]: one["city"] for one in other.people()} == {
        one["email"]: one["city"] for one in world.gg.people()
    } == {"ann@example.com": "Oslo", "bo@example.com": "Rome"}  # fmt: skip
    marks = len(other.calls)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert all(call.method == "GET" for call in other.calls[marks:])
    assert len(world.gg.messages()) == 1


@pytest.mark.parametrize("command", ["check", "plan"])
def test_what_two_accounts_cannot_do_together_is_said_once_with_the_reason(
    prospectors: tuple[TwoAccounts, GrowthGeniusSandbox], command: str
) -> None:
    world, _ = prospectors
    world.tables += f'{MESSAGES}as = "conversation"\nconversation_provider_id = "p1"\n'
    done = world.sync(command)
    assert done.code == 0, done.err
    assert done.out.count("neither account has conversations") == 1
    assert done.out.count("neither account has a place for a source id") == 1


FIELDS = """
[connections.sales.contacts.fields]
score = { gh = "contact.score", other = "contact.points", type = "number" }
first = { gh = "contact.x", other = "contact.y" }
second = { gh = "contact.y", other = "contact.x" }
shared = { growthhub = "contact.shared" }
tier = { gh = "contact.tier", other = "Level", type = "choice", map = { "Gold" = "1", "Iron" = "2" } }
heard = { gh = "contact.heard", other = "contact.heard_of", direction = "left_to_right" }
"""


@pytest.mark.parametrize("sides", [("gh", "other"), ("other", "gh")], ids=["gh at the left", "gh at the right"])
def test_fields_of_the_users_own_have_a_place_at_each_of_two_locations(
    locations: tuple[TwoAccounts, GrowthHubSandbox], sides: tuple[str, str]
) -> None:
    world, other = locations
    world.options |= {"left": f'"{sides[0]}"', "right": f'"{sides[1]}"'}
    fields = FIELDS
    if sides[0] == "other":
        fields = fields.replace("left_to_right", "right_to_left").replace('"Gold" = "1"', '"1" = "Gold"')
        fields = fields.replace('"Iron" = "2"', '"2" = "Iron"')
    world.tables += fields
    world.gh.add_field("Score", "NUMERICAL")
    other.add_field("Points", "TEXT")
    world.gh.add_field("Tier", "SINGLE_OPTIONS", options=("Gold", "Iron"))
    here = world.gh.add(
        firstName="Ann", email="ann@example.com",
        custom={"contact.score": 1234.5, "contact.x": "one", "contact.y": "two", "contact.tier": "Gold",
                "contact.heard": "Fair"},
    )  # fmt: skip
    there = other.add(
        firstName="Bo", email="bo@example.com", custom={"contact.shared": "both", "contact.heard_of": "?"}
    )
    assert world.run().exit_code == 0
    ann = next(str(one["id"]) for one in other.people() if one["firstName"] == "Ann")
    bo = next(str(one["id"]) for one in world.gh.people() if one["firstName"] == "Bo")
    keys = ("contact.points", "contact.y", "contact.x", "contact.level", "contact.heard_of")
    assert [other.custom(ann, key) for key in keys] == ["1234.5", "one", "two", "1", "Fair"]
    assert world.gh.custom(bo, "contact.shared") == "both"
    assert not world.gh.custom(bo, "contact.heard")
    world.clock.skip(60)
    other.edit(ann, custom={"contact.points": "7", "contact.y": "three", "contact.x": None, "contact.level": "2"})
    world.gh.edit(bo, custom={"contact.shared": "edited"})
    assert world.run().exit_code == 0
    back = ("contact.score", "contact.x", "contact.y", "contact.tier")
    assert [world.gh.custom(here, key) or None for key in back] == [7, "three", None, "Iron"]
    assert other.custom(there, "contact.shared") == "edited"
    marks = len(other.calls)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert not any(is_write(call) for call in other.calls[marks:])
    comparison = world.run(dry_run=True, whole=True, compared=True).comparison
    assert comparison is not None
    assert comparison.agree
