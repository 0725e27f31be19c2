from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.skew import Skew, parse_date

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def shown(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@given(
    st.floats(-100_000, 100_000),
    st.lists(st.tuples(st.floats(0, 50), st.floats(0, 3), st.floats(0, 1)), min_size=1, max_size=30),
)
def test_the_true_offset_is_never_further_away_than_one_round_trip_allows(
    offset: float, trips: list[tuple[float, float, float]]
) -> None:
    skew, at = Skew(), NOW
    for pause, length, share in trips:
        at += timedelta(seconds=pause)
        ended = at + timedelta(seconds=length)
        answered = at + timedelta(seconds=length * share + offset)
        skew.seen(shown(answered), at, ended)
        at = ended
    assert abs(skew.offset() - offset) <= 0.5 + min(length for _, length, _ in trips) / 2 + 0.2


def test_many_answers_measure_finer_than_the_second_of_the_header() -> None:
    skew = Skew()
    for tenth in range(30):
        at = NOW + timedelta(seconds=tenth / 10)
        skew.seen(shown(at + timedelta(seconds=5.25)), at, at + timedelta(seconds=0.01))
    assert skew.offset() == pytest.approx(5.25, abs=0.1)


def test_a_server_whose_clock_was_set_is_believed_from_then_on() -> None:
    skew = Skew()
    skew.seen(shown(NOW), NOW, NOW)
    skew.seen(shown(NOW + timedelta(hours=1)), NOW, NOW)
    assert skew.offset() == pytest.approx(3600.5)


def test_the_offset_is_none_before_the_first_answer() -> None:
    assert Skew().offset() == 0.0


@pytest.mark.parametrize("date", [None, "", "yesterday", "Wed, 99 Mar 2026 05:06:07 GMT"])
def test_an_answer_without_a_usable_date_is_taken_to_be_served_now_by_the_servers_clock(date: str | None) -> None:
    skew = Skew()
    skew.seen(shown(NOW + timedelta(hours=1)), NOW, NOW)
    assert skew.seen(date, NOW, NOW) == NOW + timedelta(hours=1, seconds=0.5)


def test_dates_with_another_zone_are_utc_afterwards() -> None:
    assert parse_date("Wed, 04 Mar 2026 07:06:07 +0200") == NOW
    assert parse_date("Wed, 04 Mar 2026 05:06:07 -0000") == NOW
