from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.rules.schedule import (
    FIRST,
    HANGING,
    JITTER,
    LONGEST,
    WIDEST,
    EndedRun,
    NextRun,
    StreamStatus,
    after,
    backoff,
    hint_delay,
    is_hanging,
    is_stalled,
    next_run,
    poll_gap_with_webhooks,
    reconcile_at,
    rest_after_list,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

intervals = st.floats(1.0, 86400.0 * 365)
chances = st.floats(0.0, 1.0, exclude_max=True)
moments = st.integers(0, 4 * 365 * 86400).map(lambda seconds: NOON + timedelta(seconds=seconds))
endings = st.builds(
    EndedRun,
    st.sampled_from(["done", "guarded", "failed", "locked"]),
    moments,
    st.sampled_from(["gg: is down", "gh: is down"]),
    st.none() | moments,
    st.booleans(),
)


def led(endings: list[EndedRun], interval: float = 300.0) -> NextRun:
    """Return what follows from several ends in a row."""
    following = NextRun(None, StreamStatus())
    for ended in endings:
        following = after(following.standing, ended, interval, 0.0)
    return following


def failed(reason: str = "gg: is down", at: datetime = NOON, *, whole: bool = False) -> EndedRun:
    return EndedRun("failed", at, reason, whole=whole)


@pytest.mark.parametrize("how", ["done", "guarded"])
def test_a_run_that_came_to_its_end_is_followed_by_the_schedule_and_ends_every_delay(how: str) -> None:
    following = led([failed(), failed(), EndedRun("done" if how == "done" else "guarded", NOON)])
    assert following.at is None
    assert following.standing == StreamStatus()


def test_an_account_that_is_down_is_tried_again_ever_later_and_at_least_every_hour() -> None:
    waits = [(led([failed()] * count).at or NOON) - NOON for count in range(1, 9)]
    assert [wait.total_seconds() for wait in waits] == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_a_short_interval_is_not_left_alone_for_an_hour() -> None:
    waits = [((led([failed()] * count, interval=10.0).at or NOON) - NOON).total_seconds() for count in (1, 2, 5, 9)]
    assert waits == [10, 20, 160, 160]


def test_the_reason_of_a_delay_is_kept_and_reported_again_only_when_it_is_another() -> None:
    first = led([failed("a")])
    assert (first.is_news, first.standing.delayed) == (True, "a")
    assert not led([failed("a"), failed("a")]).is_news
    assert led([failed("a"), failed("b")]).is_news


def test_a_spent_allowance_is_waited_for_however_long_and_costs_no_try() -> None:
    renewed = NOON + timedelta(hours=9)
    following = led([failed(), EndedRun("failed", NOON, "gh: spent", renewed)])
    assert following.at == renewed
    assert (following.standing.failures, following.standing.delayed) == (0, "gh: spent")


def test_an_allowance_that_should_be_there_again_is_no_reason_to_run_at_once() -> None:
    following = led([EndedRun("failed", NOON, "gh: spent", NOON - timedelta(seconds=1))])
    assert following.at == NOON + timedelta(seconds=60)


def test_a_held_lock_is_tried_at_the_next_time_and_reported_once() -> None:
    held = EndedRun("locked", NOON, "process 7 holds it")
    assert [led([held] * count).is_news for count in (1, 2, 3)] == [True, False, False]
    assert led([held, held]).at is None
    assert led([held, EndedRun("done", NOON), held]).is_news


def test_a_held_lock_changes_nothing_about_a_back_off() -> None:
    assert led([failed(), failed(), EndedRun("locked", NOON), failed()]).standing.failures == 3


def test_a_comparison_is_due_its_span_after_the_last_one_ended() -> None:
    assert reconcile_at(NOON, DAY, StreamStatus()) == NOON + DAY
    assert reconcile_at(NOON, None, StreamStatus()) is None
    assert reconcile_at(None, DAY, StreamStatus()) is None


def test_a_comparison_that_fails_lets_ordinary_runs_go_on_and_is_tried_later_and_later() -> None:
    dues = []
    for count in (1, 2, 3, 9):
        standing = led([failed(whole=True)] * count).standing
        dues.append((reconcile_at(NOON - 9 * DAY, 7 * DAY, standing) or NOON) - NOON)
    assert dues == [timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=168)]


def test_a_failed_comparison_is_forgotten_when_one_comes_to_its_end() -> None:
    standing = led([failed(whole=True), failed(), EndedRun("done", NOON, whole=True)]).standing
    assert standing == StreamStatus()
    assert led([failed(whole=True), EndedRun("done", NOON)]).standing.missed == 1


def test_a_stream_stands_still_when_it_is_due_and_no_run_of_it_moves() -> None:
    assert is_stalled(NOON, NOON, moving=False)
    assert not is_stalled(NOON, NOON, moving=True)
    assert not is_stalled(NOON, NOON + timedelta(seconds=1), moving=False)


def test_a_run_hangs_when_it_has_not_moved_for_three_intervals_and_a_quarter_of_an_hour() -> None:
    long_ago = NOON - timedelta(minutes=20)
    assert is_hanging(NOON, long_ago, timedelta(seconds=3))
    assert not is_hanging(NOON, long_ago, timedelta(hours=1))
    assert not is_hanging(NOON, NOON - HANGING + timedelta(seconds=1), timedelta(seconds=3))
    assert not is_hanging(NOON, None, timedelta(seconds=3))


def test_a_run_that_waits_as_a_server_asked_does_not_hang() -> None:
    assert not is_hanging(NOON, NOON + timedelta(hours=6), timedelta(seconds=3))


@given(st.integers(1, 10_000), intervals, chances)
def test_a_wait_is_never_shorter_than_the_first_nor_longer_than_an_hour_and_a_tenth(
    failures: int, interval: float, chance: float
) -> None:
    wait = backoff(failures, interval, chance)
    assert min(FIRST, interval) <= wait <= min(LONGEST, WIDEST * interval) * (1 + JITTER)
    assert wait <= backoff(failures + 1, interval, chance)


@given(st.lists(endings, max_size=20), intervals, chances)
def test_whatever_happens_a_stream_is_run_again_and_never_in_the_past(
    history: list[EndedRun], interval: float, chance: float
) -> None:
    standing = StreamStatus()
    for ended in history:
        following = after(standing, ended, interval, chance)
        standing = following.standing
        assert following.at is None or following.at > ended.at
        latest = max(ended.renewed_at or ended.at, ended.at) + timedelta(seconds=LONGEST * (1 + JITTER))
        assert following.at is None or following.at <= latest
        assert (following.at is None) == (ended.how != "failed")
        assert standing.delayed or not standing.failures


@given(st.lists(endings, max_size=20), intervals)
def test_after_a_run_that_ends_well_nothing_of_what_went_wrong_before_is_left(
    history: list[EndedRun], interval: float
) -> None:
    standing = StreamStatus()
    for ended in [*history, EndedRun("done", NOON, whole=True)]:
        standing = after(standing, ended, interval, 0.5).standing
    assert standing == StreamStatus()


@given(st.lists(endings, max_size=20), moments, st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_a_comparison_is_never_due_before_its_span_and_never_put_off_for_more_than_another(
    history: list[EndedRun], reconciled: datetime, span: timedelta
) -> None:
    standing = StreamStatus()
    for ended in history:
        standing = after(standing, ended, 300.0, 0.0).standing
    due = reconcile_at(reconciled, span, standing)
    assert due is not None
    assert reconciled + span <= due <= max(reconciled, standing.missed_at or reconciled) + span
    if standing.missed:
        assert due > (standing.missed_at or due)
        assert reconcile_at(reconciled, span, replace(standing, missed=standing.missed + 1)) >= due  # type: ignore[operator]


@pytest.mark.parametrize(("settle", "waits"), [(0, 1), (1, 1), (2, 2), (60, 3), (3600, 3)])
def test_hints_gather_for_a_moment_and_no_longer_than_the_apis_need(settle: int, waits: int) -> None:
    assert hint_delay(timedelta(seconds=settle)) == timedelta(seconds=waits)


@pytest.mark.parametrize(
    ("heard", "every", "pace"),
    [(None, DAY, 0), (NOON - timedelta(hours=23), DAY, 1), (NOON - DAY, DAY, 0), (NOON, None, 0), (NOON, 2 * DAY, 2)],
    ids=["never heard", "heard", "heard too long ago", "no other pace", "another pace"],
)
def test_polls_are_further_apart_while_webhooks_are_heard(
    heard: datetime | None, every: timedelta | None, pace: int
) -> None:
    assert poll_gap_with_webhooks(heard, NOON, every) == pace * DAY


SOON = NOON + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("planned", "slower", "look", "expected"),
    [
        (NOON + DAY, NOON, True, SOON),
        (None, NOON, True, SOON),
        (NOON + DAY, NOON, False, NOON + DAY),
        (NOON + DAY, NOON + 2 * DAY, False, NOON + 2 * DAY),
        (SOON, NOON + 2 * DAY, False, SOON),
        (None, NOON + 2 * DAY, False, None),
    ],
    ids=["hints wait", "nothing planned", "as planned", "slower", "woken meanwhile", "never"],
)
def test_hints_bring_the_next_run_near_and_a_slower_pace_puts_it_off(
    planned: datetime | None, slower: datetime, look: bool, expected: datetime | None
) -> None:
    assert next_run(planned, SOON, slower, look=look) == expected


@pytest.mark.parametrize(
    ("calls", "rate", "rest"),
    [(0, 1.0, 0.0), (100, 100 / 60, 180.0), (1004, 100 / 60, 1807.2), (50, None, 0.0)],
)
def test_lists_take_a_quarter_of_the_allowance_at_most(calls: int, rate: float | None, rest: float) -> None:
    found = rest_after_list(calls, rate).total_seconds()
    assert found == pytest.approx(rest)
    if rate and calls:
        assert calls / (calls / rate + found) == pytest.approx(rate / 4)
