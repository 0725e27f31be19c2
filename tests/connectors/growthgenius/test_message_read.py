"""Windows of messages are read completely or not at all, though nothing shows when a message was updated."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import IncompleteWindow, ServerTrouble
from connectors.growthgenius.sandbox.server import Behaviour
from connectors.records import Window
from connectors.sandbox.base import Call
from connectors.sandbox.faults import Fault
from tests.connectors.growthgenius.account import EPOCH, EVERYTHING, World, united
from tests.connectors.growthgenius.test_read_windows import EDITING, PAGED, READINGS
from tests.thorough import THOROUGH, examples, pairs

HINTS: dict[str, Callable[[datetime], datetime | None]] = {
    "when it was updated": lambda at: at,
    "years before": lambda at: at - timedelta(days=730),
    "years after": lambda at: at + timedelta(days=730),
    "all at once": lambda _: datetime.fromisoformat("2026-03-04T04:06:07Z"),
    "in no order": lambda at: at - timedelta(days=Random(at.isoformat()).uniform(0, 900)),  # noqa: S311
    "no time": lambda _: None,
}
"""When messages were sent, by when they were updated."""

FEW_CALLS = READINGS.keys() - {"one at a time"}


def read(world: World, window: Window = EVERYTHING) -> dict[str, Any]:
    return united(world.account.message_store.read_window(window))


@pytest.mark.parametrize(("name", "hint"), pairs(sorted(FEW_CALLS), list(HINTS), each=2))
def test_messages_are_read_completely_whatever_they_report_of_when_they_were_sent(name: str, hint: str) -> None:
    with World(READINGS[name]) as world:
        ids = world.correspond(107, seconds=7.3, sent=HINTS[hint])
        assert set(read(world)) == set(ids)


@pytest.mark.parametrize("hint", ["when it was updated", "years before"])
def test_messages_are_read_from_a_server_that_shows_one_at_a_time(hint: str) -> None:
    with World(READINGS["one at a time"]) as world:
        ids = world.correspond(9, sent=HINTS[hint])
        assert set(read(world)) == set(ids)


@pytest.mark.parametrize("name", sorted(FEW_CALLS))
def test_messages_imported_in_one_millisecond_are_all_read(name: str) -> None:
    with World(READINGS[name]) as world:
        ids = world.correspond(20, seconds=0.0, sent=HINTS["in no order"]) + world.correspond(9)
        assert set(read(world)) == set(ids)


def test_where_the_time_of_sending_leads_no_further_a_window_is_halved() -> None:
    with World(Behaviour(cap=4, says_partial=True)) as world:
        start = world.clock.now() - timedelta(hours=1)
        ids = world.correspond(5, seconds=0.001, ending=3600 - 0.004, sent=lambda _: start + timedelta(milliseconds=3))
        assert set(read(world, Window(start + timedelta(seconds=1)))) == set(ids)


def test_more_messages_in_one_millisecond_than_an_answer_holds_is_an_incomplete_window() -> None:
    with World(Behaviour(cap=30, says_partial=True)) as world:
        world.correspond(31, seconds=0.0)
        with pytest.raises(IncompleteWindow):
            read(world)


@pytest.mark.parametrize(
    ("behaviour", "count", "calls"),
    [
        pytest.param(Behaviour(), 0, 1, id="nothing new"),
        pytest.param(Behaviour(), 137, 1, id="one answer"),
        pytest.param(PAGED, 25, 1, id="one page"),
        pytest.param(PAGED, 200, 2, id="one large page"),
        pytest.param(PAGED, 2_000, 1 + 10 + 1, id="plain question, ten pages, what was edited since"),
    ],
)
def test_calls_are_counted_exactly(behaviour: Behaviour, count: int, calls: int) -> None:
    with World(behaviour) as world:
        world.correspond(count, sent=HINTS["in no order"])
        read(world)
        assert {path for _, path in world.asked()} == {"/messages"}
        assert world.account.call_counts.reads == len(world.sandbox.calls) == calls


def test_a_large_history_costs_a_fifth_more_calls_than_pages_at_most_where_no_time_helps() -> None:
    with World(Behaviour(page_size=200)) as world:
        count = 32_000 if THOROUGH else 8_000
        world.correspond(count, seconds=30.0, sent=HINTS["in no order"])
        seen = sum(len(page.records) for page in world.account.message_store.read_window(EVERYTHING))
        assert seen >= count
        assert len(world.sandbox.calls) <= count / 200 * 1.2


def test_what_contacts_taught_of_round_counts_is_not_believed_of_messages() -> None:
    with World() as world:
        world.populate(150)
        world.correspond(100)
        world.read()
        world.sandbox.calls.clear()
        assert len(read(world)) == 100
        assert len(world.sandbox.calls) > 1


def test_the_question_has_from_to_and_user_alone() -> None:
    with World() as world:
        read(world, Window(EPOCH))
        (call,) = world.sandbox.calls
        assert call.query == {"from": "1970-01-01T00:00:00.000Z", "to": "9999-12-31T23:59:59.999Z", "user_id": "78"}


def test_several_users_are_read_one_by_one() -> None:
    users = [{"id": 78, "email": "a@example.com"}, {"id": 81, "email": "b@example.com"}]
    with World(Behaviour(user_filters=True), user_ids=(78, 81), users=users) as world:
        contact_id = world.sandbox.add()
        ids = {world.sandbox.add_message(contact_id, user_id=user) for user in (78, 81)}
        assert set(read(world)) == ids
        assert [call.query["user_id"] for call in world.sandbox.calls] == ["78", "81"]


@pytest.mark.parametrize("body", [{"message": "Hello world!"}, {"messages": {}}, {"contacts": []}, None])
def test_what_holds_no_messages_is_no_empty_window(body: Any) -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", status=200, body=body))
        with pytest.raises(ServerTrouble):
            read(world)


@settings(max_examples=examples(30), deadline=None)
@given(EDITING, st.sampled_from(sorted(HINTS)))
def test_nothing_is_passed_over_when_messages_are_edited_written_and_deleted_between_pages(
    case: dict[str, Any], hint: str
) -> None:
    size = int(case["size"])
    kinds = {
        "pages": Behaviour(page_size=size, largest_page=size),
        "cut": Behaviour(cap=size, says_partial=True),
        "too large": Behaviour(too_many=size),
    }
    with World(replace(kinds[case["kind"]], order=case["order"])) as world:
        ids = world.correspond(int(case["count"]), seconds=case["spread"], ending=case["ending"], sent=HINTS[hint])
        contact_id = world.sandbox.add()
        chance = Random(int(case["seed"]))  # noqa: S311 (people, no secret)
        gone: set[str] = set()
        edits, crowd = 30, 0

        def meddle(_: Call) -> None:
            nonlocal edits, crowd
            world.clock.pass_by(case["seconds"])
            for _number in range(min(edits, int(case["edits"]))):
                edits -= 1
                alive = [message_id for message_id in ids if message_id not in gone]
                what = chance.choice(["edit", "edit", "add", "remove", "nothing"])
                if what == "add":
                    ids.append(world.sandbox.add_message(contact_id, rendered_copy="New"))
                elif what == "edit" and alive:
                    world.sandbox.edit_message(chance.choice(alive), rendered_copy="Edited")
                elif what == "remove" and alive:
                    gone.add(removed := chance.choice(alive))
                    world.sandbox.remove_message(removed)
            stamps = Counter(moment for moment, _ in world.sandbox.stores["message"].keys)
            crowd = max([crowd, *stamps.values()])

        at_first = set(ids)
        world.sandbox.before_answer = meddle
        try:
            pages = list(world.account.message_store.read_window(EVERYTHING))
        except IncompleteWindow:
            assert crowd > size  # in one millisecond: nothing left to split by
            return
        if any(page.unread for page in pages):  # named, and asked for again by the next run
            assert case["kind"] == "too large"
            assert crowd > size
            return
        assert at_first - gone <= set(united(pages))
