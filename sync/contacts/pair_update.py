"""One pair of records while its target side is being written (R19)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.connector import WriteResult
from connectors.contact import Contact, Fields, Value
from connectors.edits import refuse_if_edited
from connectors.errors import DuplicateRefused
from state.links import Link
from state.staging import Staged
from sync.rules import contact_codec
from sync.rules.merge_result import LEFT, RIGHT, Merge, SideView
from sync.streams.connection import Side


@dataclass(frozen=True, slots=True)
class Rejection:
    """A value that a server refused, with its words; `other_id` is the contact that it collides with, if known."""

    value: Value
    reason: str
    other_id: str | None = None


def collision(value: Value, error: DuplicateRefused) -> Rejection:
    """Return the rejection of a value that another contact has already."""
    return Rejection(value, error.message, error.other_id)


@dataclass(slots=True)
class PairUpdate:
    """A pair of records: `target` gets values of `source`.

    target_staged, source_staged: the records as they are staged; `source_staged` is None if nothing of it is known.
    raw, contact: the target record as it was read right before the write.
    views, result, changes: the merge with that record, and what it writes to the target.
    shown, settled: what the target shows, and what it holds of the changes, after the write (R21).
    rejected: values that the server refused, by field (R42).
    is_assumed: whether `raw` is what the target is known to hold, and was not read (R34).
    half_sent: sets that were sent and left out of the changes again, because they were refused or not written: of the
        calls that they take, the first ones may have taken effect.
    unwritten: fields that an error kept from being written after others were written; they are still to be carried.
    """

    target: Side
    source: Side
    target_staged: Staged
    source_staged: Staged | None
    link: Link | None
    raw: Mapping[str, Any] = field(default_factory=dict)
    contact: Contact = field(default_factory=lambda: Contact("", {}))
    views: dict[str, SideView] = field(default_factory=dict)
    result: Merge = field(default_factory=Merge)
    changes: dict[str, Value] = field(default_factory=dict)
    shown: Contact = field(default_factory=lambda: Contact("", {}))
    settled: Fields = field(default_factory=dict)
    rejected: dict[str, Rejection] = field(default_factory=dict)
    is_assumed: bool = False
    half_sent: dict[str, Value] = field(default_factory=dict)
    unwritten: frozenset[str] = frozenset()

    @property
    def left_and_right(self) -> tuple[SideView, SideView]:
        """Return both views, left first."""
        return self.views[LEFT], self.views[RIGHT]

    @property
    def target_view(self) -> SideView:
        """Return the view of the side that is written."""
        return self.views[self.target.name]

    @property
    def source_view(self) -> SideView:
        """Return the view of the side that the values come from."""
        return self.views[self.source.name]

    @property
    def source_id(self) -> str:
        """Return the id of the record that the values come from."""
        if self.source_staged is not None:
            return self.source_staged.id
        return self.link.side(self.source.name).id if self.link else ""

    @property
    def ids(self) -> tuple[str, str]:
        """Return both ids, left first."""
        found = {self.target.name: self.target_staged.id, self.source.name: self.source_id}
        return found[LEFT], found[RIGHT]

    @property
    def staged_source(self) -> Staged:
        """Return the source record as it is staged, or its id alone."""
        return self.source_staged or Staged(self.source.name, self.source_id)

    @property
    def source_contact(self) -> Contact | None:
        """Return the source record as this run has read it; None if it was not read, or shows nothing new."""
        text = self.source_staged.contact if self.source_staged is not None else None
        return contact_codec.decode(text) if text else None

    @property
    def who(self) -> str:
        """Return the name of the contact, as reports show it."""
        views = (self.views[side.name] for side in (self.source, self.target) if side.name in self.views)
        shown = {name: value for view in views for name, value in view.now.items() if value is not None}
        return contact_codec.display_name(self.target.account, self.target_staged.id, shown)

    def leave_out(self, name: str) -> None:
        """Leave a field out of the write."""
        del self.changes[name]
        self.result.to(self.target.name).pop(name, None)

    @property
    def rewritten(self) -> Fields:
        """Return what the server has made of other fields because of the changes (R36)."""
        return {name: value for name, value in self.settled.items() if name not in self.changes}

    @property
    def marker(self) -> str | None:
        """Return the id of the source record, if records of the target carry it."""
        return self.source_id if self.target.connector.has_markers else None

    def send(self) -> WriteResult:
        """Write the changes to the target record. Raises what `Connector.update_contact` raises."""
        return self.target.connector.update_contact(self.raw, self.contact.memory, self.changes, self.marker)

    def send_again(self) -> WriteResult:
        """Send what is left of a refused write. Raises RecordEdited if a user has edited the record since."""
        connector, memory = self.target.connector, self.contact.memory
        now = connector.read_record(self.target_staged.id).records[0]
        before, after = (connector.values_after_write(raw, memory, self.changes) for raw in (self.raw, now))
        refuse_if_edited(connector.account, self.target_staged.id, before, after)
        return self.send()
