"""Cassettes of GrowthHub: how they are replayed, and how they are recorded without personal data.

Replaying matches method, address and JSON body, and makes no network call. Running this module records: it reads a
live location that GROWTHHUB_TOKEN and GROWTHHUB_LOCATION name, writes nothing there, and replaces every text that
could be personal data: texts are kept only under keys that describe the API itself.
"""

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import vcr
from vcr.stubs import VCRHTTPResponse

from connectors.growthhub.allowed_calls import CALLS
from connectors.growthhub.client import BASE_URL, headers
from connectors.growthhub.connector import GrowthHub
from connectors.growthhub.message_mapping import email_ids
from connectors.growthhub.messages import MessageStyle
from connectors.growthhub.sandbox.server import LOCATION, TOKEN
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer, RateLimit
from connectors.records import Window
from tests.connectors.clocks import FakeClock
from tests.connectors.growthhub.world import MemoryCache

CASSETTES = Path(__file__).parent / "cassettes"
LIVE = "live.yaml"
MATCHED = ("method", "scheme", "host", "path", "query", "body")
KEPT = frozenset(
    {"dataType", "fieldKey", "model", "documentType", "country", "timezone", "type", "status", "error", "message"}
    | {"messageType", "contentType", "lastMessageType", "source"}
    | {"dateAdded", "dateUpdated", "operator", "direction", "field", "gte", "lt", "channel", "matchingField"}
)
SHOWN_HEADERS = frozenset({"content-type", "date", "server"})

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+\d{7,15}")


class Scrubber:
    """Replaces texts by others of the same kind, the same text always by the same."""

    def __init__(self, location_id: str) -> None:
        self._known = {location_id: LOCATION}

    def request(self, request: Any) -> Any:
        """Take ids and texts out of a request; its credentials are left out by the recorder."""
        for text, stand_in in self._known.items():
            request.uri = request.uri.replace(text, stand_in)
        if request.body:
            request.body = json.dumps(self.value("", json.loads(request.body))).encode()
        return request

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        """Take everything out of an answer that is not the API's own."""
        shown = {
            name: value
            for name, value in response["headers"].items()
            if name.lower() in SHOWN_HEADERS or name.lower().startswith("x-ratelimit")
        }
        body = json.loads(response["body"]["string"])
        text = json.dumps(self.value("", body), indent=1)
        return {**response, "headers": shown, "body": {"string": text.encode()}}

    def value(self, key: str, value: Any) -> Any:
        """Return a JSON value without personal data; `key` is where it stands."""
        if isinstance(value, Mapping):
            return {name: self.value(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(key, each) for each in value]
        if isinstance(value, str) and value and key not in KEPT:
            return self._known.setdefault(value, self._stand_in(value))
        return value

    def _stand_in(self, text: str) -> str:
        number = len(self._known)
        if _MAIL.fullmatch(text):
            return f"person{number}@example.com"
        if _PHONE.fullmatch(text):
            return f"+1212555{100 + number % 100:04d}"
        return f"text{number:016d}" if len(text) >= len("ve9EPM428h8vShlRW1KT") else f"text{number}"


def read1(response: VCRHTTPResponse, size: int = -1, *, decode_content: bool | None = None) -> bytes:
    """Read as urllib3's own response does; the stub of vcrpy knows no `decode_content`."""
    assert decode_content is not False
    return bytes(response._content.read1(size))


RECORDED_AT = datetime(2026, 7, 17, 12, 48, tzinfo=UTC)
"""The `Date` of the answers."""


def player(mode: str = "none", scrubber: Scrubber | None = None) -> Any:
    """Return the recorder that tests replay with; with a scrubber, one that records."""
    hooks = {"before_record_request": scrubber.request, "before_record_response": scrubber.response} if scrubber else {}
    return vcr.VCR(
        cassette_library_dir=str(CASSETTES),
        record_mode=mode,
        match_on=MATCHED,
        filter_headers=["authorization", "user-agent"],
        decode_compressed_response=True,
        custom_patches=((VCRHTTPResponse, "read1", read1),),
        **hooks,
    )


def connect(token: str = TOKEN, location_id: str = LOCATION, messages: MessageStyle | None = None) -> GrowthHub:
    """Return a connector to the real address, which a cassette stands in for."""
    clock = FakeClock(RECORDED_AT)
    pace = Pacer(MemoryCallLogStore(), clock, RateLimit(100, 10.0), "growthhub")
    wire = HttpClient("growthhub", BASE_URL, headers(token), pace, calls=CALLS, clock=clock, secrets=(token,))
    return GrowthHub("growthhub", wire, location_id=location_id, cache=MemoryCache(), country="US", messages=messages)


def record(hub: GrowthHub) -> None:
    """Read one page of contacts, the first of them by id and its notes, custom fields, location, users; and
    messages.
    """
    hub.search.page_limit = 10
    page = next(hub.read_window(Window(datetime(1970, 1, 1, tzinfo=UTC))))
    for raw in page.records[:1]:
        hub.read_record(str(raw["id"]))
        hub.message_store.client.list_notes(str(raw["id"]))
    hub.custom_fields.read()
    hub.directory.users()
    for asked in ({"limit": "10"}, {"limit": "10", "channel": "Email"}):
        reply = hub.message_store.client.export_messages(asked)
        for email_id in [each for row in reply.body["messages"] for each in email_ids(row)][:1]:
            hub.message_store.client.read_email(email_id)


if __name__ == "__main__":
    live_location = os.environ["GROWTHHUB_LOCATION"]
    with player("all", Scrubber(live_location)).use_cassette(LIVE):
        record(connect(os.environ["GROWTHHUB_TOKEN"], live_location))
