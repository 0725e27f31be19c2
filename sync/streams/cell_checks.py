"""Check the cells of the state file that need more than their type to be checked for damage."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from connectors.contact import FIELDS
from connectors.http.call_log import CallLog
from state.damage import Readers, naming_damage
from sync.config.fields import OWN_NAME
from sync.output.formats import WHOLE
from sync.rules import shadow_codec
from sync.rules.streams import TEXT


def _facts(text: str, _account: str) -> None:
    CallLog.loaded(text)


def _field(name: str, _field: str) -> None:
    """Raise ValueError for a name that no conflict can have as its field: it may be one of a config of the past."""
    if name not in FIELDS and name not in (TEXT, WHOLE) and not OWN_NAME.fullmatch(name):
        raise ValueError(name)


def _value(text: str, field: str) -> None:
    """Raise ValueError for a value that its field cannot have. An entry about a whole record holds anything."""
    if field != WHOLE:
        shadow_codec.parse(field, text)


def _resolution(text: str, field: str) -> None:
    shadow_codec.parse_resolution(field, text)


READERS: Final[Readers] = {
    ("allowance", "facts"): _facts,
    ("conflict", "field"): _field,
    ("conflict", "left_value"): _value,
    ("conflict", "right_value"): _value,
    ("conflict", "resolution"): _resolution,
    ("history", "old"): _value,
    ("history", "new"): _value,
    ("history", "shown"): _value,
    ("owed", "value"): _value,
}


def raising_damage(path: Path) -> AbstractContextManager[None]:
    """Raise StateError, which names the cell, where a damaged cell caused the error of the block."""
    return naming_damage(path, READERS)
