"""Map a GrowthGenius contact from the wire to the canonical shape and back. Pure: users are passed in.

Rules kept here:
- R4: an absent key is unknown, null and "" are empty, "NaN" and the like are dirt, so unknown;
- R17: a value that means nothing elsewhere is unknown and listed as unmapped;
- the country is ISO 3166 alpha-2 here, and its display name at GrowthGenius (documented samples: "New Zealand", "USA");
- `full_name` and `name` count only where first and last name are both missing: the documented samples contradict
  themselves (full_name "Steve Jobs", first_name "Tony");
- there is no field for do-not-contact: a stage or a status "Do Not Contact", in any case, says it;
- `label_names` and `lists` have no documented shape: they are read tolerantly, and written in the last seen shape, else
  as a list;
- the owner is the user's e-mail, because ids mean nothing elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, Final

from connectors import phone_slots as phones
from connectors.contact import FIELDS, PHONE_SLOTS, Contact, Fields, Value
from connectors.fields import Compute, FieldType, MappedField, Place, compute_nothing
from connectors.growthgenius import places
from connectors.growthgenius.envelope import identity
from connectors.growthgenius.places import HOMELESS, PLACES
from connectors.records import Raw
from connectors.values import consent, country, email, instant, labels, person_name, phone, text, typed, web
from connectors.values.text import UNKNOWN, Reading, Unknown, Unmapped

READ_ONLY: Final = frozenset({"lists", "email_status", "email_confidence"})
CARRIED: Final = frozenset(FIELDS) - HOMELESS
CONSENT_IN: Final = ("stage", "status")
"""The fields that say whether a contact may be contacted. The first of them is written."""

KEYS: Final = tuple(
    sorted(
        {PLACES[name] for name in CARRIED - {"phone", "do_not_contact"}} | {"id", "full_name", "name", "created_at"}
    ),
)
"""The wire keys that a contact is read from, except its update time."""

WHO: Final = ("id", "email", "first_name", "last_name", "full_name", "name", "country", "created_at", *PHONE_SLOTS)
"""The wire keys that identify a contact."""

REMEMBERED: Final = 2_000

Owner = Callable[[Any], Reading]
"""Returns the e-mail of the user with a raw `user_id`."""


def _unknown(_: object) -> Reading:
    return UNKNOWN


def _country(raw: object) -> Reading:
    found = text.clean_line(raw)
    if not isinstance(found, str):
        return found
    return country.to_alpha2(found) or Unmapped(found)


def _remembered(read: Callable[[object], Reading]) -> Callable[[object], Reading]:
    """Return the same reader with a cache for texts: contacts share cities, companies and domains."""
    cached = lru_cache(maxsize=REMEMBERED)(read)

    def reading(raw: object) -> Reading:
        return cached(raw) if isinstance(raw, str) else read(raw)

    return reading


_LINES = ("company", "title", "city", "state", "industry", "employee_count", "annual_revenue", "stage", "status")
_TEXTS = ("keywords", "technologies", "email_status", "email_confidence", *(f"custom{n}" for n in range(1, 10)))
_READERS: Final[Mapping[str, Callable[[object], Reading | tuple[str, ...]]]] = {
    **dict.fromkeys(_LINES, _remembered(text.clean_line)),
    **dict.fromkeys(_TEXTS, text.clean),
    "email": email.clean,
    "website": _remembered(web.website),
    "linkedin_url": partial(web.profile, network="linkedin"),
    "twitter_url": partial(web.profile, network="twitter"),
    "facebook_url": partial(web.profile, network="facebook"),
    "country": _remembered(_country),
    "tags": labels.clean,
    "lists": labels.clean,
}
_PLAIN: Final = tuple((name, PLACES[name], reader) for name, reader in _READERS.items())


@dataclass(frozen=True, slots=True)
class GrowthGeniusPlace:
    """The place of a field that converts by its type (R47)."""

    type: FieldType
    place: Place
    decode: Callable[[Any, tuple[str, ...]], typed.Decoded] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decode", typed.decoder(self.type))


def mapped_places(mapped: Mapping[str, MappedField]) -> dict[str, GrowthGeniusPlace]:
    """Return the place of each mapped field, without those that GrowthGenius has no place for."""
    found = {name: (field.type, places.place_of(field.place, field.type)) for name, field in mapped.items()}
    return {name: GrowthGeniusPlace(kind, place) for name, (kind, place) in found.items() if place is not None}


@dataclass(frozen=True, slots=True)
class ContactReader:
    """Maps records. `country` (alpha-2) is that of the connection, for numbers without a country code.

    `mapped` are the fields with a place of the user's choice, `compute` adds those that are made of others.
    """

    country: str
    owner: Owner
    mapped: Mapping[str, GrowthGeniusPlace] = field(default_factory=dict)
    compute: Compute = compute_nothing

    def contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Return the contact that a record shows."""
        numbers = self.phones(raw, memory)
        readings: dict[str, Any] = {**_names(raw), **_plain(raw), **_numbers(numbers)}
        readings["do_not_contact"] = _consent(readings)
        if "user_id" in raw:
            readings["owner"] = self.owner(raw["user_id"])
        if self.mapped:
            readings |= self._mapped(raw)
        contact = Contact(
            id=identity(raw),
            fields={name: one for name, one in readings.items() if not isinstance(one, Unknown | Unmapped)},
            created_at=instant.parse(raw.get("created_at")),
            updated_at=instant.parse(raw.get("updated_at")),
            phones=numbers.all,
            unmapped={name: one.raw for name, one in readings.items() if isinstance(one, Unmapped)},
            memory=numbers.memory,
            emails=email.all_in(raw.get("email")),
            illegible=tuple(key for key in ("email", *PHONE_SLOTS) if text.is_illegible(raw.get(key))),
        )
        return self.compute(contact)

    def _mapped(self, raw: Raw) -> dict[str, Reading | tuple[str, ...]]:
        """Return what a record shows of the mapped fields. A key that it does not show is unknown (R4)."""
        readings: dict[str, Reading | tuple[str, ...]] = {}
        regions = self._regions(raw)
        for name, mapped in self.mapped.items():
            is_shown, value = places.shown(raw, mapped.place.key)
            readings[name] = mapped.decode(value, regions) if is_shown else UNKNOWN
        return readings

    def outline(self, raw: Raw) -> Contact:
        """Return what identifies a record, without a call for users."""
        who = replace(self.without_owner(), mapped={}, compute=compute_nothing)
        return who.contact({key: raw[key] for key in WHO if key in raw}, {})

    def without_owner(self) -> "ContactReader":
        """Return a reader that leaves owners unknown, and so makes no call for users."""
        return replace(self, owner=_unknown)

    def phones(self, raw: Raw, memory: Mapping[str, Any]) -> phones.Phones:
        """Return the numbers of a record, read in its own country first, then in that of the connection."""
        return phones.read(raw, memory, self._regions(raw))

    def _regions(self, raw: Raw) -> tuple[str, ...]:
        own = _READERS["country"](raw.get("country"))
        return (own, self.country) if isinstance(own, str) and own != self.country else (self.country,)

    def settled(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> dict[str, Value]:
        """Return what a record holds in the changed fields. `memory` is that from before the write."""
        reader = self if "owner" in changes else self.without_owner()
        shown = reader.contact(raw, memory).fields
        numbers, before = self.phones(raw, memory), phones.number_before(memory)
        settled: dict[str, Value] = {}
        for name, sent in changes.items():
            if name == "phone" or name in PHONE_SLOTS:
                held = phones.held(numbers, name, sent, before)
                if not isinstance(held, Unknown | Unmapped):
                    settled[name] = held
            elif name in shown:
                settled[name] = shown[name]
        return settled


def consent_body(before: Raw, body: Mapping[str, Any], value: Value) -> dict[str, Any]:
    """Return what to write for `do_not_contact` beside `body`, so that the record `before` shows the value.

    What `body` itself forbids is not taken back.
    """
    after = {**before, **body}
    telling = [key for key in CONSENT_IN if consent.forbids(text.clean_line(after.get(key)))]
    if value is None:
        return {key: None for key in telling if key not in body}
    return {} if telling else {CONSENT_IN[0]: consent.STAGE}


def label_shape(raw: Any) -> str | None:
    """Return the shape of a raw set of labels: "text", "objects" or "list", None where it shows none."""
    if isinstance(raw, str) and raw:
        return "text"
    if isinstance(raw, list) and raw:
        return "objects" if isinstance(raw[0], dict) else "list"
    return None


def wire_value(name: str, value: Value, before: Raw, shape: str | None) -> Any:
    """Return the wire value of a canonical value. `shape` is that of the labels last seen.

    Other content of the record `before` in the same place stays: labels in their own spelling, additional addresses.
    """
    if isinstance(value, tuple):
        return _wire_labels(value, before.get(PLACES[name]), shape)
    if name == "email":
        return email.with_first(before.get("email"), value)
    if name == "country" and value is not None:
        try:
            return country.display_name(value)
        except KeyError:
            return value
    return value


def wire_number(value: str | None, shown: Any) -> str | None:
    """Return the wire value of a number for a slot that shows something. Additional numbers in it stay."""
    found = text.clean_line(shown)
    return phone.with_first(found, value) if isinstance(found, str) else value


def other_name(before: Raw, changes: Fields) -> dict[str, Any]:
    """Return the other name, where the record `before` shows both names in one field and one of them is written."""
    first, last = (text.clean_line(before.get(name)) for name in (person_name.FIRST, person_name.LAST))
    meant = _names(before)
    own = (first if isinstance(first, str) else None, last if isinstance(last, str) else None)
    shown = [meant.get(name) for name in (person_name.FIRST, person_name.LAST)]
    read = [name if isinstance(name, str) else None for name in shown]
    return dict(person_name.completed(changes, own, (read[0], read[1])))


def _wire_labels(value: tuple[str, ...], shown: Any, shape: str | None) -> Any:
    known = labels.spellings(shown)
    names = [*labels.spelled(value, known), *known.get("", ())]
    if shape == "text":
        return labels.to_text(names)
    return [{"name": each} for each in names] if shape == "objects" else names


def _names(raw: Raw) -> dict[str, Reading]:
    names = {name: text.clean_line(raw[name]) for name in (person_name.FIRST, person_name.LAST) if name in raw}
    names |= {name: person_name.named(found) for name, found in names.items() if isinstance(found, str)}
    first, last = (names.get(name) for name in (person_name.FIRST, person_name.LAST))
    if isinstance(first, str | None) and isinstance(last, str | None):
        meant = dict(zip((person_name.FIRST, person_name.LAST), person_name.apart(first, last), strict=True))
        names |= {name: reading for name, reading in meant.items() if name in names or reading is not None}
    if any(isinstance(reading, str | Unmapped) for reading in names.values()):
        return names
    full = next(
        (found for key in ("full_name", "name") if isinstance(found := text.clean_line(raw.get(key)), str)), None
    )
    first, last = (None, None) if full is None else person_name.split(full)
    if first is None and last is None:
        return names
    return {
        person_name.FIRST: first or names.get(person_name.FIRST, UNKNOWN),
        person_name.LAST: last or names.get(person_name.LAST, UNKNOWN),
    }


def _consent(readings: Mapping[str, Any]) -> Reading:
    """Return what stage and status say. That contact is allowed is known only where both are known."""
    shown = [readings.get(name, UNKNOWN) for name in CONSENT_IN]
    if any(map(consent.forbids, shown)):
        return consent.SET
    return UNKNOWN if UNKNOWN in shown else None


def _plain(raw: Raw) -> dict[str, Any]:
    return {
        name: None if (value := raw[key]) is None or value == "" else reader(value)
        for name, key, reader in _PLAIN
        if key in raw
    }


def _numbers(numbers: phones.Phones) -> dict[str, Reading]:
    shown: dict[str, Reading] = {slot: numbers.shown(slot) for slot in PHONE_SLOTS}
    shown["phone"] = numbers.phone
    return shown
