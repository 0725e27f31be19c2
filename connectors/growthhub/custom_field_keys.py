"""The keys and names of custom fields, and a field as the server shows it. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.growthhub.places import PREFIX, CustomField
from connectors.http.allowed_calls import is_usable_id

LONGEST_KEY = 1000
_SPELLINGS = {"id": "ID", "url": "URL", "linkedin": "LinkedIn", "growthgenius": "GrowthGenius"}
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,99}")
"""The form of any kind of field, known to us or not."""
_ID: Final = re.compile(r"[A-Za-z0-9]{20}")


def display_name(key: str) -> str:
    """Return the name for a new field, from which the server derives the key: "contact.job_title" is "Job Title"."""
    words = key.removeprefix(PREFIX).split("_")
    return " ".join(_SPELLINGS.get(word, word.capitalize()) for word in words)


def squash(key: str) -> str:
    """Return the comparable form of keys and names: letters and digits in lower case, without "contact."."""
    return re.sub(r"[\W_]", "", key.casefold().removeprefix(PREFIX))


def key_of(place: str) -> str:
    """Return the key of a custom field that a config names by key or name: "Renewal date" is "contact.renewal_date"."""
    if place.startswith(PREFIX):
        return place
    return PREFIX + (place if is_field_id(place) else re.sub(r"\W+", "_", place.strip().lower()).strip("_"))


def is_field_id(place: str) -> bool:
    """Say whether a text has the form of the id of a custom field, like "3sv6UEo51C9Bmpo1cKTq"."""
    return _ID.fullmatch(place) is not None and not place.islower() and any(map(str.isdigit, place))


def full_key(key: str) -> str:
    """Return the key with "contact." before it."""
    return key if key.startswith(PREFIX) else PREFIX + key


def shown_field(raw: Mapping[str, Any]) -> CustomField | None:
    """Return a field of the server's list, None where it has no usable id, kind or key."""
    shown = [raw.get(each) for each in ("id", "fieldKey", "name", "dataType")]
    if not all(each is None or isinstance(each, str) for each in shown) or not is_usable_id(shown[0]):
        return None
    field_id, key, name, kind = (each or "" for each in shown)
    is_legible = key.isprintable() and len(key) <= LONGEST_KEY
    # The place of an unreadable field would seem to be missing, and be created twice.
    if (kind and not _KIND.fullmatch(kind)) or not is_legible:
        return None
    return CustomField(field_id, key, name, kind or "TEXT", _options(raw))


def _options(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the only values that a field takes, () where it takes others too."""
    listed = raw.get("picklistOptions")
    if not isinstance(listed, list) or raw.get("isAllowedCustomOption") is True:
        return ()
    named = (each.get("name") or each.get("label") if isinstance(each, dict) else each for each in listed)
    return tuple(each for each in named if isinstance(each, str) and each)
