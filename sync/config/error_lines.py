"""Turn mistakes in a config file into lines for the person who wrote it.

A line names the file, the line number, the key with its table, what was found, and what is allowed. The found value is
left out wherever it may be a secret: in SECRET, in the key of the tokens, and in accounts, unless the account's model
marks the key as SHOWN.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from connectors import registry
from connectors.account_options import SHOWN, AccountOptions
from sync.config.value_types import suggest

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

NEVER_SHOWN = frozenset({"token_key"})
SECRET = frozenset({("status_page", "token"), ("status_page", "tokens")})
LONGEST_SHOWN = 60

_ALLOWED = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "model_attributes_type": "a table",
    "model_type": "a table",
    "string_too_short": "a text that is not empty",
    "string_type": "a text",
    "too_short": "one at least",
    "tuple_type": "a list",
}
_MISSING = {
    "command": "a program with its arguments",
    "connections": "a table for each pair of accounts, like [connections.sales]",
    "left": "the name of an account",
    "listen": "an IP address of this machine and a port, like 127.0.0.1:8788",
    "right": "the name of an account",
}
_INSIDE = ("[key]", "places", "values")  # steps that the path of an error has and the file has not
_KIND = 2
"""The step of the path of an error in an account that names the kind of its system."""


@dataclass(frozen=True, slots=True)
class ConfigMistake:
    """One mistake. `place` is the path of the key; `found` is None where the value is not shown."""

    place: tuple[str, ...]
    allowed: str
    found: Any = None
    missing: bool = False
    unknown: bool = False

    def sentence(self) -> str:
        """Return the mistake and what is allowed, without the place."""
        if self.missing:
            return f"is missing; it takes {self.allowed}"
        if self.unknown:
            return f"there is no such key; allowed are {self.allowed}"
        found = "" if self.found is None else f"found {_shown(self.found)}; "
        return f"{found}allowed is {self.allowed}"


def from_pydantic(error: "ValidationError", tables: Mapping[str, Iterable[str]]) -> list[ConfigMistake]:
    """Translate the errors of pydantic. `tables` are the keys of each table, by its path with `*` for user names."""
    return [_translate(details, tables) for details in error.errors(include_url=False)]


def lines(mistakes: Iterable[ConfigMistake], path: Path, text: str) -> list[str]:
    """Return a line for each mistake in the text of the file at `path`, in the order of the file."""
    keys = list(_keys(text))
    placed = [(_line(keys, mistake.place), mistake) for mistake in mistakes]
    return [
        f"{path}{f':{line}' if line else ''}: {'.'.join(mistake.place)}: {mistake.sentence()}"
        for line, mistake in sorted(placed, key=lambda pair: pair[0])
    ]


def _translate(details: "ErrorDetails", tables: Mapping[str, Iterable[str]]) -> ConfigMistake:
    kind, context = details["type"], details.get("ctx", {})
    steps = tuple(str(step) for step in details["loc"])
    place = _as_written(steps)
    if kind == "missing":
        return ConfigMistake(place, _missing(steps), missing=True)
    if kind == "extra_forbidden":
        return ConfigMistake(place, suggest(place[-1], tables[_pattern(steps[:-1])]), unknown=True)
    if kind == "union_tag_not_found":
        return ConfigMistake((*place, "connector"), " or ".join(registry.kinds()), missing=True)
    if kind == "union_tag_invalid":
        tag = str(context["tag"])
        return ConfigMistake((*place, "connector"), suggest(tag, _quoted(context["expected_tags"])), tag)
    found = details["input"] if _may_be_shown(steps, place, details["input"]) else None
    return ConfigMistake(place, _allowed(details, context, found), found)


def _missing(steps: Sequence[str]) -> str:
    """Return what a missing key takes."""
    if steps == ("accounts",):
        return f"a table for each account, like [accounts.{registry.kinds()[-1]}]"
    described = _account_field(steps).description if _is_in_account(steps) else _MISSING.get(steps[-1])
    return described or "a value; config.example.toml explains it"


def _allowed(details: "ErrorDetails", context: Mapping[str, Any], found: Any) -> str:
    kind = details["type"]
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return suggest(str(found), _quoted(context["expected"]))
    # A system's own model may use types that no table here knows; pydantic's message repeats no value.
    return _ALLOWED.get(kind) or details["msg"].removeprefix("Input should be ")


def _is_in_account(steps: Sequence[str]) -> bool:
    """Say whether a path leads to a key of an account of a known system."""
    return steps[0] == "accounts" and len(steps) > _KIND + 1


def _account_field(steps: Sequence[str]) -> "FieldInfo":
    model: type[AccountOptions] = registry.system(steps[_KIND]).account
    return model.model_fields[steps[_KIND + 1]]


def _as_written(steps: Sequence[str]) -> tuple[str, ...]:
    """Return the path as the file has it: the third step below `accounts` is the kind, which the checks put in."""
    written = (*steps[:2], *steps[3:]) if steps[0] == "accounts" else steps
    return tuple(step for step in written if step not in _INSIDE)


def _pattern(steps: Sequence[str]) -> str:
    """Return the path of a table with `*` for the name that the user gave it; conditions are alike at any depth."""
    if "only" in steps[:-2]:
        steps = (*steps[: steps.index("only") + 1], "*")
    return ".".join(
        "*" if at == 1 and steps[0] in ("accounts", "connections") else step for at, step in enumerate(steps)
    )


def _may_be_shown(steps: Sequence[str], place: Sequence[str], value: object) -> bool:
    if isinstance(value, dict | list | tuple) or place[-1] in NEVER_SHOWN:
        return False
    if tuple(place[:2]) in SECRET:
        return False
    if place[0] != "accounts":
        return True
    return _is_in_account(steps) and _is_marked(_account_field(steps))


def _is_marked(field: "FieldInfo") -> bool:
    """Say whether the type of a field, or a part of it, is marked as SHOWN."""
    return SHOWN in field.metadata or any(
        SHOWN in getattr(part, "__metadata__", ()) for part in get_args(field.annotation)
    )


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


_HEADER = re.compile(r"\s*\[\[?(?P<path>[^\]]+)\]")
_KEY = re.compile(r"\s*(?P<path>[A-Za-z0-9_.\"'\s-]+?)\s*=")
_STEP = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")


def _keys(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield each key and table header of a TOML text with its line. It knows no texts of several lines."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _steps(header["path"])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_steps(key["path"])), number


def _steps(path: str) -> tuple[str, ...]:
    return tuple("".join(step) for step in _STEP.findall(path))


def _line(keys: Iterable[tuple[tuple[str, ...], int]], place: tuple[str, ...]) -> int:
    """Return the line of the key, or else of the nearest table around it; 0 where there is none."""
    around = [(len(key), -number) for key, number in keys if key and place[: len(key)] == key]
    return -max(around)[1] if around else 0
