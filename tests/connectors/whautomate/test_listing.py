"""The whole list is read until it is proven complete, whatever the server does with pages and their order."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from connectors.errors import IncompleteWindow, ServerTrouble
from connectors.http.rate_headers import RateLimit
from connectors.records import Page, Window
from connectors.sandbox.base import Call, Fault
from connectors.whautomate.client import PageResponse
from connectors.whautomate.envelope import Rows
from connectors.whautomate.listing import ContactListing
from connectors.whautomate.sandbox.server import WhautomateBehaviour
from tests.connectors.whautomate.account import AccountAtSandbox, account
from tests.thorough import THOROUGH

EPOCH = Window(datetime(1970, 1, 1, tzinfo=UTC))
SEEDS = 300 if THOROUGH else 8


def crowd(here: AccountAtSandbox, number: int) -> list[str]:
    return [here.sandbox.add(name=f"Person {n}", phoneNumber=f"+44207946{n:04}") for n in range(number)]


def pages(here: AccountAtSandbox) -> Iterator[Page]:
    return here.connector.read_window(EPOCH)


def listed(here: AccountAtSandbox) -> set[str]:
    return {str(raw["id"]) for page in pages(here) for raw in page.records}


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
def test_two_readings_that_agree_are_enough(number: int) -> None:
    with account() as here:
        ids = crowd(here, number)
        assert listed(here) == set(ids)
        assert here.calls("GET") == 2 * (-(-number // 100) + 1)


def test_limit_and_page_are_decimal_texts_from_page_one_on() -> None:
    with account() as here:
        crowd(here, 1)
        list(pages(here))
        assert [each.query for each in here.sandbox.calls[:2]] == [
            {"limit": "100", "page": "1"}, {"limit": "100", "page": "2"}
        ]  # fmt: skip


def test_a_record_that_shows_the_same_in_both_readings_is_passed_on_once() -> None:
    with account() as here:
        ids = crowd(here, 120)
        shown = [str(raw["id"]) for page in pages(here) for raw in page.records]
        assert sorted(shown) == sorted(ids)


@pytest.mark.parametrize("order", ["newest", "oldest", "updated", "shifting"])
@pytest.mark.parametrize("repeats", [False, True])
def test_any_order_and_any_largest_page_are_read_to_the_end(order: str, *, repeats: bool) -> None:
    for largest in (1, 7, 50, 1000):
        behaviour = WhautomateBehaviour(order=order, repeats=repeats, largest_page=largest)  # type: ignore[arg-type]
        with account(behaviour, seed=largest) as here:
            ids = set(crowd(here, 23))
            assert listed(here) == ids


def test_a_server_that_ignores_the_page_is_asked_for_more_at_once() -> None:
    with account(WhautomateBehaviour(page="ignored", largest_page=1000)) as here:
        ids = set(crowd(here, 160))
        assert listed(here) == ids


def test_a_server_that_ignores_the_page_and_shows_no_more_is_not_believed() -> None:
    with account(WhautomateBehaviour(page="ignored", largest_page=100)) as here:
        crowd(here, 101)
        # The first hundred come again and again, whatever is asked for: that is all that is known of the others.
        with pytest.raises(IncompleteWindow):
            listed(here)


def test_a_server_that_refuses_a_large_page_is_asked_for_smaller_ones() -> None:
    with account(WhautomateBehaviour(limit="refused", largest_page=20)) as here:
        ids = set(crowd(here, 45))
        assert listed(here) == ids


def test_a_server_that_refuses_a_large_page_with_200_is_asked_for_smaller_ones() -> None:
    with account(WhautomateBehaviour(limit="refused", largest_page=20, errors="ok")) as here:
        ids = set(crowd(here, 45))
        assert listed(here) == ids


@pytest.mark.parametrize("said", ["rate limit exceeded", "busy"])
def test_an_error_with_200_that_is_not_about_the_page_is_trouble_of_the_server(said: str) -> None:
    with account() as here:
        here.sandbox.faults.append(Fault("status", status=200, body={"error": said}, times=None))
        with pytest.raises(ServerTrouble):
            listed(here)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_an_order_that_changes_with_each_answer_loses_no_contact_or_is_not_believed(seed: int) -> None:
    with account(WhautomateBehaviour(order="shuffled", largest_page=20), seed=seed) as here:
        ids = set(crowd(here, 35))
        try:
            found = listed(here)
        except IncompleteWindow:
            return
        assert found <= ids
        assert len(found) >= len(ids) - 1, "what one list may lack, the next one shows"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whoever_is_there_all_the_time_is_listed_while_others_come_and_go(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a course of events to repeat, no secret
    with account(WhautomateBehaviour(largest_page=10, order=chance.choice(["newest", "oldest", "updated"]))) as here:
        ids = crowd(here, 40)
        gone: set[str] = set()
        left = chance.randrange(12)

        def meanwhile(_call: Call) -> None:
            nonlocal left
            if left and chance.random() < 0.3:
                left -= 1
                match chance.randrange(3):
                    case 0:
                        here.sandbox.add(name="New", phoneNumber=f"+1212555{chance.randrange(1000, 9999)}")
                    case 1:
                        here.sandbox.edit(chance.choice([each for each in ids if each not in gone]), name="Other Name")
                    case 2:
                        gone.add(chance.choice([each for each in ids if each not in gone]))
                        here.sandbox.remove(next(each for each in gone if each in present(here)))

        here.sandbox.before_answer = meanwhile
        try:
            found = listed(here)
        except IncompleteWindow:
            return
        assert set(ids) - gone <= found


class ShakyClient:
    """Shows pages of a list without a server. Rows move between two pages, come twice, or are left out."""

    account = "wa"
    limit = 100

    def __init__(self, chance: Random, rows: list[str], trouble: float) -> None:
        self._chance = chance
        self._rows = rows
        self._trouble = trouble

    def list_page(self, page: int, limit: int, *, splittable: bool = False, once: bool = False) -> PageResponse:
        """Return a page."""
        if self._chance.random() < self._trouble:
            shift = self._chance.randrange(len(self._rows))
            self._rows[:] = self._rows[shift:] + self._rows[:shift]
        rows = [{"id": each} for each in self._rows[(page - 1) * limit : page * limit]]
        if rows and self._chance.random() < self._trouble:
            rows += self._chance.sample(rows, 1)
        return PageResponse(Rows(rows), datetime(2026, 3, 2, tzinfo=UTC))


def test_of_1000_unstable_lists_hardly_any_lacks_a_contact_and_none_has_one_that_is_not_there() -> None:
    """Rows move at any page. What such a list lacks is read by id before it counts as deleted (tests.sync.contacts)."""
    believed = lacking = 0
    for seed in range(1000):
        chance = Random(seed)  # noqa: S311 - a course of events to repeat, no secret
        ids = {str(number) for number in range(chance.choice((7, 100, 250)))}
        client = ShakyClient(chance, sorted(ids), chance.choice((0.0, 0.02, 0.1)))
        client.limit = chance.choice((20, 100))
        listing = ContactListing(client, lambda raw: str(raw["id"]).encode())  # type: ignore[arg-type]
        try:
            found = {str(raw["id"]) for page in listing.read_all() for raw in page.records}
        except IncompleteWindow:
            continue
        assert found <= ids
        believed += 1
        lacking += found != ids
    assert believed > 800
    assert lacking < 10


def present(here: AccountAtSandbox) -> set[str]:
    return {str(each["id"]) for each in here.sandbox.people()}


def test_a_list_that_never_shows_the_same_twice_is_not_believed() -> None:
    with account() as here:
        crowd(here, 10)
        numbers = iter(range(1000, 9999))

        def add(_call: Call) -> None:
            here.sandbox.add(name="New", phoneNumber=f"+1212555{next(numbers)}")

        here.sandbox.before_answer = add
        with pytest.raises(IncompleteWindow, match="showed different ones"):
            listed(here)


def test_rows_that_are_no_records_are_named_and_the_others_read() -> None:
    with account() as here:
        (ada,) = crowd(here, 1)
        rows = [{"name": "no id"}, None, here.sandbox.person(ada), 7, {"id": 0, "name": "Zero"}, {"id": "0"}]
        here.sandbox.faults.append(Fault("status", status=200, body=rows, times=None, path="contacts$", skip=0))
        found = list(pages(here))
        assert {str(raw["id"]) for page in found for raw in page.records} == {ada}
        assert {row.reason for page in found for row in page.unread} == {"its list shows 5 row(s) that are no records"}


@pytest.mark.parametrize("body", [{"error": "no"}, {"message": "no"}, {}, "fine", 7, None])
def test_an_answer_without_a_list_is_no_empty_list(body: object) -> None:
    with account() as here:
        here.sandbox.faults.append(Fault("status", status=200, body=body, times=None))
        with pytest.raises(ServerTrouble):
            listed(here)


def test_a_page_that_crashes_is_read_in_smaller_ones_down_to_the_row() -> None:
    with account(WhautomateBehaviour(order="oldest")) as here:
        ids = crowd(here, 30)

        def crashing(call: Call) -> None:
            limit, page = int(call.query.get("limit", 0)), int(call.query.get("page", 0))
            if limit > 1 or page != 1:  # a plain read of one row is let through
                bad = (page - 1) * limit <= 12 < page * limit
                here.sandbox.faults[:] = [Fault("status", status=500)] if bad else []

        here.sandbox.before_answer = None
        handle = type(here.sandbox).respond

        def respond(call: Call) -> object:
            crashing(call)
            return handle(here.sandbox, call)

        here.sandbox.respond = respond  # type: ignore[method-assign,assignment]
        here.sandbox._server.respond = respond  # type: ignore[union-attr]
        found = list(pages(here))
        assert {str(raw["id"]) for page in found for raw in page.records} == set(ids) - {ids[12]}
        assert {row.key for page in found for row in page.unread} == {"row 13"}


def test_no_call_of_ours_is_refused_for_its_rate() -> None:
    with account() as here:
        here.sandbox.rate = RateLimit(100, 60.0)
        here.sandbox.behaviour.largest_page = 2
        crowd(here, 250)
        here.clock.pass_by(60)
        list(pages(here))
        assert here.sandbox.throttled == 0
        assert here.calls() > 200
