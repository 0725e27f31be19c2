"""Read single parts of a GrowthHub record, and compute its digest. Pure.

Search rows and records read by id differ. A row has `address`, explicit nulls and lower-case twins of names; a record
has `address1` and no empty keys. Rules kept here: R4 (absent is empty) and R39 (a row with only the lower-case twin of
a name leaves the name unknown).
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from connectors.growthhub import consent
from connectors.growthhub.places import PROPERTIES, MappedPlace, digested
from connectors.records import Raw
from connectors.values import labels

NATIVE: Mapping[str, str] = PROPERTIES
"""The wire property of each standard field that has one."""

CONSENT = "do_not_contact"

TWINS: Mapping[str, str] = {"first_name": "firstNameLowerCase", "last_name": "lastNameLowerCase"}
"""Properties that show a name in lower case, never in its own spelling."""

NO_PLACES: Mapping[str, MappedPlace] = MappingProxyType({})

LEGIBLE = ("email", "phone", *TWINS)
"""Fields that identify a contact. Each is a single text."""

_NUMBERS = (int, float)
_DIGESTED = tuple(key for key in NATIVE.values() if key not in {"address1", "tags", "dnd"})
IDENTIFYING = ("id", "email", "phone", "additionalEmails", "additionalPhones", "country", "dateAdded", *TWINS.values())
"""The properties that identify a contact, besides the names."""


def custom_values(raw: Raw) -> list[tuple[str, Any]]:
    """Return id and value of each custom field that is not empty."""
    found = raw.get("customFields")
    if not isinstance(found, list):
        return []
    return [
        (str(each.get("id")), value)
        for each in found
        if isinstance(each, dict) and ((value := each.get("value")) or isinstance(value, _NUMBERS))
    ]


def tags_of(raw: Raw) -> tuple[str, ...]:
    """Return the cleaned tags of a record."""
    found = labels.clean(raw.get("tags") or None)
    return found if isinstance(found, tuple) else ()


def digest(raw: Raw, natives: Mapping[str, MappedPlace] = NO_PLACES) -> bytes:
    """Return 16 bytes over what the mapping uses, the same for both shapes of a record.

    Times, search positions, lower-case twins and attribution do not count. `natives` are the mapped native places.
    """
    tags = raw.get("tags")
    used = [
        [raw.get(key) or None for key in _DIGESTED],
        raw.get("address1") or raw.get("address") or None,
        sorted(str(tag).casefold() for tag in tags) if isinstance(tags, list) else tags,
        sorted(custom_values(raw), key=lambda pair: pair[0]),
        sorted(map(str, additional_phones(raw))),
        bool(raw.get("dnd")),
        *consent.digested(raw),
    ]
    if more := additional_emails(raw):
        used.append(sorted(map(str, more)))
    if natives:
        used.append(digested(raw, natives))
    used[2] = used[2] or None
    return blake2b(repr(used).encode(errors="surrogatepass"), digest_size=16).digest()


def is_row(raw: Raw) -> bool:
    """Say whether this is a row of a search, which leaves some places out, and no record read by id."""
    return "contactName" in raw or "searchAfter" in raw


def lacks_names(raw: Raw) -> bool:
    """Say whether a row shows a name in lower case alone."""
    return any(True for _ in unknown_names(raw))


def unknown_names(raw: Raw) -> Iterable[str]:
    """Yield the name fields that a row shows in lower case alone."""
    return (name for name, twin in TWINS.items() if NATIVE[name] not in raw and raw.get(twin))


def illegible_names(raw: Raw) -> Iterable[str]:
    """Yield the identifying fields that hold a list or an object, even an empty one. They are unknown, not empty."""
    return (name for name in LEGIBLE if isinstance(raw.get(NATIVE[name]), dict | list))


def additional_phones(raw: Raw) -> list[Any]:
    """Return the raw additional numbers of a record."""
    return _additional(raw, "additionalPhones", "phone")


def additional_emails(raw: Raw) -> list[Any]:
    """Return the raw additional e-mail addresses of a record."""
    return _additional(raw, "additionalEmails", "email")


def _additional(raw: Raw, key: str, inner: str) -> list[Any]:
    found = raw.get(key)
    if not isinstance(found, list):
        return []
    return [each.get(inner) if isinstance(each, dict) else each for each in found]


def is_empty(value: Any) -> bool:
    """Say whether a raw value is empty. Zero and false are values."""
    return not value and not isinstance(value, _NUMBERS)
