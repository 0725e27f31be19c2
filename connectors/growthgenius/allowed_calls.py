"""The list of all that this connector may ask and change at GrowthGenius. A message is recorded here, never sent."""

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
"""What asks: method, and pattern of the path."""

CHANGED: Final = (
    ("POST", "/contacts"),
    ("PATCH", f"/contacts/{ID}"),
    ("DELETE", f"/contacts/{ID}"),
    ("POST", "/messages"),
    ("PATCH", f"/messages/{ID}"),
    ("DELETE", f"/messages/{ID}"),
)
"""What changes something: method, and pattern of the path."""

CALLS: Final = AllowedCalls(ASKED, CHANGED)
