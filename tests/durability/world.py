"""A world that can be restored, and the scenarios that happen in it.

The scenarios together contain every kind of step: contacts created and updated both ways, tags both ways, values
cleared, conflicts for the policy and for a user, failures, first meetings, custom fields created, a number of another
contact, deletions that are propagated and one that is a conflict, and an undo of all that. Each scenario ends with one
command, which is killed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.http.rate_limiter import RateLimit
from tests.end_to_end.world import Hub, Timeline, World

SETTLE = 1.0
RATE = RateLimit(1000, 10.0)
"""High enough that no run waits, and low enough that calls are made one by one."""
AT_LEFT = ("stores", "companies", "_next_id", "users", "behaviour")
AT_RIGHT = (
    "_records", "_identities", "_index", "_made", "fields", "users", "quirks", "allow_duplicates",
    "_notes", "_conversations", "_messages", "_emails", "_export", "sends",
)  # fmt: skip
"""What the servers remember."""


class Rewindable(Timeline):
    """A clock that can be set back."""

    def go_back_to(self, passed: float) -> None:
        """Set the seconds since its start."""
        with self._lock:
            self._skipped += passed - self.monotonic()


@dataclass(slots=True)
class KillWorld(World):
    """A world for kills. `removed` has the names of deleted contacts by id; `bad` is the run to undo."""

    clock: Rewindable
    removed: dict[str, str] = field(default_factory=dict)
    bad: str = ""

    @classmethod
    def create(cls, folder: Path, *, live: bool = True, start: datetime | None = None) -> Self:
        """Return an empty world that is not started yet."""
        clock = Rewindable(start, live=live)
        world = cls(folder, clock, GrowthGeniusSandbox(now=clock.now, rate=RATE), Hub(now=clock.now, rate=RATE))
        world.options["settle"] = f'"{SETTLE:.0f}s"'
        world.contacts = {"deletes": '"propagate"', "conflicts": '"newest"'}
        world.gh.add_user("dev@example.com")
        return world

    def renew_allowance(self) -> None:
        """Prepare for a command: nothing, where the limits are so high that no run waits."""

    def remembered(self) -> list[tuple[object, tuple[str, ...]]]:
        """Return what the servers remember: the objects that hold it, and the names of their attributes."""
        return [(self.gg, AT_LEFT), (self.gh, AT_RIGHT)]

    def right_values(self, person: dict[str, Any]) -> dict[str, Any]:
        """Return what a record of the right account shows, its custom fields under their keys."""
        keys = {field.id: field.key for field in self.gh.fields.values()}
        custom = {keys[each["id"]]: each["value"] for each in person["customFields"]}
        return {**{key: value for key, value in person.items() if key != "customFields"}, **custom}

    def custom_fields(self) -> list[tuple[str, str]]:
        """Return the custom fields of the right account with their kinds."""
        return sorted((field.key, field.kind) for field in self.gh.fields.values())

    def left(self, first: str) -> str:
        """Return the id of the only contact at the left with that first name."""
        (found,) = [str(person["id"]) for person in self.gg.people() if person["first_name"] == first]
        return found

    def right(self, first: str) -> str:
        """Return the id of the only contact at the right with that first name."""
        (found,) = [str(person["id"]) for person in self.gh.people() if person.get("firstName") == first]
        return found

    def remove_left(self, first: str) -> None:
        """Delete a contact at the left, as a user does."""
        self.removed[self.left(first)] = first
        self.gg.remove(self.left(first))

    def remove_right(self, first: str) -> None:
        """Delete a contact at the right, as a user does."""
        self.removed[self.right(first)] = first
        self.gh.remove(self.right(first))


def first_meetings(world: KillWorld) -> None:
    """Add contacts that were never synced: on one side, on both, with another contact's number, with a duplicate."""
    gg, gh = world.gg, world.gh
    gg.add(first_name="Ann", last_name="Reed", email="ann@example.com", title="CEO", label_names=["VIP", "lead"])
    gg.add(first_name="Cai", last_name="Stone", mobile_phone="+1 212 555 0123", city="Boston")
    gg.add(first_name="Eve", last_name="Wood")
    gg.add(first_name="Ida", last_name="Hill", email="ida@example.com", work_phone="+1 212 555 0129")
    gh.add(firstName="Bob", lastName="Lake", email="bob@example.com", tags=["lead", "asked"], city="Denver")
    gh.add(firstName="Dan", lastName="Rock", phone="+12125550124", companyName="Acme")
    gh.add(firstName="Fay", lastName="Moss")
    gh.add(firstName="Hal", lastName="Dale", email="hal@example.com", phone="+12125550126")
    gg.add(first_name="Gus", last_name="Ford", email="gus@example.com", mobile_phone="+1 212 555 0126")
    gg.add(first_name="Max", last_name="Bell", email="max@example.com", city="Chicago", title="CFO", label_names=["a"])
    gh.add(firstName="Max", lastName="Bell", email="max@example.com", city="Austin", companyName="Bell", tags=["b"])
    world.clock.skip(5.0)
    gg.add(first_name="Ned", last_name="Park", email="ned@example.com", city="Chicago")
    world.clock.skip(30.0)
    gh.add(firstName="Ned", lastName="Park", email="ned@example.com", city="Austin", website="https://example.com/")
    gg.add(first_name="Old", last_name="One", email="twin@example.com")
    gg.add(first_name="New", last_name="One", email="twin@example.com")


def edits(world: KillWorld) -> None:
    """Edit both sides after a first sync: other fields, the same ones, cleared, tagged; and add contacts."""
    gg, gh = world.gg, world.gh
    gg.edit(world.left("Ann"), title="Head of Sales", industry="Software", label_names=["VIP", "asked"])
    gh.edit(world.right("Ann"), tags=["vip", "lead", "met"])
    gh.edit(world.right("Bob"), city="Salem", tags=["lead"])
    gh.edit(world.right("Dan"), companyName=None, phone="+12125550134")
    gg.edit(world.left("Cai"), city=None, mobile_phone="+1 212 555 0133")
    gg.edit(world.left("Ida"), state="Ohio", city="Dover")
    world.clock.skip(20.0)
    gh.edit(world.right("Ida"), city="Logan", lastName="Hills")
    gg.edit(world.left("Gus"), company_name="Ford & Sons")
    gh.edit(world.right("Gus"), companyName="Ford and Sons")
    gg.edit(world.left("Old"), email="old@example.com")
    gg.add(first_name="Joy", last_name="West", email="joy@example.com", keywords="crm,mail")
    gg.add(first_name="Kim", last_name="East", email="kim@example.com", city="Paris", country="France")
    gh.add(firstName="Kim", lastName="East", email="kim@example.com", companyName="Est", phone="+33123456789")
    gh.add(firstName="Leo", lastName="North", email="leo@example.com", custom={"contact.job_title": "CTO"})


def deletions(world: KillWorld) -> None:
    """Delete contacts on either side, one of them edited at the other side since, and make some edits."""
    world.remove_left("Bob")
    world.remove_right("Joy")
    world.remove_left("Leo")
    world.gh.edit(world.right("Leo"), city="Oslo")
    world.gg.edit(world.left("Ann"), title="CRO")
    world.gh.edit(world.right("Kim"), tags=["new"])
    world.gh.add(firstName="Pam", lastName="South", email="pam@example.com")


def a_bad_run(world: KillWorld) -> None:
    """Run after changes of values, tags and contacts both ways, and edit some of that since."""
    gg, gh = world.gg, world.gh
    gg.edit(world.left("Ann"), title="CTO", city="Utica", label_names=["vip", "bad"])
    gg.edit(world.left("Ida"), state="Iowa", work_phone="+1 212 555 0139")
    gh.edit(world.right("Dan"), companyName="Bad & Sons", tags=["bad"])
    gh.edit(world.right("Kim"), city="Lyon", custom={"contact.job_title": "CMO"})
    gh.edit(world.right("Pam"), lastName="Sud", city="Nice")
    gg.add(first_name="Quin", last_name="Bad", email="quin@example.com", title="CEO")
    gh.add(firstName="Ray", lastName="Bad", email="ray@example.com", tags=["bad"])
    gh.add(firstName="Sue", lastName="Bad", email="sue@example.com")
    world.bad = world.run(skip=5.0, unguarded=True).run
    world.clock.skip(5.0)
    gh.edit(world.right("Ann"), city="Troy")
    gg.edit(world.left("Sue"), city="Ovid")


Command = tuple[str, ...]
BAD_RUN = "RUN"
"""The placeholder in a command for the run to undo."""

SCENARIOS: dict[str, tuple[Callable[[KillWorld], None], Command]] = {
    "first": (first_meetings, ("run",)),
    "later": (edits, ("run", "--unguarded")),
    "deletions": (deletions, ("reconcile", "--unguarded")),
    "undo": (a_bad_run, ("undo", BAD_RUN, "--created", "--unguarded")),
}
