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
from connectors.http.allowed_calls import is_usable_id
from connectors.records import Raw
from connectors.values import labels, text

NATIVE: Mapping[str, str] = PROPERTIES
"""The wire property of each standard field that has one."""

CONSENT = "do_not_contact"

TWINS: Mapping[str, str] = {"first_name": "firstNameLowerCase", "last_name": "lastNameLowerCase"}
"""Properties that show a name in lower case, never in its own spelling."""

NO_PLACES: Mapping[str, MappedPlace] = MappingProxyType({})

_SET = "tags"
"""The one standard property that is a list. Each other one is a single value."""

_EMAILS = ("additionalEmails", "email")
_PHONES = ("additionalPhones", "phone")
"""The lists of further addresses and numbers, and the key of each in a row."""

_NO_TEXTS = (int, float, dict)
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
        if isinstance(each, dict) and ((value := each.get("value")) or isinstance(value, _NO_TEXTS))
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
    """Yield the standard fields that hold an object or a list, or the set that holds none: unknown, not empty."""
    for name, key in NATIVE.items():
        value = raw.get(key)
        is_list = isinstance(value, list)
        if isinstance(value, dict) or (not is_list and value not in {None, ""} if name == _SET else is_list):
            yield name


def has_legible_custom_fields(raw: Raw) -> bool:
    """Say whether the custom fields of a record can be read. A row without a usable id may be any of them."""
    found = raw.get("customFields")
    if not isinstance(found, list):
        return found is None or found == ""
    return all(isinstance(each, dict) and is_usable_id(each.get("id")) for each in found)


def illegible(raw: Raw) -> tuple[str, ...]:
    """Return the properties that identify a contact and hold what no one can read."""
    more = {key: _illegible_rows(raw.get(key), inner) for key, inner in (_EMAILS, _PHONES)}
    return (
        *(key for key in ("email", "phone") if text.is_illegible(raw.get(key))),
        *(key for key, is_illegible in more.items() if is_illegible),
    )


def _illegible_rows(found: Any, inner: str) -> bool:
    rows = [] if found is None or found == "" else found
    if not isinstance(rows, list):
        return True
    return any(text.is_illegible(each.get(inner) if isinstance(each, dict) else each) for each in rows)


def additional_phones(raw: Raw) -> list[Any]:
    """Return the raw additional numbers of a record."""
    return _additional(raw, *_PHONES)


def additional_emails(raw: Raw) -> list[Any]:
    """Return the raw additional e-mail addresses of a record."""
    return _additional(raw, *_EMAILS)


def _additional(raw: Raw, key: str, inner: str) -> list[Any]:
    found = raw.get(key)
    if not isinstance(found, list):
        return []
    return [each.get(inner) if isinstance(each, dict) else each for each in found]


def is_empty(value: Any) -> bool:
    """Say whether a raw value is empty. Zero and false are values, and an object is one that no one can read."""
    return not value and not isinstance(value, _NO_TEXTS)
