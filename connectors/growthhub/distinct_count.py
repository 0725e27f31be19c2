"""Count the different records of a reading, in 8 bytes per record (P7).

A record that is edited during a reading comes again, so rows are not records. Ids are kept as hashes in buckets, and
only one bucket at a time is expanded to a set: a million records take 8 MB.
"""

from array import array
from collections.abc import Iterable

_BUCKETS = 64
_BITS = (1 << 64) - 1


class DistinctCount:
    """Counts distinct ids. Two ids share a hash once in about 10^19 pairs; that would only repeat a reading."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, ids: Iterable[str]) -> None:
        """Add ids, seen before or not."""
        for each in ids:
            hashed = hash(each) & _BITS
            self._buckets[hashed % _BUCKETS].append(hashed)

    def distinct(self) -> int:
        """Return how many different ids were added."""
        return sum(len(set(bucket)) for bucket in self._buckets)
