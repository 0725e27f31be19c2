"""Contacts that write to each other, drawn from a generator of their own, so that lives without messages stay as they
are.

Every message begins with a token that no other one has, and every edit adds words that was never written before: what
a copy shows says which message it is of, and what was lost where it is overwritten.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.growthhub.sandbox.server import Quirks
from connectors.sandbox.base import Call
from tests.end_to_end.world import is_write
from tests.simulation.message_observer import Postbook, words
from tests.simulation.servers import Agenda, Left, Right

APART = 0x9E3779B9
"""Sets the seed of the post apart from that of the world."""

KINDS = ("SMS", "SMS", "Email", "WhatsApp")
FLAVOURS = ("", "", "\nOn a second line", " a < b & c", "<p>Tea &amp; cake</p>", " \u2013 ☕", " " + 40 * "many words ")
PATHS = ("/contacts", "/notes", "/messages", "/conversations")
AGES = (0.0, 0.0, 0.0, 3600.0, 200_000.0)
"""Seconds that a message is old when it gets into its system: it may have been imported."""


@dataclass(frozen=True, slots=True)
class PostLaw:
    """What holds for the messages of a world from its beginning to its end."""

    as_: str
    direction: str
    channels: tuple[str, ...]
    behaviour: Mapping[str, Any]
    quirks: Mapping[str, Any]

    @property
    def table(self) -> str:
        """Return the table of the config file."""
        channels = ", ".join(f'"{each}"' for each in self.channels)
        provider = f'conversation_provider_id = "{PROVIDER}"\n' if self.as_ == "conversation" else ""
        return (
            f'[connections.sales.messages]\nas = "{self.as_}"\n{provider}'
            f'direction = "{self.direction}"\nchannels = [{channels}]\n'
        )

    def apply(self, behaviour: Behaviour, quirks: Quirks) -> tuple[Behaviour, Quirks]:
        """Return how both servers behave with messages."""
        return replace(behaviour, **self.behaviour), replace(quirks, **self.quirks)


def post_law(chance: Random) -> PostLaw:
    """Draw the laws of the messages of a world."""
    pick = chance.choice
    return PostLaw(
        as_=pick(("note", "note", "conversation")),
        direction=pick(("both", "both", "both", "left_to_right", "right_to_left")),
        channels=pick((("Email", "SMS", "WhatsApp"), ("Email", "SMS", "WhatsApp"), ("SMS",), ("Email",))),
        behaviour={
            "windows_of_messages": pick(("updated", "updated", "sent")),
            "strangers": pick(("refused", "not_found", "taken")),
            "messages_stay": pick((True, False)),
        },
        quirks={
            "html_notes": pick((False, True)),
            "longest_note": pick((None, None, 400)),
            "note_lacks": pick((frozenset(), frozenset({"title"}), frozenset({"title", "userId"}))),
            "export_dates": pick(("dateAdded", "createdAt", "sorted")),
            "export_ends_excluded": pick((False, True)),
            "message_lag": pick((0.0, 3.0, 25.0)),
            "export_total": pick((True, True, True)),  # as in `physics`
            "total_cap": pick((None, None, 10)),
            "largest_export": pick((500, 100)),
            "threads_move": pick((True, False)),
            "alt_id_shown": pick((True, True, False)),
            "provider_kind": pick(("SMS", "Email")),
        },
    )


@dataclass(slots=True)
class Post:
    """The users who write messages.

    `settled` are the copies that a run has linked: only those does any contact delete or rewrite, since of others
    no trace would be left by which to know them again. `spared` are copies between look and write (R19).
    """

    servers: tuple[Left, Right]
    clock: Agenda
    chance: Random
    law: PostLaw
    book: Postbook = field(default_factory=Postbook)
    settled: set[tuple[str, str]] = field(default_factory=set)
    spared: set[tuple[str, str]] = field(default_factory=set)
    _count: int = 0

    def act(self) -> None:
        """Let a user do something."""
        deeds: tuple[tuple[int, Callable[[], None]], ...] = (
            (6, self._write_at_left),
            (6, self._write_at_right),
            (4, self._edit_original),
            (1, self._remove_original),
            (2, self._scribble),
            (1, self._rewrite),
            (1, self._remove_copy),
        )
        deed = self.chance.choices([each for _, each in deeds], [weight for weight, _ in deeds])[0]
        with self.book.by_hand(self.servers):
            deed()

    def meanwhile(self, side: str, call: Call) -> None:
        """Users don't wait for a run to end."""
        copy = _copy_of(side, call)
        if not is_write(call) and self.chance.random() < 0.1:
            self.act()
        if copy is not None and call.method == "GET":
            self.spared.add(copy)
        elif copy is not None:
            self.spared.discard(copy)

    def _write_at_left(self) -> None:
        contact = self._someone([str(each["id"]) for each in self.servers[0].people()])
        if contact is not None:
            text, age = self._text("Letter"), self.chance.choice(AGES)
            sent = self.servers[0].behaviour.local(self._ago(0, age))
            message = self.servers[0].add_message(contact, rendered_copy=text, sent_at=sent)
            self.book.write("left", message, text, "outbound", None)

    def _write_at_right(self) -> None:
        right = self.servers[1]
        contact = self._someone([str(each["id"]) for each in right.people()])
        if contact is None:
            return
        kind, flow = self.chance.choice(KINDS), self.chance.choice(("inbound", "outbound"))
        text, at = self._text("Letter"), self._ago(1, self.chance.choice(AGES))
        emails = [str(each["id"]) for each in right.emails(contact)] if kind == "Email" else []
        more = {"thread": self.chance.choice([None, *emails]), "subject": f"About {self._count}"}
        message = right.add_message(contact, kind, flow, text, at=at, **(more if kind == "Email" else {}))
        prefix = "email" if kind == "Email" else "message"
        self.book.write("right", f"{prefix}:{message}", text, flow, kind)

    def _edit_original(self) -> None:
        found = self._someone([each.id for each in self.book.of("left") if self._is_there("left", each.id)])
        if found is not None:
            token = self.book.written["left", found].token
            text = f"{token} {self._text('Again')}"
            self.servers[0].edit_message(found, rendered_copy=text)
            self.book.written["left", found].words = words(text)

    def _remove_original(self) -> None:
        found = self._someone([each.id for each in self.book.of("left") if self._is_there("left", each.id)])
        if found is not None:
            self.servers[0].remove_message(found)

    def _scribble(self) -> None:
        """A user adds a line to a note."""
        note = self._some_note(settled=False)
        if note is not None:
            self.servers[1].edit_note(note[0], note[1], body=f"{note[2]}\n{self._text('Scribble')}")

    def _rewrite(self) -> None:
        """A user writes something else into a note, and not even its marker is left."""
        note = self._some_note(settled=True)
        if note is not None:
            self.servers[1].edit_note(note[0], note[1], body=self._text("Scribble"))

    def _remove_copy(self) -> None:
        side = self.chance.choice(("left", "right"))
        if side == "right":
            note = self._some_note(settled=True)
            if note is not None:
                self.servers[1].remove_note(note[0], note[1])
            return
        copies = [each for where, each in sorted(self.settled) if where == "left" and self._is_there("left", each)]
        found = self._someone([each for each in copies if ("left", each) not in self.spared])
        if found is not None:
            self.servers[0].remove_message(found)

    def _some_note(self, *, settled: bool) -> tuple[str, str, str] | None:
        """Return contact, id and body of a copy that is a note."""
        right = self.servers[1]
        found = [
            (str(person["id"]), str(note["id"]), str(note["body"]))
            for person in right.people()
            for note in right.notes(person["id"])
            if ("right", f"note:{note['id']}") not in self.spared
            and (not settled or ("right", f"note:{note['id']}") in self.settled)
        ]
        return self.chance.choice(found) if found else None

    def _is_there(self, side: str, message: str) -> bool:
        return side == "left" and any(str(each["id"]) == message for each in self.servers[0].messages())

    def _someone(self, ids: list[str]) -> str | None:
        return self.chance.choice(ids) if ids else None

    def _ago(self, server: int, seconds: float) -> datetime:
        return self.servers[server].server_now() - timedelta(seconds=seconds)

    def _text(self, noun: str) -> str:
        self._count += 1
        return f"{noun} {self._count}.{self.chance.choice(FLAVOURS)}"


def _copy_of(side: str, call: Call) -> tuple[str, str] | None:
    """Return the message or note that a call is about, None where it is about none or several."""
    parts = call.path.split("/")
    if len(parts) >= 2 and parts[-2] == "notes":
        return side, f"note:{parts[-1]}"
    if side == "left" and parts[-2] == "messages":
        return side, parts[-1]
    return None
