from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.values import instant
from tests.connectors.values.json_values import ANYTHING

SAMPLE = datetime(2021, 1, 19, 22, 6, 25, 730_000, UTC)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001  bounds are naive


@pytest.mark.parametrize(
    "raw",
    [
        "2021-01-19T17:06:25.730-05:00",
        "2021-01-19T22:06:25.730Z",
        "2021-01-19t22:06:25.730z",
        " 2021-01-19 22:06:25.73 ",
        "2021-01-19T22:06:25.7300009Z",
        "2021-01-19 17:06:25.730 -0500",
        "2021-01-19 22:06:25.730 UTC",
        "1611093985730",
        1611093985730,
        1611093985730.0,
        1611093985.73,
    ],
)
def test_every_form_gives_the_moment_in_utc(raw: object) -> None:
    found = instant.parse(raw)
    assert found == SAMPLE
    assert found is not None
    assert found.tzinfo is UTC


def test_summer_and_winter_offsets_of_the_same_place_are_distinguished() -> None:
    assert instant.parse("2021-07-19T17:06:25.730-04:00") == datetime(2021, 7, 19, 21, 6, 25, 730_000, UTC)
    assert instant.parse("2021-11-07T01:30:00-04:00") == datetime(2021, 11, 7, 5, 30, tzinfo=UTC)
    assert instant.parse("2021-11-07T01:30:00-05:00") == datetime(2021, 11, 7, 6, 30, tzinfo=UTC)


def test_ten_digits_are_seconds() -> None:
    assert instant.parse("1611093985") == instant.parse(1611093985) == datetime(2021, 1, 19, 22, 6, 25, tzinfo=UTC)


def test_a_bare_date_is_midnight_utc() -> None:
    assert instant.parse("2021-01-19") == datetime(2021, 1, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "NaN",
        "soon",
        "2021",
        "2021-13-01",
        "20210119",
        "0001-01-01T00:00:00+14:00",
        "9" * 13 + "9",
        "2021-01-19T25:00:00Z",
        None,
        True,
        [],
        {},
        float("nan"),
        float("inf"),
        10**400,
        -1e300,
    ],
)
def test_nonsense_is_none(raw: object) -> None:
    assert instant.parse(raw) is None


def test_it_renders_milliseconds_and_a_z() -> None:
    assert instant.render(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"
    assert instant.render(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == "2026-01-01T00:00:00.000Z"
    assert instant.render(SAMPLE + timedelta(microseconds=999)) == "2021-01-19T22:06:25.730Z"


def test_a_naive_moment_is_not_guessed() -> None:
    with pytest.raises(TypeError):
        instant.render(datetime(2026, 1, 1))  # noqa: DTZ001  the point of the test
    with pytest.raises(TypeError):
        instant.to_ms(datetime(2026, 1, 1))  # noqa: DTZ001  the point of the test


@given(MOMENTS)
def test_what_was_rendered_is_read_back_to_the_millisecond(moment: datetime) -> None:
    floor = instant.from_ms(instant.to_ms(moment))
    assert instant.parse(instant.render(moment)) == floor
    assert timedelta() <= moment - floor < timedelta(milliseconds=1)
    assert instant.parse(moment.isoformat()) == moment


@given(st.integers(-(10**13), 10**13))
def test_milliseconds_survive(milliseconds: int) -> None:
    assert instant.to_ms(instant.from_ms(milliseconds)) == milliseconds


@given(ANYTHING | st.text(alphabet="0123456789-+:.TZ ", max_size=30))
@example("1611093985\u0660\u0660\u0660")
@example("0000000000")
@example("2021-01-19\ud800")
def test_any_json_is_a_moment_in_utc_or_none(raw: object) -> None:
    found = instant.parse(raw)
    assert found is None or found.utcoffset() == timedelta()
