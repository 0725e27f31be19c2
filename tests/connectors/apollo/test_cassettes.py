"""The documents' own answers, replayed through the real client in the form of 2020."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import vcr
from vcr.stubs import VCRHTTPResponse

from connectors.apollo import directory
from connectors.apollo.allowed_calls import CALLS
from connectors.apollo.client import ApolloClient
from connectors.apollo.rate_headers import FREE
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer
from tests.connectors.apollo.parts import mapping_of
from tests.connectors.clocks import FakeClock
from tests.connectors.growthhub.recording import read1

CASSETTES: Final = Path(__file__).parent / "cassettes"
OFFSET: Final = (datetime(2026, 3, 2, 9, tzinfo=UTC) - FakeClock().start).total_seconds()
"""By how many seconds the `Date` of the answers is ahead of the clock."""
JON: Final = "5f34e4XXXXXXXXXXXXXXXXXX"
SENT: Final = {"first_name": "Jon", "last_name": "Snow", "title": "Lord Commander", "organization_name": "Westeros"}


@pytest.fixture
def client() -> Iterator[ApolloClient]:
    clock = FakeClock()
    wire = HttpClient(
        "ap", "https://api.apollo.io/v1", {}, Pacer(MemoryCallLogStore(), clock, FREE, "ap"), calls=CALLS,
        clock=clock, expected_offset=OFFSET,
    )  # fmt: skip
    yield ApolloClient(wire, "key-of-no-account")
    wire.close()


def replayed(name: str) -> Any:
    player = vcr.VCR(
        record_mode=vcr.mode.NONE,
        match_on=("method", "uri", "body"),
        custom_patches=((VCRHTTPResponse, "read1", read1),),
    )
    return player.use_cassette(str(CASSETTES / f"{name}.yaml"))


def test_the_documented_answers_to_a_create_and_an_update_show_the_contact(client: ApolloClient) -> None:
    with replayed("contact_created"):
        (made,) = client.create_contact(SENT).records
    with replayed("contact_updated"):
        (raw,) = client.patch_contact(JON, SENT).records
    assert made["id"] == raw["id"] == JON
    contact = mapping_of().contact(raw, {})
    shown = {name: value for name, value in contact.fields.items() if value is not None}
    assert shown == {
        "first_name": "Jon", "last_name": "Snow", "title": "Lord Commander", "company": "Westeros",
        "email": "jon.snow@westeros.com", "email_status": "verified",
    }  # fmt: skip


def test_the_documented_search_shows_a_contact_with_its_place_and_the_website_of_its_company(
    client: ApolloClient,
) -> None:
    body = {"sort_by_field": "contact_updated_at", "sort_ascending": False, "page": 1, "per_page": 100}
    with replayed("contacts_searched"):
        reply = client.search(body)
    assert reply.body["pagination"]["total_entries"] == 1
    contact = mapping_of().contact(reply.body["contacts"][0], {})
    shown = {name: contact.fields.get(name) for name in ("city", "state", "country", "website", "linkedin_url")}
    assert shown == {
        "city": "San Francisco", "state": "California", "country": "US", "website": "http://www.apollo.io",
        "linkedin_url": "https://www.linkedin.com/in/tim-zheng-677ba010",
    }  # fmt: skip


def test_the_documented_stages_have_one_for_whoever_may_not_be_contacted(client: ApolloClient) -> None:
    with replayed("stages_listed"):
        names = [name for _, name, _ in directory.named_rows(client.list_stages())]
    assert names == [
        "Cold", "Approaching", "Replied", "Interested", "Not Interested", "Unresponsive", "Do Not Contact", "Bad Data",
        "Changed Job",
    ]  # fmt: skip


def test_the_documented_answer_to_a_change_of_stages_shows_each_contact(client: ApolloClient) -> None:
    with replayed("stages_updated"):
        (raw,) = client.update_stages([JON], "new_contact_stage_id").records
    assert (raw["id"], raw["contact_stage_id"]) == (JON, "new_contact_stage_id")
