"""What the tests of messages have in common: a world in which messages are synced, and what each side shows of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.end_to_end.world import START, World

TABLE = "connections.sales.messages"


def made(folder: Path, settings: Mapping[str, str] | None = None, *, live: bool = False) -> World:
    """Return a world with a table of messages with these settings, not started yet."""
    world = World.create(folder, live=live)
    lines = "\n".join(f"{key} = {value}" for key, value in (settings or {}).items())
    world.tables = f"[{TABLE}]\n{lines}\n"
    return world


@dataclass(frozen=True, slots=True)
class Office:
    """Contacts on both sides who write to each other."""

    world: World

    def person(self, name: str) -> tuple[str, str]:
        """Add a contact on both sides; return both ids."""
        email = f"{name}@example.com"
        left = self.world.gg.add(first_name=name.title(), email=email, at=minutes(-60))
        right = self.world.gh.add(firstName=name.title(), email=email)
        return left, right

    def write(self, contact_id: str, text: str, **fields: Any) -> str:
        """Write a message at GrowthGenius."""
        return self.world.gg.add_message(contact_id, rendered_copy=text, **fields)

    def notes(self, contact_id: str) -> list[str]:
        """Return the bodies of a contact's notes at GrowthHub, oldest first."""
        return [str(note["body"]) for note in reversed(self.world.gh.notes(contact_id))]

    def letters(self, contact_id: str) -> list[str]:
        """Return the texts of a contact's messages at GrowthGenius, in the order in which they were sent."""
        found = [one for one in self.world.gg.messages() if str(one["contact_id"]) == contact_id]
        return [str(one["rendered_copy"]) for one in sorted(found, key=lambda one: str(one["sent_at"]))]


def minutes(count: float) -> datetime:
    """Return a time so many minutes after the world began."""
    return START + timedelta(minutes=count)
