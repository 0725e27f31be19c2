"""What reads the cells of the state file that a text alone does not explain, for whoever looks for damaged ones."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from connectors.http.call_log import CallLog
from state.damage import Readers, naming_damage

READERS: Final[Readers] = {("allowance", "facts"): CallLog.loaded}


def naming(path: Path) -> AbstractContextManager[None]:
    """Raise StateError, which names the cell, where the block ends with an error that a damaged cell has caused."""
    return naming_damage(path, READERS)
