"""Charts: from numbers to pictures."""

from itertools import pairwise
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from sync.page.charts import HEIGHT, THINNEST, WIDTH, Series, bars, chart, described, gauge, highest

numbers = st.integers(0, 10**12)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@st.composite
def several(draw: st.DrawFn) -> list[Series]:
    days = draw(st.integers(1, 31))
    values = st.lists(numbers, min_size=days, max_size=days).map(tuple)
    return [Series(draw(names), f"style-{at}", draw(values)) for at in range(draw(st.integers(1, 3)))]


@given(several())
def test_every_value_is_inside_the_chart_and_visible(series: list[Series]) -> None:
    for column in bars(series):
        for bar in column:
            assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 1e-6
            assert -1e-6 <= bar.y <= bar.y + bar.height <= HEIGHT + 1e-6
            assert bar.height >= THINNEST


@given(several())
def test_every_value_above_zero_has_a_bar(series: list[Series]) -> None:
    found = [[bar.style for bar in column] for column in bars(series)]
    days = range(len(series[0].values))
    assert found == [[one.style for one in series if one.values[day] > 0] for day in days]


@given(several())
def test_columns_do_not_overlap_and_go_from_left_to_right(series: list[Series]) -> None:
    columns = [column[0] for column in bars(series) if column]
    assert all(one.x + one.width < other.x for one, other in pairwise(columns))


@given(st.lists(st.integers(10, 1000), min_size=2, max_size=14))
def test_a_column_is_as_high_as_its_value(values: list[int]) -> None:
    found = [column[0].height for column in bars([Series("read", "first", tuple(values))])]
    for height, value in zip(found, values, strict=True):
        assert abs(height - max(THINNEST, value / max(values) * HEIGHT)) < 1e-6
    assert max(found) == HEIGHT


@given(several(), names, names)
def test_a_chart_is_well_formed_and_says_in_words_what_it_shows(series: list[Series], title: str, day: str) -> None:
    days = [f"{day} {at}" for at in range(len(series[0].values))]
    root = ET.fromstring(str(chart("key", title, days, series)))  # noqa: S314 - our own
    assert root.get("role") == "img"
    result = {one.get("id"): one.text for one in root if one.get("id")}
    assert result == {"key-title": title, "key-text": described(days, series)}
    assert (root.get("aria-labelledby") or "").split() == list(result)
    assert [one.findtext("title") for one in root.findall("g")[1:]] == [
        f"{name}: " + ", ".join(f"{one.name} {one.values[at]:,}" for one in series) for at, name in enumerate(days)
    ]


@given(several())
def test_the_words_have_the_sums(series: list[Series]) -> None:
    text = described(["1 Mar"] * len(series[0].values), series)
    assert all(f"{one.name} {sum(one.values):,}" in text for one in series)
    assert f"{highest(series):,} on one day" in text


def test_a_chart_of_nothing_is_empty() -> None:
    assert bars([Series("read", "first", (0, 0))]) == [[], []]
    assert bars([]) == []
    assert described([], []) == "No days."


@given(st.integers(-5, 10**9), st.integers(-5, 10**9))
def test_a_gauge_is_never_more_than_full_nor_less_than_empty(used: int, limit: int) -> None:
    drawn = ET.fromstring(str(gauge("key", "Calls", used, limit)))  # noqa: S314 - our own
    track, filled = drawn.findall("rect")
    assert 0 <= float(filled.get("width", "")) <= float(track.get("width", ""))
    assert filled.get("class") == ("full" if limit > 0 and used / limit >= 0.9 else "some")
    assert (float(filled.get("width", "")) > 0) == (used > 0 and limit > 0)
