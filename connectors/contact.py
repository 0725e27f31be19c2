"""The one shape that a person has between systems.

Rules kept here:
- a value is a non-empty string, a non-empty tuple of strings (sets, in a stable order), or None for "empty";
- a field that is absent from `fields` is *unknown*: no change, no conflict (R4);
- times are aware and UTC; ids are strings (the type at the wire is the connector's affair);
- what means nothing on another system is not in `fields` but in `unmapped`, with its raw text (R17).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.values import email, labels, phone, text

Value = str | tuple[str, ...] | None
Fields = Mapping[str, Value]

PHONE_SLOTS = ("mobile_phone", "first_phone", "work_phone", "corporate_phone", "home_phone", "other_phone")
"""The typed numbers of GrowthGenius, in the order in which one of them becomes `phone` (R16)."""

_NUMBERS = frozenset({"phone", *PHONE_SLOTS})
_SIGNS = re.compile(r"[\W_]+")

SET_FIELDS = frozenset({"tags", "lists"})
"""Merged element by element (R12)."""

FIELDS = (
    "first_name", "last_name", "email", "phone", *PHONE_SLOTS,
    "company", "title", "website", "linkedin_url", "twitter_url", "facebook_url",
    "address", "city", "state", "country", "postal_code",
    "industry", "employee_count", "annual_revenue", "keywords", "technologies",
    "tags", "lists", "stage", "status", "owner",
    "email_status", "email_confidence", "do_not_contact",
    *(f"custom{n}" for n in range(1, 10)),
)  # fmt: skip
"""Every canonical name, as the config file knows them."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as one system shows it.

    `marker` is the id that this record claims to have at the other system; `is_marker_bare` says that it names no
    account, so that a person may have typed or imported it. `phones` are all its possible numbers
    (E.164), `emails` all its addresses, both for pairing. `memory` is what the mapping wants back when it maps this
    record again (R16: the E.164 form of each raw number, and under "slot" which of PHONE_SLOTS `phone` came from); it
    is JSON, and apart from "slot" opaque.
    """

    id: str
    fields: Fields
    created_at: datetime | None = None
    updated_at: datetime | None = None
    marker: str | None = None
    phones: tuple[str, ...] = ()
    unmapped: Mapping[str, str] = field(default_factory=dict)
    memory: Mapping[str, Any] = field(default_factory=dict)
    emails: tuple[str, ...] = ()
    is_marker_bare: bool = False


def fold(name: str, value: Value) -> Value:
    """Return what two values of the field are compared by.

    E-mails, and the elements of sets, without case; numbers as they are dialled now; texts as they look.
    """
    if isinstance(value, tuple):
        return tuple(sorted({labels.key(element) for element in value})) or None
    if not value:
        return value
    if name in {"email", "owner"}:
        return email.key(value)
    return phone.key(value) if name in _NUMBERS else text.visible(value)


def same(name: str, one: Value, other: Value) -> bool:
    """Say whether two known values of the field are one and the same."""
    return one == other or fold(name, one) == fold(name, other)


def alike(name: str, one: Value, other: Value) -> bool:
    """Say whether two values are the same but for case, spaces and signs: a server may have rewritten one of them."""
    return same(name, one, other) or (one is not None and _bare(one) == _bare(other) != "")


def _bare(value: Value) -> str:
    parts = value if isinstance(value, tuple) else (value or "",)
    return "|".join(sorted(_SIGNS.sub("", part).casefold() for part in parts))
