from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.notification_cause import NotificationCause
from sync.rules.notifications import (
    CONFLICTS,
    FAILED,
    GUARDED,
    STALLED,
    TRIES,
    WAITING,
    Notice,
    causes_after,
    notices,
)

Present = Mapping[str, Mapping[str, int]]


class Listener:
    """Keeps what it is called with, as the state does; `hears` says whether calls work."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], NotificationCause] = {}
        self.heard: list[tuple[str, tuple[str, ...], bool]] = []
        self.tried = 0

    def occasion(self, present: Present, now: int = 1, *, hears: bool = True) -> list[Notice]:
        due, silent = notices(present, self.known.values())
        self._forget(silent)
        for notice in due:
            self.tried += 1
            if hears:
                self.heard.append((notice.cause, tuple(one.key for one in notice.causes), notice.over))
            remember, forget = notice.after(now, called=hears)
            self._forget(forget)
            self.known |= {(one.cause, one.key): one for one in remember}
        return due

    def _forget(self, causes: list[NotificationCause]) -> None:
        for one in causes:
            self.known.pop((one.cause, one.key))


def test_a_cause_is_reported_once_and_once_when_it_is_over() -> None:
    listener = Listener()
    history: list[Present] = [{FAILED: {"": 5}}, {FAILED: {"": 7}}, {FAILED: {"": 9}}, {FAILED: {}}, {FAILED: {}}]
    for present in history:
        listener.occasion(present)
    assert listener.heard == [(FAILED, ("",), False), (FAILED, ("",), True)]
    assert listener.known == {}


def test_what_comes_back_is_reported_again() -> None:
    listener = Listener()
    history: list[Present] = [{FAILED: {"": 5}}, {FAILED: {}}, {FAILED: {"": 7}}]
    for present in history:
        listener.occasion(present)
    assert [over for *_, over in listener.heard] == [False, True, False]


def test_since_when_is_when_it_began_not_when_it_was_seen_again() -> None:
    listener = Listener()
    listener.occasion({FAILED: {"": 5}})
    listener.occasion({FAILED: {"": 70}})
    (over,) = listener.occasion({FAILED: {}})
    assert over.since_ms == 5


def test_new_conflicts_are_reported_and_the_last_one_to_go_ends_them() -> None:
    listener = Listener()
    for keys in ({"1": 1, "2": 1}, {"1": 1, "2": 1}, {"2": 1, "3": 9}, {"3": 9}, {}):
        listener.occasion({CONFLICTS: keys})
    assert listener.heard == [(CONFLICTS, ("1", "2"), False), (CONFLICTS, ("3",), False), (CONFLICTS, ("3",), True)]


def test_a_program_that_does_not_answer_is_called_again_a_few_times_and_then_no_more() -> None:
    listener = Listener()
    for _ in range(10):
        listener.occasion({FAILED: {"": 5}}, hears=False)
    assert listener.tried == TRIES
    for _ in range(10):
        listener.occasion({FAILED: {}}, hears=False)
    assert listener.tried == 2 * TRIES
    assert listener.known == {}


def test_a_program_that_answers_the_second_try_gets_no_third() -> None:
    listener = Listener()
    for hears in (False, True, True):
        listener.occasion({FAILED: {"": 5}}, hears=hears)
    assert listener.tried == 2


def test_what_an_occasion_says_nothing_about_stays_as_it_was() -> None:
    listener = Listener()
    listener.occasion({GUARDED: {"": 5}})
    listener.occasion({FAILED: {"": 6}})
    listener.occasion({FAILED: {}, GUARDED: {}})
    assert [cause for cause, _, over in listener.heard if over] == [FAILED, GUARDED]


@pytest.mark.parametrize(
    ("status", "begun", "over"),
    [
        ("ok", set(), {FAILED, GUARDED, STALLED, WAITING, CONFLICTS}),
        ("partial", {CONFLICTS}, {FAILED, GUARDED, STALLED, WAITING}),
        ("failed", {FAILED}, {CONFLICTS}),
        ("guarded", {GUARDED}, {FAILED, CONFLICTS}),
        ("waiting", {WAITING}, {FAILED, GUARDED, CONFLICTS}),
    ],
)
def test_what_follows_from_the_end_of_a_run(status: str, begun: set[str], over: set[str]) -> None:
    found = causes_after(status, {"7@1": 1} if status == "partial" else {}, 1000)
    assert {cause for cause, keys in found.items() if keys} == begun
    assert {cause for cause, keys in found.items() if not keys} == over


occasions = st.lists(
    st.tuples(
        st.dictionaries(
            st.sampled_from([FAILED, CONFLICTS]), st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), max_size=3)
        ),
        st.booleans(),
    ),
    max_size=30,
)


@given(occasions)
def test_nothing_is_reported_twice_before_it_is_over_and_no_end_without_a_beginning(
    history: list[tuple[Present, bool]],
) -> None:
    listener = Listener()
    result: dict[str, set[str]] = {FAILED: set(), CONFLICTS: set()}
    for present, hears in history:
        before = {cause: {one.key for one in listener.known.values() if one.cause == cause} for cause in result}
        for notice in listener.occasion(present, hears=hears):
            keys = {one.key for one in notice.causes}
            assert keys
            assert all(one.tries < 2 * TRIES for one in notice.causes)
            if notice.over:
                assert keys <= before[notice.cause]
                assert not present[notice.cause]
            else:
                assert keys <= set(present[notice.cause])
                assert not keys & result[notice.cause]
            if hears and not notice.over:
                result[notice.cause] |= keys
        for cause in result:
            result[cause] &= {one.key for one in listener.known.values() if one.cause == cause}
    assert all(one.tries <= 2 * TRIES for one in listener.known.values())


@given(occasions)
def test_when_everything_is_over_and_heard_nothing_is_remembered(history: list[tuple[Present, bool]]) -> None:
    listener = Listener()
    for present, hears in history:
        listener.occasion(present, hears=hears)
    listener.occasion({FAILED: {}, CONFLICTS: {}})
    assert listener.known == {}
