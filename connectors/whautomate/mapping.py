"""Map a Whautomate contact from the wire to the canonical shape and back. Pure.

Rules kept here:
- R36: `name` is first and last name together (connectors.whautomate.names);
- R37: a contact without a number, or of another location, is left out, with the reason;
- `phoneNumber` is E.164, read without its "+" as well, and written with it. `stage` is one of eight words;
- everything else stands in custom fields, under the canonical name unless the config says otherwise. Whautomate has no
  e-mail address of its own either;
- R4: a custom field that is not shown is empty. R17: a value that means nothing elsewhere is unmapped.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any, Final

from connectors.contact import Contact, Fields, Value
from connectors.fields import Compute, MappedField, compute_nothing
from connectors.records import Raw
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import country, email, instant, labels, phone, text, typed, web
from connectors.values.text import UNKNOWN, Reading, Unknown, Unmapped
from connectors.whautomate.custom_fields import custom_values, is_legible, value_of
from connectors.whautomate.envelope import identity
from connectors.whautomate.names import read_name, split_name
from connectors.whautomate.places import CARRIED, CUSTOM, NAMES, NOTES, place_of
from connectors.whautomate.places import shown as shown_at

STAGES: Final = (
    "Subscriber",
    "Lead",
    "Marketing qualified lead (MQL)",
    "Sales qualified lead (SQL)",
    "Opportunity",
    "Customer",
    "Evangelist",
    "Other",
)
"""The words of a stage. A new contact has the first."""

DERIVED: Final = frozenset(NAMES)

NO_SOURCES: Final = ("source_id",)
"""The custom field of source ids where the account of the other side is not known."""

NO_NUMBER: Final = "no phone number"
DIGEST_BYTES: Final = 16

_WORDS: Final = {stage.casefold(): stage for stage in STAGES}


def stage_word(value: Value) -> str | None:
    """Return the stage that a word means, None for no stage."""
    return _WORDS.get(value.casefold()) if isinstance(value, str) else None


def digits(number: object) -> str:
    """Return the digits of a number, by which numbers are compared."""
    return "".join(each for each in str(number or "") if each.isascii() and each.isdigit())


def _number(raw: object, region: str) -> Reading:
    found = text.clean_line(raw)
    if not isinstance(found, str):
        return found
    bare = digits(found)
    with_plus = phone.to_e164(f"+{bare}", ()) if found.isdigit() else None
    return with_plus or phone.to_e164(found, (region,)) or Unmapped(found)


def _country(raw: object) -> Reading:
    found = text.clean_line(raw)
    return country.to_alpha2(found) or Unmapped(found) if isinstance(found, str) else found


_TEXTS: Final = frozenset(
    {"address", "keywords", "technologies", "email_status", "email_confidence", *(f"custom{n}" for n in range(1, 10))}
)
_READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    **{name: text.clean if name in _TEXTS else text.clean_line for name in CUSTOM},
    "email": email.clean,
    "website": web.website,
    "linkedin_url": partial(web.profile, network="linkedin"),
    "twitter_url": partial(web.profile, network="twitter"),
    "facebook_url": partial(web.profile, network="facebook"),
    "country": _country,
    "lists": labels.clean,
}


@dataclass(frozen=True, slots=True)
class ContactMapping:
    """Maps the contacts of one location. `region` (alpha-2) is for numbers without a country code.

    `mapped` are the fields with a place of the user's choice, `compute` adds those that are made of others. `sources`
    is the account of source ids.
    """

    location_id: str
    region: str
    mapped: Mapping[str, MappedField] = field(default_factory=dict)
    sources: SourceAccount = NO_ACCOUNT
    other_channels: bool = False
    compute: Compute = compute_nothing

    @property
    def carried(self) -> frozenset[str]:
        """Return every field that has a place."""
        return CARRIED | self.mapped.keys()

    def contact(self, raw: Raw) -> Contact:
        """Return the contact that a record shows."""
        custom = custom_values(raw.get("customFields"))
        readings = self._readings(raw, custom)
        fields = {name: one for name, one in readings.items() if not isinstance(one, Unknown | Unmapped)}
        left_out = self._left_out(raw, fields)
        marker = self._source_id(custom) if not left_out or self.other_channels else None
        contact = Contact(
            id=identity(raw),
            fields=fields,
            created_at=instant.parse(raw.get("createdAt")),
            updated_at=instant.parse(raw.get("updatedAt")),
            marker=self.sources.read(marker),
            phones=tuple(
                dict.fromkeys(one for key in ("phone", "first_phone") if isinstance(one := fields.get(key), str))
            ),
            unmapped={name: one.raw for name, one in readings.items() if isinstance(one, Unmapped)},
            emails=email.all_in(self._shown(raw, custom, "email")),
            is_marker_bare=self.sources.is_bare(marker),
            left_out=left_out,
            illegible=self._illegible(raw, custom),
        )
        return self.compute(contact)

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes over what a record shows, whatever its order and its times."""
        custom = {key: _as_text(value) for key, value in custom_values(raw.get("customFields")).items()}
        shown = {
            **{key: text.visible(raw[key]) for key in ("name", NOTES) if isinstance(raw.get(key), str)},
            "phoneNumber": digits(raw.get("phoneNumber")),
            "stage": raw.get("stage"),
            "location": self._location_of(raw),
            "tags": sorted(labels.spellings(raw.get("tags"))),
            "customFields": {key: value for key, value in custom.items() if value},
        }
        content = json.dumps({key: value for key, value in shown.items() if value}, sort_keys=True)
        return blake2b(content.encode(), digest_size=DIGEST_BYTES).digest()

    def wire(self, changes: Fields) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the keys and the custom fields that hold values, besides name, number, stage and tags."""
        keys: dict[str, Any] = {}
        custom: dict[str, str] = {}
        for name, value in changes.items():
            if name in self.mapped:
                one = self.mapped[name]
                place = place_of(one.place)
                encoded = _wire(typed.encode(one.type, value, place))
                if place.custom:
                    custom[place.key] = encoded
                else:
                    keys[place.key] = encoded
            elif name in CUSTOM:
                custom[name] = _wire(value)
        return keys, custom

    def marker_wire(self, raw: Raw, marker: str) -> dict[str, str]:
        """Return the custom field that is to hold a source id; none where it does, or holds that of another account."""
        key, *_ = self.sources.fields or NO_SOURCES
        shown, written = (
            text.clean_line(value_of(custom_values(raw.get("customFields")), key)),
            self.sources.written(marker),
        )
        is_kept = isinstance(shown, str) and (shown == written or self.sources.is_foreign(shown))
        return {} if is_kept else {key: written}

    def is_writable(self, name: str) -> bool:
        """Say whether a field can be written."""
        return place_of(self.mapped[name].place).writable if name in self.mapped else name in CARRIED

    def names(self, raw: Raw) -> tuple[str | None, str | None]:
        """Return first and last name as a record shows them."""
        shown = self._names(raw, custom_values(raw.get("customFields")))
        first, last = (one if isinstance(one, str) else None for one in shown.values())
        return first, last

    def _readings(self, raw: Raw, custom: Mapping[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {name: _READERS[name](self._shown(raw, custom, name)) for name in CUSTOM}
        shown |= self._names(raw, custom)
        shown["phone"] = _number(raw.get("phoneNumber"), self.region)
        shown["first_phone"] = _number(self._shown(raw, custom, "first_phone"), self.region)
        shown["stage"] = text.clean_line(raw.get("stage"))
        shown["tags"] = labels.clean(raw.get("tags"))
        for name, one in self.mapped.items():
            shown[name] = typed.decode(one.type, self._shown(raw, custom, name), (self.region,))
        return shown if is_legible(raw.get("customFields")) else {**shown, **self._unread()}

    def _unread(self) -> dict[str, Unknown]:
        """Return the fields with a custom field as unknown."""
        names = {*CUSTOM, "first_phone"} - {*NAMES, *self.mapped}
        return dict.fromkeys(
            (*names, *(name for name, one in self.mapped.items() if place_of(one.place).custom)), UNKNOWN
        )

    def _illegible(self, raw: Raw, custom: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the keys that identify a contact and hold what no one can read."""
        values = {"phoneNumber": raw.get("phoneNumber")}
        values |= {name: self._shown(raw, custom, name) for name in ("email", "first_phone")}
        odd = [key for key, value in values.items() if text.is_illegible(value)]
        return (*odd, *(() if is_legible(raw.get("customFields")) else ("customFields",)))

    def _source_id(self, custom: Mapping[str, Any]) -> str | None:
        """Return the source id of the other account. An id alone counts in the field of the first connection only."""
        for number, key in enumerate(self.sources.fields or NO_SOURCES):
            found = text.clean_line(value_of(custom, key))
            if not isinstance(found, str) or self.sources.is_foreign(found):
                continue
            if not self.sources.is_bare(found) or (number == 0 and not self.sources.has_own_field):
                return found
        return None

    def _shown(self, raw: Raw, custom: Mapping[str, Any], name: str) -> Any:
        """Return what the place of a field holds, None for nothing."""
        return shown_at(raw, custom, place_of(self.mapped[name].place if name in self.mapped else name))

    def _names(self, raw: Raw, custom: Mapping[str, Any]) -> dict[str, Reading]:
        name = read_name(raw.get("name"))
        if not isinstance(name, str):
            return dict.fromkeys(NAMES, name)
        own = [text.clean_line(value_of(custom, each)) for each in NAMES]
        first, last = (one if isinstance(one, str) else None for one in own)
        return dict(zip(NAMES, split_name(name, (first, last)), strict=True))

    def _left_out(self, raw: Raw, fields: Fields) -> str:
        """Return why a record is not carried, "" where it is."""
        location = self._location_of(raw)
        if location and location != self.location_id:
            return f"of location {location}"
        return "" if fields.get("phone") else NO_NUMBER

    @staticmethod
    def _location_of(raw: Raw) -> str:
        location = raw.get("location")
        shown = location.get("id") if isinstance(location, Mapping) else location
        return str(shown or "")


def _wire(value: Any) -> str:
    return labels.to_text(value) if isinstance(value, tuple) else str(value or "")


def _as_text(value: Any) -> str:
    found = text.clean(value)
    return found if isinstance(found, str) else "" if found is None else json.dumps(value, sort_keys=True)
