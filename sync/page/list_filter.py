"""What a list of conflicts or failures is limited to, as the query of its address and the forms of its pages carry it.

The values are names of the config file, so the address holds no personal data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from state.queries import OpenConflict

FIGHTS: Final = "fights"
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class ListFilter:
    """A connection, a field, and a kind: `fights` for fields that went back and forth. '' is everything."""

    connection: str = ""
    field: str = ""
    kind: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "ListFilter":
        """Return the filter of a query or a form."""
        words = [given.get(name, "")[:LONGEST] for name in ("connection", "field", "kind")]
        return cls(words[0], words[1], FIGHTS if words[2] == FIGHTS else "")

    @property
    def is_set(self) -> bool:
        """Return whether anything is left out."""
        return bool(self.connection or self.field or self.kind)

    @property
    def values(self) -> dict[str, str]:
        """Return the parts that are set, by the name in a form."""
        found = {"connection": self.connection, "field": self.field, "kind": self.kind}
        return {name: value for name, value in found.items() if value}

    @property
    def query(self) -> str:
        """Return the part of an address, which begins with `&`, '' without a filter."""
        return f"&{urlencode(self.values)}" if self.is_set else ""

    def keeps(self, conflict: OpenConflict) -> bool:
        """Return whether a conflict is of the kind."""
        return not self.kind or conflict.reason is not None
