"""The run, the two sides of its connection, and the clocks of their servers (R1, R14)."""

from dataclasses import dataclass
from datetime import timedelta

from connectors.clock import Clock
from connectors.connector import Connector
from connectors.contact import Contact
from connectors.http.concurrency import WIDTH, Dispatcher
from state.identity_index import IdentityIndex
from state.links import Link
from sync.output.progress import Progress
from sync.rules import contact_codec
from sync.rules.conflict_policy import correct
from sync.rules.merge_result import LEFT, RIGHT

OWN_WRITE_MS = 1000
"""A record with a time at most this much after our last write to it was last changed by us (R14)."""


SIDE_NAMES = (LEFT, RIGHT)


@dataclass(frozen=True, slots=True)
class Run:
    """A run. `command` is the command that started it; a `dry` run writes nothing (R27)."""

    id: str
    command: str
    dry: bool
    clock: Clock
    progress: Progress

    def now_ms(self) -> int:
        """Return our own time in milliseconds since 1970."""
        return contact_codec.to_ms(self.clock.now()) or 0


@dataclass(frozen=True, slots=True)
class Side:
    """One account of the connection. `name` is 'left' or 'right'. `never_emptied` is None unless a probe found it."""

    name: str
    account: str
    connector: Connector
    identities: IdentityIndex
    dispatcher: Dispatcher
    never_emptied: frozenset[str] | None = None

    @property
    def never_empty(self) -> frozenset[str]:
        """Return the fields that the account does not empty: by its documents, or as a probe found (R17, R46)."""
        return self.connector.never_empty if self.never_emptied is None else self.never_emptied

    @property
    def wave(self) -> int:
        """Return how many contacts are written at a time: as many as one bulk call takes, where there is one (R34)."""
        return WIDTH if self.connector.bulk is None else self.connector.bulk.size

    def changed_ms(self, contact: Contact, wrote_ms: int | None) -> int | None:
        """Return when a user changed the record, in milliseconds on our clock.

        None where that time is that of our own write, or unknown (R14).
        """
        updated = contact_codec.to_ms(contact.updated_at)
        if updated is None or (wrote_ms is not None and updated <= wrote_ms + OWN_WRITE_MS):
            return None
        return contact_codec.to_ms(correct(contact.updated_at, self.connector.clock_offset()))

    def server_now_ms(self, clock: Clock) -> int:
        """Return the time of this side's server."""
        return contact_codec.to_ms(clock.now() + timedelta(seconds=self.connector.clock_offset())) or 0

    def needs_marker(self, contact: Contact) -> bool:
        """Say whether only a marker can identify a contact: it has neither e-mail nor phone (R6)."""
        return self.connector.has_markers and not contact.fields.get("email") and not contact.phones


@dataclass(frozen=True, slots=True)
class ConnectionSides:
    """Two accounts that are kept in sync. `number` is the connection's in the state.

    `settle` is how long the APIs may take to show a change, `lookback` how much before a gap is read again (R2).
    `configured` are the names of all connections of the config.
    """

    name: str
    number: int
    left: Side
    right: Side
    settle: timedelta
    lookback: timedelta
    configured: frozenset[str] = frozenset()

    @property
    def settle_ms(self) -> int:
        """Return `settle` in milliseconds."""
        return round(self.settle.total_seconds() * 1000)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Return left and right."""
        return self.left, self.right

    def side(self, name: str) -> Side:
        """Return 'left' or 'right'."""
        return self.left if name == LEFT else self.right

    def other(self, side: Side) -> Side:
        """Return the opposite side."""
        return self.right if side.name == LEFT else self.left

    def lost_and_survivor(self, link: Link) -> tuple[Side, Side]:
        """Return the side on which a record of a link was deleted, and the side of the record that is left."""
        lost = self.side(link.gone or "")
        return lost, self.other(lost)

    def offsets(self) -> tuple[float, float]:
        """Return by how many seconds the left and the right server are ahead of us."""
        return self.left.connector.clock_offset(), self.right.connector.clock_offset()
