"""What must hold when a universe has come to rest; each complaint is a sentence, and none means that all is well.

The state file is asked only for what a user could ask it too: who is linked, what is listed, what the history admits.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contact import Value
from tests.end_to_end.comparison import differences
from tests.simulation.contact_observer import Shown, every_contact, plain
from tests.simulation.message_verdict import post_verdict
from tests.simulation.oracle import Admitted, Story, complaint
from tests.simulation.world import Universe

DECIDED = frozenset({"newest", "left", "right", "resolved", "filled"})
"""Rules of the history that own up to an overwriting. "filled": whether a user emptied a field before the answer to
the create came, or the server never took it, cannot be known; a blank is filled then."""

PEOPLE = "stream = 'contacts'"
PEOPLE_FAILING = f"SELECT side, record_id FROM failure WHERE {PEOPLE}"
HISTORY = f"SELECT link, account, field, old, new, rule, at_ms FROM history WHERE {PEOPLE} AND link IS NOT NULL"

QUIET_CALLS = 14
CALLS_PER_FAILURE = 8


def verdict(universe: Universe) -> list[str]:
    """Return everything that is wrong, in a universe that was calmed."""
    return [
        *_unrest(universe),
        *_strangers(universe),
        *_doubles(universe),
        *_differing(universe),
        *_unexplained(universe),
        *(post_verdict(universe, universe.post) if universe.post is not None else ()),
    ]


def _unrest(universe: Universe) -> Iterator[str]:
    """The run after the last ones writes nothing, asks little, and nothing went wrong in it."""
    failures = len(universe.world.rows("SELECT id FROM failure"))
    with universe.world.calls() as calls:
        report = universe.quiet_run()
    yield from (f"the last run could not go on: {error}" for error in report.errors)
    yield from (f"the last run wrote: {write}" for write in calls.writes)
    forgotten = "SELECT * FROM intent i WHERE NOT EXISTS (SELECT 1 FROM failure f WHERE f.record_id = i.source_id)"
    yield from (f"an intent is open, and nothing lists it: {intent}" for intent in universe.world.rows(forgotten))
    if sum(calls.counts) > QUIET_CALLS + CALLS_PER_FAILURE * failures:
        yield f"a run with nothing to do made {calls.counts} calls, with {failures} failures listed"
    if universe.servers[1].throttled:
        yield f"the server had to throttle {universe.servers[1].throttled} calls of ours"


def _strangers(universe: Universe) -> Iterator[str]:
    """Every contact is linked to one contact, or is listed."""
    world = universe.world
    links = world.rows("SELECT left_id, right_id FROM link WHERE stream = 'contacts'")
    failing = {(row["side"], row["record_id"]) for row in world.rows(PEOPLE_FAILING)}
    for side in ("left", "right"):
        linked = Counter(row[f"{side}_id"] for row in links)
        yield from (f"{side} {each} has {count} links" for each, count in linked.items() if count > 1)
        for where, record in every_contact(universe.servers):
            if where == side and record not in linked and (side, record) not in failing:
                yield f"{side} {record} is neither linked nor listed"


def _doubles(universe: Universe) -> Iterator[str]:
    """No contact was made twice, and no contact where a user had made it.

    A contact that a user deleted before a run could link it is created again, like a lost create.
    """
    for (side, token), made in sorted(universe.creates.items()):
        if len(made) > 1:
            yield f"{token} was created {len(made)} times at the {side}: {', '.join(made)}"
        if universe.crowd.tokens.get(token) == side:
            yield f"{token} was made by hand at the {side}, and created there once more"


def _differing(universe: Universe) -> Iterator[str]:
    """Both sides are equal under the mapping, but for what is listed."""
    rewritten = {"company", "city"}

    def excuse(name: str, left: Value, right: Value) -> bool:
        return name in rewritten and plain(left) == plain(right)

    failing = {row["record_id"] for row in universe.world.rows(PEOPLE_FAILING)}
    for who, name, left, right in differences(universe.world, excuse):
        ids = who.rpartition(" ")[2].split("/")
        if name not in universe.law.deaf | universe.apart and not failing.intersection(ids):
            yield f"{who}: {name} is {left!r} and {right!r}, and nothing lists it"


def _unexplained(universe: Universe) -> Iterator[str]:
    """For each field of every contact linked there is a legal order of events that explains its end."""
    shown = every_contact(universe.servers)
    listing = Listing.of(universe)
    for link in universe.world.rows(f"SELECT id, left_id, right_id FROM link WHERE {PEOPLE} AND gone IS NULL"):
        ids = ("left", str(link["left_id"])), ("right", str(link["right_id"]))
        if any(each not in shown or len(_met(universe, each)) > 1 for each in ids):
            continue
        names = shown[ids[0]].keys() | shown[ids[1]].keys() | _edited(universe, ids)
        for name in sorted(names - universe.apart):
            story = _story(universe, listing, link, ids, name, shown)
            if story is None:
                continue
            wrong = complaint(story)
            if wrong is not None:
                yield f"{link['left_id']}/{link['right_id']} {name}: {wrong}; {story}"


def _met(universe: Universe, who: tuple[str, str]) -> set[str]:
    """Return what a record was linked to, or created from: a contact created from another one has values of it."""
    return universe.partners.get(who, set()) | universe.origins.get(who, set())


def _edited(universe: Universe, ids: tuple[tuple[str, str], ...]) -> set[str]:
    return {edit.field for edit in universe.diary.edits if (edit.side, edit.record) in ids}


@dataclass(frozen=True, slots=True)
class Listing:
    """What the sync itself says: open conflicts, failing records, refused fields, admitted overwritings."""

    conflicts: frozenset[tuple[int, str]]
    failing: frozenset[tuple[str, str]]
    refused: frozenset[tuple[int, str]]
    admitted: Mapping[tuple[int, str], list[Admitted]]

    @classmethod
    def of(cls, universe: Universe) -> "Listing":
        """Ask the state file, as `conflicts list`, `failures list` and `explain` do."""
        rows = universe.world.rows
        history = rows(HISTORY)
        admitted: dict[tuple[int, str], list[Admitted]] = {}
        for row in history:
            if row["rule"] in DECIDED:
                admitted.setdefault((row["link"], row["field"]), []).append(_admitted(universe, row))
        return cls(
            frozenset((row["link"], row["field"]) for row in rows(f"SELECT link, field FROM conflict WHERE {PEOPLE}")),
            frozenset((row["side"], row["record_id"]) for row in rows(PEOPLE_FAILING)),
            frozenset((row["link"], row["field"]) for row in history if row["rule"] == "refused"),
            admitted,
        )


def _admitted(universe: Universe, row: Mapping[str, Any]) -> Admitted:
    at = row["at_ms"] / 1000 - universe.began
    since = max((begin for begin, _ in universe.diary.runs if begin <= at + 0.002), default=0.0)
    side = "left" if row["account"] == "gg" else "right"
    return Admitted(since, at, side, _plain_json(row["old"]), _plain_json(row["new"]))


def _plain_json(text: str | None) -> str | None:
    return plain(json.loads(text)) if text else None


def _story(
    universe: Universe,
    listing: Listing,
    link: Mapping[str, Any],
    ids: tuple[tuple[str, str], tuple[str, str]],
    name: str,
    shown: Mapping[tuple[str, str], Shown],
) -> Story | None:
    """Return what is known of a field, None where a server's own nature leaves nothing to explain."""
    mapped = name.partition(":")[0]
    edits = [edit for edit in universe.diary.edits if (edit.side, edit.record) in ids and edit.field == name]
    if mapped in universe.law.deaf or (link["id"], mapped) in listing.refused:
        return None
    if universe.law.behaviour.omits_null and any(edit.side == "left" and edit.new is None for edit in edits):
        return None
    listed = (link["id"], mapped) in listing.conflicts or bool(listing.failing.intersection(ids))
    end = shown[ids[0]].get(name), shown[ids[1]].get(name)
    return Story(edits, end, universe.diary.runs, listing.admitted.get((link["id"], name), ()), listed)
