"""Map an Apollo contact from the wire to the canonical shape. Pure: stages, users, lists and places are passed in.

Rules kept here:
- R39: an absent key is unknown, null and "" are empty. Search rows and answers to writes show fewer keys;
- "(No Name)" is no name;
- `phone` is the first possible number of mobile, work, corporate, home, other (R16), by the type of each number;
- the stage is its name, the owner the user's e-mail address, tags are the names of the lists. An id that no list of the
  team shows is unmapped, and tags are unknown then, because writing them would drop that list;
- do_not_contact is the stage of that name. An unsubscribed address tightens it, and cannot be taken back here;
- website is that of the company, which Apollo fills in: the account's, else the organization's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any, Final

from connectors import phone_slots
from connectors.apollo.custom_fields import MARKER, ApolloCustomFields
from connectors.apollo.directory import Directory
from connectors.contact import Contact, Fields, Value
from connectors.fields import Compute, compute_nothing
from connectors.http.allowed_calls import is_usable_id
from connectors.records import Raw
from connectors.source_id import SourceAccount
from connectors.values import consent, country, email, instant, labels, person_name, phone, text, typed, web
from connectors.values.text import UNKNOWN, Reading, Unknown, Unmapped

SLOTS: Final = ("mobile_phone", "work_phone", "corporate_phone", "home_phone", "other_phone")
"""The typed numbers, in the order in which one of them becomes `phone`."""
PHONE_KEYS: Final = {"work_phone": "direct_phone", **{slot: slot for slot in SLOTS if slot != "work_phone"}}
"""The key that writes each typed number."""
TYPES: Final = {
    "mobile": "mobile_phone", "work_direct": "work_phone", "direct": "work_phone", "work": "work_phone",
    "work_hq": "corporate_phone", "corporate": "corporate_phone", "home": "home_phone", "other": "other_phone",
}  # fmt: skip
"""The typed number of each type that answers show."""

PLAIN: Final = {
    "first_name": "first_name", "last_name": "last_name", "email": "email", "company": "organization_name",
    "title": "title", "linkedin_url": "linkedin_url", "email_status": "email_status",
}  # fmt: skip
"""The key of each field with a key of its own."""
PLACE: Final = ("city", "state", "country")
NATIVE: Final = frozenset({*PLAIN, *PLACE, *SLOTS, "phone", "website", "tags", "stage", "owner", "do_not_contact"})
READ_ONLY: Final = frozenset({"email_status"})
GUESSED: Final = frozenset({"company", "website", "stage", "owner", *PLACE, "email_status", "linkedin_url"})
"""The fields that Apollo fills in by itself when a contact is created (R35)."""

_READERS: Final = {
    "email": email.clean,
    "linkedin_url": partial(web.profile, network="linkedin"),
    "twitter_url": partial(web.profile, network="twitter"),
    "facebook_url": partial(web.profile, network="facebook"),
    "lists": labels.clean,
    "address": text.clean,
    "keywords": text.clean,
    "technologies": text.clean,
}
DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ApolloMapper:
    """Maps the records of one team. `region` is the country of numbers without a country code, alpha-2."""

    region: str
    stages: Directory
    users: Directory
    lists: Directory
    custom_fields: ApolloCustomFields
    sources: SourceAccount
    compute: Compute = compute_nothing

    def contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Return the contact that a record shows."""
        readings: dict[str, Reading | tuple[str, ...]] = {**_plain(raw), **self._ids(raw)}
        numbers = self.phones(raw, memory)
        readings |= {slot: numbers.shown(slot) for slot in SLOTS} | {"phone": numbers.phone}
        readings |= self._custom(raw)
        first = readings.get("first_phone")
        if isinstance(first, str):
            found = phone.to_e164(first, self._regions(raw))
            readings["first_phone"] = found or Unmapped(first)
        if "contact_stage_id" in raw:
            readings["do_not_contact"] = _consent(readings["stage"], raw.get("email_unsubscribed"))
        fields: dict[str, Value] = {}
        unmapped: dict[str, str] = {}
        for name, reading in readings.items():
            if isinstance(reading, Unmapped):
                unmapped[name] = reading.raw
            elif not isinstance(reading, Unknown):
                fields[name] = reading
        more = (fields["first_phone"],) if isinstance(fields.get("first_phone"), str) else ()
        marker = self._marker(raw)
        contact = Contact(
            id=str(raw["id"]),
            fields=fields,
            created_at=instant.parse(raw.get("created_at")),
            updated_at=instant.parse(raw.get("updated_at")),
            marker=self.sources.read(marker),
            phones=tuple(dict.fromkeys((*numbers.all, *(each for each in more if isinstance(each, str))))),
            unmapped=unmapped,
            memory=numbers.memory,
            emails=_emails(raw),
            is_marker_bare=self.sources.is_bare(marker),
            illegible=_illegible(raw),
        )
        return self.compute(contact)

    def outline(self, raw: Raw) -> Contact:
        """Return what identifies a record, without a call."""
        readings = {name: reading for name, reading in _plain(raw).items() if isinstance(reading, str)}
        names: Fields = {name: readings[name] for name in ("first_name", "last_name", "email") if name in readings}
        numbers = self.phones(raw, {})
        return Contact(
            str(raw["id"]),
            names,
            instant.parse(raw.get("created_at")),
            instant.parse(raw.get("updated_at")),
            phones=numbers.all,
            emails=_emails(raw),
        )

    def phones(self, raw: Raw, memory: Mapping[str, Any]) -> phone_slots.Phones:
        """Return the typed numbers of a record."""
        return phone_slots.read(_slots(raw), memory, self._regions(raw), SLOTS)

    def settled(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> dict[str, Value]:
        """Return what a record holds in the changed fields, and in all of a place where a part of it was changed.

        `memory` is that from before the write.
        """
        shown = self.contact(raw, memory).fields
        numbers, before = self.phones(raw, memory), phone_slots.number_before(memory)
        settled: dict[str, Value] = {}
        for name, sent in changes.items():
            if name == "phone" or name in SLOTS:
                held = phone_slots.held(numbers, name, sent, before)
                if not isinstance(held, Unknown | Unmapped):
                    settled[name] = held
            elif name in shown:
                settled[name] = shown[name]
        # One address sets all three (R36): what Apollo infers of the others is its answer to this write too.
        inferred = PLACE if changes.keys() & set(PLACE) else ()
        return settled | {name: shown[name] for name in inferred if name in shown}

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes over all that the mapping reads, without the update time.

        Places are read from the address, because search rows may not show what Apollo inferred from it.
        """
        keys = (*PLAIN.values(), "contact_stage_id", "owner_id", "email_unsubscribed", "present_raw_address")
        custom = raw.get("typed_custom_fields")
        shown = [
            [raw.get(key) or None for key in keys],
            sorted(map(str, _label_ids(raw))),
            sorted(_slots(raw).items(), key=lambda each: each[0]),
            sorted((key, str(value)) for key, value in custom.items()) if isinstance(custom, dict) else None,
            str(_website(raw)),
        ]
        return blake2b(repr(shown).encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest()

    def _regions(self, raw: Raw) -> tuple[str, ...]:
        own = text.clean_line(raw.get("country"))
        code = country.to_alpha2(own) if isinstance(own, str) else None
        return (code, self.region) if code and code != self.region else (self.region,)

    def _ids(self, raw: Raw) -> dict[str, Reading | tuple[str, ...]]:
        found: dict[str, Reading | tuple[str, ...]] = {}
        for name, key, directory in (("stage", "contact_stage_id", self.stages), ("owner", "owner_id", self.users)):
            if key in raw:
                found[name] = _named(raw[key], directory)
        if "label_ids" in raw:
            found["tags"] = self._tags(raw["label_ids"])
        return found

    def _tags(self, ids: Any) -> Reading | tuple[str, ...]:
        if ids is None or ids == []:
            return None
        if not isinstance(ids, list) or not self.lists.is_readable():
            return UNKNOWN
        names = [self.lists.name_of(str(each)) for each in ids]
        if None in names:
            return Unmapped(", ".join(str(each) for each, name in zip(ids, names, strict=True) if name is None))
        return labels.clean([name for name in names if name is not None])

    def _custom(self, raw: Raw) -> dict[str, Reading | tuple[str, ...]]:
        custom = raw.get("typed_custom_fields")
        if not isinstance(custom, dict):
            return {}
        mapped, regions = self.custom_fields.mapped, self._regions(raw)
        return {
            name: typed.decode(mapped[name].type, custom.get(field.id), regions)
            if name in mapped
            else _READERS.get(name, text.clean_line)(custom.get(field.id))  # type: ignore[operator]
            for name, field in self.custom_fields.places.items()
            if name != MARKER
        }

    def _marker(self, raw: Raw) -> str | None:
        field, custom = self.custom_fields.places.get(MARKER), raw.get("typed_custom_fields")
        value = text.clean_line(custom.get(field.id)) if field is not None and isinstance(custom, dict) else None
        return value if isinstance(value, str) else None


def label_names(raw: Raw, lists: Directory) -> list[str]:
    """Return the names of the lists that a record is in, as far as they are known."""
    names = (lists.name_of(str(each)) for each in _label_ids(raw))
    return [name for name in names if name is not None]


def _label_ids(raw: Raw) -> Any:
    ids = raw.get("label_ids") or []
    return ids if isinstance(ids, list) else [ids]


def _plain(raw: Raw) -> dict[str, Reading | tuple[str, ...]]:
    found: dict[str, Reading | tuple[str, ...]] = {
        name: _READERS.get(name, text.clean_line)(raw[key])  # type: ignore[operator]
        for name, key in PLAIN.items()
        if key in raw
    }
    for name in (person_name.FIRST, person_name.LAST):
        reading = found.get(name)
        if isinstance(reading, str):
            found[name] = person_name.named(reading)
    for name in PLACE:
        if name in raw:
            found[name] = text.clean_line(raw[name])
    shown = found.get("country")
    if isinstance(shown, str):
        found["country"] = country.to_alpha2(shown) or Unmapped(shown)
    website = _website(raw)
    if website is not UNKNOWN:
        found["website"] = web.website(website)
    return found


def _website(raw: Raw) -> Any:
    """Return the raw website, UNKNOWN where the record shows no company at all."""
    nested = [raw[key] for key in ("account", "organization") if key in raw]
    if not nested and "website_url" not in raw:
        return UNKNOWN
    shown = (each.get("website_url") for each in nested if isinstance(each, dict))
    return next(filter(None, (raw.get("website_url"), *shown)), None)


def _emails(raw: Raw) -> tuple[str, ...]:
    rows = raw.get("contact_emails")
    more = (row.get("email") for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    found = (address for value in (raw.get("email"), *more) for address in email.all_in(value))
    return tuple(dict.fromkeys(found))


def _illegible(raw: Raw) -> tuple[str, ...]:
    """Return the keys that identify a contact and hold what no one can read."""
    more = {
        "contact_emails": not _are_rows(raw.get("contact_emails"), "email"),
        "phone_numbers": not _are_rows(raw.get("phone_numbers"), "sanitized_number", "raw_number"),
    }
    is_odd = {"email": text.is_illegible(raw.get("email")), **more}
    return tuple(key for key, is_illegible in is_odd.items() if is_illegible)


def _are_rows(found: Any, *keys: str) -> bool:
    """Say whether these are rows with legible values, or none."""
    if not isinstance(found, list):
        return found is None
    return all(isinstance(row, dict) and not any(text.is_illegible(row.get(key)) for key in keys) for row in found)


def _slots(raw: Raw) -> dict[str, Any]:
    """Return the text of each typed number. A number of an unknown type takes the place of `other` where that is free.

    Apollo may show several numbers of one type: the first of them counts. A list that cannot be read shows no slot.
    """
    rows = raw.get("phone_numbers")
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        return {}
    slots: dict[str, Any] = dict.fromkeys(SLOTS)
    for row in rows:
        slot = TYPES.get(str(row.get("type") or "other"), "other_phone")
        slots[slot] = slots[slot] or row.get("sanitized_number") or row.get("raw_number")
    return slots


def _named(raw: Any, directory: Directory) -> Reading:
    if raw is None or raw == "":
        return None
    if not is_usable_id(raw) or not directory.is_readable() or not directory.names():
        return UNKNOWN
    return directory.name_of(str(raw)) or Unmapped(str(raw))


def _consent(stage: Any, unsubscribed: Any) -> Reading:
    if unsubscribed is True or consent.forbids(stage):
        return consent.SET
    return UNKNOWN if isinstance(stage, Unknown | Unmapped) else None
