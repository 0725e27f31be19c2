from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.contact import Fields
from connectors.errors import AuthError, DuplicateRefused, OutcomeUnknown, RecordGone, RecordRefused, ServerTrouble
from connectors.growthhub.client import _may_be_made_of
from connectors.sandbox.faults import Fault
from tests.connectors.growthhub.world import World

ANN: Fields = {
    "first_name": "Ann",
    "last_name": "Lee",
    "email": "ann@example.com",
    "phone": "+12125550123",
    "company": "Example Ltd",
    "website": "https://example.com",
    "address": "1 Main St",
    "city": "New York",
    "state": "NY",
    "country": "US",
    "postal_code": "10001",
    "title": "CTO",
    "keywords": "tea, coffee",
    "custom1": "seven",
    "mobile_phone": "+12125550124",
    "tags": ("VIP", "warm"),
    "lists": ("Fall, 2026", "Spring"),
}


def prepared(world: World, *names: str) -> None:
    world.hub.create_places(frozenset(names or ANN))
    world.calls()


def added(world: World, **properties: Any) -> str:
    record_id = world.sandbox.add(**{"firstName": "Ann", "email": "ann@example.com", **properties})
    world.clock.pass_by(1)
    return record_id


def current(world: World, record_id: str) -> Any:
    """Return a record as the engine has it before a write: read by id and mapped."""
    raw = world.hub.read_record(record_id).records[0]
    world.hub.to_contact(raw, {})
    world.calls()
    return raw


def update(world: World, record_id: str, marker: str | None = None, **changes: Any) -> Any:
    return world.hub.update_contact(current(world, record_id), {}, changes, marker)


# create


def test_a_contact_that_was_created_is_not_forgotten_because_it_cannot_be_read_then(world: World) -> None:
    prepared(world)
    world.sandbox.quirks.drops = frozenset({"city"})
    world.sandbox.faults.append(Fault("status", method="GET", path="/contacts/", status=503, times=None))
    answer = world.hub.create_contact(ANN, "1")
    (made,) = world.sandbox.people()
    assert answer.raw["id"] == made["id"]
    assert answer.raw["firstName"] == "Ann"


def test_a_create_is_one_call_and_shows_everything_that_was_sent(world: World) -> None:
    prepared(world)
    answer = world.hub.create_contact(ANN, "4711")
    assert world.calls() == ["POST /contacts/"]
    contact = world.hub.to_contact(answer.raw, {})
    assert {name: contact.fields[name] for name in ANN} == {**ANN, "tags": ("vip", "warm")}
    assert contact.marker == "4711"
    assert answer.refused == frozenset()
    assert answer.served_at == world.clock.now()


def test_a_create_sends_documented_properties_and_no_empty_values(world: World) -> None:
    prepared(world, "title")
    world.hub.create_contact({"first_name": "Ann", "last_name": None, "title": "CTO", "city": "", "tags": ("a",)}, "7")
    marker, title = (world.sandbox.field(key) for key in ("contact.growthgenius_id", "contact.job_title"))
    assert marker
    assert title
    assert world.bodies() == [
        {
            "firstName": "Ann",
            "tags": ["a"],
            "customFields": [{"id": title.id, "field_value": "CTO"}, {"id": marker.id, "field_value": "7"}],
            "locationId": world.sandbox.location_id,
        }
    ]


def test_a_create_without_a_place_for_the_marker_goes_without_it(world: World) -> None:
    answer = world.hub.create_contact({"first_name": "Ann"}, "7")
    assert world.hub.to_contact(answer.raw, {}).marker is None


def test_the_default_country_of_the_location_is_in_the_answer(world: World) -> None:
    answer = world.hub.create_contact({"first_name": "Ann"}, None)
    assert world.hub.to_contact(answer.raw, {}).fields["country"] == "US"
    assert answer.refused == frozenset()


def test_the_default_country_is_known_to_be_filled_in_where_none_is_sent(world: World) -> None:
    assert world.hub.filled_in({"first_name": "Ann"}) == world.hub.filled_in({"country": None}) == {"country": "US"}
    assert world.hub.filled_in({"country": "NO"}) == {}


def test_nothing_is_known_to_be_filled_in_where_the_location_may_not_be_read(world: World) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"locations.readonly"})
    assert world.hub.filled_in({"first_name": "Ann"}) == {}


@pytest.mark.parametrize(
    ("sent", "field"), [({"email": "ANN@example.com"}, "email"), ({"phone": "+12125550123"}, "phone")]
)
def test_a_duplicate_is_named_by_the_refusal(world: World, sent: Fields, field: str) -> None:
    other = world.sandbox.add(email="ann@example.com", phone="+12125550123")
    with pytest.raises(DuplicateRefused) as refused:
        world.hub.create_contact(sent, None)
    assert (refused.value.other_id, refused.value.field) == (other, field)
    assert world.calls().count("POST /contacts/") == 1


def test_a_location_that_allows_duplicates_makes_them(world: World) -> None:
    world.sandbox.allow_duplicates = True
    world.sandbox.add(email="ann@example.com")
    world.hub.create_contact({"email": "ann@example.com"}, None)
    assert len(world.sandbox.people()) == 2


def test_a_create_that_was_refused_and_took_effect_is_found_by_the_marker(world: World) -> None:
    prepared(world)
    world.sandbox.quirks.refuses_yet_creates = 1
    answer = world.hub.create_contact(ANN, "4711")
    assert world.hub.to_contact(answer.raw, {}).marker == "4711"
    assert len(world.sandbox.people()) == 1
    assert world.calls().count("POST /contacts/") == 1


def test_a_create_that_was_refused_is_looked_up_even_with_neither_mail_nor_phone(world: World) -> None:
    prepared(world)
    world.sandbox.quirks.refuses_yet_creates = 1
    answer = world.hub.create_contact({"first_name": "Ann"}, "4711")
    assert answer.raw["id"] == world.sandbox.people()[0]["id"]


def test_another_contact_with_the_same_address_is_not_mistaken_for_the_created(world: World) -> None:
    prepared(world)
    world.sandbox.allow_duplicates = True
    world.sandbox.add(email="ann@example.com", custom={"contact.growthgenius_id": "1"})
    world.sandbox.faults.append(Fault("status", method="POST", path="/contacts/$", status=422))
    with pytest.raises(RecordRefused):
        world.hub.create_contact({"email": "ann@example.com"}, "4711")


def test_a_created_contact_is_known_though_the_server_writes_its_domain_in_ascii() -> None:
    sent = {"email": "ann@bücher.example"}
    assert _may_be_made_of({"email": "ann@xn--bcher-kva.example"}, sent)
    assert not _may_be_made_of({"email": "bob@xn--bcher-kva.example"}, sent)


def test_a_refusal_keeps_the_servers_words(world: World) -> None:
    with pytest.raises(RecordRefused) as refused:
        world.hub.create_contact({"email": "nonsense"}, None)
    assert refused.value.messages == ("email must be an email",)
    assert world.sandbox.people() == []


def test_a_property_that_the_server_does_not_know_is_left_out_and_remembered(world: World) -> None:
    world.sandbox.quirks.unknown_properties = frozenset({"companyName"})
    answer = world.hub.create_contact({"first_name": "Ann", "company": "Example Ltd"}, None)
    assert answer.refused == {"company"}
    assert world.calls().count("POST /contacts/") == 2
    again = world.connect().create_contact({"first_name": "Bob", "company": "Example Ltd"}, None)
    assert again.refused == {"company"}
    assert world.calls() == ["POST /contacts/"]


def test_a_create_whose_answer_never_came_is_not_repeated(world: World) -> None:
    world.sandbox.faults.append(Fault("reset_after", method="POST", path="/contacts/$"))
    with pytest.raises(OutcomeUnknown):
        world.hub.create_contact({"email": "ann@example.com"}, None)
    assert len(world.sandbox.people()) == 1


def test_a_create_that_is_answered_without_a_contact_has_an_unknown_outcome(world: World) -> None:
    world.change_answers("/contacts/", lambda _: {"ok": True})
    with pytest.raises(OutcomeUnknown):
        world.hub.create_contact({"email": "ann@example.com"}, None)


def test_values_that_a_create_drops_without_a_word_are_refused(world: World) -> None:
    prepared(world)
    world.sandbox.quirks.drops = frozenset({"city", "contact.job_title"})
    answer = world.hub.create_contact({"first_name": "Ann", "city": "Oslo", "title": "CTO", "state": "NY"}, None)
    assert answer.refused == {"city", "title"}
    assert world.calls() == ["POST /contacts/", f"GET /contacts/{answer.raw['id']}"]
    assert world.hub.to_contact(answer.raw, {}).fields["state"] == "NY"


def test_creates_at_the_same_time_ask_for_fields_and_users_once(world: World) -> None:
    prepared(world, "title")
    world.sandbox.add_user("rep@example.com")
    hub = world.connect()
    world.cache.kept.clear()
    people = [{"first_name": f"P{n}", "title": "CTO", "owner": "rep@example.com"} for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda person: hub.create_contact(person, None), people))
    assert all(answer.refused == frozenset() for answer in answers)
    calls = world.calls()
    assert calls.count("POST /contacts/") == len(people)
    assert len(calls) == len(people) + 3


# update


def test_an_update_sends_only_what_changed(world: World) -> None:
    prepared(world)
    record_id = added(world)
    raw = current(world, record_id)
    answer = world.hub.update_contact(raw, {}, {"city": "Oslo", "title": "CTO"}, None)
    title = world.sandbox.field("contact.job_title")
    assert title
    assert world.bodies() == [{"city": "Oslo", "customFields": [{"id": title.id, "field_value": "CTO"}]}]
    assert world.hub.to_contact(answer.raw, {}).fields["title"] == "CTO"
    assert answer.raw["email"] == "ann@example.com"
    assert answer.refused == frozenset()


def test_the_marker_goes_along_until_it_is_there(world: World) -> None:
    prepared(world)
    record_id = added(world)
    update(world, record_id, "4711", city="Oslo")
    assert world.sandbox.custom(record_id, "contact.growthgenius_id") == "4711"
    raw = current(world, record_id)
    world.hub.update_contact(raw, {}, {"city": "Bergen"}, "4711")
    assert world.bodies() == [{"city": "Bergen"}]


def test_a_marker_goes_by_itself_where_nothing_else_changed(world: World) -> None:
    prepared(world)
    record_id = added(world)
    answer = update(world, record_id, "4711")
    assert world.calls() == [f"PUT /contacts/{record_id}"]
    assert world.hub.to_contact(answer.raw, {}).marker == "4711"


def test_other_custom_fields_stay(world: World) -> None:
    prepared(world)
    record_id = added(world, custom={"contact.custom1": "one", "contact.shoe_size": "46"})
    answer = update(world, record_id, title="CTO")
    assert world.sandbox.custom(record_id, "contact.shoe_size") == "46"
    assert world.hub.to_contact(answer.raw, {}).fields["custom1"] == "one"


@pytest.mark.parametrize(
    ("had", "wanted", "calls"),
    [
        (["a"], ("a", "b"), ["POST"]),
        (["a", "b"], ("b",), ["DELETE"]),
        (["a", "b"], ("B", "c"), ["POST", "DELETE"]),
        (["a"], None, ["DELETE"]),
    ],
)
def test_tags_go_by_their_own_calls(
    world: World, had: list[str], wanted: tuple[str, ...] | None, calls: list[str]
) -> None:
    record_id = added(world, tags=had)
    raw = current(world, record_id)
    changes: Fields = {"tags": wanted}
    assert world.hub.count_write_calls(raw, changes) == len(calls)
    answer = world.hub.update_contact(raw, {}, changes, None)
    assert world.calls() == [f"{method} /contacts/{record_id}/tags" for method in calls]
    assert world.hub.to_contact(answer.raw, {}).fields["tags"] == (
        None if wanted is None else tuple(tag.lower() for tag in wanted)
    )
    assert answer.refused == frozenset()


def test_tags_and_fields_together_are_a_put_and_the_tag_calls(world: World) -> None:
    record_id = added(world, tags=["a"])
    raw = current(world, record_id)
    changes: Fields = {"tags": ("b",), "city": "Oslo"}
    assert world.hub.count_write_calls(raw, changes) == 3
    answer = world.hub.update_contact(raw, {}, changes, None)
    tags = f"/contacts/{record_id}/tags"
    assert world.calls() == [f"PUT /contacts/{record_id}", f"POST {tags}", f"DELETE {tags}"]
    fields = world.hub.to_contact(answer.raw, {}).fields
    assert (fields["city"], fields["tags"]) == ("Oslo", ("b",))


def test_tags_that_are_there_in_another_case_cost_no_write(world: World) -> None:
    record_id = added(world, tags=["vip"])
    answer = update(world, record_id, tags=("VIP",))
    assert world.calls() == [f"GET /contacts/{record_id}"]
    assert answer.refused == frozenset()


def test_a_tag_answer_that_only_echoes_is_not_mistaken_for_the_whole(world: World) -> None:
    world.sandbox.quirks.tags_echo = True
    record_id = added(world, tags=["a"])
    answer = update(world, record_id, tags=("a", "b"))
    assert world.hub.to_contact(answer.raw, {}).fields["tags"] == ("a", "b")


def test_tags_that_do_not_stay_are_refused(world: World) -> None:
    world.sandbox.quirks.drops = frozenset({"tags"})
    record_id = added(world, tags=["a"])
    assert update(world, record_id, tags=("a", "b")).refused == {"tags"}


CLEARABLE = (
    ("first_name", "firstName", "Ann"),
    ("last_name", "lastName", "Lee"),
    ("email", "email", "ann@example.com"),
    ("phone", "phone", "+12125550123"),
    ("address", "address1", "1 Main St"),
    ("city", "city", "Oslo"),
    ("state", "state", "NY"),
    ("website", "website", "https://example.com"),
    ("company", "companyName", "Example Ltd"),
)


@pytest.mark.parametrize(("name", "wire", "value"), CLEARABLE)
def test_a_native_field_is_emptied_with_null(world: World, name: str, wire: str, value: str) -> None:
    record_id = added(world, **{wire: value})
    raw = current(world, record_id)
    answer = world.hub.update_contact(raw, {}, {name: None}, None)
    assert world.bodies() == [{wire: None}]
    assert world.hub.to_contact(answer.raw, {}).fields[name] is None
    assert answer.refused == frozenset()


@pytest.mark.parametrize(("name", "wire", "value"), CLEARABLE)
def test_what_null_does_not_empty_an_empty_text_does(world: World, name: str, wire: str, value: str) -> None:
    record_id = added(world, **{wire: value})
    world.sandbox.quirks.ignores_nulls = True
    answer = update(world, record_id, **{name: None})
    assert world.bodies() == [{wire: None}, {wire: ""}]
    assert world.sandbox.person(record_id).get(wire) is None
    assert world.hub.to_contact(answer.raw, {}).fields[name] is None
    assert answer.refused == frozenset()


@pytest.mark.parametrize(("name", "wire", "value"), CLEARABLE)
def test_a_field_that_a_server_does_not_empty_is_refused(world: World, name: str, wire: str, value: str) -> None:
    record_id = added(world, **{wire: value})
    world.sandbox.quirks.ignores_clears = True
    answer = update(world, record_id, **{name: None})
    assert answer.refused == {name}
    assert world.hub.to_contact(answer.raw, {}).fields[name] == value


def test_an_address_is_emptied_in_a_record_that_came_from_a_search(world: World) -> None:
    record_id = added(world, address1="1 Main St")
    raw = world.search_row(record_id)
    answer = world.hub.update_contact(raw, {}, {"address": None}, None)
    assert world.hub.to_contact(answer.raw, {}).fields["address"] is None


def test_a_custom_field_is_emptied_with_an_empty_text(world: World) -> None:
    prepared(world)
    record_id = added(world, custom={"contact.job_title": "CTO"})
    raw = current(world, record_id)
    answer = world.hub.update_contact(raw, {}, {"title": None}, None)
    assert world.bodies()[0]["customFields"][0]["field_value"] == ""
    assert world.hub.to_contact(answer.raw, {}).fields["title"] is None
    assert answer.refused == frozenset()


@pytest.mark.parametrize("name", ["country", "postal_code"])
def test_country_and_postal_code_cannot_be_emptied_and_are_not_sent(world: World, name: str) -> None:
    record_id = added(world, country="NO", postalCode="0150")
    answer = update(world, record_id, city="Oslo", **{name: None})
    assert answer.refused == {name}
    assert world.bodies() == [{"city": "Oslo"}]


def test_an_update_of_nothing_but_what_is_refused_is_answered_by_the_record(world: World) -> None:
    record_id = added(world, country="NO")
    answer = update(world, record_id, country=None)
    assert answer.refused == {"country"}
    assert world.calls() == [f"GET /contacts/{record_id}"]


def test_a_company_that_put_refuses_is_left_out_and_remembered(world: World) -> None:
    world.sandbox.quirks.company_in_put = False
    record_id = added(world)
    answer = update(world, record_id, company="Example Ltd", city="Oslo")
    assert answer.refused == {"company"}
    assert world.bodies() == [{"companyName": "Example Ltd", "city": "Oslo"}, {"city": "Oslo"}]
    again = world.connect().update_contact(current(world, record_id), {}, {"company": "Other", "city": "Bergen"}, None)
    assert again.refused == {"company"}
    assert world.bodies() == [{"city": "Bergen"}]
    assert world.hub.create_contact({"company": "Example Ltd"}, None).refused == frozenset()


def test_a_value_that_put_finds_fault_with_holds_up_no_other(world: World) -> None:
    record_id = added(world)
    answer = update(world, record_id, email="nonsense", city="Oslo")
    assert answer.refused == {"email"}
    assert world.sandbox.person(record_id)["city"] == "Oslo"


def test_a_value_that_stays_as_it_was_is_refused(world: World) -> None:
    record_id = added(world, city="Oslo")
    world.sandbox.quirks.drops = frozenset({"city"})
    answer = update(world, record_id, city="Bergen", state="NY")
    assert answer.refused == {"city"}
    assert world.hub.to_contact(answer.raw, {}).fields["city"] == "Oslo"


def test_a_value_that_the_server_rewrites_is_its_answer_and_no_refusal(world: World) -> None:
    record_id = added(world, city="Oslo")
    raw = current(world, record_id)
    path = f"/contacts/{record_id}"
    world.change_answers(path, lambda body: {**body, "contact": {**body["contact"], "city": "BERGEN"}})
    answer = world.hub.update_contact(raw, {}, {"city": "Bergen"}, None)
    assert answer.refused == frozenset()
    assert world.hub.values_after_write(answer.raw, {}, {"city": "Bergen"}) == {"city": "BERGEN"}


def test_an_answer_that_lacks_what_was_sent_is_made_up_for_by_one_reading(world: World) -> None:
    prepared(world)
    record_id = added(world, address1="1 Main St")
    world.sandbox.quirks.put_lacks = frozenset({"customFields"})
    answer = update(world, record_id, title="CTO")
    assert world.calls() == [f"PUT /contacts/{record_id}", f"GET /contacts/{record_id}"]
    assert world.hub.to_contact(answer.raw, {}).fields["title"] == "CTO"


@pytest.mark.parametrize("quirk", ["ignores_clears", "ignores_nulls"])
def test_a_value_that_stays_though_the_answer_does_not_show_it_is_not_mistaken_for_emptied(
    world: World, quirk: str
) -> None:
    record_id = added(world, city="Oslo")
    setattr(world.sandbox.quirks, quirk, True)
    world.sandbox.quirks.put_lacks = frozenset({"city"})
    answer = update(world, record_id, city=None)
    stays = quirk == "ignores_clears"
    assert world.sandbox.person(record_id).get("city") == ("Oslo" if stays else None)
    assert answer.refused == ({"city"} if stays else frozenset())
    assert world.hub.values_after_write(answer.raw, {}, {"city": None}) == {"city": "Oslo" if stays else None}


def test_that_a_property_can_be_emptied_is_read_once_a_day(world: World) -> None:
    ann, bob = added(world, city="Oslo"), added(world, email="bob@example.com", city="Oslo", state="NY")
    update(world, ann, city=None)
    assert world.calls() == [f"PUT /contacts/{ann}", f"GET /contacts/{ann}"]
    update(world, bob, city=None)
    assert world.calls() == [f"PUT /contacts/{bob}"]
    update(world, bob, state=None)
    assert world.calls() == [f"PUT /contacts/{bob}", f"GET /contacts/{bob}"]


def test_custom_values_that_an_answer_does_not_show_are_read(world: World) -> None:
    prepared(world)
    record_id = added(world, custom={"contact.job_title": "CTO"})
    world.sandbox.quirks.ignores_clears = True
    world.sandbox.quirks.put_lacks = frozenset({"customFields"})
    assert update(world, record_id, title=None).refused == {"title"}


def test_what_an_answer_lacks_and_was_not_sent_is_as_before(world: World) -> None:
    record_id = added(world, address1="1 Main St", custom={"contact.custom1": "one"})
    world.sandbox.quirks.put_lacks = frozenset({"customFields", "address1", "tags"})
    answer = update(world, record_id, city="Oslo")
    assert world.calls() == [f"PUT /contacts/{record_id}"]
    fields = world.hub.to_contact(answer.raw, {}).fields
    assert (fields["address"], fields["custom1"], fields["city"]) == ("1 Main St", "one", "Oslo")


def test_an_update_of_a_contact_gone_is_a_deletion_found(world: World) -> None:
    record_id = added(world)
    raw = current(world, record_id)
    world.sandbox.remove(record_id)
    with pytest.raises(RecordGone):
        world.hub.update_contact(raw, {}, {"city": "Oslo"}, None)
    with pytest.raises(RecordGone):
        world.hub.update_contact(raw, {}, {"tags": ("a",)}, None)


def test_an_update_to_another_contacts_address_is_refused(world: World) -> None:
    world.sandbox.add(email="bob@example.com")
    record_id = added(world)
    with pytest.raises(DuplicateRefused, match="duplicated"):
        update(world, record_id, email="bob@example.com")


def test_an_update_with_a_lost_answer_is_not_sent_again_over_what_a_user_may_have_typed(world: World) -> None:
    record_id = added(world)
    world.sandbox.faults.append(Fault("reset_after", method="PUT"))
    with pytest.raises(OutcomeUnknown):
        update(world, record_id, city="Oslo")
    assert world.sandbox.person(record_id)["city"] == "Oslo"
    assert [call.method for call in world.sandbox.calls if call.method == "PUT"] == ["PUT"]


def test_a_field_that_is_gone_from_the_location_is_found_again_and_the_write_repeated(world: World) -> None:
    prepared(world)
    record_id = added(world)
    world.sandbox.remove_field("contact.job_title")
    world.sandbox.add_field("Job Title")
    world.sandbox.quirks.unknown_custom_refused = True
    answer = update(world, record_id, title="CTO")
    assert world.sandbox.custom(record_id, "contact.job_title") == "CTO"
    assert answer.refused == frozenset()


def test_a_field_that_is_gone_from_the_location_for_good_is_refused(world: World) -> None:
    prepared(world)
    record_id = added(world)
    world.sandbox.remove_field("contact.job_title")
    answer = update(world, record_id, title="CTO", city="Oslo")
    assert answer.refused == {"title"}
    assert world.hub.missing_places(frozenset({"title"})) == ["contact.job_title"]


def test_a_missing_scope_to_write_is_an_auth_error(world: World) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"contacts.write"})
    with pytest.raises(AuthError):
        world.hub.create_contact({"first_name": "Ann"}, None)


def test_a_marker_alone_is_one_call_in_a_plan(world: World) -> None:
    record_id = added(world)
    raw = current(world, record_id)
    assert world.hub.count_write_calls(raw, {}) == 1
    assert world.hub.count_write_calls(None, ANN) == 1


# find


def test_before_a_first_create_the_look_up_is_two_calls_at_most(world: World) -> None:
    prepared(world)
    record_id = added(world, phone="+12125550123")
    found = world.hub.find_candidates({"email": "Ann@example.com", "phone": "+12125550123"}, "4711", None)
    assert [raw["id"] for raw in found] == [record_id]
    assert world.calls() == ["GET /contacts/search/duplicate"] * 2


def test_a_look_up_by_mail_and_by_number_finds_two_contacts(world: World) -> None:
    ann = added(world)
    bob = world.sandbox.add(phone="+12125550123")
    found = world.hub.find_candidates({"email": "ann@example.com", "phone": "+12125550123"}, None, None)
    assert [raw["id"] for raw in found] == [ann, bob]
    assert found[0]["email"] == "ann@example.com"


def test_no_contact_is_found_where_there_is_no_contact(world: World) -> None:
    assert world.hub.find_candidates({"email": "ann@example.com"}, None, None) == []
    assert world.hub.find_candidates({"first_name": "Ann"}, None, None) == []
    assert world.calls() == ["GET /contacts/search/duplicate"]


@pytest.mark.parametrize("status", [400, 404])
def test_no_contact_is_found_where_the_look_up_says_so_by_an_error(world: World, status: int) -> None:
    body = {"statusCode": status, "message": "Contact not found"}
    world.sandbox.faults.append(Fault("status", status=status, body=body))
    assert world.hub.find_candidates({"email": "ann@example.com"}, None, None) == []


@pytest.mark.parametrize("row", [None, 5, {"id": None}, {"id": "a/b"}])
def test_a_row_that_cannot_be_read_may_be_the_contact_that_is_looked_for(world: World, row: Any) -> None:
    """To take it for missing would make the contact a second time."""
    prepared(world)
    world.sandbox.add(custom={"contact.growthgenius_id": "4711"})
    world.change_answers("/contacts/search", lambda body: body | {"contacts": [row for _ in body["contacts"]]})
    with pytest.raises(ServerTrouble, match="no record"):
        world.hub.find_candidates({"email": "ann@example.com"}, "4711", world.clock.now())
    with pytest.raises(ServerTrouble, match="may be in a part of the list that cannot be read"):
        world.hub.find_candidates({"first_name": "Ann"}, None, world.clock.now())


@pytest.mark.parametrize("shown", [{}, {"id": None}, {"id": " "}])
def test_a_duplicate_without_an_id_is_not_mistaken_for_no_contact(world: World, shown: Any) -> None:
    world.sandbox.faults.append(Fault("status", path="/duplicate", status=200, body={"contact": shown}))
    with pytest.raises(ServerTrouble, match="without an id"):
        world.hub.find_candidates({"email": "ann@example.com"}, None, None)


def test_after_a_lost_create_the_marker_is_searched_for(world: World) -> None:
    prepared(world)
    sent_at = world.clock.now()
    record_id = world.sandbox.add(custom={"contact.growthgenius_id": "4711"})
    world.sandbox.add(custom={"contact.growthgenius_id": "4712"})
    found = world.hub.find_candidates({"email": "ann@example.com"}, "4711", sent_at)
    assert [raw["id"] for raw in found] == [record_id]
    assert world.calls() == ["GET /contacts/search/duplicate", "POST /contacts/search"]


def test_after_a_lost_create_of_a_contact_without_mail_and_phone_the_recent_ones_are_candidates(
    world: World,
) -> None:
    prepared(world)
    old = added(world, dateAdded=world.clock.now() - timedelta(days=1))
    sent_at = world.clock.now()
    new = world.sandbox.add(firstName="Ann")
    found = [raw["id"] for raw in world.hub.find_candidates({"first_name": "Ann"}, "4711", sent_at)]
    assert found == [new]
    assert old not in found


def test_a_look_up_asks_for_the_plus_sign_in_its_escaped_form(world: World) -> None:
    record_id = world.sandbox.add(phone="+442079460123")
    found = world.hub.find_candidates({"phone": "+442079460123"}, None, None)
    assert [raw["id"] for raw in found] == [record_id]


def test_a_deleted_contact_is_gone_and_deleting_it_again_is_no_error(world: World) -> None:
    record_id = added(world)
    world.hub.delete_contact(record_id)
    world.hub.delete_contact(record_id)
    with pytest.raises(RecordGone):
        world.hub.read_record(record_id)


# creates that are refused


@pytest.mark.parametrize("field", [{"do_not_contact": "yes"}, {"tags": ("via",)}])
def test_a_property_that_keeps_workflows_away_is_sent_although_the_server_said_it_knows_none(
    world: World, field: Fields
) -> None:
    world.cache.put("refused_properties", {"POST": ["dnd", "tags"]})
    answer = world.hub.create_contact({"first_name": "Ann", "email": "ann@example.com", **field}, None)
    shown = world.hub.to_contact(answer.raw, {}).fields
    assert all(shown[name] for name in field)


@pytest.mark.parametrize("said", ["Conflict", ["city must be one of the cities"]])
def test_a_create_that_is_a_conflict_is_sent_once(world: World, said: Any) -> None:
    prepared(world)
    body = {"statusCode": 409, "message": said}
    world.sandbox.faults.append(Fault("status", method="POST", path="/contacts/$", times=None, status=409, body=body))
    with pytest.raises(RecordRefused):
        world.hub.create_contact({"first_name": "Ann", "email": "ann@example.com", "city": "x", "title": "y"}, "7")
    assert world.calls().count("POST /contacts/") == 1


@pytest.mark.parametrize("shown", [{"email": "ann@example.com"}, {"phone": "+12125550123"}])
def test_without_a_place_for_the_marker_a_refused_create_is_not_repeated_where_a_record_has_its_address_or_number(
    world: World, shown: Fields
) -> None:
    body = {"statusCode": 400, "message": "Bad Request"}
    world.sandbox.faults.append(
        Fault("status_after", method="POST", path="/contacts/$", times=1, status=400, body=body)
    )
    with pytest.raises(DuplicateRefused) as refused:
        world.hub.create_contact({"first_name": "Ann", "city": "x", **shown}, "7")
    (made,) = world.sandbox.people()
    assert (refused.value.other_id, refused.value.field) == (made["id"], next(iter(shown)))


def test_without_a_place_for_the_marker_a_refused_create_is_taken_apart_where_the_look_up_finds_no_record(
    world: World,
) -> None:
    body = {"statusCode": 400, "message": "Bad Request"}
    world.sandbox.faults.append(Fault("status", method="POST", path="/contacts/$", times=1, status=400, body=body))
    answer = world.hub.create_contact({"first_name": "Ann", "email": "ann@example.com", "city": "x"}, "7")
    assert [person["id"] for person in world.sandbox.people()] == [answer.raw["id"]]


def test_what_a_user_types_between_null_and_blank_is_not_emptied(world: World) -> None:
    """Some servers do not empty a value by null: the second try is not made over what a user typed meanwhile."""
    record_id, handle = added(world, city="Rome"), world.sandbox.handle
    before, writes = current(world, record_id), 0

    def deaf(call: Any) -> Any:
        nonlocal writes
        if call.method != "PUT":
            return handle(call)
        writes += 1
        served = handle(replace(call, body={key: each for key, each in call.body.items() if each is not None}))
        if writes == 1:
            world.sandbox.edit(record_id, city="Typed")
        return served

    world.sandbox.handle = deaf  # type: ignore[method-assign]  # one server's way
    with pytest.raises(OutcomeUnknown, match=rf"contact {record_id} was edited between two tries .*city"):
        world.hub.update_contact(before, {}, {"city": None, "title": None, "first_name": "Anna"}, None)
    assert world.sandbox.person(record_id)["city"] == "Typed"


@pytest.mark.parametrize("status", [401, 503])
def test_a_refused_create_that_cannot_be_looked_up_has_an_unknown_outcome(world: World, status: int) -> None:
    """A 422 may have made the contact: to forget that over the look-up would make it a second time (R20)."""
    prepared(world)
    body = {"statusCode": 422, "message": ["something went wrong"]}
    world.sandbox.faults.append(Fault("status_after", method="POST", path="/contacts/$", status=422, body=body))
    world.sandbox.faults.append(Fault("status", path="duplicate|search", status=status, times=None))
    with pytest.raises(OutcomeUnknown, match=r"something went wrong.*whether it created the contact is unknown"):
        world.hub.create_contact(ANN, "left-1")
    assert len(world.sandbox.people()) == 1
