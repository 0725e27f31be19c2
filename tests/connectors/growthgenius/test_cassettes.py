"""The documents' own answers, replayed through the real client."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.request import Request
from vcr.serializers import yamlserializer

from connectors.errors import OutcomeUnknown
from connectors.growthgenius.allowed_calls import CALLS
from connectors.growthgenius.connector import BASE_URL, GrowthGenius
from connectors.growthgenius.users import CACHED
from connectors.http.client import HttpClient
from connectors.message import Message
from connectors.records import Raw
from tests.connectors.clocks import FakeClock
from tests.connectors.growthgenius.account import EVERYTHING, MemoryCache, NoPace, united
from tests.connectors.growthgenius.recording import CASSETTES, player, scrub_request, scrub_response, scrubbed

ELON = "d54c54ad-40be-4305-8a34-0ab44710b90d"
KEY = "key-of-no-account"
OFFSET = (datetime(2021, 1, 22, 12, tzinfo=UTC) - FakeClock().start).total_seconds()
"""By how many seconds the `Date` of the answers is ahead of the clock."""
LOUIS = Message(
    id="393642",
    contact_id="155715",
    text="Hey Louis,\n\nYou hate prospecting. I love it. Maybe it's a perfect match?",
    sent_at=datetime(2019, 8, 9, 11, 10, 41, 275_000, tzinfo=UTC),
    kind="sales_force_message",
    flow="outbound",
)


def connected(cache: MemoryCache) -> GrowthGenius:
    clock = FakeClock()
    wire = HttpClient(
        "gg",
        BASE_URL,
        {"Authorization": KEY},
        NoPace(),
        calls=CALLS,
        clock=clock,
        secrets=[KEY],
        expected_offset=OFFSET,
    )
    return GrowthGenius("gg", wire, user_ids=[78], cache=cache, country="US", clock=clock)


@pytest.fixture
def account() -> Iterator[GrowthGenius]:
    account = connected(MemoryCache())
    yield account
    account.close()


@pytest.fixture
def ownerless() -> Iterator[GrowthGenius]:
    """Return an account that knows of no users, and asks for none."""
    cache = MemoryCache()
    cache.put(CACHED, [])
    account = connected(cache)
    yield account
    account.close()


def mapped(account: GrowthGenius, raw: Raw) -> Any:
    return account.to_contact({key: value for key, value in raw.items() if key != "user_id"}, {}).fields


@pytest.mark.parametrize(
    ("cassette", "names", "calls"),
    [
        ("contacts_flat", {"1102755": ("Tony", "Barkley")}, 1),
        ("contacts_wrapped_paginated", {ELON: ("Elon", "Musk")}, 1),
        ("contacts_single", {"1102755": ("Tony", "Barkley")}, 9),
        ("contacts_of_the_first_draft", {"5da8ceXXXXXXXXXXXXXXXXXX": ("Tim", "Zheng")}, 1),
    ],
)
def test_every_documented_list_is_read(account: GrowthGenius, cassette: str, names: dict[str, Any], calls: int) -> None:
    with player().use_cassette(f"{cassette}.yaml") as played:
        seen = united(account.read_window(EVERYTHING))
        assert {key: (raw["first_name"], raw["last_name"]) for key, raw in seen.items()} == names
        assert played.play_count == len(played) == calls


def test_the_documented_contact_is_read_and_mapped(account: GrowthGenius) -> None:
    with player().use_cassette("contact_read.yaml"):
        page = account.read_record("1102755")
    assert page.served_at == datetime(2021, 1, 22, 12, tzinfo=UTC)
    fields = mapped(account, page.records[0])
    assert (fields["country"], fields["company"], fields["email"]) == ("NZ", "Anz", "tony.barkley@anz.com")


def test_the_bare_contact_of_the_first_draft_is_read(account: GrowthGenius) -> None:
    with player().use_cassette("contact_read_bare.yaml"):
        assert mapped(account, account.read_record("2").records[0])["first_name"] == "Max"


def test_the_documented_create_answers_in_full(account: GrowthGenius) -> None:
    with player().use_cassette("contact_created.yaml") as played:
        answer = account.create_contact(
            {"first_name": "Tony", "last_name": "Barkley", "email": "sjobs@apple.com"}, None
        )
        assert (answer.raw["id"], answer.refused, played.play_count) == (1102755, frozenset(), 1)


def test_the_documented_five_field_answer_to_an_update_is_completed(account: GrowthGenius) -> None:
    with player().use_cassette("contact_updated_mini.yaml") as played:
        answer = account.update_contact({"id": ELON, "title": "Founder"}, {}, {"title": "CEO"}, None)
        assert (answer.raw["title"], answer.raw["first_name"], answer.refused) == ("CEO", "Elon", frozenset())
        assert played.play_count == 2


def test_the_documented_company_is_read(account: GrowthGenius) -> None:
    with player().use_cassette("company_found.yaml"):
        assert account.companies.find_company("google.com") == {
            "company": "google",
            "website": "https://google.com",
            "industry": "internet",
            "employee_count": "10001+",
        }


@pytest.mark.parametrize("cassette", ["users_list", "user_one"])
def test_the_documented_users_are_read(cassette: str) -> None:
    wire = HttpClient(
        "gg", BASE_URL, {"Authorization": KEY}, NoPace(), calls=CALLS, clock=FakeClock(), expected_offset=OFFSET
    )
    account = GrowthGenius("gg", wire, user_ids=[1], cache=MemoryCache(), country="US")
    with player().use_cassette(f"{cassette}.yaml"):
        assert account.to_contact({"id": 7, "user_id": 1}, {}).fields["owner"] == "dev@growthgenius.com"
    account.close()


def test_the_documented_messages_are_listed(account: GrowthGenius) -> None:
    with player().use_cassette("messages_list.yaml") as played:
        (raw,) = united(account.message_store.read_window(EVERYTHING)).values()
        assert played.play_count == 1
    assert raw["user_id"] == 78
    assert account.message_store.to_message({**raw, "user_id": None}) == LOUIS


def test_the_documented_message_is_read_by_id(ownerless: GrowthGenius) -> None:
    with player().use_cassette("message_read.yaml"):
        assert ownerless.message_store.read_message("393642", "155715") == LOUIS


def test_the_documented_answers_to_writes_show_the_message(ownerless: GrowthGenius) -> None:
    messages = ownerless.message_store
    with player().use_cassette("message_created.yaml") as played:
        assert messages.record_copy(LOUIS, "155715").copy == LOUIS
        assert played.play_count == 1
    with player().use_cassette("message_updated.yaml") as played:
        assert messages.update_copy(LOUIS, LOUIS).copy == LOUIS
        assert played.play_count == 1


def test_the_greeting_of_the_first_draft_shows_no_message(ownerless: GrowthGenius) -> None:
    with player().use_cassette("message_created_of_the_first_draft.yaml"), pytest.raises(OutcomeUnknown):
        ownerless.message_store.record_copy(LOUIS, "155715")


def test_the_documented_answer_to_a_deletion_is_a_success_whatever_it_lists(account: GrowthGenius) -> None:
    with player().use_cassette("message_deleted.yaml") as played:
        account.message_store.delete_copy("393642", "155715")
        assert played.play_count == 1


def test_a_call_that_is_not_on_the_cassette_is_an_error(account: GrowthGenius) -> None:
    with player().use_cassette("contact_read.yaml"), pytest.raises(CannotOverwriteExistingCassetteException):
        account.read_record("7")


@pytest.mark.parametrize("path", sorted(CASSETTES.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_cassette_holds_a_key(path: Path) -> None:
    cassette = yamlserializer.deserialize(path.read_text())
    for interaction in cassette["interactions"]:
        assert {name.lower() for name in interaction["request"]["headers"]}.isdisjoint({"authorization", "cookie"})
        json.loads(interaction["response"]["body"]["string"])


def test_recording_replaces_contacts_and_keeps_shapes() -> None:
    person = {
        "id": 7, "first_name": "Ada", "email": "ada@real.example", "mobile_phone": "NaN", "title": None,
        "technologies": "",
        "contact_account": {"id": 3, "status": "cold"}, "label_names": ["vip"], "email_confidence": 93,
        "updated_at": "2021-01-19T17:07:20.529-05:00",
    }  # fmt: skip
    kept = scrubbed({"contacts": [person], "pagination": {"page": 1, "total_entries": 1}})
    (shown,) = kept["contacts"]
    assert kept["pagination"] == {"page": 1, "total_entries": 1}
    assert {key: shown[key] for key in ("id", "mobile_phone", "title", "technologies", "updated_at")} == {
        key: person[key] for key in ("id", "mobile_phone", "title", "technologies", "updated_at")
    }
    assert shown["email"].endswith("@example.com")
    assert not {"Ada", "ada@real.example", "vip", "cold", "93"} & set(json.dumps(kept).replace(",", '"').split('"'))


def test_recording_replaces_what_messages_say_and_keeps_whose_they_are() -> None:
    message = {
        "id": 7, "contact_id": 5, "message_type": "sales_force_message", "rendered_copy": "Dear Ada", "team_id": 1,
        "rendered_subject": "For Ada", "sent_at": "2019-08-09T07:10:41.275-04:00", "user_id": 78,
    }  # fmt: skip
    (shown,) = scrubbed({"messages": [message]})["messages"]
    assert {key for key in message if shown[key] != message[key]} == {"rendered_copy", "rendered_subject"}
    assert "Ada" not in json.dumps(shown)


def test_recording_keeps_no_user_and_no_foreign_header() -> None:
    request = scrub_request(Request("GET", f"{BASE_URL}/contacts?user_id=4711&page=2", None, {}))
    assert request.uri == f"{BASE_URL}/contacts?user_id=78&page=2"
    response = {"headers": {"Set-Cookie": ["a"], "Date": ["b"]}, "body": {"string": b""}}
    assert scrub_response(response) == {"headers": {"Date": ["b"]}, "body": {"string": b""}}
