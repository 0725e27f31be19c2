"""Read and verify the events of Whautomate: a connectors.system.WebhookReader.

Rules kept here:
- an event is genuine if it brings the secret, at the end of the path or in the header HEADER. Both are compared by
  their hashes, in constant time;
- an event is a hint to read one contact, and nothing in it is believed: `contact_created`, tags that were added or
  removed, and the contact of a message, which may be new;
- `tags` and `customFields` come as badly quoted texts, and so may the location: its id is looked for in the text.
"""

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from connectors.http.allowed_calls import is_usable_id
from connectors.system import WebhookEvent
from connectors.values import instant
from connectors.whautomate.webhook_options import WhautomateWebhookKeys

HEADER: Final = b"x-growthsync-key"
_SECRET: Final = re.compile(r"/[0-9a-f]{64}")
_ID: Final = re.compile(r"""["']?_?id["']?\s*:\s*["']?([^"',}\s]+)""")


class SecretWebhooks:
    """Takes events that bring the secret."""

    def __init__(self, keys: WhautomateWebhookKeys) -> None:
        self._hash = keys.whautomate_key_sha256

    def takes(self, path: str) -> bool:
        """Say whether events come to this path: one that ends with a secret, or none where the header has it."""
        return self._hash is not None and (not path or _SECRET.fullmatch(path) is not None)

    def is_genuine(self, path: str, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:  # noqa: ARG002
        """Say whether a request brings the secret."""
        at_the_end = path.removeprefix("/").encode(errors="replace")
        return any(map(self._is_secret, [at_the_end, *(value.strip() for name, value in headers if name == HEADER)]))

    def read(self, body: bytes) -> WebhookEvent:
        """Return what a body says. Raises ValueError where it is no event."""
        said = json.loads(body)
        if not isinstance(said, dict):
            raise ValueError("an event is an object")  # noqa: TRY004 - the contract names ValueError
        event, contact = _table(said.get("event")), _contact_of(said)
        kind, record = event.get("type") or said.get("type"), contact.get("id")
        if not isinstance(kind, str) or not kind:
            raise ValueError("an event without a type")
        is_contact = is_usable_id(record)
        return WebhookEvent(
            kind,
            _location_of(contact),
            "contact" if is_contact else None,
            str(record) if is_contact else "",
            at=instant.parse(event.get("timeStamp")),
            webhook=str(event["id"]) if event.get("id") else None,
        )

    def _is_secret(self, given: bytes) -> bool:
        return hmac.compare_digest(sha256(given).hexdigest(), self._hash or "")


def _contact_of(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the contact that an event, or its message, is about."""
    message = _table(said.get("message"))
    return _table(said.get("contact")) or _table(message.get("contact"))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _location_of(contact: Mapping[str, Any]) -> str:
    location = contact.get("location")
    if isinstance(location, dict):
        return str(location.get("id") or "")
    found = _ID.search(location) if isinstance(location, str) else None
    return found[1] if found else str(location or "")
