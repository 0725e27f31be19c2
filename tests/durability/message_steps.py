"""Scenarios with messages, and the outcome of such a world.

Together they contain every kind of step about messages: notes and messages are created, amended, deleted and adopted, a
contact is synced for its message, the text of an e-mail is read, a conflict, a copy that a user deleted.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.growthgenius.sandbox.record_store import Record
from tests.durability.world import Command, KillWorld

TABLE = "[connections.sales.messages]\n"
SHOWN = ("rendered_copy", "rendered_subject", "message_type", "sent_at")
OPEN = "SELECT who, field FROM conflict UNION ALL SELECT who, operation FROM failure ORDER BY 1, 2"
HISTORY = "SELECT account, field, old, new, rule FROM history WHERE stream = 'messages'"


def create(folder: Path) -> KillWorld:
    """Return an empty world that syncs messages."""
    world = KillWorld.create(folder)
    world.tables = TABLE
    return world


def first_messages(world: KillWorld) -> None:
    """Add contacts on both sides and on one, with messages from either side."""
    gg, gh = world.gg, world.gh
    for name in ("Ann", "Bob"):
        gg.add(first_name=name, email=f"{name.lower()}@example.com")
        gh.add(firstName=name, email=f"{name.lower()}@example.com")
    gg.add(first_name="Cai", email="cai@example.com")
    for number in range(3):
        world.clock.skip(2.0)
        gg.add_message(world.left("Ann"), rendered_copy=f"to Ann {number}", rendered_subject=f"Subject {number}")
        gh.add_message(world.right("Bob"), "SMS", "inbound", f"from Bob {number}")
    gg.add_message(world.left("Cai"), rendered_copy="to Cai")
    gh.add_message(world.right("Ann"), "Email", "inbound", "<p>from Ann</p>", subject="Monday")


def later_messages(world: KillWorld) -> None:
    """Edit messages, one of them together with its note, and add new ones."""
    gg, gh = world.gg, world.gh
    edit(world, "to Ann 0", rendered_copy="to Ann 0, edited")
    edit(world, "to Ann 1", rendered_copy="to Ann 1, edited")
    (note,) = [one for one in gh.notes(world.right("Ann")) if "to Ann 1" in one["body"]]
    gh.edit_note(world.right("Ann"), note["id"], body=f"{note['body']}\nShe likes tea.")
    gg.add_message(world.left("Bob"), rendered_copy="to Bob")
    gh.add_message(world.right("Bob"), "WhatsApp", "outbound", "to Bob as well")


def lost_messages(world: KillWorld) -> None:
    """Delete a message, delete a note by hand, and add a message."""
    gg, gh = world.gg, world.gh
    gg.remove_message(str(message(world, "to Ann 2")["id"]))
    (note,) = gh.notes(world.right("Cai"))
    gh.remove_note(world.right("Cai"), note["id"])
    gh.add_message(world.right("Ann"), "SMS", "inbound", "from Ann again")


SCENARIOS: dict[str, tuple[Callable[[KillWorld], None], Command, int]] = {
    "first": (first_messages, ("run",), 0),
    "later": (later_messages, ("run", "--unguarded"), 1),
    "lost": (lost_messages, ("reconcile", "--unguarded"), 1),
}
"""What happens, the command that follows, and the exit code that it ends with."""


def message(world: KillWorld, text: str) -> Record:
    """Return the message at the left with that text."""
    (found,) = [one for one in world.gg.messages() if one["rendered_copy"] == text]
    return found


def edit(world: KillWorld, text: str, **fields: Any) -> None:
    """Edit the message at the left with that text, as a user does."""
    world.gg.edit_message(str(message(world, text)["id"]), **fields)


def outcome_of(world: KillWorld) -> dict[str, Any]:
    """Return what two ways to the same end have in common: no ids, and no times but those that messages bear."""
    of = {str(person["id"]): str(person["first_name"]) for person in world.gg.people()}
    right = sorted(world.gh.people(), key=lambda one: str(one["firstName"]))
    return {
        "messages": sorted(_message(of[str(one["contact_id"])], one) for one in world.gg.messages()),
        "notes": [(one["firstName"], [_words(each["body"]) for each in world.gh.notes(one["id"])]) for one in right],
        "links": world.rows("SELECT left_shadow, right_shadow, gone, count(*) FROM link WHERE stream = 'messages'"
                            " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"),
        "open": world.rows(OPEN),
        "intents": world.rows("SELECT * FROM intent"),
        "history": sorted(str(row) for row in world.rows(HISTORY) if row["rule"] != "found deleted"),
        "sends": world.gh.sends,
    }  # fmt: skip


def _message(who: str, message: Record) -> str:
    return f"{who}: {[message[key] for key in SHOWN]}"


def _words(body: str) -> str:
    """Return a note without its marker, which holds an id."""
    return body.partition("[growthgenius-message:")[0].strip()
