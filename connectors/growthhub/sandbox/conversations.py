"""The conversations of the GrowthHub sandbox, as the API handles them.

Rules kept here (documented or recorded behaviour):
- the export leaves e-mails out unless it is asked for them alone;
- a message is recorded through a conversation provider: without one a `Custom` message is answered with 201 and
  nothing, an unknown one with 500;
- one message is shown in `message`, one e-mail in `emailMessage`.
"""

from typing import Any, Final

from connectors.growthhub.sandbox.answers import LONG_NUMBER, elsewhere, number_in, refusal, routes, unknown
from connectors.growthhub.sandbox.export import SORTS, ExportQuery, UnknownCursor, span
from connectors.growthhub.sandbox.messages import CHANNELS, GrowthHubSandboxMessages
from connectors.sandbox.base import Call, SandboxResponse
from connectors.values import instant

ASKED: Final = frozenset(
    {"locationId", "limit", "cursor", "sortBy", "sortOrder", "conversationId", "contactId", "channel"}
    | {"startDate", "endDate"}
)
RECORDED: Final = frozenset(
    {"type", "attachments", "message", "conversationId", "contactId", "conversationProviderId", "html", "subject"}
    | {"emailFrom", "emailTo", "emailCc", "emailBcc", "emailMessageId", "altId", "direction", "date", "call"}
)
TEXTS: Final = tuple(sorted(RECORDED - {"attachments", "date", "call", "direction", "emailCc", "emailBcc"}))
DATES: Final = ("dateAdded", "dateUpdated", "lastMessageDate")
SMALLEST_EXPORT: Final = 10
DEFAULT_EXPORT: Final = 100


class SandboxConversations(GrowthHubSandboxMessages):
    """A location with an API for conversations."""

    def export(self, call: Call) -> SandboxResponse:
        """GET /conversations/messages/export."""
        said = self._export_complaints(call.query)
        if said:
            return refusal(422, said)
        if call.query["locationId"] != self.location_id:
            return elsewhere()
        now = self._now()
        self._export.refresh(now)
        try:
            question = self._question(call.query)
            found = self._export.page(question, call.query.get("cursor"), now, self.quirks.cursor_life)
        except UnknownCursor as lost:
            return refusal(400, str(lost))
        answer = {"messages": [self._shown(row) for row in found.rows], "nextCursor": found.cursor}
        cap = self.quirks.total_cap
        total = {"total": found.total if cap is None else min(found.total, cap)} if self.quirks.export_total else {}
        return SandboxResponse(200, {**answer, **total, "traceId": self._trace()})

    def search_conversations(self, call: Call) -> SandboxResponse:
        """GET /conversations/search."""
        if call.query.get("locationId") != self.location_id:
            return elsewhere()
        asked = call.query.get("contactId")
        found = [each for key, each in self._conversations.items() if asked in (None, key)]
        limit = number_in(call.query, "limit", 20)
        if limit is None:
            return refusal(422, ["limit must be a number"])
        shown = [self._conversation_row(each) for each in found[:limit]]
        return SandboxResponse(200, {"conversations": shown, "total": len(found), "traceId": self._trace()})

    def create_conversation(self, call: Call) -> SandboxResponse:
        """POST /conversations/."""
        body = call.body if isinstance(call.body, dict) else {}
        said = [f"property {key} should not exist" for key in body if key not in {"locationId", "contactId"}]
        said += [f"{key} must be a string" for key in ("locationId", "contactId") if not isinstance(body.get(key), str)]
        if said:
            return refusal(422, said)
        if body["locationId"] != self.location_id:
            return elsewhere()
        if body["contactId"] not in self._records:
            return unknown("Contact", body["contactId"])
        if body["contactId"] in self._conversations:
            return refusal(400, "Conversation already exists")
        made = self._conversation(body["contactId"])
        times = {key: instant.render(instant.from_ms(made[key])) for key in DATES}
        return SandboxResponse(201, {"success": True, "conversation": {**made, **times, "deleted": False}})

    def record(self, call: Call) -> SandboxResponse:
        """POST /conversations/messages/inbound: keeps a message, and sends nothing."""
        body = call.body if isinstance(call.body, dict) else {}
        said = [f"property {key} should not exist" for key in body if key not in RECORDED]
        said += [f"{key} must be a string" for key in TEXTS if key in body and not isinstance(body[key], str)]
        said += ["type must be a string"] if "type" not in body else []
        if "conversationId" not in body and "contactId" not in body:
            said.append("conversationId or contactId must be a string")
        if body.get("direction") not in (None, "inbound", "outbound"):
            said.append("direction must be one of the following values: inbound, outbound")
        if "date" in body and instant.parse(body["date"]) is None:
            said.append("date must be a valid ISO 8601 date string")
        if said:
            return refusal(422, said)
        provider = body.get("conversationProviderId")
        if provider is None:
            return (
                SandboxResponse(201)
                if body["type"] == "Custom"
                else refusal(400, "No conversationProviderId passed in body")
            )
        if provider not in self.providers:
            return refusal(500, "Internal server error")
        contact_id = self._whose(body)
        if contact_id is None:
            named = "conversationId" in body
            return unknown(*(("Conversation", body["conversationId"]) if named else ("Contact", body["contactId"])))
        if self.quirks.silent_inbound > 0:
            self.quirks.silent_inbound -= 1
            return SandboxResponse(201)
        return SandboxResponse(201, self._recorded(contact_id, body))

    def show_message(self, _call: Call, message_id: str) -> SandboxResponse:
        """GET /conversations/messages/{id}."""
        row = self._messages.get(message_id)
        if row is None:
            return unknown("Message", message_id)
        return SandboxResponse(200, {"message": self._shown(row), "traceId": self._trace()})

    def show_email(self, _call: Call, email_id: str) -> SandboxResponse:
        """GET /conversations/messages/email/{id}."""
        email = self._emails.get(email_id)
        if email is None:
            return unknown("Email message", email_id)
        return SandboxResponse(200, {"emailMessage": self._shown(email), "traceId": self._trace()})

    def send(self, _call: Call) -> SandboxResponse:
        """Answer a call that would send something to a person. No test may ever make it."""
        self.sends += 1
        return SandboxResponse(201, {"conversationId": self._new_id(), "messageId": self._new_id()})

    def _export_complaints(self, query: dict[str, str]) -> list[str]:
        said = [f"property {key} should not exist" for key in query if key not in ASKED]
        limit, largest = query.get("limit", str(DEFAULT_EXPORT)), self.quirks.largest_export
        if (
            not (limit.isascii() and limit.isdigit() and len(limit) < LONG_NUMBER)
            or not SMALLEST_EXPORT <= int(limit) <= largest
        ):
            said.append(f"limit must not be less than {SMALLEST_EXPORT} nor greater than {largest}")
        if "locationId" not in query:
            said.append("locationId must be a string")
        for key, allowed in (("sortBy", SORTS.keys()), ("sortOrder", {"asc", "desc"}), ("channel", CHANNELS)):
            if key in query and query[key] not in allowed:
                said.append(f"{key} must be one of the following values: {', '.join(sorted(allowed))}")
        dates = ("startDate", "endDate")
        return said + [f"{key} must be a date" for key in dates if key in query and instant.parse(query[key]) is None]

    def _question(self, query: dict[str, str]) -> ExportQuery:
        bounds = [instant.parse(query.get(key)) for key in ("startDate", "endDate")]
        since, until = (instant.to_ms(each) if each is not None else None for each in bounds)
        first, end = span(since, until, excluded=self.quirks.export_ends_excluded)
        sort = SORTS[query.get("sortBy", "createdAt")]
        dates = self.quirks.export_dates
        return ExportQuery(
            channel=query.get("channel"),
            contact_id=query.get("contactId"),
            conversation_id=query.get("conversationId"),
            since=first,
            until=end,
            dates=sort if dates == "sorted" else dates,
            sort=sort,
            descending=query.get("sortOrder", "desc") == "desc",
            limit=int(query.get("limit", str(DEFAULT_EXPORT))),
        )

    def _whose(self, body: dict[str, Any]) -> str | None:
        """Return the contact of the conversation that a body names, or the contact that it names by id."""
        if "conversationId" in body:
            return self._contact_of_conversation(body["conversationId"])
        return body["contactId"] if body["contactId"] in self._records else None

    def _contact_of_conversation(self, conversation_id: str) -> str | None:
        """Return the contact of a conversation."""
        return next((key for key, each in self._conversations.items() if each["id"] == conversation_id), None)

    def _conversation_row(self, conversation: dict[str, Any]) -> dict[str, Any]:
        person = self._records[conversation["contactId"]]
        name = " ".join(filter(None, (person.get("firstName"), person.get("lastName"))))
        return {
            "lastMessageType": "TYPE_NO_SHOW",
            **conversation,
            "unreadCount": 0,
            "followers": [],
            "mentions": [],
            "isLastMessageInternalComment": False,
            "fullName": name.title(),
            "contactName": name,
            "companyName": person.get("companyName"),
            "email": person.get("email"),
            "phone": person.get("phone"),
            "tags": person["tags"],
            "type": "TYPE_PHONE",
            "scoring": [],
            "messageTypes": [100],
            "sort": [conversation["lastMessageDate"]],
        }

    def _recorded(self, contact_id: str, body: dict[str, Any]) -> dict[str, Any]:
        date = instant.parse(body.get("date"))
        at = None if date is None else instant.from_ms(instant.to_ms(date))
        kept = {key: body[key] for key in ("subject", "altId", "conversationProviderId") if key in body}
        texts = (body.get("message"), body.get("html"))[:: -1 if self.quirks.provider_kind == "Email" else 1]
        text = texts[0] or texts[1] or ""
        flow = body.get("direction") or "outbound"
        kind = f"Custom {self.quirks.provider_kind}"
        made = self.add_message(contact_id, kind, flow, text, at=at, source="api", **kept)
        email = self._emails.get(made)
        message_id = made if email is None else email["threadId"]
        answer = {
            "success": True,
            "conversationId": self._conversation(contact_id)["id"],
            "messageId": message_id,
            "message": "Message added successfully",
            "contactId": contact_id,
            "dateAdded": self._shown(self._messages[message_id])["dateAdded"],
        }
        return answer if email is None else {**answer, "emailMessageId": made}


CONVERSATION_ROUTES: Final = routes(
    ("GET", r"/conversations/messages/export", "conversations/message.readonly", SandboxConversations.export),
    ("GET", r"/conversations/search", "conversations.readonly", SandboxConversations.search_conversations),
    ("POST", r"/conversations/", "conversations.write", SandboxConversations.create_conversation),
    ("POST", r"/conversations/messages/inbound", "conversations/message.write", SandboxConversations.record),
    (
        "GET",
        r"/conversations/messages/email/([^/]+)",
        "conversations/message.readonly",
        SandboxConversations.show_email,
    ),
    ("GET", r"/conversations/messages/([^/]+)", "conversations/message.readonly", SandboxConversations.show_message),
    (
        "POST",
        r"/conversations/(?:messages|providers)(?:/.*)?",
        "conversations/message.write",
        SandboxConversations.send,
    ),
)
