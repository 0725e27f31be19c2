"""What a world has come to, without what may differ between two ways to the same end: ids, times, names of runs.

Every record is known by its name, so in each of these worlds a name belongs to one person; an id that stands in a value
(the marker, a reason) is replaced by the name of whom it belongs to.
"""

import json
import re
from collections import Counter
from typing import Any

from tests.durability.world import Stage

OWN = frozenset({"id", "created_at", "updated_at", "dateAdded", "dateUpdated", "createdBy"})
Told = dict[str, Any]
SHADOWS = ("left_shadow", "right_shadow")
HELD = "SELECT l.left_id, l.right_id, h.field FROM held h JOIN link l ON l.id = h.link"


def ending(world: Stage) -> Told:
    """Return everything that two ways to the same end have in common."""
    names = Names(world)
    return {
        "left": sorted(names.said(_left(person)) for person in world.gg.people()),
        "right": sorted(names.said(_right(world, person)) for person in world.gh.people()),
        "custom fields": sorted((field.key, field.kind) for field in world.gh.fields.values()),
        "links": sorted(names.said(_link(row)).casefold() for row in world.rows("SELECT * FROM link")),
        "conflicts": sorted(names.said(_row(row, "who", "field", "left_value", "right_value", "resolution"))
                            for row in world.rows("SELECT * FROM conflict")),
        "held": sorted(names.said(_row(row, "left_id", "right_id", "field")) for row in world.rows(HELD)),
        "failures": sorted(names.said(_row(row, "side", "record_id", "account", "who", "operation", "reason"))
                           for row in world.rows("SELECT * FROM failure")),
        "intents": world.rows("SELECT * FROM intent"),
        "history": sorted(Counter(names.said(_written(row)) for row in _lines(world)).items()),
    }  # fmt: skip


def _link(row: Told) -> Told:
    """Return which records a link joins, and both shadows.

    A field without a place is unknown to a shadow, and empty once the account has a place for it. Which of the two a
    shadow says depends on whether its process read the list of custom fields before or after another one made the
    place, so both count as empty here.
    """
    shadows = {name: json.dumps([value or "" for value in json.loads(row[name])]) for name in SHADOWS}
    return _row(row, "left_id", "right_id", "gone") | shadows


def difference(one: Told, other: Told) -> dict[str, Any]:
    """Return, part by part, what only one of two endings has: nothing where they are equal."""
    found = {}
    for part, mine in one.items():
        missing = [each for each in mine if each not in other[part]]
        surplus = [each for each in other[part] if each not in mine]
        if missing or surplus or len(mine) != len(other[part]):
            found[part] = {"missing": missing, "surplus": surplus}
    return found


class Names:
    """Replaces the ids of a world by names."""

    def __init__(self, world: Stage) -> None:
        present = (*world.gg.people(), *world.gh.people())
        self._of = {record_id: f"<{name}>" for record_id, name in world.removed.items()}
        self._of |= {str(person["id"]): f"<{_name(person)}>" for person in present}
        self._pattern = re.compile("|".join(map(re.escape, sorted(self._of, key=len, reverse=True))) or "(?!)")

    def said(self, value: Told) -> str:
        """Return a value as text without ids."""
        text = json.dumps(value, sort_keys=True, ensure_ascii=False)
        return self._pattern.sub(lambda found: self._of[found[0]], text)


def _name(person: dict[str, Any]) -> str:
    first = person.get("first_name") or person.get("firstName") or ""
    return f"{first} {person.get('last_name') or person.get('lastName') or ''}".strip()


def _left(person: dict[str, Any]) -> Told:
    return {key: _plain(value) for key, value in person.items() if key not in OWN}


def _right(world: Stage, person: dict[str, Any]) -> Told:
    keys = {field.id: field.key for field in world.gh.fields.values()}
    custom = {keys[each["id"]]: _plain(each["value"]) for each in person["customFields"]}
    own = {key: _plain(value) for key, value in person.items() if key not in OWN and key != "customFields"}
    return own | custom


def _row(row: Told, *names: str) -> Told:
    return {name: row[name] for name in names}


def _lines(world: Stage) -> list[Told]:
    """Return the history; of tags, which take up to three calls and so as many lines, where each came to in the end."""
    lines = world.rows("SELECT * FROM history")
    tags = {(row["account"], row["record_id"], row["rule"]): row for row in lines if row["field"] == "tags"}
    return [*(row for row in lines if row["field"] != "tags"), *tags.values()]


def _written(row: Told) -> Told:
    """Return a line of the history; tags are written by up to three calls, so what was there before may be half-way.

    What goes into a blank is filled where the field had no place yet, and carried where it was empty (see `_link`).
    """
    told = _row(row, "account", "record_id", "field", "old", "new", "rule")
    if row["rule"] == "filled":
        told["rule"] = "carried"
    return told | {"old": None} if row["field"] == "tags" else told


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else value
