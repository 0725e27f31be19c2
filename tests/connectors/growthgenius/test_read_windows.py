"""Windows are read completely or not at all, whatever the server does and whoever edits meanwhile."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import IncompleteWindow, ServerTrouble
from connectors.growthgenius.sandbox.server import Behaviour
from connectors.records import Window
from connectors.sandbox.base import Call, SandboxResponse
from connectors.sandbox.faults import Fault
from tests.connectors.growthgenius.account import EVERYTHING, World, united
from tests.end_to_end.changed_answers import rewrite
from tests.thorough import THOROUGH, examples

PAGED = Behaviour(page_size=25)

READINGS = {
    "one answer": Behaviour(),
    "wrapped": Behaviour(lists="wrapped"),
    "bare list": Behaviour(lists="bare"),
    "one at a time": Behaviour(lists="single"),
    "pages": PAGED,
    "pages, newest first": replace(PAGED, order="updated_desc"),
    "pages in order of id": replace(PAGED, order="id"),
    "pages in no order": replace(PAGED, order="shuffled"),
    "small pages only": replace(PAGED, largest_page=25),
    "page is ignored": replace(PAGED, largest_page=25, pages=False),
    "pages without saying so": replace(PAGED, announces=False),
    "pages without saying so, newest first": replace(PAGED, announces=False, order="updated_desc"),
    "small pages without saying so": replace(PAGED, announces=False, largest_page=25),
    "pages up to a limit": replace(PAGED, cap=100, says_partial=True),
    "pages up to a limit, newest first": replace(PAGED, cap=100, says_partial=True, order="updated_desc"),
    "cut at 100": Behaviour(cap=100),
    "cut at 100, newest first": Behaviour(cap=100, order="updated_desc"),
    "cut at 60, says so": Behaviour(cap=60, says_partial=True, order="shuffled"),
    "too large over 70": Behaviour(too_many=70),
    "ends excluded": Behaviour(cap=50, ends="exclusive"),
    "ends included": Behaviour(cap=50, ends="inclusive"),
    "start excluded": Behaviour(cap=50, ends="start_exclusive"),
    "whole seconds": replace(PAGED, coarse=True, largest_page=25, pages=False),
}


@pytest.mark.parametrize("behaviour", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize("count", [0, 1, 25, 100, 137])
def test_a_window_is_read_completely_under_every_reading_of_the_documents(behaviour: Behaviour, count: int) -> None:
    with World(behaviour) as world:
        ids = world.populate(count, seconds=7.3)
        assert set(world.read()) == set(ids)


@pytest.mark.parametrize("name", sorted(READINGS.keys() - {"one at a time"}))
def test_contacts_imported_in_one_millisecond_are_all_read(name: str) -> None:
    with World(READINGS[name]) as world:
        ids = world.populate(20, seconds=0.0) + world.populate(20, seconds=0.0, ending=3_000.0) + world.populate(9)
        assert set(world.read()) == set(ids)


@pytest.mark.parametrize(
    ("behaviour", "count", "calls"),
    [
        pytest.param(Behaviour(), 0, 1, id="nothing new"),
        pytest.param(Behaviour(), 137, 1, id="one answer"),
        pytest.param(PAGED, 0, 1, id="nothing new, paged"),
        pytest.param(PAGED, 25, 1, id="one page"),
        pytest.param(PAGED, 200, 2, id="one large page"),
        pytest.param(PAGED, 2_000, 1 + 10 + 1, id="plain question, ten pages, what was edited since"),
        pytest.param(Behaviour(), 100, 3, id="a round count is split once"),
    ],
)
def test_calls_are_counted_exactly(behaviour: Behaviour, count: int, calls: int) -> None:
    with World(behaviour) as world:
        world.populate(count)
        world.read()
        assert len(world.sandbox.calls) == calls
        assert world.account.call_counts.reads == calls


@pytest.mark.parametrize("order", ["updated", "updated_desc"])
def test_a_large_account_costs_at_most_three_percent_more_calls_than_pages(order: str) -> None:
    with World(Behaviour(page_size=200, order=order)) as world:  # type: ignore[arg-type]
        count = 32_000 if THOROUGH else 8_000
        world.populate(count, seconds=30.0)
        seen = sum(len(page.records) for page in world.account.read_window(EVERYTHING))
        pages = -(-count // 200)
        assert seen >= count
        assert len(world.sandbox.calls) <= pages * 1.03 + 2


def test_after_a_larger_answer_a_round_count_costs_nothing_more() -> None:
    with World() as world:
        world.populate(101)
        world.read()
        recent = Window(world.clock.now() - timedelta(seconds=3_600 + 60 * 99))
        world.sandbox.calls.clear()
        assert len(world.read(recent)) == 100
        assert len(world.sandbox.calls) == 1


def test_the_first_question_has_from_to_and_user_alone() -> None:
    with World(PAGED) as world:
        world.populate(300)
        world.read()
        first = world.sandbox.calls[0].query
        assert first == {"from": "1970-01-01T00:00:00.000Z", "to": "9999-12-31T23:59:59.999Z", "user_id": "78"}


def test_an_open_window_reaches_the_servers_now_when_our_clock_is_days_behind() -> None:
    with World(clock_offset=timedelta(days=3)) as world:
        world.clock.pass_by(1.0)
        late = world.sandbox.add(first_name="Late")
        assert set(world.read()) == {late}
        assert len(world.sandbox.calls) == 2  # the first one twice, since its `Date` was in doubt


def test_several_users_are_read_one_by_one() -> None:
    users = [{"id": 78, "email": "a@example.com"}, {"id": 81, "email": "b@example.com"}]
    with World(Behaviour(user_filters=True), user_ids=(78, 81), users=users) as world:
        ids = {world.sandbox.add(first_name="A", user_id=78), world.sandbox.add(first_name="B", user_id=81)}
        assert set(world.read()) == ids
        assert [call.query["user_id"] for call in world.sandbox.calls] == ["78", "81"]


def test_more_contacts_in_one_millisecond_than_a_page_holds_are_read_from_a_server_that_pages_without_saying_so() -> (
    None
):
    with World(READINGS["small pages without saying so"]) as world:
        ids = world.populate(60, seconds=0.0)
        assert set(world.read()) == set(ids)


def test_more_contacts_in_one_millisecond_than_an_answer_holds_is_an_incomplete_window() -> None:
    with World(Behaviour(cap=30, says_partial=True)) as world:
        world.populate(31, seconds=0.0)
        with pytest.raises(IncompleteWindow, match="2026-03-04T04:06:0"):
            world.read()


def test_pages_that_never_add_up_are_an_incomplete_window() -> None:
    with World(replace(PAGED, largest_page=25, pages=False)) as world:
        world.populate(60, seconds=0.0)
        with pytest.raises(IncompleteWindow, match="did not add up"):
            world.read()


def test_a_server_that_is_down_is_not_asked_for_less_and_less() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", times=None, status=413))
        with pytest.raises(ServerTrouble, match="a plain read too"):
            world.read()
        assert len(world.sandbox.calls) == 2


@pytest.mark.parametrize("name", ["one answer", "bare list", "pages", "small pages only", "pages without saying so"])
def test_broken_rows_on_many_pages_are_each_named_and_all_others_shown(name: str) -> None:
    """One after the other has its hour: the budget for that is not spent by the first of them."""
    with World(READINGS[name]) as world:
        ids = world.populate(120, seconds=20_000.0)
        broken = set(ids[7::17])

        def change(_call: Call, body: Any) -> Any:
            rows = body if isinstance(body, list) else body["contacts"]
            rows = [None if isinstance(each, dict) and str(each.get("id")) in broken else each for each in rows]
            return rows if isinstance(body, list) else {**body, "contacts": rows}

        rewrite(world.sandbox, change)
        pages = list(world.account.read_window(EVERYTHING))
        assert set(united(pages)) == set(ids) - broken
        unread = [each.within for page in pages for each in page.unread]
        assert len(broken) <= len(unread) <= 2 * len(broken)
        hours = [each.end - each.start for each in unread if each is not None and each.end is not None]
        assert len(hours) == len(unread)
        assert max(hours) <= timedelta(hours=1)


def test_broken_rows_in_one_millisecond_of_a_server_that_pages_are_named_by_it() -> None:
    with World(replace(PAGED, largest_page=25)) as world:
        ids = world.populate(60, seconds=0.0)
        broken = set(ids[:3])

        def change(_call: Call, body: Any) -> Any:
            return {**body, "contacts": [None if str(each["id"]) in broken else each for each in body["contacts"]]}

        rewrite(world.sandbox, change)
        pages = list(world.account.read_window(EVERYTHING))
        assert set(united(pages)) == set(ids) - broken
        assert [each for page in pages for each in page.unread]


def test_a_refused_window_is_trouble_of_the_server_and_no_record() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", status=422, body={"error": "from is invalid"}))
        with pytest.raises(ServerTrouble, match="from is invalid"):
            world.read()


EDITING = st.fixed_dictionaries(
    {
        "order": st.sampled_from(["updated", "updated_desc", "id", "shuffled"]),
        "size": st.sampled_from([3, 5]),
        "kind": st.sampled_from(["pages", "cut", "too large"]),
        "count": st.integers(0, 40),
        "edits": st.integers(1, 3),
        "seconds": st.sampled_from([0.0, 0.2, 0.9, 1.7]),
        "spread": st.sampled_from([0.0, 0.5, 40.0]),
        "ending": st.sampled_from([0.0, 0.7, 600.0]),
        "seed": st.integers(0, 999),
    }
)


@settings(max_examples=examples(40), deadline=None)
@given(EDITING)
def test_no_contact_is_passed_over_when_users_edit_create_and_delete_between_pages(case: dict[str, Any]) -> None:
    size = int(case["size"])
    kinds = {
        "pages": Behaviour(page_size=size, largest_page=size),
        "cut": Behaviour(cap=size, says_partial=True),
        "too large": Behaviour(too_many=size),
    }
    with World(replace(kinds[case["kind"]], order=case["order"])) as world:
        ids = world.populate(int(case["count"]), seconds=case["spread"], ending=case["ending"])
        chance = Random(int(case["seed"]))  # noqa: S311 (people, no secret)
        gone: set[str] = set()
        edits, crowd = 30, 0

        def meddle(_: Call) -> None:
            nonlocal edits, crowd
            world.clock.pass_by(case["seconds"])
            for _number in range(min(edits, int(case["edits"]))):
                edits -= 1
                alive = [record_id for record_id in ids if record_id not in gone]
                what = chance.choice(["edit", "edit", "add", "remove", "nothing"])
                if what == "add":
                    ids.append(world.sandbox.add(first_name="New"))
                elif what == "edit" and alive:
                    world.sandbox.edit(chance.choice(alive), title="Edited")
                elif what == "remove" and alive:
                    gone.add(removed := chance.choice(alive))
                    world.sandbox.remove(removed)
            stamps = Counter(record["updated_at"] for record in world.sandbox.people())
            crowd = max([crowd, *stamps.values()])

        at_first = set(ids)
        world.sandbox.before_answer = meddle
        try:
            pages = list(world.account.read_window(EVERYTHING))
        except IncompleteWindow:
            assert crowd > size  # in one millisecond: nothing left to split by
            return
        if any(page.unread for page in pages):  # named, and asked for again by the next run
            assert case["kind"] == "too large"
            assert crowd > size
            return
        assert at_first - gone <= set(united(pages))


@settings(max_examples=examples(15), deadline=None)
@given(st.sampled_from(["updated", "updated_desc", "id", "shuffled"]), st.integers(0, 999))
def test_when_users_stop_editing_the_last_showing_is_the_state_of_the_server(order: str, seed: int) -> None:
    with World(Behaviour(page_size=4, largest_page=4, order=order)) as world:  # type: ignore[arg-type]
        ids = world.populate(30)
        chance = Random(seed)  # noqa: S311 (people, no secret)
        left = 6

        def meddle(_: Call) -> None:
            nonlocal left
            world.clock.pass_by(0.4)
            if left:
                left -= 1
                world.sandbox.edit(chance.choice(ids), title=f"Edit {left}")

        world.sandbox.before_answer = meddle
        seen = world.read()
        assert left == 0
        assert {record_id: raw["title"] for record_id, raw in seen.items()} == {
            str(record["id"]): record["title"] for record in world.sandbox.people()
        }


@pytest.mark.parametrize("total", [10**9, 9 * 10**12] if THOROUGH else [9 * 10**12])
@pytest.mark.parametrize("fresh", [False, True], ids=["one page again and again", "one page under other ids"])
def test_totals_that_are_absurd_end_the_reading_soon(total: int, fresh: bool) -> None:
    with World() as world:
        rows = list(world.read().values()) if world.populate(200) else []
        pages = {"page": 1, "per_page": 200, "total_entries": total, "total_pages": total // 200}
        shown = [{**row, "id": f"new{n}"} if fresh else row for n, row in enumerate(rows)]
        body = {"contacts": shown, "pagination": pages}
        world.sandbox.faults.append(Fault("status", status=200, body=body, times=None))
        before = len(world.sandbox.calls)
        with pytest.raises(IncompleteWindow):
            world.read()
        assert len(world.sandbox.calls) - before < 400


def _stopping(world: World, shown: int, total: int) -> None:
    """Let each answer show so many records at most and promise so many."""

    def answer(call: Call, body: Any) -> Any:
        rows = body["contacts"][:shown] if int(call.query.get("page", 1)) == 1 else []
        pages = {"page": int(call.query.get("page", 1)), "per_page": 200, "total_entries": total, "total_pages": 1}
        return {**body, "contacts": rows, "pagination": pages}

    rewrite(world.sandbox, answer)


@pytest.mark.parametrize("total", [13, 150])
def test_a_list_that_stops_far_before_its_total_is_an_incomplete_window(total: int) -> None:
    """Two equal readings prove a total wrong by two records at most (R43)."""
    with World() as world:
        world.populate(10)
        _stopping(world, 10, total)
        with pytest.raises(IncompleteWindow):
            world.read()


def test_a_list_that_stops_two_records_before_its_total_is_complete_with_a_warning() -> None:
    with World() as world:
        ids = world.populate(10)
        _stopping(world, 10, 12)
        pages = list(world.account.read_window(EVERYTHING))
        assert set(united(pages)) == set(ids)
        (warning,) = (each for page in pages for each in page.warnings)
        assert "10 of 12" in warning


def test_pages_that_end_before_the_total_are_split_until_all_is_read() -> None:
    """Each listing shows its first two pages, whatever it promises."""
    with World(Behaviour(page_size=200)) as world:
        ids = world.populate(900)
        rewrite(
            world.sandbox,
            lambda call, body: {**body, "contacts": []} if int(call.query.get("page", 1)) > 2 else body,
        )
        assert set(world.read()) == set(ids)


def test_a_last_page_that_cannot_be_read_is_not_mistaken_for_a_wrong_total() -> None:
    """Its one record makes each page of several pages too large; it is read in a part of the window."""
    with World(Behaviour(page_size=200)) as world:
        ids = world.populate(201)
        rewrite(
            world.sandbox,
            lambda call, body: SandboxResponse(413, {}) if int(call.query.get("page", 1)) > 1 else body,
        )
        pages = list(world.account.read_window(EVERYTHING))
        assert set(united(pages)) == set(ids)
        assert [each for page in pages for each in page.warnings] == []
