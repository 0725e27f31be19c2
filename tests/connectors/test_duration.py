from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.duration import UNITS, parse_rate, parse_span
from connectors.http.rate_limiter import RateLimit


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("250ms", 0.25),
        ("60s", 60),
        ("5m", 300),
        ("5min", 300),
        ("36h", 129_600),
        ("7d", 604_800),
        ("1w", 604_800),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "60", "s", "1.5h", "-1s", "1h30m", "1 h", "1H", "1y", "٣s", "9" * 20 + "s", "1s\n1s"]
)
def test_what_is_no_span_says_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match=r'a whole number and a unit \(ms, s, m, h, d, w\), like "60s"'):
        parse_span(text)


@given(count=st.integers(0, 10**15 - 1), unit=st.sampled_from(sorted(UNITS)))
def test_a_span_is_exact_or_refused(count: int, unit: str) -> None:
    try:
        assert parse_span(f"{count}{unit}") == count * UNITS[unit]
    except ValueError as error:
        assert "thousand years" in str(error)  # noqa: PT017 - both outcomes are right, each for its numbers
        assert count * UNITS[unit].total_seconds() > 3e10


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("2/s", RateLimit(2, 1.0)),
        ("100/10s", RateLimit(100, 10.0)),
        ("60/min", RateLimit(60, 60.0)),
        ("60/m", RateLimit(60, 60.0)),
        ("1/500ms", RateLimit(1, 0.5)),
        ("200000/d", RateLimit(200_000, 86_400.0)),
    ],
)
def test_a_rate_is_calls_in_a_time(text: str, rate: RateLimit) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "2", "2/", "/s", "0/s", "2/0s", "-2/s", "2/w", "2.5/s", "2/s/s", "two/s"])
def test_what_is_no_rate_says_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match='calls per time, like "2/s"'):
        parse_rate(text)
