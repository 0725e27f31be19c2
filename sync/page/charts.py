"""Draw charts as SVG from numbers. Pure.

Rules kept here:
- a chart has a title and a description, which say in words what it shows; a table next to it shows the numbers;
- it contains no visible text and stretches to any width, so that text keeps its size on a phone;
- the style sheet sets the colours: each series has a class, and a legend names it;
- heights are proportional, but every value above zero is visible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 560
HEIGHT: Final = 120
GAP: Final = 0.28
"""The share of a day's width that stays empty."""
THINNEST: Final = 2.0
SMALLEST: Final = 0.01
"""The smallest share of a limit that is drawn."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one kind, one per day; `style` is the CSS class with their colour."""

    name: str
    style: str
    values: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return the sum."""
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a column."""

    x: float
    y: float
    width: float
    height: float
    style: str


def highest(series: Sequence[Series]) -> int:
    """Return the height of the highest column."""
    return max((sum(column) for column in _columns(series)), default=0)


def bars(series: Sequence[Series]) -> list[list[Bar]]:
    """Return the stacked parts of each column, from the bottom up."""
    top, columns = highest(series), _columns(series)
    step = WIDTH / max(1, len(columns))
    return [_column(values, [one.style for one in series], at * step, step, top) for at, values in enumerate(columns)]


def chart(key: str, title: str, days: Sequence[str], series: Sequence[Series]) -> Markup:
    """Draw a column per day. `key` is unique on the page."""
    drawn = Markup("").join(
        Markup("<g><title>{}</title>{}</g>").format(
            _column_title(day, series, at), Markup("").join(map(_rectangle, column))
        )
        for at, (day, column) in enumerate(zip(days, bars(series), strict=True))
    )
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"'
        ' aria-labelledby="{}-title {}-text"><title id="{}-title">{}</title><desc id="{}-text">{}</desc>{}{}</svg>'
    ).format(WIDTH, HEIGHT, key, key, key, title, key, described(days, series), _grid(), drawn)


def gauge(key: str, title: str, used: int, limit: int) -> Markup:
    """Draw how much of a limit is used."""
    share = min(1.0, max(SMALLEST if used > 0 else 0.0, used / limit)) if limit > 0 else 0.0
    style = "full" if share >= 0.9 else "some"  # noqa: PLR2004 - a tenth is left
    return Markup(
        '<svg class="gauge" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-labelledby="{}-title">'
        '<title id="{}-title">{}</title><rect class="track" width="100" height="6"/>'
        '<rect class="{}" width="{}" height="6"/></svg>'
    ).format(key, key, title, style, f"{share * 100:.2f}")


def described(days: Sequence[str], series: Sequence[Series]) -> str:
    """Describe in words what a chart shows."""
    if not days:
        return "No days."
    totals = ", ".join(f"{one.name} {one.total:,}" for one in series)
    return f"From {days[0]} to {days[-1]}: {totals}. At most {highest(series):,} on one day."


def _columns(series: Sequence[Series]) -> list[tuple[int, ...]]:
    return list(zip(*(one.values for one in series), strict=True))


def _column(values: Sequence[int], styles: Sequence[str], x: float, step: float, top: int) -> list[Bar]:
    drawn, y = [], float(HEIGHT)
    for value, style in zip(values, styles, strict=True):
        if value > 0:
            # A value of 1 next to one of 10,000 must still be visible.
            height = max(THINNEST, value / top * HEIGHT)
            y -= height
            drawn.append(Bar(x + step * GAP / 2, y, step * (1 - GAP), height, style))
    return [_lowered(bar, min(0.0, y)) for bar in drawn]


def _lowered(bar: Bar, by: float) -> Bar:
    """Shift a part of a column that grew over the top, because its small parts were drawn larger."""
    return Bar(bar.x, min(HEIGHT - bar.height, bar.y - by), bar.width, bar.height, bar.style)


def _rectangle(bar: Bar) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        bar.style, *(f"{number:.2f}" for number in (bar.x, bar.y, bar.width, bar.height))
    )


def _grid() -> Markup:
    lines = (Markup('<line x1="0" x2="{}" y1="{}" y2="{}"/>').format(WIDTH, y, y) for y in (1, HEIGHT // 2, HEIGHT - 1))
    return Markup('<g class="grid">{}</g>').format(Markup("").join(lines))


def _column_title(day: str, series: Sequence[Series], at: int) -> str:
    return f"{day}: " + ", ".join(f"{one.name} {one.values[at]:,}" for one in series)
