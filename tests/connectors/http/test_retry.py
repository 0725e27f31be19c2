from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http.retry import (
    CEILING,
    FIRST,
    OBEYED,
    Effort,
    Outage,
    Wait,
    backoff,
    next_wait,
    retry_after,
    throttled_wait,
)

SERVED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
chances = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), chances)
def test_back_off_stays_under_its_ceiling(tries: int, chance: float) -> None:
    assert 0.0 <= backoff(tries, chance) <= CEILING


def test_the_ceiling_of_the_back_off_doubles() -> None:
    assert [backoff(tries, 0.5) / 0.5 for tries in (1, 2, 3, 6, 7)] == [FIRST, 0.5, 1.0, 8.0, 8.0]


@given(chances, st.lists(chances, min_size=200, max_size=200))
def test_waits_of_our_own_never_use_more_than_the_patience(first: float, others: list[float]) -> None:
    effort, patience = Effort(), 20.0
    for chance in (first, *others):
        effort = effort.after_try(0.0, uncertain=False)
        wait = next_wait(effort, patience - effort.spent, chance, None)
        if wait is None:
            break
        effort = effort.after_wait(wait)
    assert effort.spent < patience


@given(st.floats(8.0, 1e6), chances)
def test_what_the_server_asks_for_costs_no_patience(asked: float, chance: float) -> None:
    assert next_wait(Effort(tries=3, spent=19.9), 0.1, chance, asked) == Wait(asked, 0.0)


def test_a_wait_of_nothing_requested_again_and_again_uses_up_the_patience() -> None:
    assert next_wait(Effort(tries=6), 1.0, 0.5, 0.0) is None


def test_a_call_waits_only_so_often() -> None:
    assert next_wait(Effort(tries=9, obeyed=OBEYED - 1), 20.0, 0.5, 60.0) is not None
    assert next_wait(Effort(tries=9, obeyed=OBEYED), 20.0, 0.5, 60.0) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Wed, 04 Mar 2026 05:07:07 GMT", 60.0),
        ("Wed, 04 Mar 2026 05:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("Wed, 99 Mar 2026", None),
        ("1e999", None),
        ("12abc", None),
    ],
)
def test_both_forms_of_retry_after_are_read_against_the_servers_clock(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, SERVED_AT) == seconds


def test_a_429_waits_for_what_it_says_else_for_its_interval_else_for_the_documented_one() -> None:
    assert throttled_wait(7.0, 2.0, 0.5) == 7.0
    assert throttled_wait(None, 2.0, 0.5) == 2.5
    assert throttled_wait(None, None, 0.5) == 10.5


def test_an_outage_lasts_from_the_first_failure_to_the_next_answer() -> None:
    outage = Outage(20.0)
    assert [outage.failed(now) for now in (100.0, 105.0, 124.0)] == [0.0, 5.0, 24.0]
    outage.answered()
    assert outage.failed(125.0) == 0.0


def test_an_outage_of_long_ago_is_not_held_against_a_new_try() -> None:
    outage = Outage(20.0)
    outage.failed(100.0)
    assert outage.failed(400.0) == 0.0
