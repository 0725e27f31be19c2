"""The scopes of GrowthHub: by what needs them, and that of a call, so that a refusal can name it.

Calls are matched by the segments of the path.
"""

from collections.abc import Sequence
from typing import Final

ANY: Final = ""
"""Matches any segment, such as an id."""

READING: Final = (
    (("contacts",), "contacts.readonly"),
    (("locations", ANY, "customFields"), "locations/customFields.readonly"),
    (("locations",), "locations.readonly"),
    (("users",), "users.readonly"),
    (("conversations", "messages"), "conversations/message.readonly"),
    (("conversations",), "conversations.readonly"),
)
WRITING: Final = (
    (("contacts",), "contacts.write"),
    (("locations", ANY, "customFields"), "locations/customFields.write"),
    (("conversations", "messages"), "conversations/message.write"),
    (("conversations",), "conversations.write"),
)

SCOPES: Final = {
    "contacts": "contacts.readonly and contacts.write",
    "write": "contacts.write",
    "location": "locations.readonly",
    "fields": "locations/customFields.readonly",
    "make fields": "locations/customFields.write",
    "users": "users.readonly",
    "messages": "conversations/message.readonly",
    "conversations": "conversations.readonly, conversations.write and conversations/message.write",
}
"""By what needs them."""


def scope_of(path: str, *, writes: bool) -> str | None:
    """Return the scope that a call to a path needs, None where none is documented."""
    segments = path.strip("/").split("/")
    table = WRITING if writes else READING
    return next((scope for leading, scope in table if _begins(segments, leading)), None)


def _begins(segments: Sequence[str], leading: Sequence[str]) -> bool:
    return len(segments) >= len(leading) and all(
        wanted in {ANY, segment} for segment, wanted in zip(segments, leading, strict=False)
    )
