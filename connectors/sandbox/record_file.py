"""Keep the records of a sandbox in a temporary file instead of in memory.

The file has no name from the start, so that nothing is left of it when its process ends, even when that is killed.
Only the process itself can open it.
"""

import json
import os
from collections.abc import Iterator, Mapping, MutableMapping
from tempfile import TemporaryFile
from typing import Any, TypeVar, cast

RecordT = TypeVar("RecordT", bound=Mapping[str, Any])

LENGTH_BITS = 32
"""A place is one whole number, which needs less memory than a pair: the offset, and the length in the lowest bits."""


class RecordFile(MutableMapping[str, RecordT]):
    """Records by id, each a JSON object. What is returned is a copy: a changed record has to be stored again."""

    def __init__(self) -> None:
        self._file = TemporaryFile(prefix="growthsync-")  # noqa: SIM115 - open as long as the mapping is used
        self._places: dict[str, int] = {}
        self._end = 0

    def __getitem__(self, record_id: str) -> RecordT:
        """Return a record. Raises KeyError."""
        place = self._places[record_id]
        return cast("RecordT", json.loads(os.pread(self._file.fileno(), place & _LENGTH, place >> LENGTH_BITS)))

    def __setitem__(self, record_id: str, record: RecordT) -> None:
        """Store a record at the end. The bytes of an older version stay in the file until it is closed."""
        content = json.dumps(record, separators=(",", ":")).encode()
        written = 0
        while written < len(content):
            written += os.pwrite(self._file.fileno(), content[written:], self._end + written)
        self._places[record_id] = self._end << LENGTH_BITS | len(content)
        self._end += len(content)

    def __delitem__(self, record_id: str) -> None:
        """Forget a record. Raises KeyError."""
        del self._places[record_id]

    def __contains__(self, record_id: object) -> bool:
        """Say whether there is such a record, without reading it."""
        return record_id in self._places

    def __iter__(self) -> Iterator[str]:
        """Return the ids in the order in which they were first stored."""
        return iter(self._places)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._places)


_LENGTH = (1 << LENGTH_BITS) - 1
