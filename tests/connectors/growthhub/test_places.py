from typing import Any

import pytest

from connectors.growthhub.places import CustomField, MappedPlace, native_place

DATE = CustomField("f1", "contact.renewal", "Renewal", "DATE")
NUMBER = CustomField("f2", "contact.score", "Score", "NUMERICAL")


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        (654220800000, "1990-09-25"), (86400000, "1970-01-02"), (-315619200000, "1960-01-01"), (0, "1970-01-01"),
        (1772323200000, "2026-03-01"), ("1990-09-25T00:00:00.000Z", "1990-09-25"), ("1990-09-25", "1990-09-25"),
    ],
)  # fmt: skip
def test_a_place_for_dates_counts_milliseconds_of_any_length(shown: Any, day: str) -> None:
    born = native_place("dateOfBirth", "date")
    assert born is not None
    assert born.decode(shown) == day
    assert MappedPlace("date", DATE.place, DATE.id).decode(shown) == day


def test_a_place_for_numbers_does_not() -> None:
    assert MappedPlace("number", NUMBER.place, NUMBER.id).decode(20260301) == "20260301"
