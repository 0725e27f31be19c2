"""The chapters of a world whose people write to each other, and what such a world has come to.

Together they hold every kind of step about messages: notes and messages made, amended, deleted and adopted, a person
brought along, an e-mail whose text is fetched, a conflict, a copy that was deleted by hand.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.growthgenius.sandbox.record_store import Record
from tests.durability.world import Command, Stage

TABLE = "[connections.sales.messages]\n"
SHOWN = ("rendered_copy", "rendered_subject", "message_type", "sent_at")
OPEN = "SELECT who, field FROM conflict UNION ALL SELECT who, operation FROM failure ORDER BY 1, 2"
HISTORY = "SELECT account, field, old, new, rule FROM history WHERE stream = 'messages'"


def made(folder: Path) -> Stage:
    """Return a world in which messages travel, with nobody in it."""
    world = Stage.made(folder)
    world.tables = TABLE
    return world


def first_letters(world: Stage) -> None:
    """People on both sides and on one, with messages from either side."""
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


def later_letters(world: Stage) -> None:
    """Messages edited, one of them together with its note, and new ones."""
    gg, gh = world.gg, world.gh
    edit(world, "to Ann 0", rendered_copy="to Ann 0, edited")
    edit(world, "to Ann 1", rendered_copy="to Ann 1, edited")
    (note,) = [one for one in gh.notes(world.right("Ann")) if "to Ann 1" in one["body"]]
    gh.edit_note(world.right("Ann"), note["id"], body=f"{note['body']}\nShe likes tea.")
    gg.add_message(world.left("Bob"), rendered_copy="to Bob")
    gh.add_message(world.right("Bob"), "WhatsApp", "outbound", "to Bob as well")


def lost_letters(world: Stage) -> None:
    """A message deleted, a note deleted by hand, and one message more."""
    gg, gh = world.gg, world.gh
    gg.remove_message(str(letter(world, "to Ann 2")["id"]))
    (note,) = gh.notes(world.right("Cai"))
    gh.remove_note(world.right("Cai"), note["id"])
    gh.add_message(world.right("Ann"), "SMS", "inbound", "from Ann again")


CHAPTERS: dict[str, tuple[Callable[[Stage], None], Command, int]] = {
    "first": (first_letters, ("run",), 0),
    "later": (later_letters, ("run", "--unguarded"), 1),
    "lost": (lost_letters, ("reconcile", "--unguarded"), 1),
}
"""What happens, the command that follows, and the exit code that it ends with."""


def letter(world: Stage, text: str) -> Record:
    """Return the message at the left with that text."""
    (found,) = [one for one in world.gg.messages() if one["rendered_copy"] == text]
    return found


def edit(world: Stage, text: str, **fields: Any) -> None:
    """Let somebody edit the message at the left with that text."""
    world.gg.edit_message(str(letter(world, text)["id"]), **fields)


def ending(world: Stage) -> dict[str, Any]:
    """Return what two ways to the same end have in common: no ids, and no times but those that messages bear."""
    of = {str(person["id"]): str(person["first_name"]) for person in world.gg.people()}
    right = sorted(world.gh.people(), key=lambda one: str(one["firstName"]))
    return {
        "letters": sorted(_letter(of[str(one["contact_id"])], one) for one in world.gg.messages()),
        "notes": [(one["firstName"], [_words(each["body"]) for each in world.gh.notes(one["id"])]) for one in right],
        "links": world.rows("SELECT left_shadow, right_shadow, gone, count(*) FROM link WHERE stream = 'messages'"
                            " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"),
        "open": world.rows(OPEN),
        "intents": world.rows("SELECT * FROM intent"),
        "history": sorted(str(row) for row in world.rows(HISTORY) if row["rule"] != "found deleted"),
        "sends": world.gh.sends,
    }  # fmt: skip


def _letter(who: str, message: Record) -> str:
    return f"{who}: {[message[key] for key in SHOWN]}"


def _words(body: str) -> str:
    """Return a note without its marker, which holds an id."""
    return body.partition("[growthgenius-message:")[0].strip()
