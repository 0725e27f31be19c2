"""The mapping that a run works by: its rules, the fields that links were stored under, and shadows (R11, R18)."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contact import Fields
from state.links import Link
from sync.rules import shadow_codec
from sync.rules.mapping import Rules, present
from sync.rules.merge import WinnerChooser
from sync.rules.translation import Members
from sync.streams.connection import ConnectionSides


@dataclass(slots=True)
class MappingInForce:
    """The mapping of number `number`. `fields` holds the fields of every mapping that links were stored under.

    `judge` decides conflicts; it knows the offsets of both clocks once both servers have answered.
    """

    number: int
    rules: Rules
    fields: Mapping[int, tuple[str, ...]]
    judge: WinnerChooser
    _present: tuple[tuple[frozenset[str] | None, ...], Rules] | None = None

    def present_rules(self, connection: ConnectionSides) -> Rules:
        """Return the rules as both accounts can keep them now."""
        left, right = connection.left.connector, connection.right.connector
        key = (left.fields, right.fields, left.owner_emails, right.owner_emails)
        if self._present is None or self._present[0] != key:
            owners = Members(left.owner_emails, right.owner_emails)
            self._present = (key, present(self.rules, left.fields, right.fields, owners))
        return self._present[1]

    def travelling(self, fields: Fields) -> Fields:
        """Return those of the fields that travel on this connection."""
        return {name: value for name, value in fields.items() if name in self.rules}

    def shadow(self, link: Link, side: str) -> Fields:
        """Return the shadow of one side of a link."""
        return shadow_codec.decode(link.side(side).shadow, self.fields[link.mapping])

    def set_shadow(self, link: Link, side: str, shadow: Fields) -> None:
        """Set the shadow of one side of a link; both sides are set before it is saved, under this mapping."""
        link.side(side).shadow = shadow_codec.encode(self.travelling(shadow), tuple(self.rules))
