import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.output.text import aligned, columns, on_screen, printable, span_text, time_shown, value_text


@given(st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), min_size=1, max_size=5))
def test_columns_are_aligned(rows: list[list[str]]) -> None:
    lines = list(aligned(rows))
    first = max(columns(printable(row[0])) for row in rows)
    for row, line in zip(rows, lines, strict=True):
        start = printable(row[0]).ljust(len(printable(row[0])) + first - columns(printable(row[0])) + 2)
        assert line == (start + line[len(start) :]).rstrip()
        assert line[len(start) :].startswith(printable(row[1]).rstrip())


def test_a_long_value_is_cut_and_an_empty_one_is_named() -> None:
    assert value_text("x" * 100) == f'"{"x" * 80}…"'
    assert value_text(None) == value_text("") == value_text(()) == "(empty)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (3.21, "3.2 s"), (59, "59 s"), (60, "1 min"), (61.9, "1 min 1 s"), (3600, "1 h"), (3725, "1 h 2 min"),
     (90_000, "1 d 1 h"), (86_400 * 40 + 5, "40 d 5 s")],
)  # fmt: skip
def test_a_length_of_time_is_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert span_text(seconds) == text


WORDS = st.text("abcdé名", min_size=1, max_size=9)
CELLS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


@given(st.integers(20, 120), st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=4))
def test_a_table_on_a_terminal_is_no_wider_than_it_and_breaks_no_word(width: int, rows: list[list[str]]) -> None:
    with on_screen(width):
        lines = list(aligned(rows))
    assert all(columns(line) <= width for line in lines if len(line.split()) > 1)
    assert sorted(word for line in lines for word in line.split()) == sorted(
        word for row in rows for cell in row for word in cell.split()
    )


def test_a_table_that_cannot_fit_is_shown_row_by_row_with_the_names_of_its_columns() -> None:
    with on_screen(32):
        lines = list(aligned([("ID", "WHO", "REASON"), ("7", "ann.reed@example.com", "no such place")]))
    assert lines == ["ID      7", "  WHO     ann.reed@example.com", "  REASON  no such place"]


def test_elsewhere_a_table_is_as_wide_as_its_cells() -> None:
    assert len(next(aligned([("x" * 300, "y")]))) == 303


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Europe/Berlin", "2026-11-20 15:30:00+01:00"), ("Asia/Kolkata", "2026-11-20 20:00:00+05:30"),
     ("UTC", "2026-11-20 14:30:00+00:00")],
)  # fmt: skip
def test_a_time_is_shown_in_the_zone_of_the_machine_with_its_offset(
    zone: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert time_shown("2026-11-20T14:30:00.123000Z") == shown
    finally:
        monkeypatch.undo()
        time.tzset()
