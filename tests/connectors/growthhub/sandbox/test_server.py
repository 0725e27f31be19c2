from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from connectors.growthhub.client import headers
from connectors.growthhub.sandbox.server import COMPANY, LOCATION, TOKEN, GrowthHubSandbox
from tests.connectors.growthhub.world import World


def ask(world: World, method: str, path: str, body: Any = None, **more: str) -> requests.Response:
    sent = {**headers(TOKEN), **more}
    return requests.request(method, f"{world.sandbox.url}{path}", json=body, headers=sent, timeout=5)


def search(world: World, **body: Any) -> requests.Response:
    return ask(world, "POST", "/contacts/search", {"locationId": LOCATION, "pageLimit": 10, **body})


def found(world: World, *filters: Any, **body: Any) -> list[str]:
    return [each["id"] for each in search(world, filters=list(filters), **body).json()["contacts"]]


@pytest.mark.parametrize("version", ["2021-07-28", "2021-04-15", "2023-02-21", "v3"])
def test_every_version_in_use_is_taken(world: World, version: str) -> None:
    assert ask(world, "GET", f"/locations/{LOCATION}", Version=version).status_code == 200


def test_a_call_without_version_or_with_another_token_is_refused(world: World) -> None:
    assert ask(world, "GET", f"/locations/{LOCATION}", Version="1999").status_code == 401
    answer = ask(world, "GET", f"/locations/{LOCATION}", Authorization="Bearer other")
    assert answer.status_code == 401
    assert answer.json()["message"] == "Invalid JWT"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/locations/other", None),
        ("GET", "/locations/other/customFields", None),
        ("POST", "/locations/other/customFields", {"name": "a", "dataType": "TEXT"}),
        ("POST", "/contacts/search", {"locationId": "other", "pageLimit": 1}),
        ("POST", "/contacts/", {"locationId": "other"}),
        ("GET", "/contacts/search/duplicate?locationId=other&email=a@example.com", None),
    ],
)
def test_another_location_is_forbidden(world: World, method: str, path: str, body: Any) -> None:
    answer = ask(world, method, path, body)
    assert answer.status_code == 403
    assert answer.json()["message"] == "The token does not have access to this location."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"pageLimit": 10}, "locationId should not be empty"),
        ({"locationId": LOCATION}, "pageLimit must be a number between 1 and 500"),
        ({"locationId": LOCATION, "pageLimit": 501}, "pageLimit must be a number between 1 and 500"),
        ({"locationId": LOCATION, "pageLimit": 1, "x": 1}, "property x should not exist"),
    ],
)
def test_a_search_without_what_it_needs_is_unprocessable(world: World, body: Any, said: str) -> None:
    answer = ask(world, "POST", "/contacts/search", body)
    assert answer.status_code == 422
    assert answer.json()["message"] == [said]


@pytest.mark.parametrize(
    "body",
    [
        {"filters": [{"field": "contact_name", "operator": "eq", "value": "x"}]},
        {"filters": [{"field": "dateUpdated", "operator": "eq", "value": "2026-01-01"}]},
        {"filters": [{"field": "dateUpdated", "operator": "range", "value": {"from": "2026-01-01"}}]},
        {"filters": [{"field": "dateUpdated", "operator": "range", "value": {"gte": "soon"}}]},
        {"sort": [{"field": "city", "direction": "asc"}]},
        {"page": 1001},
    ],
)
def test_questions_that_the_documents_do_not_know_are_refused(world: World, body: Any) -> None:
    world.sandbox.add(firstName="Ann")
    assert search(world, **body).status_code == 400


def test_a_page_ends_at_ten_thousand_records(world: World) -> None:
    assert search(world, page=1000).status_code == 200
    assert search(world, page=1001).status_code == 400


def test_contacts_are_found_by_each_filter(world: World) -> None:
    world.sandbox.add_field("Lead Score", "NUMERICAL")
    now = world.clock.now()
    ann = world.sandbox.add(email="Ann@example.com", phone="(212) 555-0123", tags=["VIP"], city="Oslo")
    bob = world.sandbox.add(
        email="bob@example.com", custom={"contact.lead_score": 5}, dateAdded=now - timedelta(days=9)
    )
    field = world.sandbox.field("contact.lead_score")
    assert field
    eq = {"operator": "eq"}
    assert found(world, {"field": "email", **eq, "value": "ann@example.com"}) == [ann]
    assert found(world, {"field": "phone", **eq, "value": "+12125550123"}) == [ann]
    assert found(world, {"field": "id", **eq, "value": bob}) == [bob]
    assert found(world, {"field": "tags", **eq, "value": "vip"}) == [ann]
    assert found(world, {"field": "city", **eq, "value": "Oslo"}) == [ann]
    assert found(world, {"field": "city", "operator": "not_exists"}) == [bob]
    assert found(world, {"field": f"customFields.{field.id}", **eq, "value": 5}) == [bob]
    week = {"gte": (now - timedelta(days=7)).isoformat()}
    assert found(world, {"field": "dateAdded", "operator": "range", "value": week}) == [ann]
    both = {"field": "email", **eq, "value": "bob@example.com"}, {"field": "id", **eq, "value": ann}
    assert found(world, *both) == []


def test_without_a_sort_the_newest_come_first_and_the_key_leads_on(world: World) -> None:
    now = world.clock.now()
    ids = [world.sandbox.add(firstName=f"P{n}", dateAdded=now - timedelta(days=n)) for n in range(5)]
    first = search(world, pageLimit=2).json()
    assert [each["id"] for each in first["contacts"]] == ids[:2]
    assert first["total"] == 5
    assert found(world, pageLimit=2, searchAfter=first["contacts"][-1]["searchAfter"]) == ids[2:4]
    assert found(world, pageLimit=2, page=3) == ids[4:]


def test_past_the_end_the_total_stays(world: World) -> None:
    world.sandbox.add(firstName="Ann")
    sort = [{"field": "dateUpdated", "direction": "asc"}]
    last = search(world, sort=sort).json()["contacts"][-1]
    past = search(world, sort=sort, searchAfter=last["searchAfter"]).json()
    assert (past["contacts"], past["total"]) == ([], 1)


def test_a_deleted_contact_disappears_from_the_search_after_the_lag(world: World) -> None:
    record_id = world.sandbox.add(firstName="Ann", email="ann@example.com")
    world.sandbox.quirks.index_lag = 10
    assert ask(world, "DELETE", f"/contacts/{record_id}").json()["succeeded"] is True
    assert found(world) == [record_id]
    world.clock.pass_by(10)
    assert found(world) == []
    assert ask(world, "GET", f"/contacts/{record_id}").status_code == 400
    assert ask(world, "DELETE", f"/contacts/{record_id}").status_code == 400


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"additionalEmails": []}, "property additionalEmails should not exist"),
        ({"locationId": LOCATION}, "property locationId should not exist"),
        ({"postalCode": None}, "postalCode must be a string"),
        ({"country": None}, "country must be a string"),
        ({"firstName": 5}, "firstName must be a string"),
        ({"email": "nonsense"}, "email must be an email"),
        ({"tags": "vip"}, "each value in tags must be a string"),
    ],
)
def test_an_update_is_checked_against_the_published_schema(world: World, body: Any, said: str) -> None:
    record_id = world.sandbox.add(firstName="Ann")
    answer = ask(world, "PUT", f"/contacts/{record_id}", body)
    assert answer.status_code == 422
    assert answer.json()["message"] == [said]
    assert answer.json()["error"] == "Unprocessable Entity"


def test_put_replaces_the_tags_and_merges_custom_fields(world: World) -> None:
    record_id = world.sandbox.add(tags=["a"], custom={"contact.one": "1", "contact.two": "2"})
    custom = [{"key": "two", "field_value": "II"}]
    ask(world, "PUT", f"/contacts/{record_id}", {"tags": ["B"], "customFields": custom})
    assert world.sandbox.person(record_id)["tags"] == ["b"]
    assert (world.sandbox.custom(record_id, "contact.one"), world.sandbox.custom(record_id, "contact.two")) == (
        "1",
        "II",
    )


def test_a_phone_that_is_none_is_refused(world: World) -> None:
    assert ask(world, "POST", "/contacts/", {"locationId": LOCATION, "phone": "12"}).status_code == 400


def test_numbers_have_to_be_numbers(world: World) -> None:
    field = world.sandbox.add_field("Lead Score", "NUMERICAL")
    body = {"locationId": LOCATION, "customFields": [{"id": field, "field_value": "five"}]}
    assert ask(world, "POST", "/contacts/", body).status_code == 400


def test_times_are_in_milliseconds_and_move_with_every_change(world: World) -> None:
    record_id = world.sandbox.add(firstName="Ann")
    before = world.sandbox.person(record_id)
    world.clock.pass_by(5)
    ask(world, "POST", f"/contacts/{record_id}/tags", {"tags": ["a"]})
    after = world.sandbox.person(record_id)
    assert before["dateAdded"] == after["dateAdded"] == "2026-03-04T05:06:07.000Z"
    assert after["dateUpdated"] == "2026-03-04T05:06:12.000Z"


def test_records_are_stamped_by_the_servers_own_clock(world: World) -> None:
    world.sandbox.clock_offset = timedelta(seconds=90)
    assert world.sandbox.person(world.sandbox.add())["dateAdded"] == "2026-03-04T05:07:37.000Z"


def test_merged_contacts_are_one_with_both_numbers(world: World) -> None:
    kept = world.sandbox.add(firstName="Ann", phone="+12125550123", tags=["a"])
    gone = world.sandbox.add(email="ann@example.com", phone="+12125550124", tags=["b"], custom={"contact.x": "1"})
    world.sandbox.merge(kept, gone)
    (person,) = world.sandbox.people()
    assert (person["id"], person["email"], person["tags"]) == (kept, "ann@example.com", ["a", "b"])
    assert person["additionalPhones"] == [{"phone": "+12125550124"}]
    assert world.sandbox.custom(kept, "contact.x") == "1"


def test_a_merged_contact_is_found_by_the_e_mail_of_either(world: World) -> None:
    kept, gone = (world.sandbox.add(email=f"{name}@example.com") for name in ("ann", "ann.old"))
    world.sandbox.merge(kept, gone)
    (person,) = world.sandbox.people()
    assert (person["email"], person["additionalEmails"]) == ("ann@example.com", [{"email": "ann.old@example.com"}])
    for email in ("ann@example.com", "ANN.OLD@example.com"):
        path = f"/contacts/search/duplicate?locationId={LOCATION}&email={email}"
        assert ask(world, "GET", path).json()["contact"]["id"] == kept
    world.sandbox.remove(kept)
    path = f"/contacts/search/duplicate?locationId={LOCATION}&email=ann.old@example.com"
    assert ask(world, "GET", path).json()["contact"] is None


def test_users_need_the_company(world: World) -> None:
    world.sandbox.add_user("rep@example.com")
    assert ask(world, "GET", "/users/search").status_code == 422
    answer = ask(world, "GET", f"/users/search?companyId={COMPANY}").json()
    assert answer["count"] == 1
    assert ask(world, "GET", f"/users/?locationId={LOCATION}").json()["users"] == []


def test_strangers_cannot_be_edited_by_hand(world: World) -> None:
    for act in (world.sandbox.person, world.sandbox.remove, world.sandbox.edit, world.sandbox.remove_field):
        with pytest.raises(KeyError):
            act("missing")


def test_a_search_of_a_few_rows_touches_few_of_many_records() -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    sandbox = GrowthHubSandbox(now=lambda: now)
    for number in range(3000):
        sandbox.add(firstName="P", dateAdded=now - timedelta(days=1, seconds=number))
    sandbox.add(firstName="New")
    since = {"gte": (now - timedelta(minutes=1)).isoformat()}
    window = [{"field": "dateUpdated", "operator": "range", "value": since}]
    index = sandbox._index
    index.refresh(sandbox._now())
    sort = [{"field": "dateUpdated", "direction": "asc"}]
    page = index.search({"pageLimit": 500, "filters": window, "sort": sort})
    assert (len(page.rows), page.total) == (1, 1)
