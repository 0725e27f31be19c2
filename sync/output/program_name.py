"""Name the program in hints as it was called: coreutils also has a `sync`, so there is a second name.

Pure. Hints are written with `sync`. What stands in double quotes is a value of a contact, and stays as it is.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import PurePath
from typing import Final

NAMES: Final = ("sync", "growthsync")
"""The names under which the program is installed. The first one is used where it was started in another way."""


def called_name(first_argument: str) -> str:
    """Return the name of the program by the first word of its command line."""
    name = PurePath(first_argument).name
    return name if name in NAMES else NAMES[0]


def as_called(text: str, program: str, commands: Iterable[str]) -> str:
    """Return a text with this name of the program before each of these commands."""
    if "sync " not in text:
        return text
    return _hints(tuple(commands)).sub(lambda found: f"{program} " if found[1] else found[0], text)


@cache
def _hints(commands: tuple[str, ...]) -> re.Pattern[str]:
    """Match a quoted value, or, as group 1, a name of the program before a command."""
    return re.compile(rf'"[^"]*"|(?<![\w./-])({"|".join(NAMES)}) (?=(?:{"|".join(map(re.escape, commands))})\b)')
