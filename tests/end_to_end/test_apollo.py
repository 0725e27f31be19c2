"""Apollo and GrowthHub are kept the same, in both directions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.http.rate_headers import RateLimit
from connectors.sandbox.faults import Fault, Kind
from connectors.sandbox.server import Call
from sync.config.model import load
from sync.output.progress import SilentProgress
from sync.rehearsal import rehearse
from tests.end_to_end.apollo_world import ApolloWorld, writes
from tests.thorough import THOROUGH

LOST_IN_BULK = 250 if THOROUGH else 110
"""Contacts for two calls at least that create up to 100 each: the answer to the second is lost."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ApolloWorld]:
    world = ApolloWorld.create(tmp_path)
    with world.ap, world.gh:
        yield world


def test_contacts_travel_both_ways_and_the_third_run_is_quiet(world: ApolloWorld) -> None:
    world.add_to_hub(3, companyName="Example", tags=["vip"])
    world.ap.add({"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "title": "Engineer",
        "mobile_phone": "+12125550111", "label_names": ["looms"], "organization_name": "Daughters",
        "present_raw_address": "Boston, Massachusetts, United States"})  # fmt: skip
    report = world.run()
    assert report.status == "ok", report
    people = world.by_email()
    assert len(people) == 4
    assert people["person1@example.com"]["organization_name"] == "Example"
    (ada,) = [each for each in world.gh.people() if each["email"] == "ada@example.com"]
    assert (ada["firstName"], ada["companyName"], ada["city"], ada["phone"], ada["tags"]) == (
        "Ada", "Daughters", "Boston", "+12125550111", ["looms"]
    )  # fmt: skip
    assert world.run().status == "ok"
    mark = len(world.ap.calls)
    assert world.run(skip=3600.0).status == "ok"
    assert [call.path for call in world.ap.calls[mark:]] == ["/api/v1/contacts/search"], "a quiet run is one call"


def test_an_edit_on_either_side_arrives_on_the_other(world: ApolloWorld) -> None:
    hub_ids = world.add_to_hub(2)
    world.run()
    world.run()
    ids = {email: each["id"] for email, each in world.by_email().items()}
    world.clock.sleep(60)
    world.gh.edit(hub_ids[0], lastName="Renamed", city="Chicago")
    world.ap.edit(ids["person1@example.com"], {"title": "Boss", "label_names": ["hot"], "mobile_phone": "+12125550133"})
    report = world.run()
    assert report.status == "ok"
    assert world.by_email()["person0@example.com"]["last_name"] == "Renamed"
    assert world.by_email()["person0@example.com"]["present_raw_address"].startswith("Chicago")
    person = world.gh.person(hub_ids[1])
    assert (person["tags"], person["phone"]) == (["hot"], "+12125550133")
    mark, hub_mark = len(world.ap.calls), len(world.gh.calls)
    for _ in range(2):
        assert world.run(skip=3600.0).status == "ok"
    assert writes(world.ap.calls[mark:]) == []
    assert [call for call in world.gh.calls[hub_mark:] if call.method == "PUT"] == []


def test_what_apollo_guesses_at_a_create_never_travels_back(world: ApolloWorld) -> None:
    hub_ids = world.add_to_hub(1)
    for _ in range(3):
        assert world.run(skip=3600.0).status == "ok"
    assert world.by_email()["person0@example.com"]["organization_name"] == "Self-employed"
    assert not world.gh.person(hub_ids[0]).get("companyName")


def test_a_first_sync_costs_a_writing_call_for_100_contacts_and_each_arrives_once(tmp_path: Path) -> None:
    """10,000 contacts take at most 110 writing calls; without THOROUGH, 500 take at most 10."""
    count, most = (10_000, 110) if THOROUGH else (500, 10)
    world = ApolloWorld.create(tmp_path)
    with world.ap, world.gh:
        world.add_to_hub(count, companyName="Example", tags=["vip"])
        report = world.run()
        assert report.status == "ok"
        assert len(world.by_email()) == count
        made = writes(world.ap.calls)
        assert len(made) <= most
        assert {call.path.rpartition("/")[2] for call in made} <= {"bulk_create", "fields"}
        mark = len(world.ap.calls)
        assert world.run(skip=3600.0).status == "ok"
        assert writes(world.ap.calls[mark:]) == []


def test_edits_cost_a_writing_call_for_100_contacts_and_few_readings(tmp_path: Path) -> None:
    """1,000 edits take at most 12 writing calls; without THOROUGH, 200 take at most 2."""
    count, most = (1_000, 12) if THOROUGH else (200, 2)
    world = ApolloWorld.create(tmp_path)
    with world.ap, world.gh:
        hub_ids = world.add_to_hub(count, companyName="Example")
        world.run()
        world.run(skip=3600.0)
        world.clock.sleep(3600)
        for number, hub_id in enumerate(hub_ids):
            change = (
                {"lastName": f"Renamed{number}"}, {"companyName": f"Company {number}"},
                {"assignedTo": world.gh.users[1]["id"]}, {"firstName": f"First{number}"},
            )[number % 4]  # fmt: skip
            world.gh.edit(hub_id, **change)
        mark = len(world.ap.calls)
        world.ap.before_answer = lambda _call: world.clock.sleep(1.0)
        report = world.run(unguarded=True)
        assert report.status == "ok"
        assert report.streams["contacts"].accounts["ap"].updated == count
        made = writes(world.ap.calls[mark:])
        assert len(made) <= most
        assert len(world.ap.calls) - mark - len(made) <= 4 * most
        people = world.by_email()
        assert people["person4@example.com"]["last_name"] == "Renamed4"
        assert people["person5@example.com"]["organization_name"] == "Company 5"
        assert people["person6@example.com"]["owner_id"] == world.ap.users[1]["id"]


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "html_after", "cut", "status_after"])
def test_a_bulk_create_without_an_answer_makes_no_second_contact_and_loses_none(world: ApolloWorld, kind: Kind) -> None:
    for number, hub_id in enumerate(
        world.add_to_hub(LOST_IN_BULK, companyName="Example", website="https://www.example.com")
    ):
        world.gh.edit(hub_id, tags=[f"list {number % 3}"])
    world.ap.faults.append(Fault(kind, method="POST", path="bulk_create", skip=1, status=502))
    for _ in range(4):
        report = world.run(skip=90_000.0)
    assert report.status == "ok"
    people = world.by_email()
    assert len(people) == LOST_IN_BULK
    assert {each["website_url"] for each in people.values()} == {"https://www.example.com"}
    names = {each["email"]: [world.ap.labels[key] for key in each["label_ids"]] for each in people.values()}
    assert names == {f"person{number}@example.com": [f"list {number % 3}"] for number in range(LOST_IN_BULK)}


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "html_after", "status_after"])
def test_a_bulk_update_without_an_answer_arrives_in_the_end(world: ApolloWorld, kind: Kind) -> None:
    hub_ids = world.add_to_hub(40, companyName="Example")
    world.run()
    world.run(skip=3600.0)
    for number, hub_id in enumerate(hub_ids):
        world.gh.edit(hub_id, lastName=f"Renamed{number}")
    world.ap.faults.append(Fault(kind, method="POST", path="bulk_update", status=502))
    for _ in range(3):
        report = world.run(skip=3600.0, unguarded=True)
    assert report.status == "ok"
    names = {email: each["last_name"] for email, each in world.by_email().items()}
    assert names == {f"person{number}@example.com": f"Renamed{number}" for number in range(40)}


def test_one_contact_that_a_bulk_create_refuses_holds_up_no_other(world: ApolloWorld) -> None:
    world.add_to_hub(20)
    world.ap.refused_names = frozenset({"Number7"})
    report = world.run()
    assert report.status == "partial"
    assert len(world.by_email()) == 19
    world.ap.refused_names = frozenset()
    assert world.run(skip=90_000.0).status == "ok"
    assert len(world.by_email()) == 20


def test_an_edit_at_apollo_right_before_a_bulk_update_is_not_overwritten(world: ApolloWorld) -> None:
    hub_ids = world.add_to_hub(30)
    world.run()
    world.run(skip=3600.0)
    ids = {email: each["id"] for email, each in world.by_email().items()}
    for hub_id in hub_ids:
        world.gh.edit(hub_id, lastName="Hub")
    world.clock.sleep(2.0)
    searches = 0

    def edit(call: Call) -> None:
        nonlocal searches
        searches += call.path.endswith("/search")
        if searches == 2 and call.path.endswith("/search"):
            world.ap.edit(ids["person3@example.com"], {"last_name": "Apollo"})

    world.ap.before_answer = edit
    world.run(unguarded=True)
    assert world.by_email()["person3@example.com"]["last_name"] == "Apollo"
    assert world.by_email()["person4@example.com"]["last_name"] == "Hub"


def test_an_edit_that_a_slow_search_shows_below_our_own_writes_is_not_overwritten(world: ApolloWorld) -> None:
    world.ap.quirks.index_lag = 20.0
    hub_ids = world.add_to_hub(450)
    world.run()
    world.run(skip=3600.0)
    for hub_id in hub_ids:
        world.gh.edit(hub_id, lastName="Hub")
    last = world.by_email()
    bulks: list[set[str]] = []
    edited: set[str] = set()

    def act(call: Call) -> None:
        world.clock.sleep(8.0)
        if not call.path.endswith("/bulk_update"):
            return
        bulks.append({item["id"] for item in call.body["contact_attributes"]})
        if len(bulks) == 1:
            edited.update(sorted(each["id"] for each in last.values() if each["id"] not in bulks[0]))
            for record_id in edited:
                world.ap.edit(record_id, {"last_name": "Apollo"})

    world.ap.before_answer = act
    world.run(unguarded=True)
    overwritten = {each["id"] for each in world.ap.people() if each["last_name"] == "Hub"} & edited
    assert len(bulks) == 2, "the first wave, and the one right after the edit that the search did not show yet"
    assert overwritten == bulks[1] & edited


def test_a_contact_that_was_deleted_at_apollo_holds_up_no_bulk_update(world: ApolloWorld) -> None:
    hub_ids = world.add_to_hub(20)
    world.run()
    world.run(skip=3600.0)
    world.ap.remove(world.by_email()["person5@example.com"]["id"])
    for hub_id in hub_ids:
        world.gh.edit(hub_id, lastName="Renamed")
    report = world.run(skip=3600.0, unguarded=True)
    assert report.status == "ok"
    people = world.by_email()
    assert len(people) == 19
    assert {each["last_name"] for each in people.values()} == {"Renamed"}


def test_the_price_of_a_plan_is_the_calls_that_the_run_then_makes(world: ApolloWorld) -> None:
    world.add_to_hub(130, companyName="Example", tags=["vip"])
    plan = world.run(dry_run=True, priced=True)
    assert plan.cost is not None
    calls = len(world.ap.calls)
    report = world.run(skip=0.0)
    assert report.status == "ok"
    made = len(world.ap.calls) - calls
    assert abs(plan.cost["ap"].calls - made) <= 4, "settings are read once, by the first of both"
    assert plan.cost["ap"].seconds < 60


def test_a_deletion_at_the_hub_leaves_the_contact_at_apollo_and_one_at_apollo_is_carried(world: ApolloWorld) -> None:
    world.contacts = {"deletes": '"propagate"'}
    hub_ids = world.add_to_hub(30)
    world.run()
    world.run(skip=3600.0)
    by_email = world.by_email()
    world.gh.remove(hub_ids[3])
    world.ap.remove(by_email["person4@example.com"]["id"])
    world.clock.sleep(3600)
    for _ in range(2):
        report = world.run(whole=True, unguarded=True)
        assert report.status == "ok"
    assert "person3@example.com" in world.by_email()
    emails = {each["email"] for each in world.gh.people()}
    assert not {"person3@example.com", "person4@example.com"} & emails
    assert len(emails) == 28


def test_a_guess_stays_at_apollo_though_the_rest_of_a_new_contact_is_written_much_later(world: ApolloWorld) -> None:
    hub_ids = world.add_to_hub(3, website="https://www.example.com")
    world.ap.before_answer = lambda call: world.clock.sleep(5.0 if call.method == "PATCH" else 0.0)
    for _ in range(3):
        assert world.run(skip=3600.0).status == "ok"
    people = world.by_email()
    assert {each["website_url"] for each in people.values()} == {"https://www.example.com"}
    assert {each["organization_name"] for each in people.values()} == {"Self-employed"}
    assert [world.gh.person(hub_id).get("companyName") for hub_id in hub_ids] == [None] * 3


def test_a_guess_fills_no_blank_when_the_contact_is_edited_later(world: ApolloWorld) -> None:
    (hub_id,) = world.add_to_hub(1)
    world.run()
    world.run(skip=3600.0)
    world.ap.edit(world.by_email()["person0@example.com"]["id"], {"title": "Boss"})
    for _ in range(2):
        assert world.run(skip=3600.0).status == "ok"
    person = world.gh.person(hub_id)
    assert [each["value"] for each in person["customFields"] if each["value"] in {"Boss", "Cold"}] == ["Boss"]
    assert (person.get("assignedTo"), person.get("companyName")) == (None, None)


@pytest.mark.parametrize(("path", "kind"), [("bulk_create", "reset_after"), ("bulk_update", "status_after"),
    ("bulk_update", "status")])  # fmt: skip
def test_a_guessed_owner_replaces_none_though_the_owner_of_a_new_contact_could_not_be_written(
    world: ApolloWorld, path: str, kind: Kind
) -> None:
    owner, apollo_owner = world.gh.users[1]["id"], world.ap.users[1]["id"]
    hub_ids = world.add_to_hub(3, assignedTo=owner)
    world.ap.faults.append(Fault(kind, method="POST", path=path, times=2, status=403))
    for _ in range(4):
        report = world.run(skip=90_000.0)
    assert report.status == "ok"
    assert {each["owner_id"] for each in world.by_email().values()} == {apollo_owner}
    assert {world.gh.person(hub_id)["assignedTo"] for hub_id in hub_ids} == {owner}


def test_a_state_that_apollo_infers_from_a_city_never_travels_back(world: ApolloWorld) -> None:
    """Both at a create and at an update (R36)."""
    hub_ids = world.add_to_hub(2, city="Springfield, Illinois, United States")
    world.gh.edit(hub_ids[1], city=None)
    world.run()
    world.run(skip=3600.0)
    world.gh.edit(hub_ids[1], city="Boston, Massachusetts, United States")
    for _ in range(3):
        assert world.run(skip=3600.0).status == "ok"
    people = world.by_email()
    assert [people[f"person{number}@example.com"]["state"] for number in range(2)] == ["Illinois", "Massachusetts"]
    assert [world.gh.person(hub_id).get("state") for hub_id in hub_ids] == [None, None]
    assert [world.gh.person(hub_id)["city"] for hub_id in hub_ids] == [
        "Springfield, Illinois, United States", "Boston, Massachusetts, United States"
    ]  # fmt: skip


def test_a_first_meeting_of_many_reads_no_contact_by_id_and_costs_a_call_for_100(world: ApolloWorld) -> None:
    count = 150
    world.add_to_hub(count, companyName="Example")
    for number in range(count):
        world.ap.add({"first_name": f"Person{number}", "last_name": f"Number{number}", "title": "Boss",
            "email": f"person{number}@example.com"}, world.clock.now())  # fmt: skip
    report = world.run()
    assert report.status == "ok"
    people = world.by_email()
    assert {(each["organization_name"], each["title"]) for each in people.values()} == {("Example", "Boss")}
    assert not [call for call in world.ap.calls if call.method == "GET" and "/contacts/" in call.path]
    assert len([call for call in world.ap.calls if call.path.endswith("bulk_update")]) == 2
    mark = len(world.ap.calls)
    assert world.run(skip=3600.0).status == "ok"
    assert writes(world.ap.calls[mark:]) == []


FREE = RateLimit(50, 60.0, 600, ((3600.0, 200), (86_400.0, 600)))
"""The limits of the free plan."""


def test_a_week_with_more_work_than_a_day_allows_is_spread_over_days_without_a_429(tmp_path: Path) -> None:
    """900 websites need a call each: two days of the free plan. A spent day ends a run with 3, and the next goes on."""
    count = 900 if THOROUGH else 700
    world = ApolloWorld.create(tmp_path, FREE)
    with world.ap, world.gh:
        hub_ids = world.add_to_hub(count, companyName="Example", website="https://www.example.com")
        ends = []
        for number in range(7 * 24 if THOROUGH else 3 * 8):
            world.gh.edit(hub_ids[number], lastName=f"Edited{number}")
            report = world.run(skip=3600.0 if THOROUGH else 3 * 3600.0)
            ends.append(report.exit_code)
        assert world.ap.throttled == 0
        assert ends[0] == 3, "the first day is spent"
        assert ends[-1] == 0
        people = world.by_email()
        assert len(people) == count
        assert {each["website_url"] for each in people.values()} == {"https://www.example.com"}
        assert people["person9@example.com"]["last_name"] == "Edited9"


def test_a_rehearsal_predicts_the_first_run_and_writes_nothing_to_apollo(world: ApolloWorld) -> None:
    world.add_to_hub(130, companyName="Example", tags=["vip"])
    for number in range(3):
        world.ap.add({"first_name": "Person0", "last_name": f"Number{number}", "title": "Boss",
            "email": f"person{number}@example.com", "mobile_phone": f"+1212555010{number}", "label_names": ["hot"],
            "present_raw_address": "Boston, Massachusetts, United States"})  # fmt: skip
    world.clock.sleep(2.0)
    world.write_config()
    (found,) = rehearse(load(world.config_path), [], None, SilentProgress(), world.clock)
    assert found.errors == []
    assert writes(world.ap.calls) == []
    predicted, report = found.to_json(), world.run(skip=0.0).to_json()
    for name in ("ap", "gh"):
        assert predicted["first_run"][name] == report["streams"]["contacts"][name]
    calls = {name: one["reads"] + one["writes"] for name, one in report["requests"].items()}
    assert {name: one["calls"] for name, one in predicted["cost"].items()} == calls
    assert predicted["fields_created"] == report["fields_created"]
