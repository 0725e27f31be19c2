"""Store the records of one kind by id, and in order of the time of its windows."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]
Key = tuple[int, int]
"""The place of a record in time: milliseconds since 1970, and a unique number."""


@dataclass(slots=True)
class RecordStore:
    """The records in order of time. A changed record moves to its new time, mostly the end.

    `keeps_encoded` keeps the JSON of shown records, which makes lists quick and takes memory.
    """

    by_id: MutableMapping[str, Record] = field(default_factory=dict)
    keeps_encoded: bool = True
    keys: list[Key] = field(default_factory=list)
    at: dict[Key, str] = field(default_factory=dict)
    key_of: dict[str, Key] = field(default_factory=dict)
    encoded: dict[str, bytes] = field(default_factory=dict)
    counter: int = 0

    def put(self, record_id: str, record: Record, moment: int) -> None:
        """Store a record, new or changed, at a time in milliseconds."""
        self.take(record_id)
        self.counter += 1
        key = (moment, self.counter)
        self.by_id[record_id], self.key_of[record_id], self.at[key] = record, key, record_id
        if not self.keys or key > self.keys[-1]:
            self.keys.append(key)
        else:
            insort(self.keys, key)

    def take(self, record_id: str) -> None:
        """Remove a record. A missing one counts as removed."""
        key = self.key_of.pop(record_id, None)
        self.encoded.pop(record_id, None)
        if key is not None:
            del self.keys[bisect_left(self.keys, key)]
            del self.at[key], self.by_id[record_id]

    def between(self, low: int, high: int) -> Sequence[Key]:
        """Return the places of the records from one time to before the other, in milliseconds."""
        return self.keys[bisect_left(self.keys, (low, 0)) : bisect_right(self.keys, (high, 0))]

    def copies(self) -> list[Record]:
        """Return copies of all records in order of time."""
        return [dict(self.by_id[self.at[key]]) for key in self.keys]
