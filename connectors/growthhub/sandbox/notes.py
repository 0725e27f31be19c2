"""The notes of the GrowthHub sandbox: the API for them, and the edits of its users.

Rules kept here (documented or recorded behaviour): a note belongs to a contact and is deleted with it. `bodyText` is
the plain twin of `body`. `userId` is null without a user. There is no update time, and `dateAdded` cannot be set.
"""

import html
import re
from typing import Any, Final

from connectors.growthhub.sandbox import records
from connectors.growthhub.sandbox.answers import refusal, routes, unknown
from connectors.growthhub.sandbox.contacts import SandboxContacts
from connectors.sandbox.base import Call, SandboxResponse

WRITTEN: Final = frozenset({"body", "userId", "title", "color", "pinned"})
TEXTS: Final = ("body", "userId", "title", "color")

_TAG: Final = re.compile(r"<[^<>]*>")


class Notes(SandboxContacts):
    """A location with the notes of its contacts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._notes: dict[str, dict[str, dict[str, Any]]] = {}

    def add_note(self, contact_id: str, body: str, **properties: Any) -> str:
        """Write a note as a user, and return its id. Raises KeyError for an unknown contact."""
        with self.lock:
            return str(self._add_note(self._records[contact_id]["id"], {"body": body, **properties})["id"])

    def edit_note(self, contact_id: str, note_id: str, **properties: Any) -> None:
        """Change a note as a user. Raises KeyError where there is none."""
        with self.lock:
            self._notes[contact_id][note_id].update(_kept(properties))
            self._tell("NoteUpdate", self._notes[contact_id][note_id])

    def remove_note(self, contact_id: str, note_id: str) -> None:
        """Delete a note as a user. Raises KeyError where there is none."""
        with self.lock:
            self._tell("NoteDelete", self._notes[contact_id].pop(note_id))

    def notes(self, contact_id: str) -> list[dict[str, Any]]:
        """Return the notes of a contact, newest first, as the API shows them."""
        with self.lock:
            return [dict(note) for note in reversed(self._notes.get(contact_id, {}).values())]

    def merge(self, kept: str, gone: str) -> None:
        """Merge two contacts. The survivor gets the notes of both."""
        with self.lock:
            for note_id, note in self._notes.pop(gone, {}).items():
                self._notes.setdefault(kept, {})[note_id] = {**note, "contactId": kept}
            super().merge(kept, gone)

    def list_notes(self, _call: Call, contact_id: str) -> SandboxResponse:
        """GET /contacts/{id}/notes."""
        if contact_id not in self._records:
            return unknown("Contact", contact_id)
        return SandboxResponse(200, {"notes": self.notes(contact_id), "traceId": self._trace()})

    def create_note(self, call: Call, contact_id: str) -> SandboxResponse:
        """POST /contacts/{id}/notes."""
        said = self._complaints(call.body, creating=True)
        if said:
            return refusal(422, said)
        if contact_id not in self._records:
            return unknown("Contact", contact_id)
        return SandboxResponse(201, {"note": self._add_note(contact_id, call.body), "traceId": self._trace()})

    def show_note(self, _call: Call, contact_id: str, note_id: str) -> SandboxResponse:
        """GET /contacts/{id}/notes/{id}."""
        note = self._notes.get(contact_id, {}).get(note_id)
        return self._unknown(contact_id, note_id) if note is None else self._showing(note)

    def update_note(self, call: Call, contact_id: str, note_id: str) -> SandboxResponse:
        """PUT /contacts/{id}/notes/{id}."""
        said = self._complaints(call.body, creating=False)
        if said:
            return refusal(422, said)
        note = self._notes.get(contact_id, {}).get(note_id)
        if note is None:
            return self._unknown(contact_id, note_id)
        note.update(self._shaped(call.body))
        self._tell("NoteUpdate", note)
        return self._showing(note)

    def delete_note(self, _call: Call, contact_id: str, note_id: str) -> SandboxResponse:
        """DELETE /contacts/{id}/notes/{id}."""
        if note_id not in self._notes.get(contact_id, {}):
            return self._unknown(contact_id, note_id)
        self._tell("NoteDelete", self._notes[contact_id].pop(note_id))
        return SandboxResponse(200, {"succeded": True, "succeeded": True, "traceId": self._trace()})

    def _showing(self, note: dict[str, Any]) -> SandboxResponse:
        return SandboxResponse(200, {"note": dict(note), "traceId": self._trace()})

    def _unknown(self, contact_id: str, note_id: str) -> SandboxResponse:
        return unknown("Contact", contact_id) if contact_id not in self._records else unknown("Note", note_id)

    def _complaints(self, body: Any, *, creating: bool) -> list[str]:
        sent = body if isinstance(body, dict) else {}
        said = [f"property {key} should not exist" for key in sent if key not in WRITTEN - self.quirks.note_lacks]
        said += [f"{key} must be a string" for key in TEXTS if key in sent and not isinstance(sent[key], str)]
        if creating and "body" not in sent:
            said.append("body should not be empty")
        longest = self.quirks.longest_note
        if not said and longest is not None and len(sent.get("body", "")) > longest:
            said.append(f"body must be shorter than or equal to {longest} characters")
        return said

    def _shaped(self, properties: dict[str, Any]) -> dict[str, Any]:
        kept = _kept(properties)
        if self.quirks.html_notes and "body" in kept:
            lines = "".join(f"<p>{html.escape(line)}</p>" for line in kept["body"].split("\n"))
            return {**kept, "body": f"<div>{lines}</div>"}
        return kept

    def _add_note(self, contact_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        note = {
            "id": self._new_id(),
            "body": "",
            "bodyText": "",
            "userId": None,
            "dateAdded": records.shown_time(self._now()),
            "contactId": contact_id,
            "pinned": False,
            "relations": [],
            **self._shaped(properties),
        }
        self._notes.setdefault(contact_id, {})[note["id"]] = note
        self._tell("NoteCreate", note)
        return dict(note)

    def _delete(self, record_id: str) -> None:
        super()._delete(record_id)
        self._notes.pop(record_id, None)


def _kept(properties: dict[str, Any]) -> dict[str, Any]:
    """Return properties with the plain twin of a body."""
    twin = {"bodyText": _TAG.sub("", properties["body"])} if "body" in properties else {}
    return {**properties, **twin}


NOTE_ROUTES: Final = routes(
    ("GET", r"/contacts/([^/]+)/notes", "contacts.readonly", Notes.list_notes),
    ("POST", r"/contacts/([^/]+)/notes", "contacts.write", Notes.create_note),
    ("GET", r"/contacts/([^/]+)/notes/([^/]+)", "contacts.readonly", Notes.show_note),
    ("PUT", r"/contacts/([^/]+)/notes/([^/]+)", "contacts.write", Notes.update_note),
    ("DELETE", r"/contacts/([^/]+)/notes/([^/]+)", "contacts.write", Notes.delete_note),
)
