import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.output.text import aligned, printable, span_text, value_text


@given(st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), min_size=1, max_size=5))
def test_columns_are_aligned(rows: list[list[str]]) -> None:
    lines = list(aligned(rows))
    widths = [max(len(printable(row[column])) for row in rows) for column in range(3)]
    for row, line in zip(rows, lines, strict=True):
        assert line.ljust(sum(widths) + 4)[widths[0] + 2 :].startswith(printable(row[1]))


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
