"""How thoroughly the tests search. `make test` takes under five minutes, `make test THOROUGH=1` more than an hour."""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))


def examples(count: int) -> int:
    """Return the number of examples for a slow property: `count`, or a quarter of it without THOROUGH."""
    return count if THOROUGH else max(5, count // 4)
