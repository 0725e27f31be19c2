"""Cassettes of GrowthGenius: how they are replayed, and how they are recorded again against a live account.

    GROWTHGENIUS_API_KEY=... GROWTHGENIUS_USER_ID=... python -m tests.connectors.growthgenius.recording

reads the last day of the account, one of its contacts, one of its messages, and its users, writes nothing there, and
leaves cassettes/live.yaml. The key never reaches the file; whatever may tell of a contact or a company is replaced
before.
"""

import json
import os
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import vcr
from vcr.stubs import VCRHTTPResponse

from connectors.clock import SystemClock
from connectors.growthgenius.allowed_calls import CALLS
from connectors.growthgenius.connector import BASE_URL, GrowthGenius
from connectors.http.client import HttpClient
from connectors.records import Window
from tests.connectors.growthgenius.account import MemoryCache, NoPace

CASSETTES = Path(__file__).parent / "cassettes"
PLAIN = frozenset(
    {"id", "user_id", "team_id", "contact_id", "prospect_id", "contact_account_id"}
    | {"created_at", "updated_at", "sent_at", "message_type"}
)
SHAPES = frozenset({"pagination", "roles", "partial_results_only", "partial_results_limit", "num_fetch_result"})
HEADERS = frozenset({"date", "content-type", "retry-after", "x-ratelimit-max", "x-ratelimit-remaining"})


def scrubbed(value: Any, key: str = "") -> Any:
    """Return a JSON value with every text and number replaced that may tell of a contact; ids, times and shapes
    stay.
    """
    if key in PLAIN or key in SHAPES or value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {inner: scrubbed(each, inner) for inner, each in value.items()}
    if isinstance(value, list):
        return [scrubbed(each, key) for each in value]
    if value in ("", "NaN"):
        return value
    return _stand_in(key, str(value)) if isinstance(value, str) else 100


def scrub_request(request: Any) -> Any:
    """Replace the user, and drop the body: what is recorded only reads."""
    parts = urlsplit(request.uri)
    query = [(name, "78" if name == "user_id" else value) for name, value in parse_qsl(parts.query)]
    request.uri = parts._replace(query=urlencode(query)).geturl()
    return request


def scrub_response(response: dict[str, Any]) -> dict[str, Any]:
    """Replace contacts in the body, and drop headers that the client does not read."""
    text = response["body"]["string"]
    body = json.dumps(scrubbed(json.loads(text))).encode() if text else b""
    headers = {name: values for name, values in response["headers"].items() if name.lower() in HEADERS}
    return {**response, "headers": headers, "body": {"string": body}}


def _read1(response: Any, amount: int = -1, *, decode_content: bool | None = None) -> bytes:
    """Read as urllib3 does; vcrpy 9.4.2 hands urllib3's keyword on to BytesIO, which does not know it."""
    chunk: bytes = response._content.read1(amount)
    return chunk


def player(mode: str = "none") -> Any:
    """Return the recorder; with mode "none" a call that is not on the cassette is an error."""
    return vcr.VCR(
        cassette_library_dir=str(CASSETTES),
        record_mode=vcr.mode(mode),
        match_on=["method", "scheme", "host", "path", "query"],
        filter_headers=["Authorization", "User-Agent"],
        before_record_request=scrub_request if mode != "none" else None,
        before_record_response=scrub_response if mode != "none" else None,
        decode_compressed_response=True,
        custom_patches=((VCRHTTPResponse, "read1", _read1),),
    )


def record() -> None:
    """Record what a live account answers to the connector's own reading questions."""
    key, user_id = os.environ["GROWTHGENIUS_API_KEY"], os.environ["GROWTHGENIUS_USER_ID"]
    wire = HttpClient("live", BASE_URL, {"Authorization": key}, NoPace(), calls=CALLS, secrets=[key])
    account = GrowthGenius("live", wire, user_ids=[user_id], cache=MemoryCache(), country="US")
    with player("all").use_cassette("live.yaml"):
        day = Window(SystemClock().now() - timedelta(days=1))
        for raw in [raw for page in account.read_window(day) for raw in page.records][:1]:
            account.to_contact(account.read_record(str(raw["id"])).records[0], {})
        for raw in [raw for page in account.message_store.read_window(day) for raw in page.records][:1]:
            account.message_store.read_message(str(raw["id"]), "")
    account.close()


def _stand_in(key: str, value: str) -> str:
    digest = blake2b(value.encode(), digest_size=3).hexdigest()
    if "email" in key:
        return f"{digest}@example.com"
    if "phone" in key:
        return "212-555-0123"
    return f"example.com/{digest}" if "url" in key or key == "website" else f"Text {digest}"


if __name__ == "__main__":
    record()
