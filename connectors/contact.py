"""The canonical shape of a contact, which every connector maps to and from.

Rules kept here:
- a value is a non-empty string, a non-empty tuple of strings (a set, in a stable order), or None for "empty";
- a field that is absent from `fields` is unknown: no change, no conflict (R4);
- times are aware and UTC; ids are strings, whatever their type at the API;
- a value that means nothing on another system is not in `fields` but in `unmapped`, with its raw text (R17).
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
"""The typed phone numbers, in the order in which one of them becomes `phone` (R16)."""

_NUMBERS = frozenset({"phone", *PHONE_SLOTS})
_SIGNS = re.compile(r"[\W_]+")

SET_FIELDS = frozenset({"tags", "lists"})
"""Fields that are merged element by element (R12)."""

FIELDS = (
    "first_name", "last_name", "email", "phone", *PHONE_SLOTS,
    "company", "title", "website", "linkedin_url", "twitter_url", "facebook_url",
    "address", "city", "state", "country", "postal_code",
    "industry", "employee_count", "annual_revenue", "keywords", "technologies",
    "tags", "lists", "stage", "status", "owner",
    "email_status", "email_confidence", "do_not_contact",
    *(f"custom{n}" for n in range(1, 10)),
)  # fmt: skip
"""Every canonical field, by its name in the config file."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as one system shows it.

    `marker` is the id that the record claims to have at the other system. `is_marker_bare` says that it names no
    account, so that a user may have typed or imported it (R31). `phones` are all its possible numbers (E.164) and
    `emails` all its addresses; pairing uses them. `memory` is JSON that the next mapping of the record gets back: the
    E.164 form of each raw number, and under "slot" which of PHONE_SLOTS became `phone` (R16). `left_out` is why the
    record is not carried while it has no counterpart, "" where it may be (R37). `illegible` are the keys of values
    that identify contacts and that the server shows as no one can read them: which contact it is, is not known.
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
    left_out: str = ""
    illegible: tuple[str, ...] = ()


def fold(name: str, value: Value) -> Value:
    """Return the form in which two values of the field are compared (R44).

    E-mail addresses and elements of sets without case, numbers as they are dialled now, texts as they look.
    """
    if isinstance(value, tuple):
        return tuple(sorted({labels.key(element) for element in value})) or None
    if not value:
        return value
    if name in {"email", "owner"}:
        return email.key(value)
    return phone.key(value) if name in _NUMBERS else text.visible(value)


def same(name: str, one: Value, other: Value) -> bool:
    """Say whether two known values of the field are the same."""
    return one == other or fold(name, one) == fold(name, other)


def alike(name: str, one: Value, other: Value) -> bool:
    """Say whether two values differ only in case, spaces and signs: a server may have rewritten one of them."""
    return same(name, one, other) or (one is not None and _bare(one) == _bare(other) != "")


def _bare(value: Value) -> str:
    parts = value if isinstance(value, tuple) else (value or "",)
    return "|".join(sorted(_SIGNS.sub("", part).casefold() for part in parts))
