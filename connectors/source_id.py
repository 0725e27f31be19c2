"""The source id that a record carries of its counterpart: system, account and id (R31). Pure.

Rules kept here:
- an id alone is ambiguous where two accounts may have the same one: `growthgenius:5f0c1b7a92:4711` names the account;
- an account is identified by its server and by the user or location that it is read as. If it is read as several users,
  each of them counts, so that adding a user changes nothing;
- earlier releases wrote the id alone: it still counts, and is completed when the record is written next;
- the source id of another account does not count, and is never overwritten;
- records that several connections share have a field for each other account, with names that do not change when a
  connection is added.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

_WHOLE: Final = re.compile(r"([a-z]+):([0-9a-f]{10}):(\S+)")


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """The account of source ids. Without `marks` it is not known, and ids are written alone.

    `has_own_field`: the field named after the system belongs to another account of the same system.
    """

    system: str = ""
    marks: tuple[str, ...] = ()
    has_own_field: bool = False

    @classmethod
    def of(
        cls, system: str, base_url: str, seen_as: Iterable[object], *, has_own_field: bool = False
    ) -> "SourceAccount":
        """Return the account of a system at a server that is read as these users, or as this location."""
        server = base_url.rstrip("/").lower()
        marks = (blake2b(f"{server}|{each}".encode(), digest_size=5).hexdigest() for each in seen_as)
        return cls(system, tuple(marks), has_own_field)

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of all fields that may hold its source ids; the first one is written."""
        own = [f"{self.system}_id_{mark}" for mark in self.marks]
        shared = [f"{self.system}_id"] if self.system else []
        return tuple([*own, *shared] if self.has_own_field else [*shared, *own])

    @property
    def name(self) -> str:
        """Return what distinguishes the account from the others of its records: its system, with a mark if need be."""
        return f"{self.system}-{self.marks[0]}" if self.has_own_field else self.system

    def written(self, record_id: str) -> str:
        """Return the source id for a record of this account."""
        return f"{self.system}:{self.marks[0]}:{record_id}" if self.marks else record_id

    def spellings(self, record_id: str) -> tuple[str, ...]:
        """Return all source ids that a counterpart may carry for a record, the current one first."""
        whole = [f"{self.system}:{mark}:{record_id}" for mark in self.marks]
        return tuple(dict.fromkeys([*whole, record_id]))

    def read(self, value: str | None) -> str | None:
        """Return the id that a source id names at this account, None where it is of another one."""
        found = _WHOLE.fullmatch(value) if value is not None else None
        if found is None:
            return value
        system, mark, record_id = found.groups()
        return record_id if system == self.system and mark in self.marks else None

    def is_bare(self, value: str | None) -> bool:
        """Say whether a source id is an id alone although the account is known: anyone can type or import that."""
        return bool(self.marks) and value is not None and _WHOLE.fullmatch(value) is None

    def is_foreign(self, value: str | None) -> bool:
        """Say whether a source id is of another account."""
        return value is not None and self.read(value) is None


NO_ACCOUNT: Final = SourceAccount()
"""No account is known: ids are read and written alone."""
