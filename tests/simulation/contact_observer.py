"""What users did, as an observer who looks over their shoulders would write it down: nothing in it is the engine's.

Values have canonical names, trimmed and without case: both systems show the same value the same way then.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.servers import Left, Right

LEFT_KEYS: Mapping[str, str] = {
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "company": "company_name",
    "title": "title",
    "city": "city",
    "state": "state",
    "industry": "industry",
    "custom1": "custom1",
    "custom9": "custom9",
}
RIGHT_KEYS: Mapping[str, str] = {
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "company": "companyName",
    "title": "contact.job_title",
    "city": "city",
    "state": "state",
    "industry": "contact.industry",
    "custom1": "contact.custom1",
    "custom9": "contact.custom9",
}
BULK_KEYS: Mapping[str, str] = {
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "company": "organization_name",
    "title": "title",
    "industry": "Industry",
    "custom1": "Custom1",
    "custom9": "Custom9",
}
GUESSED = "Self-employed"
"""The company that the sandbox of Apollo guesses."""
Shown = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Edit:
    """A field that a user changed on one side; `at` is in seconds of the virtual clock, None is empty.

    An element of a set is a field of its own, as "tags:vip", with the value "yes" or None. `late` is no edit of a
    contact, but a call that the network delivered long after every contact had given it up.
    """

    at: float
    side: str
    record: str
    field: str
    old: str | None
    new: str | None
    late: bool = False


@dataclass(slots=True)
class Diary:
    """Every edit in order, and when runs went on."""

    edits: list[Edit] = field(default_factory=list)
    runs: list[tuple[float, float]] = field(default_factory=list)
    deleted: set[tuple[str, str]] = field(default_factory=set)

    def of(self, side: str, record: str, name: str) -> list[Edit]:
        """Return the edits of one field of one record."""
        return [edit for edit in self.edits if (edit.side, edit.record, edit.field) == (side, record, name)]

    def watch(self, at: float, servers: tuple[Left, Right], act: Callable[[], object], *, late: bool = False) -> None:
        """Let something happen, and note what it changed."""
        before = every_contact(servers)
        act()
        after = every_contact(servers)
        for key in sorted(before.keys() | after.keys()):
            if key not in after:
                self.deleted.add(key)
                continue
            self.edits += _changes(at, key, before.get(key, {}), after[key], late)


def _changes(at: float, key: tuple[str, str], old: Shown, new: Shown, late: bool) -> Iterator[Edit]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield Edit(at, *key, name, old.get(name), new.get(name), late)


def every_contact(servers: tuple[Left, Right]) -> dict[tuple[str, str], Shown]:
    """Return what each record of both sides shows."""
    left, right = servers
    custom = {each.id: each.key for each in right.fields.values()}
    return {
        **{("left", str(person["id"])): of_left(person) for person in left.people()},
        **{("right", str(person["id"])): of_right(person, custom) for person in right.people()},
    }


def of_left(person: Mapping[str, Any]) -> Shown:
    """Return what a record of GrowthGenius shows."""
    shown = {name: plain(person.get(key)) for name, key in LEFT_KEYS.items()}
    return {**shown, **_elements(person.get("label_names"))}


def of_right(person: Mapping[str, Any], custom_keys: Mapping[str, str]) -> Shown:
    """Return what a record of GrowthHub shows; `custom_keys` says which key the id of a custom field has."""
    custom = {custom_keys.get(each["id"], ""): each["value"] for each in person.get("customFields") or ()}
    values = {**person, **custom}
    shown = {name: plain(values.get(key)) for name, key in RIGHT_KEYS.items()}
    return {**shown, **_elements(person.get("tags"))}


def of_listed(person: Mapping[str, Any]) -> Shown:
    """Return what a record of Whautomate shows. Its one name is two, as long as nobody edits it there."""
    custom = person["customFields"]
    shown = {name: plain(custom.get(name)) for name in RIGHT_KEYS}
    first, _, last = person["name"].rpartition(" ")
    return {**shown, "first_name": plain(first), "last_name": plain(last), **_elements(person.get("tags"))}


def of_bulk(person: Mapping[str, Any], labels: Mapping[str, str], lists: Mapping[str, str]) -> Shown:
    """Return what a record of Apollo shows, but for its place; `labels` names its custom fields, `lists` its lists.

    A company that Apollo has guessed counts as none.
    """
    values = {**person, **{labels[key]: value for key, value in person["typed_custom_fields"].items()}}
    shown = {name: plain(values.get(key)) for name, key in BULK_KEYS.items()}
    company = None if person["organization_name"] == GUESSED else shown["company"]
    return {**shown, "company": company, **_elements([lists[key] for key in person["label_ids"]])}


def plain(value: Any) -> str | None:
    """Return a value without case and outer space, None where it is empty."""
    return str(value).strip().casefold() or None if value is not None else None


def _elements(tags: Any) -> Shown:
    return {f"tags:{plain(tag)}": "yes" for tag in tags or ()}
