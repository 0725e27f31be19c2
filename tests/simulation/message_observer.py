"""What became of every message, as an observer at both servers would write it down: nothing in it is the engine's."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from connectors.sandbox.base import Call
from tests.simulation.servers import Left, Right

Shown = dict[str, tuple[str, str]]
"""Person and text of each message and note of one side, by id."""

By = Literal["hand", "call", "late"]
_WORDS = re.compile(r"(?:Letter|Again|Scribble) \d+")


@dataclass(slots=True)
class Written:
    """A message that a user wrote; `words` are those that it shows now. Times are of the virtual clock."""

    side: str
    id: str
    token: str
    words: frozenset[str]
    flow: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """A copy that a call made; `beside` are the copies of the same message that were there already."""

    side: str
    id: str
    token: str
    contact: str
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overwritten:
    """What a call wrote over, or deleted."""

    side: str
    id: str
    words: frozenset[str]


@dataclass(slots=True)
class Postbook:
    """Every message, every copy, and what was overwritten; `touched` are copies that a user edited by hand, or that a
    call overwrote long after every contact had given it up."""

    written: dict[tuple[str, str], Written] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    overwritten: list[Overwritten] = field(default_factory=list)
    touched: set[tuple[str, str]] = field(default_factory=set)
    late: bool = False

    def of(self, side: str) -> list[Written]:
        """Return the messages that users wrote at a side."""
        return [each for each in self.written.values() if each.side == side]

    def write(self, side: str, message_id: str, text: str, flow: str, kind: str | None) -> None:
        """Note that a user wrote a message."""
        shown = words(text)
        (token,) = shown
        self.written[side, message_id] = Written(side, message_id, token, shown, flow, kind)

    @contextmanager
    def by_hand(self, servers: tuple[Left, Right]) -> Iterator[None]:
        """Note which copies a user edits within the block."""
        before = {server.side: shown_by(server) for server in servers}
        yield
        for server in servers:
            after = shown_by(server)
            for message_id, (_, text) in before[server.side].items():
                if message_id in after and after[message_id][1] != text:
                    self.touched.add((server.side, message_id))

    def note(self, server: Left | Right, call: Call, before: Shown, after: Shown) -> None:
        """Note what a call did to the messages of a server."""
        for message_id, (contact, text) in after.items():
            if message_id not in before:
                self._make(server.side, message_id, contact, text, before)
            elif before[message_id][1] != text:
                self._overwrite(server.side, message_id, before[message_id][1])
        if call.method == "DELETE" and ("/notes/" in call.path or "/messages/" in call.path):
            for message_id in before.keys() - after.keys():
                self._overwrite(server.side, message_id, before[message_id][1])

    def _make(self, side: str, message_id: str, contact: str, text: str, before: Shown) -> None:
        token = _token(text)
        beside = [key for key, (_, other) in before.items() if _token(other) == token]
        self.made.append(Made(side, message_id, token, contact, tuple(sorted(beside))))

    def _overwrite(self, side: str, message_id: str, text: str) -> None:
        self.overwritten.append(Overwritten(side, message_id, words(text)))
        if self.late:
            self.touched.add((side, message_id))


def words(text: str) -> frozenset[str]:
    """Return the words of a text that no other message has."""
    return frozenset(_WORDS.findall(text))


def shown_by(server: Left | Right) -> Shown:
    """Return every message and note of a server, with the ids by which the sync knows them."""
    if isinstance(server, Left):
        return {
            str(each["id"]): (str(each["contact_id"]), str(each["rendered_copy"] or "")) for each in server.messages()
        }
    shown: Shown = {}
    for contact in (str(person["id"]) for person in server.people()):
        shown |= {f"note:{each['id']}": (contact, str(each["body"])) for each in server.notes(contact)}
        shown |= {
            f"message:{each['id']}": (contact, str(each["body"]))
            for each in server.messages(contact)
            if "email" not in each.get("meta", {})
        }
        shown |= {f"email:{each['id']}": (contact, str(each["body"])) for each in server.emails(contact)}
    return shown


def _token(text: str) -> str:
    found = _WORDS.search(text)
    return found.group() if found else ""
