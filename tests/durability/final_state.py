"""The outcome of a world, without what may differ between two ways to it: ids, times, names of runs.

Records are identified by name, so in each of these worlds a name belongs to one contact. An id in a value (the marker,
a reason) is replaced by the name of its contact.
"""

import json
import re
from collections import Counter
from typing import Any

from tests.durability.world import KillWorld

OWN = frozenset(
    {"id", "created_at", "updated_at", "dateAdded", "dateUpdated", "createdBy"}
    | {"createdAt", "updatedAt", "lastActivity"}
)
Outcome = dict[str, Any]
SHADOWS = ("left_shadow", "right_shadow")
HELD = "SELECT l.left_id, l.right_id, h.field FROM held h JOIN link l ON l.id = h.link"


def outcome_of(world: KillWorld) -> Outcome:
    """Return everything that two ways to the same outcome have in common."""
    names = Names(world)
    return {
        "left": sorted(names.without_ids(_left(person)) for person in world.gg.people()),
        "right": sorted(names.without_ids(_right(world, person)) for person in world.gh.people()),
        "custom fields": world.custom_fields(),
        "links": sorted(names.without_ids(_link(row)).casefold() for row in world.rows("SELECT * FROM link")),
        "conflicts": sorted(names.without_ids(_row(row, "who", "field", "left_value", "right_value", "resolution"))
                            for row in world.rows("SELECT * FROM conflict")),
        "held": sorted(names.without_ids(_row(row, "left_id", "right_id", "field")) for row in world.rows(HELD)),
        "failures": sorted(names.without_ids(_row(row, "side", "record_id", "account", "who", "operation", "reason"))
                           for row in world.rows("SELECT * FROM failure")),
        "intents": world.rows("SELECT * FROM intent"),
        "history": sorted(Counter(names.without_ids(_written(row)) for row in _lines(world)).items()),
    }  # fmt: skip


def _link(row: Outcome) -> Outcome:
    """Return which records a link joins, and both shadows.

    A field without a place is unknown to a shadow, and empty once the account has a place for it. Which of the two a
    shadow says depends on whether its process read the list of custom fields before or after another one made the
    place, so both count as empty here.
    """
    shadows = {name: json.dumps([value or "" for value in json.loads(row[name])]) for name in SHADOWS}
    return _row(row, "left_id", "right_id", "gone") | shadows


def difference(one: Outcome, other: Outcome) -> dict[str, Any]:
    """Return, part by part, what only one of two outcomes has: nothing if they are equal."""
    found = {}
    for part, mine in one.items():
        missing = [each for each in mine if each not in other[part]]
        surplus = [each for each in other[part] if each not in mine]
        if missing or surplus or len(mine) != len(other[part]):
            found[part] = {"missing": missing, "surplus": surplus}
    return found


class Names:
    """The names of a world, to replace its ids."""

    def __init__(self, world: KillWorld) -> None:
        present = (*world.gg.people(), *world.gh.people())
        self._of = {record_id: f"<{name}>" for record_id, name in world.removed.items()}
        self._of |= {str(person["id"]): f"<{_name(person)}>" for person in present}
        self._pattern = re.compile("|".join(map(re.escape, sorted(self._of, key=len, reverse=True))) or "(?!)")

    def without_ids(self, value: Outcome) -> str:
        """Return a value as text without ids."""
        text = json.dumps(value, sort_keys=True, ensure_ascii=False)
        return self._pattern.sub(lambda found: self._of[found[0]], text)


def _name(person: dict[str, Any]) -> str:
    if "name" in person:
        return str(person["name"])
    first = person.get("first_name") or person.get("firstName") or ""
    return f"{first} {person.get('last_name') or person.get('lastName') or ''}".strip()


def _left(person: dict[str, Any]) -> Outcome:
    return {key: _plain(value) for key, value in person.items() if key not in OWN}


def _right(world: KillWorld, person: dict[str, Any]) -> Outcome:
    return {key: _plain(value) for key, value in world.right_values(person).items() if key not in OWN}


def _row(row: Outcome, *names: str) -> Outcome:
    return {name: row[name] for name in names}


def _lines(world: KillWorld) -> list[Outcome]:
    """Return the history. Tags take up to three calls, and as many lines: only the last line of them counts."""
    lines = world.rows("SELECT * FROM history")
    tags = {(row["account"], row["record_id"], row["rule"]): row for row in lines if row["field"] == "tags"}
    return [*(row for row in lines if row["field"] != "tags"), *tags.values()]


def _written(row: Outcome) -> Outcome:
    """Return a line of the history; tags are written by up to three calls, so what was there before may be half-way.

    What goes into a blank is filled where the field had no place yet, and carried where it was empty (see `_link`).
    """
    line = _row(row, "account", "record_id", "field", "old", "new", "rule")
    if row["rule"] == "filled":
        line["rule"] = "carried"
    return line | {"old": None} if row["field"] == "tags" else line


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else value
