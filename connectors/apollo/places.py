"""The places of the standard fields at Apollo: the labels of custom fields, and what has a key of its own (R47)."""

from collections.abc import Mapping
from typing import Final

from connectors.contact import PHONE_SLOTS

CUSTOM: Final[Mapping[str, str]] = {
    name: name.replace("_", " ").title().replace("Url", "URL")
    for name in (
        *("first_phone", "twitter_url", "facebook_url", "address", "postal_code", "industry", "employee_count"),
        *("annual_revenue", "keywords", "technologies", "lists", "status", "email_confidence"),
        *(f"custom{number}" for number in range(1, 10)),
    )
}
"""The label of each standard field that is kept in a custom field, where the config names no other."""

FIXED: Final = frozenset(
    {"first_name", "last_name", "email", "email_status", "phone", *PHONE_SLOTS, "tags", "stage", "owner", "country",
     "do_not_contact"}
) - CUSTOM.keys()  # fmt: skip
"""The standard fields with values that are read together with others, or by rules of their own."""
