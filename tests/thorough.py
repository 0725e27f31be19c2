"""How thoroughly the tests search. `make test` takes under five minutes, `make test THOROUGH=1` more than an hour."""

import os
from collections.abc import Iterable, Sequence
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")

THOROUGH = bool(os.environ.get("THOROUGH"))


def examples(count: int) -> int:
    """Return the number of examples for a slow property: `count`, or a quarter of it without THOROUGH."""
    return count if THOROUGH else max(5, count // 4)


def pairs(first: Iterable[First], second: Sequence[Second], each: int = 1) -> list[tuple[First, Second]]:
    """Return each of the first with `each` of the second, in turn; with THOROUGH with all of them."""
    return [
        (one, other)
        for number, one in enumerate(first)
        for place, other in enumerate(second)
        if THOROUGH or (place - number * each) % len(second) < each
    ]
