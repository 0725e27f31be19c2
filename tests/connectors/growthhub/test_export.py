from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal

import pytest

from connectors.errors import AuthError, IncompleteWindow, ServerTrouble
from connectors.growthhub import export
from connectors.records import Page, Window
from connectors.sandbox.base import SandboxResponse
from connectors.sandbox.faults import Fault
from tests.connectors.growthhub.world import EXPORT, World

START = datetime(2020, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Dates = Literal["dateAdded", "createdAt", "sorted"]
DATES: tuple[Dates, ...] = ("dateAdded", "createdAt", "sorted")


def ids(pages: list[Page]) -> list[str]:
    return [str(raw["id"]) for page in pages for raw in page.records]


def read(world: World, start: datetime = START, end: datetime | None = None, **narrowed: str) -> list[Page]:
    return list(world.hub.message_store.export.read(Window(start, end), narrowed))


def fill(world: World, number: int, apart: timedelta = timedelta(seconds=1), **properties: Any) -> list[str]:
    """Let messages happen one after the other, the last of them an hour ago."""
    person = world.sandbox.add(firstName="Ann")
    added = []
    for n in range(number):
        world.clock.pass_by(apart.total_seconds())
        added.append(world.sandbox.add_message(person, text=f"M{n}", **properties))
    world.clock.pass_by(HOUR.total_seconds())
    return added


def questions(world: World) -> list[dict[str, str]]:
    """Return what the export was asked for since the last look."""
    asked = [call.query for call in world.sandbox.calls if call.path == EXPORT]
    world.sandbox.calls.clear()
    return asked


@pytest.fixture
def _few(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take fifty messages for many, and read them ten at a time."""
    monkeypatch.setattr(export, "MANY", 50)
    world.hub.message_store.export.page_limit = 10


def test_a_window_in_which_nothing_happened_costs_one_call(world: World) -> None:
    pages = read(world)
    assert ids(pages) == []
    assert world.calls() == [f"GET {EXPORT}"]
    assert pages[0].served_at == world.clock.now()


@pytest.mark.parametrize(("number", "calls"), [(1, 1), (500, 1), (501, 2), (1203, 3)])
def test_every_message_is_read_once_page_by_page(world: World, number: int, calls: int) -> None:
    added = fill(world, number)
    assert sorted(ids(read(world))) == sorted(added)
    assert world.calls() == [f"GET {EXPORT}"] * calls


def test_what_is_requested_is_as_it_is_documented(world: World) -> None:
    end = world.clock.now()
    read(world, START, end, channel="Email", contactId="c1")
    assert questions(world) == [
        {
            "locationId": world.sandbox.location_id,
            "channel": "Email",
            "contactId": "c1",
            "sortBy": "updatedAt",
            "sortOrder": "asc",
            "startDate": "2019-12-31T23:59:59.999Z",
            "endDate": end.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "limit": "500",
        }
    ]
    read(world, datetime(1970, 1, 1, tzinfo=UTC))
    (asked,) = questions(world)
    assert asked["startDate"] == "1970-01-01T00:00:00.000Z"
    assert "endDate" not in asked


@pytest.mark.parametrize("excluded", [True, False])
@pytest.mark.parametrize("dates", DATES)
def test_windows_that_touch_leave_nothing_out_whatever_the_dates_mean(
    world: World, dates: Dates, excluded: bool
) -> None:
    world.sandbox.quirks.export_dates = dates
    world.sandbox.quirks.export_ends_excluded = excluded
    cut = world.clock.now()
    person = world.sandbox.add(firstName="Ann")
    at_cut = world.sandbox.add_message(person, text="at the cut", at=cut)
    assert at_cut in ids(read(world, cut))
    world.clock.pass_by(0.001)
    assert at_cut in ids(read(world, START, cut + timedelta(microseconds=500)))


def test_what_is_recorded_late_is_found_by_its_window_where_dates_mean_its_creation(world: World) -> None:
    began = world.clock.now()
    world.clock.pass_by(60)
    late = world.sandbox.add_message(world.sandbox.add(firstName="Ann"), text="x", at=began - 300 * HOUR)
    for dates in DATES:
        world.sandbox.quirks.export_dates = dates
        assert ids(read(world, began)) == ([] if dates == "dateAdded" else [late])
    world.sandbox.quirks.export_dates = "dateAdded"
    assert ids(read(world)) == [late]


def test_what_is_changed_is_found_by_its_window_where_dates_mean_the_order(world: World) -> None:
    added = fill(world, 3)
    began = world.clock.now()
    world.clock.pass_by(60)
    world.sandbox.edit_message(added[1], body="edited")
    world.sandbox.quirks.export_dates = "sorted"
    assert ids(read(world, began)) == [added[1]]


@pytest.mark.parametrize("dates", DATES)
def test_what_is_changed_or_added_while_it_is_read_hides_nothing(world: World, dates: Dates) -> None:
    added = fill(world, 1200)
    world.clock.pass_by(1)
    world.sandbox.quirks.export_dates = dates

    def edit() -> None:
        for each in added[:600]:
            world.sandbox.edit_message(each, status="read")

    world.after_export(1, edit)
    world.after_export(2, lambda: fill(world, 3))
    assert set(added) <= set(ids(read(world)))


def test_what_is_deleted_while_it_is_read_makes_another_look(world: World) -> None:
    added = fill(world, 1200)
    world.after_export(1, lambda: world.sandbox.remove_message(added[1100]))
    assert set(ids(read(world))) == set(added) - {added[1100]}
    assert [each["sortBy"] for each in questions(world)] == ["updatedAt"] * 3 + ["createdAt"] * 3


def test_a_count_that_is_never_quite_reached_is_complete_with_a_warning_after_two_equal_looks(world: World) -> None:
    """Of totals that stay wrong, two equal readings count as complete (R43)."""
    added = fill(world, 3)
    world.change_answers(EXPORT, lambda body: body | {"total": 5})
    pages = read(world)
    assert set(ids(pages)) == set(added)
    (warning,) = (each for page in pages for each in page.warnings)
    assert "3 of 5 messages" in warning
    assert len(questions(world)) < 20


def test_a_count_that_is_far_from_reached_is_an_incomplete_window(world: World) -> None:
    fill(world, 3)
    world.change_answers(EXPORT, lambda body: body | {"total": 50})
    with pytest.raises(IncompleteWindow, match="3 of 50 messages"):
        read(world)


def test_an_export_without_its_total_proves_nothing(world: World) -> None:
    fill(world, 7)
    world.sandbox.quirks.export_total = False
    with pytest.raises(ServerTrouble, match="without a total"):
        read(world)


@pytest.mark.parametrize("row", [{"body": "?"}, None, 7])
def test_rows_that_are_no_messages_are_named_by_where_they_lie_and_the_others_are_shown(world: World, row: Any) -> None:
    """A list that is broken in one place is read around it (R42)."""
    added = fill(world, 3)

    def change(body: Any) -> Any:
        return body | {"messages": [row if each["id"] == added[0] else each for each in body["messages"]]}

    world.change_answers(EXPORT, change)
    pages = read(world)
    assert set(ids(pages)) == set(added[1:])
    unread = [each for page in pages for each in page.unread]
    assert unread
    assert all("no messages" in each.reason for each in unread)


def test_a_page_that_comes_short_without_a_cursor_is_no_end(world: World) -> None:
    added = fill(world, 20)
    world.change_answers(EXPORT, lambda body: body | {"messages": body["messages"][:9]})
    with pytest.raises(IncompleteWindow):
        read(world)
    world.sandbox.changes.clear()
    cut = {"times": 1}

    def once(body: Any) -> Any:
        cut["times"] -= 1
        return body if cut["times"] < 0 else body | {"messages": body["messages"][:9]}

    world.change_answers(EXPORT, once)
    assert set(ids(read(world))) == set(added)


@pytest.mark.parametrize("cursor", [lambda number: "the same", lambda number: f"another {number}"])
def test_a_server_that_goes_round_in_circles_is_not_called_forever(
    world: World, monkeypatch: pytest.MonkeyPatch, cursor: Callable[[int], str]
) -> None:
    page = [{"id": str(n)} for n in range(1, 501)]
    numbers = count()

    def answer(_: Any) -> SandboxResponse:
        return SandboxResponse(200, {"messages": page, "nextCursor": cursor(next(numbers)), "total": 600})

    monkeypatch.setattr(world.sandbox, "handle", answer)
    with pytest.raises(IncompleteWindow, match="circles"):
        read(world)
    assert len(questions(world)) < 30


def test_a_cursor_that_dies_makes_another_look_and_then_shorter_ones(world: World) -> None:
    added = fill(world, 1200)
    world.sandbox.quirks.cursor_life = 30.0
    for number in range(1, 6):
        world.after_export(number, lambda: world.clock.pass_by(60))
    assert set(ids(read(world, START, world.clock.now()))) == set(added)


@pytest.mark.parametrize("pauses", [1, 2, 3, 8])
def test_waits_of_more_than_two_minutes_between_pages_lose_no_message(world: World, pauses: int) -> None:
    added = fill(world, 1700)
    for number in range(1, pauses + 1):
        world.after_export(number, lambda: world.clock.pass_by(125))
    assert set(ids(read(world, START, world.clock.now()))) == set(added)


def test_a_cursor_that_always_dies_is_an_incomplete_window(world: World) -> None:
    fill(world, 600, apart=timedelta(0))
    world.sandbox.faults.append(Fault("status", path="", status=404, skip=1, times=None))
    with pytest.raises(ServerTrouble, match="export is refused"):
        read(world)
    world.sandbox.faults.clear()
    world.sandbox.quirks.cursor_life = -1.0
    with pytest.raises(IncompleteWindow, match="broke off"):
        read(world)
    assert len(questions(world)) < 30


def test_a_server_that_refuses_500_a_page_is_requested_100(world: World) -> None:
    added = fill(world, 250)
    world.sandbox.quirks.largest_export = 100
    assert set(ids(read(world))) == set(added)
    assert [each["limit"] for each in questions(world)] == ["500", "100", "100", "100"]
    read(world)
    assert {each["limit"] for each in questions(world)} == {"100"}


def test_a_server_that_knows_no_order_of_changes_is_requested_the_other(world: World) -> None:
    added = fill(world, 130)
    refusal = {"message": "sortBy must be createdAt"}
    world.sandbox.faults.append(Fault("status", path=EXPORT, status=422, body=refusal, times=2))
    assert set(ids(read(world))) == set(added)
    asked = [(each["limit"], each["sortBy"]) for each in questions(world)]
    assert asked[:3] == [("500", "updatedAt"), ("100", "updatedAt"), ("100", "createdAt")]
    read(world)
    assert {each["sortBy"] for each in questions(world)} == {"createdAt"}


def test_an_answer_that_is_too_large_is_requested_in_halves(world: World) -> None:
    added = fill(world, 600)
    world.sandbox.faults.append(Fault("status", path=EXPORT, status=413))
    assert set(ids(read(world))) == set(added)
    assert [each["limit"] for each in questions(world)] == ["500", "250", "250", "250"]


def test_a_server_that_finds_an_empty_second_too_large_is_in_trouble(world: World) -> None:
    fill(world, 3)
    world.sandbox.faults.append(Fault("status", path=EXPORT, status=413, times=None))
    with pytest.raises(ServerTrouble, match="a plain read too"):
        read(world)
    with pytest.raises(ServerTrouble, match="a plain read too"):
        read(world, START, world.clock.now())
    assert len(questions(world)) < 30


def test_a_page_that_turns_out_too_large_is_made_up_for_in_shorter_spans(world: World) -> None:
    added = fill(world, 40)
    hub = world.hub.message_store
    hub.export.page_limit = 10
    world.sandbox.faults.append(Fault("status", path=EXPORT, status=413, skip=1))
    assert set(ids(read(world))) == set(added)


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("dates", DATES)
@pytest.mark.parametrize("cap", [None, 50])
@pytest.mark.parametrize("end", [None, timedelta(0)])
def test_a_long_history_is_read_in_pieces_of_which_none_is_long(
    world: World, dates: Dates, cap: int | None, end: timedelta | None
) -> None:
    added = fill(world, 400, apart=10 * HOUR)
    world.sandbox.quirks.export_dates = dates
    world.sandbox.quirks.total_cap = cap
    until = None if end is None else world.clock.now()
    assert set(ids(read(world, datetime(1970, 1, 1, tzinfo=UTC), until))) == set(added)
    asked = [(each["startDate"], each.get("endDate")) for each in questions(world)]
    assert max(asked.count(span) for span in set(asked)) <= 5
    assert len(asked) < 120


@pytest.mark.usefixtures("_few")
def test_many_messages_of_one_moment_are_read_whole(world: World) -> None:
    added = fill(world, 120, apart=timedelta(0))
    assert set(ids(read(world))) == set(added)


@pytest.mark.usefixtures("_few")
def test_a_server_that_heeds_no_dates_is_read_once_and_not_in_pieces(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = fill(world, 120)
    asked = world.sandbox._question
    monkeypatch.setattr(
        world.sandbox, "_question", lambda query: asked({key: query[key] for key in query if "Date" not in key})
    )
    found = ids(read(world))
    assert sorted(found) == sorted(added)
    assert len(questions(world)) == 2 + 12


def test_a_refused_question_is_trouble_and_no_record_error(world: World) -> None:
    world.sandbox.faults.append(Fault("status", path=EXPORT, status=400, body={"message": "No"}, times=None))
    with pytest.raises(ServerTrouble, match=r"export is refused.*No"):
        read(world)


@pytest.mark.parametrize("body", [[], {}, {"messages": None}, "fine", None])
def test_an_answer_without_messages_is_trouble(world: World, body: Any) -> None:
    world.sandbox.faults.append(Fault("status", path=EXPORT, status=200, body=body, times=None))
    with pytest.raises(ServerTrouble):
        read(world)


def test_a_revoked_token_is_an_auth_error(world: World) -> None:
    world.sandbox.token = "pit-other"
    with pytest.raises(AuthError):
        read(world)


def test_what_shows_late_is_read_by_a_later_window(world: World) -> None:
    world.sandbox.quirks.message_lag = 2 * HOUR.total_seconds()
    added = fill(world, 1)
    assert ids(read(world)) == []
    world.clock.pass_by(HOUR.total_seconds())
    assert ids(read(world)) == added
