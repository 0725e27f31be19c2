"""List all calls that this connector may make to GrowthGenius. A message is recorded, never sent (P9)."""

from typing import Final

from connectors.http.allowed_calls import ID, AllowedCalls

ASKED: Final = (
    ("GET", "/contacts"),
    ("GET", f"/contacts/{ID}"),
    ("POST", "/contacts/search"),
    ("GET", "/messages"),
    ("GET", f"/messages/{ID}"),
    ("GET", "/companies/find"),
    ("GET", "/users"),
    ("GET", "/users/"),
)
"""Calls that only read: method and pattern of the path."""

CHANGED: Final = (
    ("POST", "/contacts"),
    ("PATCH", f"/contacts/{ID}"),
    ("DELETE", f"/contacts/{ID}"),
    ("POST", "/messages"),
    ("PATCH", f"/messages/{ID}"),
    ("DELETE", f"/messages/{ID}"),
)
"""Calls that change something: method and pattern of the path."""

CALLS: Final = AllowedCalls(ASKED, CHANGED)
