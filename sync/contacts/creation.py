"""One contact while it is being created on a side: the values that are sent, and the intent that is stored before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.connector import WriteResult
from connectors.contact import Contact, Fields
from state.intents import CreateIntent
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.enrichment import awaits, of_new
from sync.contacts.plan_steps import around
from sync.contacts.refused_values import Rejection
from sync.contacts.untranslatable import values_for_create
from sync.rules import contact_codec, shadow_codec
from sync.rules.do_not_contact import unshared_consent
from sync.rules.sets import with_all
from sync.rules.shadow_update import is_edited
from sync.streams.connection import Side

TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Creation:
    """A contact of `source` that is to be created on `target` with `changes`.

    staged, contact: the record of the source side.
    withheld, owed: values that are not sent: because a side may not take them, or has no place for them (R41).
    enriched: those of the changes that come from the company.
    awaits: whether the company could not be looked up.
    rejected: values that the server refused, by field (R42).
    """

    target: Side
    source: Side
    staged: Staged
    contact: Contact
    changes: Fields
    withheld: frozenset[str]
    enriched: frozenset[str]
    awaits: bool
    owed: Fields = field(default_factory=dict)
    rejected: Mapping[str, Rejection] = field(default_factory=dict)

    @property
    def marker(self) -> str | None:
        """Return the id of the source record, if new records of the target carry it."""
        return self.staged.id if self.target.connector.has_markers else None

    @property
    def enriched_changes(self) -> Fields:
        """Return those of the changes that come from the company."""
        return {name: self.changes[name] for name in self.enriched if name in self.changes}

    def send(self) -> WriteResult:
        """Create the record. Raises what `Connector.create_contact` raises."""
        return self.target.connector.create_contact(self.changes, self.marker)

    def without(self, names: frozenset[str]) -> "Creation":
        """Return it without the values of these fields."""
        return replace(self, changes={name: value for name, value in self.changes.items() if name not in names})


@dataclass(frozen=True, slots=True)
class CreatedContact:
    """A contact that was created: what the answer shows, and what it holds of the values that were sent.

    `filled` is what the server fills in itself; None if the record was surely not edited.
    """

    creation: Creation
    answer: WriteResult
    contact: Contact
    settled: Fields
    filled: Fields | None

    @property
    def waits_for_marker(self) -> bool:
        """Say whether the create ends only when the source record has its marker."""
        return self.creation.source.needs_marker(self.creation.contact)

    def new_opt_outs(self, context: Context) -> frozenset[str]:
        """Return the fields in which the new record refuses contact and its source does not know it yet."""
        source, changes = self.creation.source.name, self.creation.changes
        return unshared_consent(context.mapping.rules, source, self.contact.fields, changes)


def creations_of(context: Context, target: Side, steps: Sequence[Step]) -> list[Creation]:
    """Return the contacts that steps of the plan create on a side. What is wrong with one of them is listed."""
    source = context.connection.other(target)
    ids = [(step.left_id if source.name == "left" else step.right_id) or "" for step in steps]
    staged = context.staging.changed_records(source.name, ids)
    found = []
    for source_id in ids:
        with around(context, staged[source_id], "create"):
            found.append(_creation(context, target, staged[source_id]))
    return found


def without_unplaced(creation: Creation) -> Creation:
    """Leave out the values that the target has no place for, and owe them (R41)."""
    unplaced = creation.changes.keys() - creation.target.connector.fields
    if not unplaced:
        return creation
    owed = {name: creation.changes[name] for name in unplaced - {"owner"} - creation.enriched}
    return replace(creation.without(frozenset(unplaced)), owed={**creation.owed, **owed})


def created_contact(creation: Creation, answer: WriteResult) -> CreatedContact:
    """Map what was created: before the transaction, since the mapping may have to ask for settings."""
    connector, changes = creation.target.connector, creation.changes
    refused = {name: Rejection(changes[name], why) for name, why in answer.rejected.items() if name in changes}
    if refused:
        creation = replace(creation.without(frozenset(refused)), rejected={**creation.rejected, **refused})
        answer = replace(answer, refused=answer.refused - refused.keys())
    if answer.unwritten:
        creation = creation.without(answer.unwritten)
    contact = connector.to_contact(answer.raw, {})
    filled = connector.filled_in(creation.changes) if is_edited(contact) or answer.edited else None
    return CreatedContact(
        creation, answer, contact, connector.values_after_write(answer.raw, {}, creation.changes), filled
    )


def add_create_intents(context: Context, creations: Sequence[Creation]) -> None:
    """Store the intents of creates before they are sent (R20)."""
    if not creations:
        return
    with context.state.atomic() as transaction:
        for creation in creations:
            context.tables.intents.add_intent(transaction, _intent(context, creation), context.run.id)


def _creation(context: Context, target: Side, staged: Staged) -> Creation:
    contact = contact_codec.decode(staged.contact or "")
    values = values_for_create(context, target, contact.fields)
    known = of_new(context, target, contact.fields, values.changes)
    changes = _tagged(context, target, {**values.changes, **known})
    return Creation(
        target, context.connection.other(target), staged, contact, changes, values.withheld, frozenset(known),
        awaits(context, target, contact), values.owed,
    )  # fmt: skip


def _tagged(context: Context, target: Side, changes: Fields) -> Fields:
    """Add the tags that every created contact gets, so that workflows of the target can leave it out."""
    more = context.settings.create_tags
    if not more or TAGS not in target.connector.fields or TAGS in target.connector.read_only:
        return changes
    return {**changes, TAGS: with_all(changes.get(TAGS), more)}


def _intent(context: Context, creation: Creation) -> CreateIntent:
    fields = context.mapping.travelling(creation.contact.fields)
    return CreateIntent(
        side=creation.target.name,
        source_id=creation.staged.id,
        sent_ms=creation.target.server_now_ms(context.run.clock),
        sent=creation.changes,
        shadow=shadow_codec.encode(fields, tuple(context.mapping.rules)),
        mapping=context.mapping.number,
        contact=contact_codec.encode(replace(creation.contact, memory={}, unmapped={})),
        memory=creation.contact.memory,
        digest=creation.staged.digest,
        withheld=tuple(sorted(creation.withheld)),
        owed=creation.owed,
        enriched=tuple(sorted(creation.enriched & creation.changes.keys())),
    )
