"""GrowthHub's cassettes, and the location in which they could have been recorded."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from connectors.growthhub.sandbox.records import CREATED, Field
from connectors.growthhub.sandbox.server import TOKEN, GrowthHubSandbox
from connectors.growthhub.wire_record import NATIVE, TWINS
from connectors.http.rate_limiter import RateLimit
from connectors.sandbox.base import Sandbox
from tests.connectors.growthhub.recording import CASSETTES
from tests.contract.recording import Recording, paths

NOW: Final = datetime(2026, 7, 17, 12, 48, tzinfo=UTC)
KEPT: Final = CREATED - {"locationId", "name"} | {"id", "dateAdded", "dateUpdated", "additionalPhones", "businessId"}
REGULAR: Final = frozenset(
    {"create", "custom_field_made", "custom_fields", "invalid_token", "unknown_contact", "users"}
)
OF_MESSAGES: Final = frozenset(
    {"note_made", "notes_of_a_contact", "note_changed_and_deleted", "export", "email_body", "message_by_id"}
    | {"message_recorded", "conversation_made"}
)
GOOD_ONCE: Final = (
    "codes and refresh tokens are good once, so a recorded question can't be asked again; "
    "tests/connectors/growthhub/test_oauth.py reads these answers, and those of the sandbox"
)
NOTE: Final = frozenset({"id", "body", "bodyText", "contactId"})
MESSAGE: Final = frozenset(
    {"id", "contactId", "messageType", "direction", "body", "contentType", "dateAdded", "status", "userId", "altId"}
    | {"conversationProviderId", "deleted", "meta", "meta.email", "meta.email.messageIds", "meta.email.subject"}
)
EMAIL: Final = frozenset(
    {"id", "contactId", "direction", "body", "contentType", "subject", "dateAdded", "userId", "altId", "deleted"}
)

LOGGED: Final = frozenset({"id", "altId", "conversationProviderId", "source"})
"""Of a message that was recorded through the API."""


@contextmanager
def stage(name: str) -> Iterator[tuple[Sandbox, Mapping[str, str]]]:
    """Start a location that holds the contacts that the cassette needs."""
    sandbox = GrowthHubSandbox(now=lambda: NOW, rate=RateLimit(100, 10.0, 200_000))
    for each in _answer("custom_fields")["customFields"]:
        sandbox.fields[each["id"]] = Field(
            each["id"], each["fieldKey"], each["name"], each["dataType"], each["position"]
        )
    sandbox.add_user("john@example.com")
    sandbox.quirks.company_in_put = name != "update_without_company"
    sandbox.quirks.largest_page = 100 if name == "search_without_page_limit_of_500" else 500
    if name == "another_location":
        sandbox.location_id = "anotherLocation00001"
    for person in _people(name):
        _add(sandbox, person)
    if name in OF_MESSAGES:
        _fill(sandbox, name)
    token = "of nobody" if name == "invalid_token" else TOKEN
    with sandbox:
        yield sandbox, {"Authorization": f"Bearer {token}"}


def _people(name: str) -> list[dict[str, Any]]:
    match name:
        case _ if name in OF_MESSAGES or name in {"contact_by_id", "update_with_tags", "update_without_company"}:
            return [_answer("contact_by_id")["contact"]]
        case "duplicate_look_up":  # found by the address, while no contact has the number
            return [_answer("contact_by_id")["contact"] | {"phone": "+12125550123"}]
        case "duplicate_refused":
            person = _answer("search_to_the_end")["contacts"][1]
            return [person]
        case "search_to_the_end" | "search_without_page_limit_of_500":
            return list(_answer("search_to_the_end")["contacts"])
        case _:
            assert name in REGULAR | {"another_location"}, f"say who is to be there for the cassette {name}"
            return []


def _add(sandbox: GrowthHubSandbox, person: Mapping[str, Any]) -> None:
    keys = {field_id: each.key for field_id, each in sandbox.fields.items()}
    custom = {keys[each["id"]]: each["value"] for each in person["customFields"]}
    shown = {key: value for key, value in person.items() if key in KEPT and key != "customFields"}
    sandbox.add(custom=custom, **{"address1": person.get("address"), **shown})


def _fill(sandbox: GrowthHubSandbox, name: str) -> None:
    """Let there be what a cassette of messages takes for granted."""
    person = str(_answer("contact_by_id")["contact"]["id"])
    thread = _answer("export", 1)["messages"][0]
    match name:
        case "notes_of_a_contact":
            for note in _answer(name)["notes"]:
                sandbox.add_note(person, **_only(note, {"id", "body", "title"}))
        case "note_changed_and_deleted":
            sandbox.add_note(person, "lorem ipsum", id=_answer("note_made")["note"]["id"], title="Quick question")
        case "export" | "message_by_id":
            kinds = {"TYPE_SMS": "SMS", "TYPE_WHATSAPP": "WhatsApp", "TYPE_ACTIVITY_OPPORTUNITY": "Activity"}
            for row in _answer("export")["messages"]:
                result = _only(row, {"id", "userId", "source"})
                _say(sandbox, person, kinds[row["messageType"]], row, **result)
            first, second = thread["meta"]["email"]["messageIds"]
            _say(sandbox, person, "Email", thread, id=first, subject="Order confirm")
            _say(sandbox, person, "Email", thread, id=second, thread=first)
        case "email_body":
            _say(sandbox, person, "Email", thread, id=thread["meta"]["email"]["messageIds"][0], subject="Order confirm")
        case "message_recorded":
            sandbox.add_conversation(person, id=_answer(name)["conversations"][0]["id"])
            sandbox.add_message(person, "Custom SMS", "outbound", "Hi", **_only(_answer(name, 2)["message"], LOGGED))


def _say(sandbox: GrowthHubSandbox, person: str, kind: str, row: Mapping[str, Any], **more: Any) -> None:
    at = datetime.fromisoformat(row["dateAdded"])
    sandbox.add_message(person, kind, row["direction"], row.get("body", "Hi"), at=at, **more)


def _only(shown: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: shown[key] for key in keys if key in shown}


def _answer(name: str, number: int = 0) -> Any:
    return json.loads(json.dumps(list(RECORDING.exchanges(name))[number].answer))


RECORDING: Final = Recording(
    "growthhub",
    CASSETTES,
    stage,
    read=frozenset()
    .union(paths(["contact", "contacts[]"], {*NATIVE.values(), *TWINS.values(), "id", "dateAdded", "dateUpdated"}))
    .union(paths(["contact", "contacts[]"], ["customFields", "customFields[].id", "customFields[].value", "deleted"]))
    .union(paths(["contacts[]"], ["address", "additionalPhones", "additionalPhones[].phone", "searchAfter"]))
    .union(paths(["customFields[]", "customField"], ["id", "fieldKey", "name", "dataType"]))
    .union(paths(["users[]"], ["id", "email", "deleted"]))
    .union(paths(["location"], ["id", "companyId", "name", "country", "timezone", "settings"]))
    .union(paths(["location.settings"], ["allowDuplicateContact", "contactUniqueIdentifiers"]))
    .union(paths([""], ["contact", "contacts", "total", "customField", "customFields", "users", "location", "tags"]))
    .union(paths([""], ["message", "meta", "meta.contactId", "meta.matchingField"]))
    .union(paths(["note", "notes[]"], NOTE), paths(["message", "messages[]"], MESSAGE), paths(["emailMessage"], EMAIL))
    .union(paths(["conversations[]"], ["id", "contactId", "email"]), paths(["conversation"], ["id"]))
    .union(paths([""], ["note", "notes", "messages", "nextCursor", "emailMessage", "conversations", "conversation"]))
    .union(paths([""], ["messageId", "emailMessageId"])),
    excused={
        "contact.deleted: missing": "false on a contact that was just made; the sandbox shows no deleted contact",
    },
    allowed={
        "traceId: *": "no two recorded answers agree about it",
        # of contacts, by id
        "contact.name: missing": "first and last name over again",
        "contact.attachments: missing": "on the vendor's page only, in no recorded answer",
        "contact.keyword: missing": "on the vendor's page only",
        "contact.ssn: missing": "on the vendor's page only",
        "contact.visitorId: missing": "on the vendor's page only",
        "contact.lastActivity: missing": "what people do on the location's pages, which the sandbox has none of",
        "contact.lastSessionActivityAt: missing": "the same",
        "contact.attributionSource: missing": "the same",
        "contact.lastAttributionSource: missing": "the same",
        "contact.createdBy: added": "recorded for a create; the vendor's page leaves it out",
        "contact.createdBy.sourceId: missing": "the id of the integration that wrote",
        "contact.lastUpdatedBy: missing": "who wrote last; nothing is decided by it",
        "contact.validEmail: missing": "deliverability, which does not travel",
        # of contacts, in a search
        "contacts[].attributionSource: missing": "as by id",
        "contacts[].opportunities: missing": "another object of the location",
        # of custom fields
        "customField*.dateAdded: missing": "when the field was made",
        "customField*.parentId: missing": "the folder in which the field is shown",
        "customField*.scopes: missing": "recorded empty",
        "customFields[].isAllowedCustomOption: missing": "of fields with choices and files: the sandbox has none",
        "customFields[].isMultiFileAllowed: missing": "the same",
        "customFields[].maxFileLimit: missing": "the same",
        "customFields[].picklist*Options: missing": "the same",
        # of the location and its users
        "location.*: missing": "who runs the location and where",
        "users[].*: missing": "a user's name, number and rights: an owner is an address here",
    },
    unplayed={
        **dict.fromkeys(("token_for_a_code", "token_in_v3", "location_token", "refresh_refused"), GOOD_ONCE),
        "message_recorded_in_silence": "an answer without a body has no shape; the sandbox gives it as a quirk",
    },
)
