"""One contact while it is being created: the values that are sent, its intent, and whether its answer is believed.

A record is linked only if it shows the contact that was sent. Rules kept here:
- a record that is linked already, or that answers two creates, does not prove what was created: the contacts are looked
  for later (R20);
- a record without anything that identifies it is read by id; if it still shows nothing of the contact, or another
  contact, it is not believed;
- a record that was created at that moment and holds nothing is what a create without its values leads to: it is
  believed, and its values are carried later;
- a record that is older than its create was not created by it: the server took the create for an update. It is merged
  as for the first time (R10), because users have typed what else it shows.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.connector import WriteResult
from connectors.contact import Contact, Fields, same
from connectors.errors import ConnectorError, OutcomeUnknown
from state.intents import CreateIntent
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.enrichment import awaits, of_new
from sync.contacts.merge import values_for_create
from sync.contacts.pair_update import Rejection
from sync.contacts.plan_steps import around
from sync.contacts.staged_records import contact_of
from sync.rules import contact_codec
from sync.rules.lost_create import is_older, shows_person
from sync.rules.new_record import unshared_fields
from sync.rules.sets import with_all
from sync.rules.shadow_update import is_edited, may_be_edited
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

    `filled` is what the server fills in itself; None if the record was surely not edited. `edited` says that it was.
    """

    creation: Creation
    answer: WriteResult
    contact: Contact
    settled: Fields
    filled: Fields | None
    edited: bool = False

    @property
    def waits_for_marker(self) -> bool:
        """Say whether the create ends only when the source record has its marker."""
        return self.creation.source.needs_marker(self.creation.contact)

    def new_opt_outs(self, context: Context) -> frozenset[str]:
        """Return the fields of the new record that its source has to get: a refusal of contact, computed values."""
        target, changes = self.creation.target.name, self.creation.changes
        return unshared_fields(context.mapping.rules, target, self.contact.fields, changes)


def creations_of(context: Context, target: Side, steps: Sequence[Step]) -> list[Creation]:
    """Return the contacts that steps of the plan create on a side. What is wrong with one of them is listed."""
    source = context.connection.other(target)
    ids = [step.record_id(source.name) for step in steps]
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
    edited = is_edited(contact) or answer.edited
    may_be = edited or (answer.doubtful and may_be_edited(contact))
    filled = filled_by_server(creation.target, creation.changes, contact) if may_be else None
    settled = connector.values_after_write(answer.raw, {}, creation.changes)
    return CreatedContact(creation, answer, contact, settled, filled, edited)


def filled_by_server(target: Side, sent: Fields, shown: Contact) -> Fields:
    """Return what the server has filled into a new record: what is known, and what it shows where it guesses."""
    guessed = {name: shown.fields[name] for name in target.connector.guessed & shown.fields.keys() - sent.keys()}
    return {**guessed, **target.connector.filled_in(sent)}


def add_create_intents(context: Context, creations: Sequence[Creation]) -> None:
    """Store the intents of creates before they are sent (R20)."""
    if not creations:
        return
    with context.state.atomic() as transaction:
        for creation in creations:
            context.tables.intents.add_intent(transaction, _intent(context, creation), context.run.id)


def _creation(context: Context, target: Side, staged: Staged) -> Creation:
    contact = contact_of(staged)
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
    return CreateIntent(
        side=creation.target.name,
        source_id=creation.staged.id,
        sent_ms=creation.target.server_now_ms(context.run.clock),
        sent=creation.changes,
        shadow=context.mapping.encoded(creation.contact.fields),
        mapping=context.mapping.number,
        contact=contact_codec.encode(replace(creation.contact, memory={}, unmapped={})),
        memory=creation.contact.memory,
        digest=creation.staged.digest,
        withheld=tuple(sorted(creation.withheld)),
        owed=creation.owed,
        enriched=tuple(sorted(creation.enriched & creation.changes.keys())),
    )


class OlderRecord(OutcomeUnknown):
    """A create was answered with the record `record_id`, which is older than the create."""

    def __init__(self, account: str, record_id: str) -> None:
        message = f"the create was answered with {record_id}, which was there before"
        super().__init__(account, message, accepted=True)
        self.record_id = record_id


def believed_answers(
    context: Context,
    target: Side,
    sent: Sequence[tuple[Fields, str | None]],
    answers: Sequence[WriteResult | ConnectorError],
    since: datetime,
) -> list[WriteResult | ConnectorError]:
    """Return the believed answers to creates that were sent at `since` (server's clock), and errors for the others.

    `sent` holds the values of each create, and its marker or None.
    """
    shown = Counter(str(one.raw.get("id")) for one in answers if isinstance(one, WriteResult))
    links = context.tables.links.by_record(target.name, list(shown))
    taken = {record_id for record_id, link in links.items() if link.gone is None}
    taken.update(record_id for record_id, count in shown.items() if count > 1)
    known = {contact.id for contact in target.identities.by_id(list(shown))}
    return [
        _judged(target, each, answer, since, taken=taken, known=known) if isinstance(answer, WriteResult) else answer
        for each, answer in zip(sent, answers, strict=True)
    ]


def _judged(
    target: Side, sent: tuple[Fields, str | None], answer: WriteResult, since: datetime, *,
    taken: Collection[str], known: Collection[str],
) -> WriteResult | ConnectorError:  # fmt: skip
    record_id = str(answer.raw.get("id"))
    if record_id in taken:
        return _unbelieved(target, f"{record_id}, the record of another contact")
    contact = target.connector.to_contact(answer.raw, {})
    if shows_person(contact, *sent) is None:
        try:
            answer, contact = _read_created(target, answer, record_id)
        except ConnectorError as error:
            return _unbelieved(target, f"{record_id}, which shows no name, address or number ({error.message})")
    shows = shows_person(contact, *sent)
    if shows is None and _is_new_and_blank(target, contact, sent[0], since):
        return replace(answer, unwritten=frozenset(sent[0]))
    if not shows:
        return _unbelieved(target, f"{record_id}, which does not show the contact that was sent")
    # A record without a creation time is older if a reading before the create showed it.
    is_known = contact.created_at is None and record_id in known
    return OlderRecord(target.account, record_id) if is_older(contact, since) or is_known else answer


def _is_new_and_blank(target: Side, contact: Contact, sent: Fields, since: datetime) -> bool:
    """Say whether a record was created since then and shows nothing but what its server fills in itself."""
    filled = filled_by_server(target, sent, contact)
    is_blank = all(not value or same(name, value, filled.get(name)) for name, value in contact.fields.items())
    return is_blank and contact.created_at is not None and not is_older(contact, since)


def _read_created(target: Side, answer: WriteResult, record_id: str) -> tuple[WriteResult, Contact]:
    """Read a record after an answer with little more than its id; edits since then cannot be recognised."""
    page = target.connector.read_record(record_id)
    read = replace(answer, raw=page.records[0], served_at=page.served_at, doubtful=True)
    return read, target.connector.to_contact(read.raw, {})


def _unbelieved(target: Side, shown: str) -> OutcomeUnknown:
    return OutcomeUnknown(target.account, f"the create was answered with {shown}", accepted=True)
