"""Check the cells of the state file that need more than their type to be checked for damage."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from connectors.contact import FIELDS
from connectors.http.call_log import CallLog
from state.damage import Readers, naming_damage
from state.intent_codec import check_source
from sync.output.formats import WHOLE
from sync.rules.streams import TEXT


def _field(name: str) -> None:
    """Raise ValueError for a name that no conflict can have as its field."""
    if name not in FIELDS and name not in (TEXT, WHOLE):
        raise ValueError(name)


READERS: Final[Readers] = {
    ("allowance", "facts"): CallLog.loaded,
    ("conflict", "field"): _field,
    ("intent", "source"): check_source,
}


def raising_damage(path: Path) -> AbstractContextManager[None]:
    """Raise StateError, which names the cell, where a damaged cell caused the error of the block."""
    return naming_damage(path, READERS)
