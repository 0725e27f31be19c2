"""The documents' own answers, replayed through the real client."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import vcr
from vcr.stubs import VCRHTTPResponse

from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer
from connectors.whautomate.allowed_calls import CALLS
from connectors.whautomate.client import WhautomateClient
from connectors.whautomate.mapping import ContactMapping
from connectors.whautomate.system import LIMIT
from tests.connectors.clocks import FakeClock
from tests.connectors.growthhub.recording import read1

CASSETTES: Final = Path(__file__).parent / "cassettes"
OFFSET: Final = (datetime(2026, 3, 2, 9, tzinfo=UTC) - FakeClock().start).total_seconds()
"""By how many seconds the `Date` of the answers is ahead of the clock."""
CONTACT: Final[dict[str, Any]] = {
    "id": "text",
    "name": "text",
    "phoneNumber": "text",
    "location": {"id": "text", "title": "text"},
    "stage": "Subscriber",
    "notes": "text",
    "customFields": {},
    "tags": ["text"],
}


@pytest.fixture
def client() -> Iterator[WhautomateClient]:
    clock = FakeClock()
    wire = HttpClient(
        "wa", "https://api.whautomate.com/v1", {"x-api-key": "key-of-no-account"},
        Pacer(MemoryCallLogStore(), clock, LIMIT, "wa"), calls=CALLS, clock=clock, expected_offset=OFFSET,
    )  # fmt: skip
    yield WhautomateClient(wire)
    wire.close()


def replayed(name: str) -> Any:
    player = vcr.VCR(
        record_mode=vcr.mode.NONE, match_on=("method", "uri"), custom_patches=((VCRHTTPResponse, "read1", read1),)
    )
    return player.use_cassette(str(CASSETTES / f"{name}.yaml"))


def test_the_documented_list_shows_one_contact(client: WhautomateClient) -> None:
    with replayed("contacts_listed"):
        assert list(client.list_page(1, 100).rows.records) == [CONTACT]


def test_the_documented_contact_means_what_it_shows(client: WhautomateClient) -> None:
    with replayed("contact_read"):
        (raw,) = client.read_contact("text").records
    contact = ContactMapping("text", "US").contact(raw)
    shown = {name: value for name, value in contact.fields.items() if value is not None}
    assert shown == {"first_name": "text", "stage": "Subscriber", "tags": ("text",)}
    assert (contact.unmapped, contact.left_out) == ({"phone": "text"}, "no phone number")


def test_the_documented_answers_to_writes_are_records(client: WhautomateClient) -> None:
    body = {key: value for key, value in CONTACT.items() if key != "id"}
    with replayed("contact_created"):
        assert client.create_contact(body).raw == CONTACT
    with replayed("contact_updated"):
        assert client.put_contact("text", CONTACT).raw == CONTACT
    with replayed("contact_deleted"):
        client.delete_contact("text")


@pytest.mark.parametrize("name", ["tags_added", "tags_removed"])
def test_the_documented_answers_to_changes_of_tags_show_the_tags(client: WhautomateClient, name: str) -> None:
    with replayed(name):
        tags, _ = client.change_tags("text", "add" if name == "tags_added" else "remove", ["text"])
    assert tags == ["text"]
