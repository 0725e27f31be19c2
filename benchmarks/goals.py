"""Goals, and how a measured figure stands against them."""

from collections.abc import Iterable
from dataclasses import dataclass

LINE = "{:<5} {:<58} {:>9} {:>7} {:>7}  {:<5} {}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `must` and `aim` are the largest that keep the goal, None for a figure without one."""

    goal: str
    what: str
    figure: float
    must: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Say how the figure stands: AIM, PASS or FAIL, nothing without a goal."""
        if self.must is None:
            return ""
        if self.aim is not None and self.figure <= self.aim:
            return "AIM"
        return "PASS" if self.figure <= self.must else "FAIL"


def table(rows: Iterable[Row]) -> Iterable[str]:
    """Yield the lines of a table."""
    yield LINE.format("goal", "what", "measured", "must", "aim", "", "")
    for row in rows:
        must, aim = ("" if limit is None else f"{limit:g}" for limit in (row.must, row.aim))
        yield LINE.format(row.goal, row.what, f"{row.figure:.2f}", must, aim, row.verdict, row.note).rstrip()
