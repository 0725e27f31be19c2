"""Intents: what is stored of a write before it is sent, until its outcome is stored (R20).

A create, so that a crash or a lost answer never leads to a second record. An update, so that what it overwrote reaches
the history, and its time counts as that of our own write. A deletion, so that the history has it as ours, with all that
the record showed. A removal, which is a deletion by an undo, so that the next run does not take it for a person's.
`state.intent_codec` stores them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]
"""Values by field; a set of several values is a tuple."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A write on `side` for the record `source_id` of the other side. `sent_ms` is the time of the target's server."""

    side: str
    source_id: str
    sent_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIntent(Intent):
    """A contact that is created.

    `shadow` (under the mapping of that number), `memory` and `digest` are those of the source. `contact` is the source
    as JSON. `withheld`, `owed` and `enriched` are fields that were not sent, that have no place there yet, and that the
    enrichment filled. `accepted` says that the server accepted the create without showing the record.
    """

    sent: Values
    shadow: str
    mapping: int
    contact: str
    memory: Values = field(default_factory=dict)
    digest: bytes | None = None
    withheld: tuple[str, ...] = ()
    owed: Values = field(default_factory=dict)
    enriched: tuple[str, ...] = ()
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class WrittenField:
    """A field that an update writes: its old value (JSON), the rule, and the record that the value comes from."""

    old: str
    rule: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RecordLook:
    """What a record showed right before an update: two digests, of all and of the fields that are not sent."""

    digest: str
    updated_ms: int | None
    others: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateIntent(Intent):
    """A contact that is updated.

    `target` and `source` are the shadows that the update leads to, `history` its lines by field, `kept` by side the
    times that count for the fields that wait (R40), `look` how the record looked, None in files of older releases.
    """

    sent: Values
    record: str
    run: str
    memory: Values | None
    target: Values
    source: Values
    history: Mapping[str, WrittenField]
    look: RecordLook | None = None
    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionIntent(Intent):
    """A contact that is deleted because its counterpart was; `shown` is JSON of all that it showed."""

    record: str
    run: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalIntent(Intent):
    """A contact that an undo deletes because the undone run had created it; `shown` is JSON of all that it showed."""

    record: str
    run: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyIntent(Intent):
    """A message that is copied.

    `contact` is the contact of the original, `copied_to` that of the copy, `digest` that of the original's listing.
    `message` is the original as JSON, None in files of older releases.
    """

    contact: str
    copied_to: str
    digest: bytes | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentIntent(Intent):
    """The copy of a message that is updated to what its original shows now.

    `content` is the digest of the original's content, `text` what is written, `old` what the copy showed.
    """

    record: str
    contact: str
    content: str
    text: str
    old: str | None
    rule: str
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDeletionIntent(Intent):
    """The copy of a message that is deleted because its original was; `old` is what it showed."""

    record: str
    contact: str
    old: str | None
