"""Encode canonical values for Apollo: what PATCH takes, what bulk_update takes, and what neither does. Pure.

Rules kept here:
- "" empties a key; a custom field that is not sent stays;
- city, state and country are written as one address from all three (R36);
- lists are always sent whole: what the record shows, with the change in it. Their own spelling stays;
- "do not contact" is the stage of that name (P9); the owner is written by bulk_update only, and so is LinkedIn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors import phone_slots
from connectors.apollo.custom_fields import MARKER
from connectors.apollo.mapping import NATIVE, PHONE_KEYS, PLACE, PLAIN, READ_ONLY, SLOTS, ApolloMapper, label_names
from connectors.contact import Fields, Value
from connectors.fields import FieldType
from connectors.records import Raw
from connectors.values import consent, country, labels, typed

BULK_KEYS: Final = frozenset({
    "first_name", "last_name", "email", "title", "organization_name", "owner_id", "present_raw_address",
    "linkedin_url", "typed_custom_fields",
})  # fmt: skip
"""The keys that bulk_update takes."""
BULK_ONLY: Final = frozenset({"owner_id", "linkedin_url"})
"""The keys that PATCH and a single create do not take."""
NEVER_EMPTY: Final = frozenset({"owner"})
"""No document shows how a contact loses its owner."""
STAGE: Final = "contact_stage_id"
NEW: Final[Raw] = {"id": "", "phone_numbers": [], "label_ids": [], "typed_custom_fields": {}, STAGE: None,
    **dict.fromkeys(PLACE)}  # fmt: skip
"""What a contact shows that does not exist yet."""


@dataclass(frozen=True, slots=True)
class ApolloWrite:
    """A write of one contact: `body` by wire key, `impossible` the changes that are not sent."""

    body: Mapping[str, Any]
    impossible: frozenset[str] = frozenset()
    fields: frozenset[str] = field(default_factory=frozenset)

    @property
    def bulk(self) -> dict[str, Any]:
        """Return what bulk_update takes of it."""
        return {key: value for key, value in self.body.items() if key in BULK_KEYS}

    @property
    def patch(self) -> dict[str, Any]:
        """Return what PATCH takes of it."""
        return {key: value for key, value in self.body.items() if key not in BULK_ONLY}

    @property
    def rest(self) -> dict[str, Any]:
        """Return what bulk_update does not take."""
        return {key: value for key, value in self.body.items() if key not in BULK_KEYS}

    def parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what goes by PATCH and what by bulk_update, in as few calls as possible."""
        if not BULK_ONLY & self.body.keys():
            return dict(self.body), {}
        return self.rest, self.bulk


def encode(
    mapper: ApolloMapper, before: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None
) -> ApolloWrite:
    """Return the write that sets these values in a record. Asks for stages, users and lists that are not known."""
    body: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    places = mapper.custom_fields.places
    moved = mapper.custom_fields.mapped
    impossible = {
        name for name in changes if name not in places and (name in READ_ONLY or name in moved or name not in NATIVE)
    }
    slots, without_slot = phone_slots.plan(mapper.phones(before, memory), changes)
    impossible |= without_slot
    numbers = mapper.phones(before, memory).slots
    body |= {PHONE_KEYS[slot]: value or "" for slot, value in slots.items() if numbers.get(slot, "") != value}
    for name, value in changes.items():
        if name in impossible or name in SLOTS or name == "phone" or name in PLACE:
            continue
        if name in mapper.custom_fields.mapped:
            one = places[name].place
            if one.writable:
                custom[places[name].id] = "" if value is None else typed.encode(_type_of(mapper, name), value, one)
            else:
                impossible.add(name)
        elif name in PLAIN:
            body[PLAIN[name]] = value or ""
        elif name in places:
            custom[places[name].id] = labels.to_text(value) if isinstance(value, tuple) else value or ""
        else:
            impossible |= _put_named(mapper, before, changes, body, name)
    if any(name in changes for name in PLACE):
        body["present_raw_address"] = _address(mapper, before, memory, changes)
    if marker is not None and MARKER in places:
        custom |= _marker(mapper, before, marker)
    if custom:
        body["typed_custom_fields"] = custom
    return ApolloWrite(body, frozenset(impossible), frozenset(changes) - impossible)


def _type_of(mapper: ApolloMapper, name: str) -> FieldType:
    return mapper.custom_fields.mapped[name].type


def _marker(mapper: ApolloMapper, before: Raw, marker: str) -> dict[str, str]:
    """Return the source id to write: not over that of another account (R31), and not where it is there already."""
    field_id = mapper.custom_fields.places[MARKER].id
    shown = (before.get("typed_custom_fields") or {}).get(field_id)
    written = mapper.sources.written(marker)
    return {} if shown == written or mapper.sources.is_foreign(shown) else {field_id: written}


def _put_named(mapper: ApolloMapper, before: Raw, changes: Fields, body: dict[str, Any], name: str) -> set[str]:
    """Put a value that is an id at Apollo into the body. Return the names without one."""
    value = changes[name]
    if name == "website":
        body["website_url"] = value or ""
    elif name == "owner":
        owner = mapper.users.id_of(value) if isinstance(value, str) else None
        body |= {} if owner is None else {"owner_id": owner}
        return {name} if owner is None else set()
    elif name == "tags":
        return _put_tags(mapper, before, body, value)
    elif name == "stage":
        stage = mapper.stages.id_of(value) if isinstance(value, str) else ""
        if stage is None:
            return {name}
        # "Do not contact" in the same write wins over any stage.
        body.setdefault(STAGE, stage)
    elif name == "do_not_contact":
        return _put_consent(mapper, before, changes, body)
    return set()


def _put_consent(mapper: ApolloMapper, before: Raw, changes: Fields, body: dict[str, Any]) -> set[str]:
    stage = before.get(STAGE)
    is_blocked = consent.forbids(mapper.stages.name_of(str(stage))) if stage else False
    if changes["do_not_contact"] is not None:
        found = mapper.stages.id_of(consent.STAGE)
        if found is None:
            return {"do_not_contact"}
        if not is_blocked or "stage" in changes:
            body[STAGE] = found
        return set()
    if is_blocked and "stage" not in changes:
        body[STAGE] = ""
    # An unsubscribed address is only shown: nothing here can take it back.
    return {"do_not_contact"} if before.get("email_unsubscribed") is True else set()


def _put_tags(mapper: ApolloMapper, before: Raw, body: dict[str, Any], value: Value) -> set[str]:
    names = label_names(before, mapper.lists)
    if len(names) < len(before.get("label_ids") or ()):
        # A list without a name would be lost, because `label_names` replaces all of them.
        return {"tags"}
    if isinstance(value, tuple) and any(mapper.lists.id_of(each) is None for each in value):
        mapper.lists.expect_new()
    every = [*names, *mapper.lists.names().values()]
    body["label_names"] = labels.spelled(value if isinstance(value, tuple) else (), _first_spelling(every))
    return set()


def _first_spelling(names: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        found.setdefault(labels.key(name), (name,))
    return found


def _address(mapper: ApolloMapper, before: Raw, memory: Mapping[str, Any], changes: Fields) -> str:
    """Return the address of a contact from city, state and country, as they are and as they are to be."""
    shown = mapper.contact({"id": "", **{key: before.get(key) for key in PLACE}}, memory)
    raw = {name: shown.fields.get(name, shown.unmapped.get(name)) for name in PLACE}
    parts = [changes.get(name, raw[name]) for name in PLACE]
    return ", ".join(_spoken(name, part) for name, part in zip(PLACE, parts, strict=True) if isinstance(part, str))


def _spoken(name: str, value: str) -> str:
    if name != "country":
        return value
    try:
        return country.display_name(value)
    except KeyError:
        return value
