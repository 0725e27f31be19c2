"""The events of the GrowthHub sandbox in their documented form: flat, without the author of the change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from connectors.growthhub.sandbox import records
from connectors.values import instant

CONTACT_KEYS: Final = (
    "address1", "assignedTo", "city", "companyName", "country", "dateOfBirth", "dnd", "dndSettings", "email",
    "firstName", "lastName", "name", "phone", "postalCode", "source", "state", "tags", "website",
)  # fmt: skip
NOTE_KEYS: Final = ("id", "body", "contactId", "dateAdded")
MESSAGE_KEYS: Final = (
    "bcc", "body", "cc", "contactId", "conversationId", "conversationProviderId", "direction", "from", "messageType",
    "source", "status", "subject", "threadId", "to", "userId",
)  # fmt: skip


def kind_of_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the event of a change. Tags and do-not-disturb have one each, where nothing else changed."""
    changed = {key for key in after if after[key] != before.get(key)} - {"dateUpdated"}
    if changed == {"tags"}:
        return "ContactTagUpdate"
    return "ContactDndUpdate" if changed and changed <= {"dnd", "dndSettings"} else "ContactUpdate"


def payload(kind: str, record: Mapping[str, Any], location: str, at: datetime, webhook: str) -> dict[str, Any]:
    """Return the body of an event."""
    result = {"type": kind, "locationId": location, **_about(kind, record)}
    return {**result, "timestamp": instant.render(at), "webhookId": webhook, "versionId": "v1", "appId": "app"}


def _about(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    if kind.startswith("Contact"):
        fields = {key: record[key] for key in CONTACT_KEYS if record.get(key) is not None}
        custom = [{"id": key, "value": value} for key, value in record["customFields"].items()]
        added = records.shown_time(record["dateAdded"])
        return {"id": record["id"], **fields, "customFields": custom, "attachments": [], "dateAdded": added}
    if kind.startswith("Note"):
        return {key: record[key] for key in NOTE_KEYS}
    fields = {key: record[key] for key in MESSAGE_KEYS if record.get(key) is not None}
    ids = {"emailMessageId": record["id"]} if "threadId" in record else {"messageId": record["id"]}
    return {**fields, **ids, "attachments": [], "dateAdded": records.shown_time(record["dateAdded"])}
