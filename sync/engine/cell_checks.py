"""What reads the cells of the state file that a text alone does not explain, for whoever looks for damaged ones."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from connectors.contact import FIELDS
from connectors.http.call_log import CallLog
from state.damage import Readers, naming_damage
from sync.output.formats import WHOLE
from sync.rules.streams import TEXT


def _field(name: str) -> None:
    """Raise ValueError for what is no field that a conflict can be about."""
    if name not in FIELDS and name not in (TEXT, WHOLE):
        raise ValueError(name)


READERS: Final[Readers] = {("allowance", "facts"): CallLog.loaded, ("conflict", "field"): _field}


def naming(path: Path) -> AbstractContextManager[None]:
    """Raise StateError, which names the cell, where the block ends with an error that a damaged cell has caused."""
    return naming_damage(path, READERS)
