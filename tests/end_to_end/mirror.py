"""Swap `left` and `right` in what a test gives and gets, so that one suite runs with the accounts either way round.

A test speaks of GrowthGenius as the left side. With SWAPPED=1 in the environment the config file has GrowthHub at the
left. Then everything that names a side is mirrored on its way in (config, arguments, SQL) and on its way out
(documents, rows), and the test has to see the same.
"""

import json
import os
import re
from typing import Any, Final

import pytest

SWAPPED: Final = os.environ.get("SWAPPED") == "1"
"""Whether GrowthHub is the left account."""

one_way = pytest.mark.skipif(SWAPPED, reason="it cuts a run off, or looks into one, in the order left before right")
"""Mark a test whose own steps depend on which account comes first, though the result does not."""

_SWAP: Final = {"left": "right", "right": "left", "LEFT": "RIGHT", "RIGHT": "LEFT"}
_SIDE: Final = re.compile(r"(?<![A-Za-z])(left|right)(?![A-Za-z]|_out|_alone)")
_MAP: Final = re.compile(r"\bmap = \{([^}]*)\}")
_ENTRY: Final = re.compile(r'("[^"]*")\s*=\s*("[^"]*")')
_TITLE: Final = re.compile(r"\b(LEFT|RIGHT)\b|\b(left|right)(?= side\b)")


def text(written: str) -> str:
    """Return a text for a program (TOML, SQL, an argument) as it has to be with the accounts as they are."""
    if not SWAPPED:
        return written
    return _SIDE.sub(lambda found: _SWAP[found[0]], _MAP.sub(_inverted, written))


def side(name: str) -> str:
    """Return the name of the side at which the account is that a test calls 'left' or 'right'."""
    return _SWAP.get(name, name) if SWAPPED else name


def shown(output: str) -> str:
    """Return what a command shows to people, or the JSON that it shows to programs, as the test has to see it."""
    if not SWAPPED:
        return output
    try:
        document = json.loads(output)
    except ValueError:
        return _TITLE.sub(lambda found: _SWAP[found[0]], output)
    return json.dumps(value(document), ensure_ascii=False) if isinstance(document, dict | list) else output


def value(found: Any) -> Any:
    """Return a JSON value with its sides swapped: keys that come in a pair, and values that are the name of a side."""
    if not SWAPPED:
        return found
    if isinstance(found, dict):
        swapped = found.keys() >= {"left", "right"}
        return {_SWAP.get(key, key) if swapped else key: value(one) for key, one in found.items()}
    if isinstance(found, list):
        return [value(one) for one in found]
    return _SWAP.get(found, found) if isinstance(found, str) else found


def row(found: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the state file with its sides swapped, in the names of its columns and in its values."""
    return {text(name): value(one) for name, one in found.items()}


def _inverted(found: "re.Match[str]") -> str:
    """Return a table of translations the other way round, where no value has two."""
    pairs = _ENTRY.findall(found[1])
    return f"map = {{ {', '.join(f'{theirs} = {ours}' for ours, theirs in pairs)} }}"
