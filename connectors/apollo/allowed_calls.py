"""List all calls that this connector may make to Apollo. None of them sends anything to a person (P9)."""

from typing import Final

from connectors.http.allowed_calls import ID, AllowedCalls

ASKED: Final = (
    ("POST", "/contacts/search"),
    ("GET", f"/contacts/{ID}"),
    ("GET", "/contact_stages"),
    ("GET", "/users/search"),
    ("GET", "/users/api_profile"),
    ("GET", "/labels"),
    ("GET", "/fields"),
)
"""Calls that only read: method and pattern of the path."""

CHANGED: Final = (
    ("POST", "/contacts"),
    ("PATCH", f"/contacts/{ID}"),
    ("PUT", f"/contacts/{ID}"),  # the form of 2020
    ("POST", "/contacts/bulk_create"),
    ("POST", "/contacts/bulk_update"),
    ("POST", "/contacts/update_stages"),
    ("POST", "/labels/add_entity_ids_to_label_names"),
    ("POST", "/labels/remove_entity_ids_from_label_names"),
    ("POST", "/fields"),
)
"""Calls that change something: method and pattern of the path."""

CALLS: Final = AllowedCalls(ASKED, CHANGED)
