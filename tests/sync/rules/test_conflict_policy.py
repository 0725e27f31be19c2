from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Contact
from sync.rules.conflict_policy import correct, finer, winner_by_policy
from sync.rules.mapping import FieldRule
from sync.rules.merge_result import LEFT, RIGHT, SideView
from sync.streams.connection import Side

if TYPE_CHECKING:
    from connectors.connector import Connector
    from connectors.http.concurrency import Dispatcher
    from state.identity_index import IdentityIndex

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


CITY = FieldRule("city", to_left=True, to_right=True)


def judge(
    policy: str, offsets: tuple[float, float], rule: FieldRule = CITY
) -> Callable[[SideView, SideView], str | None]:
    """Return who decides over a field."""
    decide = winner_by_policy(policy, offsets)
    return lambda left, right: decide(left, right, rule)


def at(seconds: float | None) -> SideView:
    return SideView({}, {}, None if seconds is None else NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("left", "right", "winner"),
    [(0, 0, None), (1, 0, None), (0, 1, None), (1.001, 0, LEFT), (0, 1.001, RIGHT), (3600, 0, LEFT)],
)
def test_within_a_second_only_a_user_can_decide(left: float, right: float, winner: str | None) -> None:
    assert judge("newest", (0.0, 0.0))(at(left), at(right)) == winner


@pytest.mark.parametrize("offsets", [(2.0, 0.0), (0.0, -2.0), (60.0, 60.0)])
def test_where_a_clock_is_corrected_the_tolerance_is_two_seconds(offsets: tuple[float, float]) -> None:
    decide = judge("newest", offsets)
    assert decide(at(2), at(0)) is None
    assert decide(at(0), at(2.001)) == RIGHT


@pytest.mark.parametrize("offsets", [(1.999, 0.0), (-1.999, 1.999)])
def test_an_offset_below_two_seconds_counts_as_none(offsets: tuple[float, float]) -> None:
    assert judge("newest", offsets)(at(1.001), at(0)) == LEFT


@pytest.mark.parametrize(("left", "right"), [(None, 0), (0, None), (None, None)])
def test_without_a_time_it_is_a_conflict(left: float | None, right: float | None) -> None:
    assert judge("newest", (0.0, 0.0))(at(left), at(right)) is None


@pytest.mark.parametrize(("policy", "winner"), [(LEFT, LEFT), (RIGHT, RIGHT), ("manual", None)])
def test_the_other_policies_look_at_no_clock(policy: str, winner: str | None) -> None:
    for left, right in ((None, None), (0, 60), (60, 0)):
        assert judge(policy, (0.0, 0.0))(at(left), at(right)) == winner


@pytest.mark.parametrize("policy", [LEFT, RIGHT, "newest", "manual"])
@pytest.mark.parametrize(("own", "winner"), [(LEFT, LEFT), (RIGHT, RIGHT), ("newest", RIGHT), ("manual", None)])
def test_the_policy_of_a_field_takes_the_place_of_that_of_the_connection(
    policy: str, own: str, winner: str | None
) -> None:
    assert judge(policy, (0.0, 0.0), replace(CITY, conflicts=own))(at(0), at(60)) == winner


def test_a_time_of_the_field_takes_the_place_of_that_of_the_record() -> None:
    kept = SideView({}, {}, NOON + timedelta(hours=1), times={"city": NOON - timedelta(hours=1), "title": NOON})
    assert judge("newest", (0.0, 0.0))(kept, at(0)) == RIGHT
    assert judge("newest", (0.0, 0.0), replace(CITY, name="state"))(kept, at(0)) == LEFT
    hidden = SideView({}, {}, None, times={"city": NOON + timedelta(hours=1)})
    assert judge("newest", (0.0, 0.0))(hidden, at(0)) == LEFT
    assert judge("newest", (0.0, 0.0), replace(CITY, name="state"))(hidden, at(0)) is None


@pytest.mark.parametrize(
    ("record", "event", "found"),
    [
        (None, None, None), (5_000, None, 5_000), (None, 5_700, 5_700),
        (5_000, 5_700, 5_700), (5_000, 6_000, 5_000), (5_000, 90_000, 5_000), (5_000, 4_999, 5_000),
    ],
)  # fmt: skip
def test_an_event_knows_more_of_a_time_that_is_missing_or_cut_to_seconds(
    record: int | None, event: int | None, found: int | None
) -> None:
    assert finer(record, event) == found


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(-9, 9), st.floats(-9, 9))
def test_swapped_sides_have_the_other_winner(left: float, right: float, here: float, there: float) -> None:
    winner = judge("newest", (here, there))(at(left), at(right))
    mirrored = judge("newest", (there, here))(at(right), at(left))
    assert mirrored == {LEFT: RIGHT, RIGHT: LEFT, None: None}[winner]


def test_a_time_is_corrected_by_what_the_server_is_ahead() -> None:
    assert correct(NOON, 90.0) == NOON - timedelta(seconds=90)
    assert correct(NOON, -90.0) == NOON + timedelta(seconds=90)
    assert correct(NOON, 1.9) == NOON
    assert correct(NOON, 2.0) == NOON - timedelta(seconds=2)
    assert correct(None, 90.0) is None


@dataclass(frozen=True, slots=True)
class Clockwork:
    """As much of a connector as the time of a change needs."""

    ahead: float = 0.0

    def clock_offset(self) -> float:
        return self.ahead


def changed_ms(updated: datetime | None, wrote: datetime | None, ahead: float = 0.0) -> int | None:
    connector = cast("Connector", Clockwork(ahead))
    side = Side("left", "growthgenius", connector, cast("IdentityIndex", None), cast("Dispatcher", None))
    return side.changed_ms(Contact("1", {}, updated_at=updated), None if wrote is None else ms(wrote))


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def test_a_change_has_the_time_of_the_record_on_our_clock() -> None:
    assert changed_ms(NOON, None) == ms(NOON)
    assert changed_ms(NOON, None, ahead=30.0) == ms(NOON - timedelta(seconds=30))
    assert changed_ms(NOON.astimezone(timezone(timedelta(hours=2))), None) == ms(NOON)


def test_a_record_without_a_time_has_none() -> None:
    assert changed_ms(None, None) is None
    assert changed_ms(None, NOON) is None


def test_the_time_of_our_own_write_is_no_users_edit() -> None:
    assert changed_ms(NOON, NOON) is None
    assert changed_ms(NOON, NOON + timedelta(hours=1)) is None
    assert changed_ms(NOON + timedelta(seconds=1), NOON) is None
    assert changed_ms(NOON + timedelta(seconds=1) + MILLISECOND, NOON) == ms(NOON) + 1001


def test_our_own_write_is_recognised_by_the_servers_clock_before_it_is_corrected() -> None:
    assert changed_ms(NOON, NOON, ahead=300.0) is None
    assert changed_ms(NOON + timedelta(minutes=1), NOON, ahead=300.0) == ms(NOON - timedelta(minutes=4))
