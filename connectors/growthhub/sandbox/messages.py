"""The messages of the GrowthHub sandbox, and the edits of its users.

Rules kept here (documented or recorded behaviour):
- a contact has one conversation at most. It is deleted with the contact, and its messages too;
- the e-mails of a thread are one message, which lists their ids and holds no text. Each is read by its own id;
- every call that sends is counted in `sends`, so that a test can check that there were none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from connectors.growthhub.sandbox import records
from connectors.growthhub.sandbox.export import ExportIndex
from connectors.growthhub.sandbox.notes import Notes
from connectors.values import instant

PROVIDER: Final = "61d6d1f9cdac7612faf80753"
"""The conversation provider that is installed in the location."""

TYPES: Final = {
    "Email": ("TYPE_EMAIL", 3),
    "SMS": ("TYPE_SMS", 2),
    "WhatsApp": ("TYPE_WHATSAPP", 19),
    "Instagram": ("TYPE_INSTAGRAM", 18),
    "Facebook": ("TYPE_FACEBOOK", 11),
    "Call": ("TYPE_CALL", 1),
    "Custom SMS": ("TYPE_CUSTOM_SMS", 20),
    "Custom Email": ("TYPE_CUSTOM_EMAIL", 21),
    "Activity": ("TYPE_ACTIVITY_OPPORTUNITY", 28),
    "Comment": ("TYPE_INTERNAL_COMMENT", 33),
}
CHANNELS: Final = frozenset({"Call", "SMS", "Email", "WhatsApp", "Instagram", "Facebook"})
_OWN: Final = frozenset({"channel", "createdAt", "altId"})
"""What the sandbox keeps of a message and does not show, or not always."""


class GrowthHubSandboxMessages(Notes):
    """A location with conversations."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sends = 0
        self.providers = {PROVIDER}
        self._conversations: dict[str, dict[str, Any]] = {}
        self._messages: dict[str, dict[str, Any]] = {}
        self._emails: dict[str, dict[str, Any]] = {}
        self._export = ExportIndex()

    def add_message(
        self,
        contact_id: str,
        kind: str = "SMS",
        flow: str = "inbound",
        text: str = "",
        *,
        at: datetime | None = None,
        thread: str | None = None,
        **properties: Any,
    ) -> str:
        """Add a message of a kind of TYPES and return its id, for an e-mail its own id.

        `at` is its `dateAdded`, now by default. `thread` is another e-mail's id. Properties are those of the wire
        (`subject`, `contentType`, `userId`, ...). Raises KeyError for an unknown contact.
        """
        with self.lock:
            now = self._now()
            added = now if at is None else instant.to_ms(at)
            said = {"contactId": self._records[contact_id]["id"], "direction": flow, "body": text, **properties}
            if TYPES[kind][0].endswith("EMAIL"):
                return self._add_email(kind, added, thread, said)
            row = self._add_message(kind, added, said)
            self._tell(f"{flow.title()}Message", row)
            return str(row["id"])

    def add_conversation(self, contact_id: str, **properties: Any) -> str:
        """Add a conversation to a contact and return its id. Raises KeyError for an unknown contact."""
        with self.lock:
            conversation = self._conversation(self._records[contact_id]["id"])
            conversation.update(properties)
            return str(conversation["id"])

    def edit_message(self, message_id: str, **properties: Any) -> None:
        """Change a message, or an e-mail, by its id. Raises KeyError where there is none."""
        with self.lock:
            email = self._emails.get(message_id)
            if email is not None:
                email.update(properties)
                self._touch(email["threadId"], {})
            else:
                self._touch(message_id, properties)

    def remove_message(self, message_id: str) -> None:
        """Delete a message, or an e-mail, by its id. Raises KeyError where there is none."""
        with self.lock:
            email = self._emails.pop(message_id, None)
            if email is None:
                self._drop(message_id)
                return
            meta = self._messages[email["threadId"]]["meta"]["email"]
            left = [each for each in meta["messageIds"] if each != message_id]
            if left:
                self._touch(email["threadId"], {"meta": {"email": {**meta, "messageIds": left}}})
            else:
                self._drop(email["threadId"])

    def messages(self, contact_id: str) -> list[dict[str, Any]]:
        """Return the messages of a contact in the order of their creation, as the API shows them."""
        with self.lock:
            return [self._shown(each) for each in self._messages.values() if each["contactId"] == contact_id]

    def emails(self, contact_id: str) -> list[dict[str, Any]]:
        """Return the e-mails of a contact in the order of their creation, as the API shows them."""
        with self.lock:
            return [self._shown(each) for each in self._emails.values() if each["contactId"] == contact_id]

    def merge(self, kept: str, gone: str) -> None:
        """Merge two contacts. The survivor gets the messages of both."""
        with self.lock:
            moved = [each for each in (*self._messages.values(), *self._emails.values()) if each["contactId"] == gone]
            if moved:
                to = {"contactId": kept, "conversationId": self._conversation(kept)["id"]}
                for each in moved:
                    self._touch(each["id"], to) if each["id"] in self._messages else each.update(to)
            self._conversations.pop(gone, None)
            super().merge(kept, gone)

    def _conversation(self, contact_id: str) -> dict[str, Any]:
        """Return the conversation of a contact, a new one when there is none."""
        if contact_id not in self._conversations:
            now = self._now()
            self._conversations[contact_id] = {
                "id": self._new_id(),
                "locationId": self.location_id,
                "contactId": contact_id,
                "dateAdded": now,
                "dateUpdated": now,
                "lastMessageDate": now,
            }
        return self._conversations[contact_id]

    def _add_message(self, kind: str, added: int, said: Mapping[str, Any]) -> dict[str, Any]:
        message_type, number = TYPES[kind]
        now = self._now()
        channel = kind.removeprefix("Custom ")
        row = {
            "id": self._new_id(),
            "type": number,
            "messageType": message_type,
            "locationId": self.location_id,
            "conversationId": self._conversation(said["contactId"])["id"],
            "dateAdded": added,
            "dateUpdated": now,
            "status": "delivered",
            "contentType": "text/plain",
            "attachments": [],
            "source": "app",
            **said,
            "channel": channel if channel in CHANNELS else None,
            "createdAt": now,
        }
        self._conversations[said["contactId"]] |= {"lastMessageDate": added, "lastMessageType": message_type}
        self._keep_message(row)
        return row

    def _add_email(self, kind: str, added: int, thread: str | None, said: Mapping[str, Any]) -> str:
        email_id = str(said.get("id") or self._new_id())
        row = self._messages[self._emails[thread]["threadId"]] if thread is not None else None
        if row is None:
            listed = {key: value for key, value in said.items() if key not in {"id", "body", "subject"}}
            meta = {"email": {"messageIds": [email_id], "subject": said.get("subject", "")}}
            row = self._add_message(kind, added, {**listed, "contentType": "text/html", "meta": meta})
        else:
            meta = {"email": {**row["meta"]["email"], "messageIds": [*row["meta"]["email"]["messageIds"], email_id]}}
            moved = {"dateAdded": added, "direction": said["direction"]} if self.quirks.threads_move else {}
            self._touch(row["id"], {"meta": meta, **moved})
        own = {key: row[key] for key in ("locationId", "conversationId", "status", "source")}
        sent = {"from": "", "to": [], "cc": [], "bcc": [], "contentType": "text/html", "subject": ""}
        self._emails[email_id] = {"id": email_id, "threadId": row["id"], **own, **sent, **said, "dateAdded": added}
        self._tell(f"{str(said['direction']).title()}Message", self._emails[email_id])
        return email_id

    def _touch(self, message_id: str, properties: Mapping[str, Any]) -> None:
        self._keep_message({**self._messages[message_id], **properties, "dateUpdated": self._now()})

    def _keep_message(self, row: dict[str, Any]) -> None:
        self._messages[row["id"]] = row
        self._export.put(self._due_in_export(), row["id"], row)

    def _drop(self, message_id: str) -> None:
        del self._messages[message_id]
        self._export.put(self._due_in_export(), message_id, None)

    def _due_in_export(self) -> int:
        return self._now() + round(self.quirks.message_lag * 1000)

    def _delete(self, record_id: str) -> None:
        super()._delete(record_id)
        self._conversations.pop(record_id, None)
        for message_id in [key for key, row in self._messages.items() if row["contactId"] == record_id]:
            self._drop(message_id)
        for email_id in [key for key, email in self._emails.items() if email["contactId"] == record_id]:
            del self._emails[email_id]

    def _shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a message or an e-mail as the API shows it."""
        times = {key: records.shown_time(row[key]) for key in ("dateAdded", "dateUpdated") if key in row}
        shown = {**{key: value for key, value in row.items() if key not in _OWN}, **times}
        return {**shown, "altId": row["altId"]} if self.quirks.alt_id_shown and row.get("altId") else shown
