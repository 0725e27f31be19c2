"""The places of a GrowthGenius contact: its 58 documented keys, and which of them hold the standard fields (R47).

Rules kept here:
- every key is documented as a text or null, but the few numbers and times below; custom1 to custom9 hold any text;
- a key that is read together with others (names, numbers, owner, labels, stage and status, which say do-not-contact) is
  written by its standard field alone. As a place of another field it can be read;
- ids, times and what GrowthGenius finds out by itself cannot be written. `contact_account` is an object: its parts are
  named with a dot.
"""

from collections.abc import Mapping
from typing import Any, Final

from connectors.contact import FIELDS, PHONE_SLOTS
from connectors.fields import FieldType, Place
from connectors.records import Raw

HOMELESS: Final = frozenset({"address", "postal_code"})
"""The standard fields that GrowthGenius has no key for."""

PLACES: Final[Mapping[str, str]] = {
    **{name: name for name in FIELDS if name not in HOMELESS},
    "company": "company_name",
    "tags": "label_names",
    "owner": "user_id",
}
"""The wire key of each standard field. `phone` is kept in one of PHONE_SLOTS, `do_not_contact` in stage and status."""

FIXED: Final = frozenset(
    {"first_name", "last_name", "email", "phone", *PHONE_SLOTS, "tags", "lists", "owner", "stage", "status", "country",
     "do_not_contact", "email_status", "email_confidence"}
)  # fmt: skip
"""The standard fields with values that are read together with others, or by rules of their own."""

_WRITABLE: Final = (
    *(f"custom{number}" for number in range(1, 10)),
    "title", "company_name", "company_name_informal", "company_address", "company_city", "company_state",
    "company_country", "industry", "employee_count", "annual_revenue", "keywords", "technologies", "city", "state",
    "linkedin_username", "seo_description", "unstructured_data", "bad_data_reason",
)  # fmt: skip
_URLS: Final = ("website", "linkedin_url", "company_linkedin_url", "facebook_url", "twitter_url")
_READ_ONLY: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(("first_name", "last_name", "full_name", "name", "country", "email_status"), "text"),
    **dict.fromkeys(("stage", "status"), "choice"),
    **dict.fromkeys(("id", "prospect_id", "user_id", "contact_account_id", "upload_identifier"), "text"),
    **dict.fromkeys(("contact_account.id", "contact_account.status"), "text"),
    **dict.fromkeys(PHONE_SLOTS, "phone"),
    **dict.fromkeys(("created_at", "updated_at"), "datetime"),
    **dict.fromkeys(("label_names", "lists"), "choices"),
    "email": "email",
    "email_confidence": "number",
}

NATIVE: Final[Mapping[str, Place]] = {
    **{key: Place(key, key) for key in _WRITABLE},
    **{key: Place(key, key, kind="url") for key in _URLS},
    **{key: Place(key, key, field_type, writable=False) for key, field_type in _READ_ONLY.items()},
}
"""Every place, by its key."""


def place_of(key: str, field_type: FieldType) -> Place | None:
    """Return the place that a config names, None where there is none or it cannot hold the type.

    Every key is a text on the wire, so one that can only be read may be read as any type.
    """
    found = NATIVE.get(key)
    return found if found is None or not found.writable or found.holds(field_type) else None


def wire_key(key: str) -> str:
    """Return the key of the record that a place is in."""
    return key.partition(".")[0]


def shown(raw: Raw, key: str) -> tuple[bool, Any]:
    """Return whether a record shows a place, and its raw value."""
    if key in raw:
        return True, raw[key]
    outer, _, inner = key.partition(".")
    if outer not in raw:
        return False, None
    value = raw[outer]
    return (True, value.get(inner)) if isinstance(value, Mapping) else (value is None, None)
