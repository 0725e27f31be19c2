"""A world that can be restored, with a system at the right that only lists, and the scenarios that happen in it.

The scenarios contain every kind of step at such a system: creates, a PUT of the whole record, tags alone, a number that
another contact has, first meetings, contacts without a number, deletions that are propagated and one that is a
conflict, and an undo. Each leaves a failure or a conflict open.
"""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.whautomate.sandbox.server import LOCATION, WhautomateBehaviour, WhautomateSandbox
from tests.durability.world import AT_LEFT, BAD_RUN, RATE, SETTLE, KillWorld, Rewindable

AT_LISTED = ("_number", "_messages", "behaviour", "chance", "sends")
AT_CONTACTS = ("by_id", "_shift")


@dataclass(slots=True)
class ListingKillWorld(KillWorld):
    """A world for kills whose right account is one of Whautomate."""

    gh: Any

    @classmethod
    def create(cls, folder: Path, *, live: bool = True, start: datetime | None = None) -> Self:
        """Return an empty world that is not started yet."""
        clock = Rewindable(start, live=live)
        behaviour = WhautomateBehaviour(times="hidden", largest_page=7)
        listed = WhautomateSandbox(now=clock.now, behaviour=behaviour)
        world = cls(folder, clock, GrowthGeniusSandbox(now=clock.now, rate=RATE), listed)
        world.options["settle"] = f'"{SETTLE:.0f}s"'
        world.contacts = {"deletes": '"propagate"', "conflicts": '"newest"'}
        return world

    def write_config(self) -> None:
        """Write the config file."""
        genius = f'connector = "growthgenius"\napi_key = "{self.gg.api_key}"\nuser_id = 78\n'
        listed = f'connector = "whautomate"\napi_key = "{self.gh.api_key}"\nlocation_id = "{LOCATION}"\n'
        lines = [
            '[status_page]\nlisten = "off"',
            f'[accounts.gg]\n{genius}base_url = "{self.gg.base_url}"',
            f'[accounts.gh]\n{listed}base_url = "{self.gh.base_url}"',
            '[connections.sales]\nleft = "gg"\nright = "gh"',
            *(f"{key} = {value}" for key, value in self.options.items()),
            "[connections.sales.contacts]",
            *(f"{key} = {value}" for key, value in self.contacts.items()),
        ]
        self.config_path.write_text("\n".join(lines) + "\n" + self.tables, encoding="utf-8")
        self.config_path.chmod(0o600)

    def renew_allowance(self) -> None:
        """Forget the calls of earlier commands: 100 a minute are few for commands that follow each other at once."""
        if not self.state_path.exists():
            return
        # A command may have been killed before it made the table.
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(self.state_path)) as state, state:
            state.execute("DELETE FROM allowance")

    def remembered(self) -> list[tuple[object, tuple[str, ...]]]:
        """Return what the servers remember."""
        return [(self.gg, AT_LEFT), (self.gh, AT_LISTED), (self.gh._contacts, AT_CONTACTS)]

    def right_values(self, person: dict[str, Any]) -> dict[str, Any]:
        """Return what a record of the right account shows."""
        return {**{key: value for key, value in person.items() if key != "customFields"}, **person["customFields"]}

    def custom_fields(self) -> list[tuple[str, str]]:
        """Return nothing: custom fields need no creation there."""
        return []

    def right(self, first: str) -> str:
        """Return the id of the only contact at the right with that first name."""
        (found,) = [str(person["id"]) for person in self.gh.people() if person["name"].split(" ")[0] == first]
        return found

    def add_right(self, name: str, number: str | None, *, tags: tuple[str, ...] = (), **custom: str) -> None:
        """Let a user of Whautomate add a contact."""
        self.gh.add(name=name, phoneNumber=number, tags=list(tags), customFields=custom)


def first_meetings(world: ListingKillWorld) -> None:
    """Add contacts that were never synced: on one side, on both, with another contact's number, without a number."""
    gg = world.gg
    gg.add(
        first_name="Ann", last_name="Reed", email="ann@example.com", mobile_phone="+12125550121", label_names=["VIP"]
    )
    gg.add(first_name="Cai", last_name="Stone", mobile_phone="+1 212 555 0123", city="Boston")
    gg.add(first_name="Eve", last_name="Wood", email="eve@example.com")
    gg.add(first_name="Ida", last_name="Hill", mobile_phone="+12125550129", title="CEO")
    world.add_right("Bob Lake", "+12125550122", tags=("lead", "asked"), email="bob@example.com", city="Denver")
    world.add_right("Dan Rock", "+12125550124", company="Acme", own_field="kept")
    world.add_right("Fay Moss", None)
    world.add_right("Hal Dale", "+12125550126", email="hal@example.com")
    gg.add(first_name="Gus", last_name="Ford", email="gus@example.com", mobile_phone="+1 212 555 0126")
    gg.add(
        first_name="Max", last_name="Bell", email="max@example.com", mobile_phone="+12125550130", city="Rome",
        label_names=["a"],
    )  # fmt: skip
    world.add_right("Max Bell", "+12125550130", tags=("b",), city="Oslo", company="Bell")


def edits(world: ListingKillWorld) -> None:
    """Edit both sides after a first sync: other fields, the same ones, cleared, tagged; and add contacts."""
    gg, wa = world.gg, world.gh
    gg.edit(world.left("Ann"), label_names=["asked"])
    wa.edit(world.right("Bob"), customFields={"city": "Salem"}, tags=["lead"])
    gg.edit(world.left("Bob"), label_names=["lead", "asked", "new"])
    wa.edit(world.right("Dan"), phoneNumber="+12125550134", customFields={"company": ""})
    gg.edit(world.left("Cai"), city=None, mobile_phone="+1 212 555 0133")
    gg.edit(world.left("Ida"), city="Dover", title="Head", last_name="Hills")
    gg.edit(world.left("Hal"), company_name="Dale & Sons")
    wa.edit(world.right("Hal"), customFields={"company": "Dale and Sons"})
    gg.edit(world.left("Eve"), mobile_phone="+12125550140")
    gg.add(first_name="Joy", last_name="West", email="joy@example.com", mobile_phone="+12125550141")
    world.add_right("Leo North", "+12125550142", email="leo@example.com", title="CTO")


def deletions(world: ListingKillWorld) -> None:
    """Delete contacts on either side, one of them edited at the other side since, and make some edits."""
    world.remove_left("Bob")
    world.remove_right("Joy")
    world.remove_left("Leo")
    world.gh.edit(world.right("Leo"), customFields={"city": "Oslo"})
    world.gg.edit(world.left("Ann"), title="CRO")
    world.add_right("Pam South", "+12125550143")


def a_bad_run(world: ListingKillWorld) -> None:
    """Run after changes of values, tags and contacts both ways, and edit some of that since."""
    gg, wa = world.gg, world.gh
    gg.edit(world.left("Ann"), title="CTO", city="Utica", label_names=["VIP", "bad"])
    wa.edit(world.right("Dan"), customFields={"company": "Bad & Sons"}, tags=["bad"])
    gg.add(first_name="Quin", last_name="Bad", email="quin@example.com", mobile_phone="+12125550144")
    world.add_right("Ray Bad", "+12125550145", tags=("bad",))
    world.bad = world.run(skip=5.0, unguarded=True).run
    world.clock.skip(5.0)
    wa.edit(world.right("Ann"), customFields={"city": "Troy"})
    gg.edit(world.left("Ray"), city="Ovid")


SCENARIOS = {
    "first": (first_meetings, ("run",)),
    "later": (edits, ("run", "--unguarded")),
    "deletions": (deletions, ("reconcile", "--unguarded")),
    "undo": (a_bad_run, ("undo", BAD_RUN, "--created", "--unguarded")),
}
