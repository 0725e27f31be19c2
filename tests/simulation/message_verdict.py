"""What must hold of messages when a universe has come to rest; each complaint is a sentence (P1, P2, P6, R6, R20)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.message_observer import Made, Shown, Written, shown_by, words
from tests.simulation.message_traffic import Post
from tests.simulation.world import Universe

OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What both servers show in the end, and what the sync itself says: who is linked, what is listed."""

    shown: Mapping[str, Shown]
    links: Mapping[tuple[str, str], Mapping[str, Any]]
    partners: Mapping[tuple[str, str], str]
    failing: frozenset[tuple[str, str]]
    conflicts: frozenset[int]

    @classmethod
    def of(cls, universe: Universe) -> "Outcome":
        """Ask both servers and the state file."""
        rows = universe.world.rows
        links = rows("SELECT id, left_id, right_id, gone FROM link WHERE stream = 'messages'")
        people = rows("SELECT left_id, right_id FROM link WHERE stream = 'contacts' AND gone IS NULL")
        failures = rows("SELECT side, record_id FROM failure WHERE stream = 'messages'")
        return cls(
            {server.side: shown_by(server) for server in universe.servers},
            {(side, str(row[f"{side}_id"])): row for row in links for side in OTHER},
            {(side, str(row[f"{side}_id"])): str(row[f"{OTHER[side]}_id"]) for row in people for side in OTHER},
            frozenset((row["side"], row["record_id"]) for row in failures),
            frozenset(row["link"] for row in rows("SELECT link FROM conflict WHERE stream = 'messages'")),
        )


def post_verdict(universe: Universe, post: Post) -> Iterator[str]:
    """Yield everything that is wrong with messages."""
    outcome = Outcome.of(universe)
    yield from _doubles(universe, post)
    yield from _forgotten(universe, post)
    if universe.servers[1].sends:
        yield f"{universe.servers[1].sends} messages were sent to people"
    for one in post.book.written.values():
        copies = [made for made in post.book.made if made.token == one.token and made.side != one.side]
        if one.id in outcome.shown[one.side]:
            yield from _missing(post, outcome, one, copies)
            yield from _misplaced(universe, outcome, one, copies)
            yield from _outdated(post, outcome, one, copies)


def _doubles(universe: Universe, post: Post) -> Iterator[str]:
    """No message was copied twice, and no copy came back; a server that ignores a body makes a message of nothing."""
    ignores = universe.law.behaviour.bodies == "flat" and not universe.law.behaviour.complains
    origins = {one.token: one.side for one in post.book.written.values()}
    for made in post.book.made:
        if not made.token:
            if made.side == "left" and ignores:
                continue
            yield f"{made.side} {made.id} was created from nothing that a user wrote"
        elif origins[made.token] == made.side:
            yield f"{made.token} came back: it was written at the {made.side}, and is there as {made.id} too"
        elif made.beside:
            yield f"{made.token} was copied to {made.side} {made.id}, beside {made.beside}"


def _forgotten(universe: Universe, post: Post) -> Iterator[str]:
    """The history knows every text that was overwritten or deleted."""
    rows = universe.world.rows("SELECT record_id, old FROM history WHERE stream = 'messages' AND old IS NOT NULL")
    known = {(row["record_id"], words(str(json.loads(row["old"])))) for row in rows}
    for one in post.book.overwritten:
        if one.words and (one.id, one.words) not in known:
            yield f"{one.side} {one.id} lost {sorted(one.words)}, and the history does not know of it"


def _missing(post: Post, outcome: Outcome, one: Written, copies: list[Made]) -> Iterator[str]:
    """A message that is synced was copied, or is listed."""
    contact = outcome.shown[one.side][one.id][0]
    if copies or (one.side, one.id) in outcome.failing or (one.side, contact) not in outcome.partners:
        return
    if _travels(post, one):
        yield f"{one.token} of {one.side} {contact} was never copied, and nothing lists it"


def _travels(post: Post, one: Written) -> bool:
    ways = ("both", "left_to_right" if one.side == "left" else "right_to_left")
    return post.law.direction in ways and (one.kind is None or one.kind in post.law.channels)


def _misplaced(universe: Universe, outcome: Outcome, one: Written, copies: list[Made]) -> Iterator[str]:
    """Copies are with the right contact, unless contacts were merged or linked again."""
    contact, other = outcome.shown[one.side][one.id][0], OTHER[one.side]
    for made in copies:
        if made.id not in outcome.shown[other]:
            continue
        partners = universe.partners.get((one.side, contact), set())
        home = outcome.shown[other][made.id][0]
        if made.contact == home and home not in partners and (one.side, contact) not in universe.crowd.disturbed:
            yield f"{one.token} of {one.side} {contact} was copied to {home}, and not to one of {sorted(partners)}"


def _outdated(post: Post, outcome: Outcome, one: Written, copies: list[Made]) -> Iterator[str]:
    """A copy that no user edited shows what its original shows."""
    link, other = outcome.links.get((one.side, one.id)), OTHER[one.side]
    if link is None or link["gone"] or link["id"] in outcome.conflicts or (one.side, one.id) in outcome.failing:
        return
    for made in copies:
        shown = outcome.shown[other].get(made.id)
        if shown is None or (other, made.id) in post.book.touched or not _travels(post, one):
            continue
        if words(shown[1]) != one.words:
            yield f"{one.token} shows {sorted(one.words)}, its copy {made.id} {sorted(words(shown[1]))}"
