from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http.clock_skew import Skew, parse_date

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
    for pause, length, share in [*trips[:1], *trips]:  # the second answer settles what is in doubt
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
    first = skew.seen(shown(NOW + timedelta(hours=1)), NOW, NOW)
    second = skew.seen(shown(NOW + timedelta(hours=1)), NOW, NOW)
    assert first.doubted
    assert not second.doubted
    assert skew.offset() == pytest.approx(3600.5)


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(days=-1), timedelta(days=366), timedelta(minutes=-2)])
def test_one_wrong_date_is_not_believed(wrong: timedelta) -> None:
    skew = Skew()
    served = skew.seen(shown(NOW + wrong), NOW, NOW)
    assert (served.at, served.doubted) == (NOW, True)
    assert skew.seen(shown(NOW), NOW, NOW).at == NOW
    assert abs(skew.offset()) < 1


def test_two_dates_that_are_wrong_in_different_ways_prove_nothing() -> None:
    skew = Skew()
    for days in (1, 2, 3, 4):
        assert skew.seen(shown(NOW + timedelta(days=days)), NOW, NOW).doubted
    assert skew.offset() == 0.0


def test_an_offset_of_an_earlier_process_is_believed_at_once() -> None:
    skew = Skew(expected=86_400.0)
    assert not skew.seen(shown(NOW + timedelta(days=1)), NOW, NOW).doubted
    assert Skew(expected=86_400.0).offset() == 0.0


@pytest.mark.parametrize("year", [1, 1970, 2019, 2200, 9999])
def test_a_date_of_another_age_is_no_clock(year: int) -> None:
    served = Skew().seen(shown(NOW.replace(year=year)), NOW, NOW)
    assert (served.at, served.doubted) == (NOW, False)


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 -2359"])
def test_a_date_that_its_zone_takes_out_of_the_calendar_is_none(date: str) -> None:
    assert parse_date(date) is None


def test_the_offset_is_none_before_the_first_answer() -> None:
    assert Skew().offset() == 0.0


@pytest.mark.parametrize("date", [None, "", "yesterday", "Wed, 99 Mar 2026 05:06:07 GMT"])
def test_an_answer_without_a_usable_date_is_taken_to_be_served_now_by_the_servers_clock(date: str | None) -> None:
    skew = Skew()
    skew.seen(shown(NOW + timedelta(seconds=40)), NOW, NOW)
    assert skew.seen(date, NOW, NOW).at == NOW + timedelta(seconds=40.5)


def test_dates_with_another_zone_are_utc_afterwards() -> None:
    assert parse_date("Wed, 04 Mar 2026 07:06:07 +0200") == NOW
    assert parse_date("Wed, 04 Mar 2026 05:06:07 -0000") == NOW
