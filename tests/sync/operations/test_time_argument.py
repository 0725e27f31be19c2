from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.duration import UNITS
from sync.errors import UsageError
from sync.operations.time_argument import parse_when, parse_window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-19", datetime(2026, 11, 19, tzinfo=UTC)),
        ("20261119", datetime(2026, 11, 19, tzinfo=UTC)),
        ("2026-11-19T10:15", datetime(2026, 11, 19, 10, 15, tzinfo=UTC)),
        ("2026-11-19 10:15:01", datetime(2026, 11, 19, 10, 15, 1, tzinfo=UTC)),
        ("2026-11-19T10:15:01.5Z", datetime(2026, 11, 19, 10, 15, 1, 500_000, tzinfo=UTC)),
        ("2026-11-19T00:15:00+02:00", datetime(2026, 11, 18, 22, 15, tzinfo=UTC)),
        (" 2026-11-19 ", datetime(2026, 11, 19, tzinfo=UTC)),
        ("2d", NOW - timedelta(days=2)),
        ("36h", NOW - timedelta(hours=36)),
        ("90m", NOW - timedelta(minutes=90)),
        ("45s", NOW - timedelta(seconds=45)),
        ("1w", NOW - timedelta(weeks=1)),
    ],
)
def test_when_is_a_time_a_date_or_a_span_back(text: str, meant: datetime) -> None:
    found = parse_when(text, NOW)
    assert found == meant
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "now", "yesterday", "2d ago", "-2d", "P2D", "12:00", "T10:00", "2026-02-30", "2026-13-01",
     "2026-11-19/2026-11-20", "1700000000", "0:", "2026-11-19T1:", "2026-11-19T25:00",
     "9999999d", "0001-01-01T00:00+05:00", "\u0662\u0660\u0662\u0666-01-01"],
)  # fmt: skip
def test_an_invalid_time_is_an_error_that_shows_the_format(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a time; WHEN is a time .*, a date .*, or a span back from now"):
        parse_when(text, NOW)


@given(
    moment=st.integers(0, 4 * 10**15).map(lambda us: EPOCH + timedelta(microseconds=us)),
    offset=st.none() | st.integers(-14 * 60, 14 * 60),
)
def test_every_iso_time_is_read_to_the_microsecond(moment: datetime, offset: int | None) -> None:
    zone = UTC if offset is None else timezone(timedelta(minutes=offset))
    text = moment.replace(tzinfo=None if offset is None else zone).isoformat()
    assert parse_when(text, NOW) == moment.replace(tzinfo=zone)


@given(st.dates())
def test_every_date_is_its_midnight_in_utc(day: datetime) -> None:
    assert parse_when(day.isoformat(), NOW).isoformat() == f"{day.isoformat()}T00:00:00+00:00"


@given(count=st.integers(0, 2000), unit=st.sampled_from(sorted(UNITS)))
def test_every_span_goes_back_from_now(count: int, unit: str) -> None:
    assert parse_when(f"{count}{unit}", NOW) == NOW - count * UNITS[unit]


@given(st.text(max_size=30) | st.from_regex(r"[0-9T:+Z.\-/wdhms ]{1,25}", fullmatch=True))
def test_any_text_is_a_time_in_utc_or_refused(text: str) -> None:
    try:
        assert parse_when(text, NOW).tzinfo is UTC
    except UsageError as error:
        assert repr(text) in str(error)  # noqa: PT017 - both outcomes are right, each for its texts


def test_a_window_may_have_one_end_or_none() -> None:
    assert parse_window(None, None, NOW) == (None, None)
    assert parse_window("2d", None, NOW) == (NOW - timedelta(days=2), None)
    assert parse_window(None, "1d", NOW) == (None, NOW - timedelta(days=1))
    assert parse_window("2d", "2026-12-01", NOW) == (NOW - timedelta(days=2), datetime(2026, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize("since", ["2026-11-21", "2026-11-20T14:30:00Z", "0s"])
def test_nothing_can_have_changed_since_a_future_time(since: str) -> None:
    with pytest.raises(UsageError, match="is in the future"):
        parse_window(since, None, NOW)


@pytest.mark.parametrize(("since", "until"), [("1d", "2d"), ("1d", "1d"), ("2026-11-02", "2026-11-01")])
def test_a_window_ends_after_it_begins(since: str, until: str) -> None:
    with pytest.raises(UsageError, match=f"--until {until} is not after --since {since}"):
        parse_window(since, until, NOW)
