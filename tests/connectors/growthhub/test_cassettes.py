import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from vcr.request import Request

from connectors.errors import DuplicateRefused, RecordGone
from connectors.growthhub.connector import GrowthHub
from connectors.growthhub.location import Users
from connectors.growthhub.sandbox.server import LOCATION
from connectors.records import Window
from tests.connectors.growthhub.recording import CASSETTES, Scrubber, connect, player

PERSON = "seD4PfOuKoVMLkEZqohJ"
JULY = Window(datetime(2026, 7, 17, tzinfo=UTC))


@contextmanager
def replayed(name: str) -> Iterator[GrowthHub]:
    """Play a cassette to the connector; every answer in it has to be asked for."""
    hub = connect()
    with player().use_cassette(f"{name}.yaml") as cassette:
        yield hub
        assert cassette.all_played
    hub.close()


def test_the_vendors_published_contact_is_mapped() -> None:
    with replayed("contact_by_id") as hub:
        page = hub.read_record(PERSON)
    assert page.served_at == datetime(2026, 7, 17, 12, 48, tzinfo=UTC)
    with replayed("custom_fields") as hub, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub.directory, "users", lambda: Users([["ve9EPM428h8vShlRW1KT", "john@deo.com", True]]))
        contact = hub.to_contact(page.records[0], {})
    assert {name: value for name, value in contact.fields.items() if value is not None} == {
        "first_name": "rubika",
        "last_name": "Deo",
        "email": "rubika@deos.com",
        "phone": "+18832327657",
        "company": "DGS VolMAX",
        "website": "https://www.tesla.com",
        "address": "3535 1st St N",
        "city": "ruDolomitebika",
        "state": "AL",
        "country": "US",
        "postal_code": "35061",
        "tags": ("consequat", "nisi sint commodo amet"),
        "owner": "john@deo.com",
        "title": "name",
        "do_not_contact": "true",
    }
    assert contact.unmapped == {}


def test_recorded_search_rows_are_read_to_the_end_and_mapped() -> None:
    with replayed("search_to_the_end") as hub:
        hub.search.page_limit = 2
        pages = list(hub.read_window(JULY))
        contacts = [hub.to_contact(raw, {}) for page in pages for raw in page.records]
    assert [len(page.records) for page in pages] == [2, 0]
    seed, rubika = contacts
    assert seed.fields["first_name"] == "Temp"
    assert seed.fields["address"] == "3535 1st St N"
    assert seed.fields["title"] == "CTO"
    assert seed.phones == ("+12125550125",)
    assert seed.unmapped == {"phone": "+178655689546"}
    assert rubika.fields["phone"] == "+18832327657"
    assert rubika.fields["website"] is None


def test_a_refused_page_limit_is_requested_again_with_less() -> None:
    with replayed("search_without_page_limit_of_500") as hub:
        assert sum(len(page.records) for page in hub.read_window(JULY)) == 2


def test_a_documented_create_is_answered_by_the_contact() -> None:
    with replayed("create") as hub:
        answer = hub.create_contact(
            {
                "first_name": "rubika",
                "last_name": "Deo",
                "email": "rubika@deos.com",
                "phone": "+18832327657",
                "company": "DGS VolMAX",
                "title": "CTO",
                "tags": ("VIP",),
            },
            "6345678",
        )
        contact = hub.to_contact(answer.raw, {})
    assert answer.refused == frozenset()
    assert contact.marker == "6345678"
    assert contact.fields["tags"] == ("vip",)
    assert contact.fields["country"] == "US"


def test_an_update_and_its_tag_calls_come_out_as_one_record() -> None:
    with replayed("contact_by_id") as hub:
        current = hub.read_record(PERSON).records[0]
    with replayed("update_with_tags") as hub, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub.directory, "users", lambda: Users([]))
        tags = ("nisi sint commodo amet", "warm")
        answer = hub.update_contact(current, {}, {"city": "Dolomite", "tags": tags}, None)
        contact = hub.to_contact(answer.raw, {})
    assert answer.refused == frozenset()
    assert contact.fields["city"] == "Dolomite"
    assert contact.fields["tags"] == ("nisi sint commodo amet", "warm")


def test_a_company_that_put_does_not_know_is_refused_and_the_rest_goes() -> None:
    with replayed("contact_by_id") as hub:
        current = hub.read_record(PERSON).records[0]
    with replayed("update_without_company") as hub, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub.directory, "users", lambda: Users([]))
        answer = hub.update_contact(current, {}, {"company": "Example Ltd", "city": "Dolomite"}, None)
    assert answer.refused == {"company"}
    assert answer.raw["companyName"] == "DGS VolMAX"


def test_the_duplicate_refusal_names_the_other_contact() -> None:
    with replayed("duplicate_refused") as hub, pytest.raises(DuplicateRefused) as refused:
        hub.create_contact({"email": "rubika@deos.com"}, None)
    assert (refused.value.other_id, refused.value.field) == ("jz01BvG2mQ9sDq6c8LgZ", "email")


def test_the_look_up_for_duplicates_shows_a_contact_or_no_contact() -> None:
    with replayed("duplicate_look_up") as hub:
        found = hub.find_candidates({"email": "rubika@deos.com", "phone": "+18832327657"}, None, None)
    assert [raw["id"] for raw in found] == [PERSON]


def test_an_unknown_contact_is_gone() -> None:
    with replayed("unknown_contact") as hub, pytest.raises(RecordGone):
        hub.read_record("sD4PfOuKoVMLkEZqohJ")


def test_a_bad_token_and_a_foreign_location_are_distinguished() -> None:
    mends = {}
    for name in ("invalid_token", "another_location"):
        with replayed(name) as hub:
            (finding,) = hub.check_account(fix=False)
        assert not finding.ok
        assert finding.fatal
        mends[name] = finding.mend
    assert "location_id" in mends["another_location"]
    assert "Private Integrations" in mends["invalid_token"]


def test_a_made_custom_field_is_known_by_the_key_in_the_answer() -> None:
    with replayed("custom_field_made") as hub:
        hub.custom_fields.keys["custom1"] = "contact.nangotestfield"
        assert hub.create_places(frozenset({"custom1"})) == ["contact.nangotestfield"]
        assert hub.custom_fields.places["custom1"].id == "pYc5jkqJm2v0sVnLZ1tR"


def test_users_are_found_through_the_company_of_the_location() -> None:
    with replayed("users") as hub:
        assert hub.directory.email_of("ve9EPM428h8vShlRW1KT") == "john@deo.com"
        assert hub.location.settings()["settings"]["contactUniqueIdentifiers"] == ["email", "phone"]


def test_no_cassette_holds_a_credential() -> None:
    texts = [path.read_text().casefold() for path in CASSETTES.glob("*.yaml")]
    assert texts
    assert not any(word in text for text in texts for word in ("authorization:", "bearer ", "pit-"))


def test_a_recording_holds_no_personal_data() -> None:
    scrubber = Scrubber("liveLocation12345678")
    shown = {
        "contacts": [
            {
                "id": "liveContact123456789",
                "email": "Real.Person@corp.test",
                "phone": "+4915112345678",
                "firstName": "Real",
                "customFields": [{"id": "liveField12345678901", "value": "private"}],
                "dateUpdated": "2026-01-01T00:00:00.000Z",
                "searchAfter": [1, "liveContact123456789"],
            }
        ],
        "total": 1,
    }
    served = {"headers": {"Date": ["x"], "Set-Cookie": ["secret"]}, "body": {"string": json.dumps(shown).encode()}}
    text = scrubber.response(served)["body"]["string"].decode()
    kept = json.loads(text)["contacts"][0]
    assert not any(each in text for each in ("Real", "corp.test", "4915112345678", "private", "live"))
    assert kept["dateUpdated"] == "2026-01-01T00:00:00.000Z"
    assert kept["searchAfter"][1] == kept["id"]
    assert "Set-Cookie" not in scrubber.response(served)["headers"]
    asked = Request("GET", "https://api.test/contacts/liveContact123456789?locationId=liveLocation12345678", b"", {})
    assert scrubber.request(asked).uri == f"https://api.test/contacts/{kept['id']}?locationId={LOCATION}"
