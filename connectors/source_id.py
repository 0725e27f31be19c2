"""Source ids: what a record carries of its counterpart, that is the system, the account and the id (R31). Pure.

Rules kept here:
- two accounts may have records with the same id, so a source id names the account: `growthgenius:5f0c1b7a92:4711`;
- an account is identified by its server and by the user or location that it is read as. Where it is read as several
  users, each of them counts, so that adding a user changes nothing;
- earlier releases wrote the id alone. It still counts, and is completed when the record is written next;
- the source id of another account is ignored, and is never overwritten.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

_WHOLE: Final = re.compile(r"([a-z]+):([0-9a-f]{10}):(\S+)")


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """The account that source ids name. Without `marks` it is unknown, and ids are written alone."""

    system: str = ""
    marks: tuple[str, ...] = ()

    @classmethod
    def of(cls, system: str, base_url: str, seen_as: Iterable[object]) -> "SourceAccount":
        """Return the account of a system at a server that is read as these users, or as this location."""
        server = base_url.rstrip("/").lower()
        marks = (blake2b(f"{server}|{each}".encode(), digest_size=5).hexdigest() for each in seen_as)
        return cls(system, tuple(marks))

    def written(self, record_id: str) -> str:
        """Return the source id of a record of this account."""
        return f"{self.system}:{self.marks[0]}:{record_id}" if self.marks else record_id

    def spellings(self, record_id: str) -> tuple[str, ...]:
        """Return every spelling of the source id of a record, the one that is written now first."""
        whole = [f"{self.system}:{mark}:{record_id}" for mark in self.marks]
        return tuple(dict.fromkeys([*whole, record_id]))

    def read(self, value: str | None) -> str | None:
        """Return the record id in a source id, None where it names another account."""
        found = _WHOLE.fullmatch(value) if value is not None else None
        if found is None:
            return value
        system, mark, record_id = found.groups()
        return record_id if system == self.system and mark in self.marks else None

    def is_bare(self, value: str | None) -> bool:
        """Say whether a source id is an id alone although the account is known: a user may have typed it."""
        return bool(self.marks) and value is not None and _WHOLE.fullmatch(value) is None

    def is_foreign(self, value: str | None) -> bool:
        """Say whether a source id names another account."""
        return value is not None and self.read(value) is None


NO_ACCOUNT: Final = SourceAccount()
"""The account is unknown: ids are read and written alone."""
