from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from connectors.errors import AuthError, IncompleteWindow, RecordGone, ServerTrouble
from connectors.growthhub.distinct_count import DistinctCount
from connectors.growthhub.search import Search
from connectors.records import Page, Window
from connectors.sandbox.faults import Fault
from tests.connectors.growthhub.world import World

START = datetime(2020, 1, 1, tzinfo=UTC)
SEARCH = "POST /contacts/search"


def ids(pages: list[Page]) -> list[str]:
    return [str(raw["id"]) for page in pages for raw in page.records]


def read(world: World, start: datetime = START, end: datetime | None = None) -> list[Page]:
    return list(world.hub.read_window(Window(start, end)))


def fill(world: World, count: int, **properties: Any) -> list[str]:
    """Add contacts one second apart, the last one an hour ago."""
    first = world.clock.now() - timedelta(hours=1, seconds=count)
    return [
        world.sandbox.add(firstName=f"P{n}", dateAdded=first + timedelta(seconds=n), **properties) for n in range(count)
    ]


def test_a_window_in_which_nothing_changed_costs_one_call(world: World) -> None:
    pages = read(world)
    assert ids(pages) == []
    assert world.calls() == [SEARCH]
    assert pages[0].served_at == world.clock.now()


def test_a_contact_that_shows_names_in_lower_case_alone_is_read_by_id(world: World) -> None:
    fill(world, 2, lastName="O'Neil")
    added = world.sandbox.add(city="Oslo")

    def without_names(body: Any) -> Any:
        rows = [{key: row[key] for key in row if key not in {"firstName", "lastName"}} for row in body["contacts"]]
        return {**body, "contacts": rows}

    world.sandbox.changes["/contacts/search"] = without_names
    people = [world.hub.to_contact(raw, {}) for page in read(world) for raw in page.records]
    assert [(one.fields["first_name"], one.fields["last_name"]) for one in people] == [
        ("P0", "O'Neil"), ("P1", "O'Neil"), (None, None)
    ]  # fmt: skip
    assert f"GET /contacts/{added}" not in world.calls()


def test_a_contact_that_is_deleted_before_the_names_are_read_stays_as_the_search_shows_it(world: World) -> None:
    added = fill(world, 1)[0]

    def without_name(body: Any) -> Any:
        world.sandbox.remove(added)
        return {**body, "contacts": [{key: row[key] for key in row if key != "firstName"} for row in body["contacts"]]}

    world.sandbox.changes["/contacts/search"] = without_name
    assert ids(read(world)) == [added]


def test_the_question_is_a_range_in_order_and_without_page(world: World) -> None:
    read(world, START, START + timedelta(days=1))
    assert world.bodies() == [
        {
            "pageLimit": 500,
            "locationId": world.sandbox.location_id,
            "filters": [
                {
                    "field": "dateUpdated",
                    "operator": "range",
                    "value": {"gte": "2020-01-01T00:00:00.000Z", "lt": "2020-01-02T00:00:00.000Z"},
                }
            ],
            "sort": [{"field": "dateUpdated", "direction": "asc"}],
        }
    ]


def test_an_open_window_has_no_upper_bound(world: World) -> None:
    read(world)
    assert world.bodies()[0]["filters"][0]["value"] == {"gte": "2020-01-01T00:00:00.000Z"}


def test_an_end_between_two_milliseconds_takes_in_the_first_of_them(world: World) -> None:
    read(world, START, START + timedelta(microseconds=1500))
    assert world.bodies()[0]["filters"][0]["value"]["lt"] == "2020-01-01T00:00:00.002Z"


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (499, 1), (500, 2), (501, 2), (1203, 3)])
def test_every_contact_is_read_once_page_by_page(world: World, count: int, calls: int) -> None:
    added = fill(world, count)
    assert ids(read(world)) == added
    assert world.calls() == [SEARCH] * calls


def test_ten_thousand_records_are_no_limit(world: World) -> None:
    added = fill(world, 10_400)
    assert ids(read(world)) == added
    assert all("page" not in body for body in world.bodies())


def test_records_of_the_same_millisecond_are_all_read(world: World) -> None:
    moment = world.clock.now() - timedelta(days=1)
    added = {world.sandbox.add(firstName="Ann", dateAdded=moment) for _ in range(1100)}
    assert set(ids(read(world))) == added


def test_the_window_is_half_open(world: World) -> None:
    end = START + timedelta(days=1)
    inside = world.sandbox.add(firstName="In", dateAdded=START)
    world.sandbox.add(firstName="Out", dateAdded=end)
    world.sandbox.add(firstName="Before", dateAdded=START - timedelta(milliseconds=1))
    assert ids(read(world, START, end)) == [inside]


def test_a_contact_edited_while_being_read_comes_again_and_no_contact_is_skipped(world: World) -> None:
    added = fill(world, 1200)
    world.after_search(1, lambda: world.sandbox.edit(added[0], city="Oslo"))
    found = ids(read(world))
    assert found == [*added, added[0]]
    assert world.calls() == [SEARCH] * 3


def test_a_contact_edited_out_of_the_window_is_not_missed_from_it(world: World) -> None:
    added = fill(world, 1200)
    world.after_search(1, lambda: world.sandbox.edit(added[700], city="Oslo"))
    found = ids(read(world, START, world.clock.now() - timedelta(minutes=1)))
    assert found == [each for each in added if each != added[700]]


def test_a_contact_deleted_while_being_read_lowers_the_count(world: World) -> None:
    added = fill(world, 1200)
    world.after_search(1, lambda: world.sandbox.remove(added[3]))
    assert ids(read(world)) == added
    assert world.calls() == [SEARCH] * 3


def test_a_record_that_came_late_into_the_index_is_read_in_a_second_look(world: World) -> None:
    added = fill(world, 1200)
    late = world.clock.now() - timedelta(hours=1, seconds=1100)
    world.after_search(2, lambda: world.sandbox.add(firstName="Late", dateAdded=late))
    assert len(set(ids(read(world)))) == len(added) + 1


def test_a_count_that_is_never_reached_is_complete_with_a_warning_after_two_equal_readings(world: World) -> None:
    """Of totals that stay wrong, two equal readings count as complete (R43)."""
    added = fill(world, 3)
    world.change_answers("/contacts/search", lambda body: body | {"total": 5})
    pages = read(world)
    assert set(ids(pages)) == set(added)
    (warning,) = (each for page in pages for each in page.warnings)
    assert "3 of 5" in warning


@pytest.mark.parametrize("total", [6, 25])
def test_a_search_that_stops_far_before_its_total_is_an_incomplete_window(world: World, total: int) -> None:
    """Two equal readings prove a total wrong by two records at most (R43)."""
    fill(world, 3)
    world.change_answers("/contacts/search", lambda body: body | {"total": total})
    with pytest.raises(IncompleteWindow, match=f"3 of {total}"):
        read(world)


@pytest.mark.parametrize("body", [{"contacts": []}, {"contacts": [], "total": None}])
def test_a_search_for_a_value_without_a_total_is_no_proof_that_there_is_no_such_contact(
    world: World, body: dict[str, Any]
) -> None:
    world.change_answers("/contacts/search", lambda _: body)
    with pytest.raises(ServerTrouble, match="without a total"):
        world.hub.search.having("email", "ann@example.com")


@pytest.mark.parametrize("body", [{}, {"traceId": "t"}, {"contact": []}, {"contact": ""}, {"contacts": []}, [], None])
def test_a_look_for_a_duplicate_without_the_contact_is_no_proof_that_there_is_none(world: World, body: Any) -> None:
    world.change_answers("/contacts/search/duplicate", lambda _: body)
    with pytest.raises(ServerTrouble):
        world.hub.client.find_duplicate(email="ann@example.com")


def test_a_look_for_a_duplicate_that_is_answered_with_null_finds_none(world: World) -> None:
    assert world.hub.client.find_duplicate(email="ann@example.com") is None


def test_a_count_that_is_never_reached_and_changes_is_an_incomplete_window(world: World) -> None:
    fill(world, 3)
    totals = iter(range(5, 100))
    world.change_answers("/contacts/search", lambda body: body | {"total": next(totals)})
    with pytest.raises(IncompleteWindow, match="3 of"):
        read(world)


@pytest.mark.parametrize("total", ["absent", None, "2", -1, True])
def test_a_search_without_a_usable_total_proves_nothing(world: World, total: Any) -> None:
    fill(world, 2)
    world.sandbox.changes["/contacts/search"] = lambda body: {
        **{key: value for key, value in body.items() if key != "total"},
        **({} if total == "absent" else {"total": total}),
    }
    with pytest.raises(ServerTrouble, match="without a total"):
        read(world)


@pytest.mark.parametrize(
    "more", [{"error": "index is down"}, {"success": False}, {"statusCode": 500, "message": "shard failed"}]
)
def test_an_empty_search_that_reports_an_error_proves_nothing(world: World, more: dict[str, Any]) -> None:
    world.sandbox.changes["/contacts/search"] = lambda _: {"contacts": [], "total": 0, **more}
    with pytest.raises(ServerTrouble, match="answered 200 with an error"):
        read(world)


def test_pages_that_repeat_themselves_under_ever_new_keys_end_the_reading(world: World) -> None:
    fill(world, 20)
    fresh, rows_shown = count(1), list[Any]()

    def again(body: Any) -> Any:
        rows = [{**row, "searchAfter": [next(fresh), "x"]} for row in rows_shown]
        return {**body, "contacts": rows, "total": 10**9}

    rows_shown[:] = [dict(raw) for page in read(world) for raw in page.records]
    world.sandbox.changes["/contacts/search"] = again
    calls = len(world.calls())
    with pytest.raises(IncompleteWindow, match="again and again"):
        read(world)
    assert len(world.calls()) - calls <= 6


def test_pages_of_ever_new_records_end_far_behind_what_was_promised(world: World) -> None:
    fill(world, 20)
    fresh, rows_shown = count(1), list[Any]()

    def more(body: Any) -> Any:
        rows = [{**row, "id": f"new{next(fresh)}", "searchAfter": [next(fresh), "x"]} for row in rows_shown]
        return {**body, "contacts": rows * 25, "total": 20}

    rows_shown[:] = [dict(raw) for page in read(world) for raw in page.records]
    world.sandbox.changes["/contacts/search"] = more
    with pytest.raises(IncompleteWindow, match="again and again"):
        read(world)


def test_pages_in_no_order_are_read_to_the_end(world: World) -> None:
    added = fill(world, 1200)

    def shuffled(body: Any) -> Any:
        rows = list(reversed(body["contacts"]))
        return {**body, "contacts": [{**row, "searchAfter": rows[0]["searchAfter"]} for row in rows]} if rows else body

    world.sandbox.changes["/contacts/search"] = shuffled
    assert sorted(ids(read(world))) == sorted(added)


def test_without_search_after_the_reading_goes_on_from_the_last_time(world: World) -> None:
    added = fill(world, 1300)
    world.sandbox.quirks.search_after = False
    found = ids(read(world))
    assert list(dict.fromkeys(found)) == added
    assert world.calls() == [SEARCH] * 3


def test_without_search_after_a_page_of_one_time_cannot_be_read(world: World) -> None:
    for _ in range(501):
        world.sandbox.add(firstName="Ann", dateAdded=START)
    world.sandbox.quirks.search_after = False
    with pytest.raises(IncompleteWindow, match="searchAfter"):
        read(world)


def test_without_search_after_and_a_count_that_is_not_reached_the_window_is_incomplete(world: World) -> None:
    fill(world, 3)
    world.sandbox.quirks.search_after = False
    world.change_answers("/contacts/search", lambda body: body | {"total": 5})
    with pytest.raises(IncompleteWindow):
        read(world)


def test_a_server_that_does_not_go_on_is_not_called_forever(world: World) -> None:
    fill(world, 600)
    page = {"contacts": [{"id": str(n), "searchAfter": [1, "x"]} for n in range(500)], "total": 600}
    world.change_answers("/contacts/search", lambda _: page)
    with pytest.raises(IncompleteWindow, match="same records"):
        read(world)


def test_broken_rows_on_many_pages_are_each_named_and_all_others_shown(world: World) -> None:
    added = fill(world, 60)
    broken = set(added[7::11])
    world.hub.search.page_limit = 10

    def change(body: Any) -> Any:
        return {**body, "contacts": [None if each["id"] in broken else each for each in body["contacts"]]}

    world.change_answers("/contacts/search", change)
    pages = read(world)
    assert set(ids(pages)) == set(added) - broken
    assert len({each.key for page in pages for each in page.unread}) == len(broken)


def test_a_server_that_refuses_500_a_page_is_requested_100(world: World) -> None:
    added = fill(world, 250)
    world.sandbox.quirks.largest_page = 100
    assert ids(read(world)) == added
    assert [body["pageLimit"] for body in world.bodies()] == [500, 100, 100, 100]
    assert ids(read(world)) == added
    assert [body["pageLimit"] for body in world.bodies()] == [100, 100, 100]


def test_a_server_that_shows_fewer_than_asked_is_asked_on(world: World) -> None:
    added = fill(world, 250)
    world.sandbox.quirks.silent_page_cap = 100
    assert ids(read(world)) == added


def test_an_answer_that_is_too_large_is_requested_in_halves(world: World) -> None:
    added = fill(world, 600)
    world.sandbox.faults.append(Fault("status", path="/contacts/search", status=413))
    assert ids(read(world)) == added
    assert [body["pageLimit"] for body in world.bodies()] == [500, 250, 250, 250]


def test_a_refused_question_is_trouble_and_no_record_error(world: World) -> None:
    world.sandbox.faults.append(Fault("status", status=400, body={"message": "Invalid field x"}, times=None))
    with pytest.raises(ServerTrouble, match="Invalid field x"):
        read(world)


def test_an_answer_without_contacts_is_trouble(world: World) -> None:
    world.sandbox.faults.append(Fault("status", status=200, body={"total": 0}, times=None))
    with pytest.raises(ServerTrouble):
        read(world)


def test_a_revoked_token_is_an_auth_error(world: World) -> None:
    world.sandbox.token = "pit-other"
    with pytest.raises(AuthError):
        read(world)


def test_the_index_shows_the_old_version_until_its_lag_has_passed(world: World) -> None:
    record_id = world.sandbox.add(firstName="Ann")
    read(world)
    world.sandbox.quirks.index_lag = 30
    world.clock.pass_by(1)
    world.sandbox.edit(record_id, firstName="Anna")
    new = world.sandbox.add(firstName="Bob")
    assert [raw["firstName"] for page in read(world) for raw in page.records] == ["Ann"]
    assert world.hub.read_record(record_id).records[0]["firstName"] == "Anna"
    world.clock.pass_by(30)
    assert ids(read(world)) == [record_id, new] or ids(read(world)) == [new, record_id]


def test_a_record_by_id_is_unwrapped_and_has_the_servers_time(world: World) -> None:
    record_id = world.sandbox.add(firstName="Ann")
    page = world.hub.read_record(record_id)
    assert page.records[0]["id"] == record_id
    assert page.served_at == world.clock.now()
    assert world.calls() == [f"GET /contacts/{record_id}"]


def test_an_unknown_id_is_gone_though_the_status_is_400(world: World) -> None:
    with pytest.raises(RecordGone):
        world.hub.read_record("nobody")


def test_a_contact_that_is_shown_as_deleted_is_gone(world: World) -> None:
    record_id = world.sandbox.add(firstName="Ann")
    world.change_answers(f"/contacts/{record_id}", lambda body: {"contact": {**body["contact"], "deleted": True}})
    with pytest.raises(RecordGone):
        world.hub.read_record(record_id)


@pytest.mark.parametrize("status", [404, 410])
def test_an_unknown_id_is_gone_under_the_usual_statuses_too(world: World, status: int) -> None:
    world.sandbox.faults.append(Fault("status", status=status))
    with pytest.raises(RecordGone):
        world.hub.read_record("nobody")


def test_a_tally_counts_ids_and_not_rows() -> None:
    tally = DistinctCount()
    tally.add(str(n % 1000) for n in range(5000))
    assert tally.distinct() == 1000


def test_the_largest_page_is_that_of_the_documents(world: World) -> None:
    assert Search(world.hub.client).page_limit == 500
