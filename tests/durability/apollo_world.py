"""A world with Apollo at the left and GrowthHub at the right that can be restored, and the scenarios to kill in it.

Together the scenarios make every kind of call that changes something at Apollo: bulk_create, bulk_update, PATCH,
update_stages, lists for many, and a custom field; and the writes to GrowthHub that answer them.
"""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from connectors.apollo.sandbox.server import ApolloSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.http.rate_headers import RateLimit
from tests.durability.snapshot import state_files
from tests.durability.world import AT_RIGHT, RATE, Rewindable
from tests.end_to_end.apollo_world import ApolloWorld

ALLOWED = RateLimit(10_000, 60.0, 1_000_000, ((3600.0, 100_000), (86_400.0, 1_000_000)))
"""High enough that no run waits."""
AT_APOLLO = ("index", "labels", "stages", "fields", "users", "jobs", "_records", "_deleted", "_ids")
TIMES = frozenset({"id", "created_at", "updated_at", "dateAdded", "dateUpdated", "createdBy", "position"})
Outcome = dict[str, list[str]]


@dataclass(slots=True)
class ApolloKillWorld(ApolloWorld):
    """A world for kills. `removed` has the names of deleted contacts by id."""

    clock: Rewindable
    removed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, rate: RateLimit | None = ALLOWED) -> Self:
        """Return an empty world that is not started yet."""
        clock = Rewindable(live=True)
        world = cls(folder, clock, ApolloSandbox(now=clock.now, rate=rate), GrowthHubSandbox(now=clock.now, rate=RATE))
        world.options["settle"] = '"1s"'
        world.contacts = {"deletes": '"propagate"', "conflicts": '"newest"'}
        for address in ("ann@example.com", "bob@example.com"):
            world.ap.add_user(address)
            world.gh.add_user(address)
        return world

    def renew_allowance(self) -> None:
        """Forget the calls of earlier commands: 50 a minute are few for commands that follow each other at once."""
        path = self.folder / "sync.db"
        if not path.exists():
            return
        # A command may have been killed before it made the table.
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as state, state:
            state.execute("DELETE FROM allowance")

    def at_apollo(self, first: str) -> str:
        """Return the id of the only contact at Apollo with that first name."""
        (found,) = [each["id"] for each in self.ap.people() if each["first_name"] == first]
        return str(found)

    def at_hub(self, first: str) -> str:
        """Return the id of the only contact at GrowthHub with that first name."""
        (found,) = [each["id"] for each in self.gh.people() if each.get("firstName") == first]
        return str(found)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query of the state."""
        with closing(sqlite3.connect(self.folder / "sync.db")) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query)]

    def outcome(self) -> Outcome:
        """Return everything that two ways to the same outcome have in common: no ids, no times."""
        names = {**self.removed}
        names |= {each["id"]: f"<{each['first_name']} {each['last_name']}>" for each in self.ap.people()}
        names |= {each["id"]: f"<{each.get('firstName')} {each.get('lastName')}>" for each in self.gh.people()}
        names |= {key: f"<list {name}>" for key, name in self.ap.labels.items()}
        names |= {key: f"<field {each['label']}>" for key, each in self.ap.fields.items()}
        names |= {each.id: f"<field {each.key}>" for each in self.gh.fields.values()}
        pattern = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))

        def plain(value: Any) -> str:
            text = json.dumps(_timeless(value), sort_keys=True, ensure_ascii=False)
            return pattern.sub(lambda found: names[found[0]], text)

        return {
            "apollo": sorted(map(plain, self.ap.people())),
            "hub": sorted(map(plain, self.gh.people())),
            "lists": sorted(self.ap.labels.values()),
            "fields": sorted(each["label"] for each in self.ap.fields.values()),
            "links": sorted(map(plain, self.rows("SELECT left_id, right_id, gone FROM link"))),
            "conflicts": sorted(map(plain, self.rows("SELECT who, field, left_value, right_value FROM conflict"))),
            "failures": sorted(map(plain, self.rows("SELECT side, who, operation, reason FROM failure"))),
            "intents": sorted(map(plain, self.rows("SELECT * FROM intent"))),
        }


@dataclass(frozen=True, slots=True)
class ApolloSnapshot:
    """The records of both servers, the time and the state file at one moment."""

    apollo: dict[str, Any]
    hub: dict[str, Any]
    passed: float
    kept: Path

    @classmethod
    def taken(cls, world: ApolloKillWorld, kept: Path) -> Self:
        """Take a snapshot between two runs; its files are kept in a folder."""
        kept.mkdir()
        for file in state_files(world.folder):
            shutil.copy2(file, kept)
        apollo, hub = vars(world.ap), vars(world.gh)
        return cls(
            deepcopy({name: apollo[name] for name in AT_APOLLO}),
            deepcopy({name: hub[name] for name in AT_RIGHT}),
            world.clock.monotonic(),
            kept,
        )

    def restore(self, world: ApolloKillWorld) -> None:
        """Restore the world."""
        with world.ap.lock, world.gh.lock:
            vars(world.ap).update(deepcopy(self.apollo))
            vars(world.gh).update(deepcopy(self.hub))
            for server in (world.ap, world.gh):
                server.calls.clear()
                limit, server.rate = server.rate, None
                server.rate = limit  # forget the calls that are later than the restored time
        world.clock.go_back_to(self.passed)
        for file in state_files(world.folder):
            file.unlink()
        for file in self.kept.iterdir():
            shutil.copy2(file, world.folder)


def first_meetings(world: ApolloKillWorld) -> None:
    """Add contacts on either side, and one that is on both with other values."""
    owner = world.gh.users[1]["id"]
    world.gh.add(firstName="Ann", lastName="Reed", email="ann.reed@example.com", companyName="Acme", tags=["vip"])
    world.gh.add(firstName="Bob", lastName="Lake", email="bob.lake@example.com", website="https://lake.example.com")
    world.gh.add(firstName="Cai", lastName="Stone", phone="+12125550123", city="Boston", country="US")
    world.gh.add(firstName="Dan", lastName="Rock", email="dan@example.com", assignedTo=owner)
    world.gh.add(firstName="Eve", lastName="Wood", email="eve@example.com", tags=["lead"], dnd=True)
    world.gh.add(firstName="Max", lastName="Bell", email="max@example.com", city="Austin", companyName="Bell")
    for first in ("Fay", "Gus", "Hal"):
        body = {"first_name": first, "last_name": "Dale", "email": f"{first.lower()}@example.com", "title": "CEO"}
        world.ap.add({**body, "mobile_phone": "+12125550126" if first == "Fay" else "", "label_names": ["looms"]})
    world.ap.add({"first_name": "Ida", "last_name": "Hill", "organization_name": "Hill & Sons"})
    world.clock.skip(5.0)
    world.ap.add({"first_name": "Max", "last_name": "Bell", "email": "max@example.com", "title": "CFO",
        "present_raw_address": "Chicago, Illinois, United States"})  # fmt: skip


def edits(world: ApolloKillWorld) -> None:
    """Edit both sides: names in bulk, one number, the same tag for some, who may not be contacted any more."""
    gh, ap = world.gh, world.ap
    gh.edit(world.at_hub("Ann"), lastName="Reeds", companyName="Acme & Sons")
    gh.edit(world.at_hub("Bob"), lastName="Lakes", assignedTo=gh.users[1]["id"], phone="+12125550177")
    gh.edit(world.at_hub("Cai"), phone="+12125550133", city="Salem")
    for first in ("Fay", "Gus"):
        gh.edit(world.at_hub(first), tags=["looms", "met"])
    for first in ("Hal", "Ida"):
        gh.edit(world.at_hub(first), dnd=True)
    gh.edit(world.at_hub("Dan"), website="https://rock.example.com", tags=["asked"])
    ap.edit(world.at_apollo("Dan"), {"title": "CTO"})
    ap.edit(world.at_apollo("Eve"), {"organization_name": "Wood", "label_names": []})
    ap.edit(world.at_apollo("Max"), {"present_raw_address": "Denver, Colorado, United States"})
    ap.add({"first_name": "Joy", "last_name": "West", "email": "joy@example.com"})
    gh.add(firstName="Kim", lastName="East", email="kim@example.com", tags=["new"])
    gh.add(firstName="Leo", lastName="North", email="leo@example.com", companyName="North")


def deletions(world: ApolloKillWorld) -> None:
    """Delete contacts on either side, and edit others."""
    for first in ("Bob", "Joy"):
        world.removed[world.at_hub(first)] = f"<{first} at the hub>"
        world.gh.remove(world.at_hub(first))
    for first in ("Gus", "Leo"):
        world.removed[world.at_apollo(first)] = f"<{first} at Apollo>"
        world.ap.remove(world.at_apollo(first))
    world.gh.edit(world.at_hub("Ann"), lastName="Read")
    world.ap.edit(world.at_apollo("Fay"), {"title": "CRO"})


SCENARIOS: dict[str, tuple[Callable[[ApolloKillWorld], None], tuple[str, ...]]] = {
    "first": (first_meetings, ("run",)),
    "later": (edits, ("run", "--unguarded")),
    "deletions": (deletions, ("reconcile", "--unguarded")),
}


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(each) for key, each in value.items() if key not in TIMES}
    if isinstance(value, list):
        return sorted((_timeless(each) for each in value), key=repr)
    return value
