"""List all calls that this connector may make to Whautomate. Messages are read, and never sent (P9)."""

from typing import Final

from connectors.http.allowed_calls import ID, AllowedCalls

ASKED: Final = (
    ("GET", "/contacts"),
    ("GET", f"/contacts/{ID}"),
    ("GET", "/locations"),
    ("GET", f"/messages/{ID}"),
)
"""Calls that only read: method and pattern of the path."""

CHANGED: Final = (
    ("POST", "/contacts"),
    ("PUT", f"/contacts/{ID}"),
    ("DELETE", f"/contacts/{ID}"),
    ("POST", f"/contacts/{ID}/tags/add"),
    ("POST", f"/contacts/{ID}/tags/remove"),
)
"""Calls that change something: method and pattern of the path."""

CALLS: Final = AllowedCalls(ASKED, CHANGED)
