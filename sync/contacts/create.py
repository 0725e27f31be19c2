"""Make people on one side, several at a time, never twice (R9, R20).

- Before a create in a later run the server itself is asked whether the person is there; in a first sync everybody has
  just been read.
- The intent is durable before the call; it goes when the outcome is stored, and stays when the answer never came.
- A server that refuses a duplicate names somebody: who passes the tests of pairing is adopted; a stranger with the same
  number stays one, and the person is made without it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from connectors.connector import Raw, WriteResult
from connectors.contact import Contact, Fields
from connectors.errors import Broken, ConnectorError, DuplicateRefused, OutcomeUnknown, RecordGone
from state.database import Transaction
from state.history import CREATED, ENRICHED, HistoryEntry
from state.indexed_contact import IndexedContact
from state.intents import CreateIntent
from state.links import Link, LinkSide
from state.staging import Staged, Step
from sync.contacts.commit import own_times, unmapped_text
from sync.contacts.context import Context
from sync.contacts.create_answers import OlderRecord, believed
from sync.contacts.custom_fields import prepare
from sync.contacts.enrichment import awaits, of_new
from sync.contacts.failures import note_failure
from sync.contacts.markers import write_marker
from sync.contacts.owed_values import note_owed_of_new
from sync.contacts.plan import PAIR, around
from sync.contacts.read import staged_record
from sync.contacts.refused_values import Rejection, collision, list_rejections
from sync.contacts.untranslatable import values_for_create
from sync.contacts.update import update
from sync.output.formats import WHOLE
from sync.rules import contact_codec, shadow_codec
from sync.rules.do_not_contact import unshared_consent
from sync.rules.match import first_of_duplicates, may_adopt
from sync.rules.sets import with_all
from sync.rules.shadow_update import (
    after_create,
    after_lost_create,
    clear_unsent_sets,
    held_values,
    is_edited,
    is_settled,
    unmet,
)
from sync.streams.connection import Side
from sync.streams.record_boundary import tell_mistake
from sync.streams.write_errors import WriteErrors

TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Creation:
    """Somebody of `source` who is to be made on `target` with `changes`, without what is `withheld` or `owed` (R41).

    `enriched` are those of the changes that are known of the company, `awaits` tells that it could not be asked for.
    """

    target: Side
    source: Side
    own: Staged
    contact: Contact
    changes: Fields
    withheld: frozenset[str]
    enriched: frozenset[str]
    awaits: bool
    owed: Fields = field(default_factory=dict)
    rejected: Mapping[str, Rejection] = field(default_factory=dict)

    @property
    def marker(self) -> str | None:
        """Return what the new record says of where it came from."""
        return self.own.id if self.target.connector.has_markers else None

    @property
    def enriched_changes(self) -> Fields:
        """Return those of the changes that are known of the company."""
        return {name: self.changes[name] for name in self.enriched if name in self.changes}

    def send(self) -> WriteResult:
        """Create the record."""
        return self.target.connector.create_contact(self.changes, self.marker)


def create(context: Context, target: Side, steps: Sequence[Step], troubles: WriteErrors[Staged]) -> None:
    """Make one wave of people on one side. Raises what makes the account useless."""
    jobs = _creations(context, target, steps)
    if not context.findings.first.get(target.account) or context.boundary.holes.get(target.name):
        jobs = _without_known(context, target, jobs, troubles)
    if jobs:
        prepare(context, target, frozenset(name for job in jobs for name in job.changes))
    jobs = [_without_unplaced(job) for job in jobs]
    _intend(context, jobs)
    _send(context, target, jobs, troubles)
    context.run.progress.advance(len(steps))


def _creations(context: Context, target: Side, steps: Sequence[Step]) -> list[Creation]:
    source = context.connection.other(target)
    ids = [(step.left_id if source.name == "left" else step.right_id) or "" for step in steps]
    staged = context.staging.changed_records(source.name, ids)
    jobs = []
    for source_id in ids:
        with around(context, staged[source_id], "create"):
            jobs.append(_creation(context, target, staged[source_id]))
    return jobs


def _creation(context: Context, target: Side, own: Staged) -> Creation:
    contact = contact_codec.decode(own.contact or "")
    made = values_for_create(context, target, contact.fields)
    known = of_new(context, target, contact.fields, made.changes)
    changes = _tagged(context, target, {**made.changes, **known})
    return Creation(
        target, context.connection.other(target), own, contact, changes, made.withheld, frozenset(known),
        awaits(context, target, contact), made.owed,
    )  # fmt: skip


def _tagged(context: Context, target: Side, changes: Fields) -> Fields:
    """Add the tags that every contact bears that a run creates, so that workflows there can leave it out."""
    more = context.settings.create_tags
    if not more or TAGS not in target.connector.fields or TAGS in target.connector.read_only:
        return changes
    return {**changes, TAGS: with_all(changes.get(TAGS), more)}


def _without_unplaced(job: Creation) -> Creation:
    """Owe what the target turned out to have no place for (R41)."""
    homeless = job.changes.keys() - job.target.connector.fields
    if not homeless:
        return job
    owed = {name: job.changes[name] for name in homeless - {"owner"} - job.enriched}
    changes = {name: value for name, value in job.changes.items() if name not in homeless}
    return replace(job, changes=changes, owed={**job.owed, **owed})


def _without_known(
    context: Context, target: Side, jobs: Sequence[Creation], troubles: WriteErrors[Staged]
) -> list[Creation]:
    """Ask the server for each person before making it; whoever is there after all is met instead (R7)."""
    found = target.dispatcher.gather(
        [partial(target.connector.find_candidates, job.changes, job.marker, None) for job in jobs]
    )
    strangers = []
    for job, raws in zip(jobs, found, strict=True):
        if isinstance(raws, ConnectorError):
            with context.state.atomic() as transaction:
                troubles.note_error(transaction, job.source, job.own, "create", raws)
            continue
        with around(context, job.own, "create"):
            other = matching(context, target, contact_codec.index_entry(job.contact), raws)
            if other is None:
                strangers.append(job)
            else:
                _meet(context, job, other, troubles)
    troubles.raise_fatal()
    return strangers


def matching(context: Context, side: Side, person: IndexedContact, raws: Sequence[Raw]) -> Raw | None:
    """Return the record among those that a server named that is this person, by the tests of pairing."""
    by_id = {str(raw["id"]): raw for raw in raws}
    contacts = [side.connector.to_contact(raw, {}) for raw in raws]
    contacts = [contact for contact in contacts if not context.is_forgotten(side, contact)]
    links = context.tables.links.by_record(side.name, list(by_id))
    other_side = context.connection.other(side).name
    others = [
        contact_codec.index_entry(one, links[one.id].side(other_side).id if one.id in links else None)
        for one in contacts
    ]
    best = first_of_duplicates([other for other in others if may_adopt(person, other)])
    return by_id[best.id] if best else None


def _meet(context: Context, job: Creation, raw: Raw, troubles: WriteErrors[Staged]) -> None:
    """Link somebody who was to be made with whom the server already has, as a first meeting (R10).

    Both sides are filled at once: nothing says that a window will ever show the other record again.
    """
    contact = job.target.connector.to_contact(raw, {})
    with context.state.atomic() as transaction:
        context.staging.put_records(transaction, [staged_record(context, job.target, raw, contact, None)])
        job.target.identities.put_contacts(transaction, [contact_codec.index_entry(contact)])
        context.tables.intents.remove_intents(transaction, job.target.name, job.own.id)
    ids = {job.source.name: job.own.id, job.target.name: contact.id}
    step = Step(PAIR, "", ids["left"], ids["right"], None, "both")
    update(context, job.target, [step], troubles)
    update(context, job.source, [step], troubles)


def _intend(context: Context, jobs: Sequence[Creation]) -> None:
    if not jobs:
        return
    with context.state.atomic() as transaction:
        for job in jobs:
            context.tables.intents.add_intent(transaction, _intent(context, job), context.run.id)


def _intent(context: Context, job: Creation) -> CreateIntent:
    fields = context.mapping.travelling(job.contact.fields)
    return CreateIntent(
        side=job.target.name,
        source_id=job.own.id,
        sent_ms=job.target.server_now_ms(context.run.clock),
        sent=job.changes,
        shadow=shadow_codec.encode(fields, tuple(context.mapping.rules)),
        mapping=context.mapping.number,
        contact=contact_codec.encode(replace(job.contact, memory={}, unmapped={})),
        memory=job.contact.memory,
        digest=job.own.digest,
        withheld=tuple(sorted(job.withheld)),
        owed=job.owed,
        enriched=tuple(sorted(job.enriched & job.changes.keys())),
    )


def _send(context: Context, target: Side, jobs: Sequence[Creation], troubles: WriteErrors[Staged]) -> None:
    answers = _believed(context, target, jobs)
    made = []
    for job, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, WriteResult):
            with around(context, job.own, "create"):  # the intent stays: the next run looks for what was made
                made.append(_made(job, answer))
    there: list[tuple[Creation, DuplicateRefused | OlderRecord]] = []
    with context.state.atomic() as transaction:
        for job, answer in zip(jobs, answers, strict=True):
            if isinstance(answer, DuplicateRefused | OlderRecord):
                there.append((job, answer))
            elif isinstance(answer, WriteResult):
                troubles.note_success(job.target)
            else:
                _conclude(transaction, context, job, answer, troubles)
        _remember(transaction, context, target, made)
        _note_unwritten(transaction, made, troubles)
    for job, error in there:
        with around(context, job.own, "create"):
            if isinstance(error, OlderRecord):
                _meet_older(context, job, error.record_id, troubles)
            else:
                _answer_duplicate(context, job, error, troubles)
    for one in made:
        if one.waits_for_marker:
            source_raw = json.loads(one.job.own.raw or "{}")
            with around(context, one.job.own, "create"):
                write_marker(context, one.job.source, source_raw, one.job.contact, one.contact.id)
    _carry_back_opt_outs(context, target, [one for one in made if one.unheard(context)], troubles)
    troubles.raise_fatal()


def _answers(target: Side, jobs: Sequence[Creation]) -> list[WriteResult | ConnectorError]:
    return target.dispatcher.gather([job.send for job in jobs])


def _believed(context: Context, target: Side, jobs: Sequence[Creation]) -> list[WriteResult | ConnectorError]:
    """Send the creates and return the answers; one that does not show the contact says not what was made."""
    since = contact_codec.from_ms(target.server_now_ms(context.run.clock))
    if since is None:
        raise AssertionError(f"{target.account}: a server without a time")
    answers = _answers(target, jobs)
    return believed(context, target, [(job.changes, job.marker) for job in jobs], answers, since)


def _meet_older(context: Context, job: Creation, record_id: str, troubles: WriteErrors[Staged]) -> None:
    """Meet the record that a create was answered with and did not make, if it is the person (R10)."""
    try:
        raw = job.target.connector.read_record(record_id).records[0]
    except ConnectorError as error:
        with context.state.atomic() as transaction:
            troubles.note_error(
                transaction, job.source, job.own, "create", error
            )  # its intent stays: the next run looks for it
        return
    if matching(context, job.target, contact_codec.index_entry(job.contact), [raw]) is not None:
        _meet(context, job, raw, troubles)
        return
    with context.state.atomic() as transaction:
        _conclude(transaction, context, job, OlderRecord(job.target.account, record_id), troubles)


@dataclass(frozen=True, slots=True)
class _Made:
    """A contact that was created: what the answer shows, and what of it answers to what was sent.

    `filled` is what the server filled in itself, where an edit since has to be told from it.
    """

    job: Creation
    answer: WriteResult
    contact: Contact
    settled: Fields
    filled: Fields | None

    @property
    def waits_for_marker(self) -> bool:
        """Say whether the create is not over before the source bears its marker."""
        return self.job.source.needs_marker(self.job.contact)

    def unheard(self, context: Context) -> frozenset[str]:
        """Return what the new record says of consent that its source does not know yet."""
        return unshared_consent(context.mapping.rules, self.job.source.name, self.contact.fields, self.job.changes)


def _note_unwritten(transaction: Transaction, made: Sequence[_Made], troubles: WriteErrors[Staged]) -> None:
    """Pass on what ended the writes after a create: the contact is linked, and an update brings the rest."""
    for one in made:
        if one.answer.error is not None:
            troubles.note_error(transaction, one.job.source, one.job.own, "update", one.answer.error)


def _made(job: Creation, answer: WriteResult) -> _Made:
    """Map what was made: before the transaction, since the mapping may have to ask for settings."""
    connector = job.target.connector
    refused = {name: Rejection(job.changes[name], why) for name, why in answer.rejected.items() if name in job.changes}
    if refused:
        changes = {name: value for name, value in job.changes.items() if name not in refused}
        job = replace(job, changes=changes, rejected={**job.rejected, **refused})
        answer = replace(answer, refused=answer.refused - refused.keys())
    if answer.unwritten:
        job = replace(job, changes={name: each for name, each in job.changes.items() if name not in answer.unwritten})
    contact = connector.to_contact(answer.raw, {})
    filled = connector.filled_in(job.changes) if is_edited(contact) or answer.edited else None
    return _Made(job, answer, contact, connector.values_after_write(answer.raw, {}, job.changes), filled)


def _carry_back_opt_outs(context: Context, target: Side, made: Sequence[_Made], troubles: WriteErrors[Staged]) -> None:
    """Carry back at once that a person who was just created may not be contacted: later readings may not show it."""
    if not made:
        return
    source = context.connection.other(target)
    links = context.tables.links.by_record(target.name, [one.contact.id for one in made])
    with context.state.atomic() as transaction:
        context.staging.put_records(
            transaction,
            (staged_record(context, target, one.answer.raw, one.contact, links[one.contact.id]) for one in made),
        )
    steps = [Step(PAIR, "", link.left.id, link.right.id, link.id, source.name) for link in links.values()]
    update(context, source, steps, troubles)


def _conclude(
    transaction: Transaction, context: Context, job: Creation, answer: ConnectorError, troubles: WriteErrors[Staged]
) -> None:
    if isinstance(answer, OutcomeUnknown):
        if isinstance(answer, Broken):
            tell_mistake(answer.cause, f"{job.source.account}:{job.own.id}")
        if answer.accepted:
            context.tables.intents.mark_accepted(transaction, job.target.name, job.own.id)
        note_failure(
            transaction, context, job.source, job.own, "create", lost(context, job.target), due_ms=_due(context)
        )
    else:
        context.tables.intents.remove_intents(transaction, job.target.name, job.own.id)
        troubles.note_error(transaction, job.source, job.own, "create", answer)


def lost(context: Context, target: Side) -> str:
    """Say what it means that the answer to a create never came."""
    settle = round(context.connection.settle.total_seconds())
    return (
        f"{target.account} never answered the create, so nobody knows whether it took effect; "
        f"a run that begins {settle} s later looks for the person and settles it"
    )


def _due(context: Context) -> int:
    return context.run.now_ms() + round(context.connection.settle.total_seconds() * 1000)


def _remember(transaction: Transaction, context: Context, target: Side, made: Sequence[_Made]) -> None:
    """Store the people whom a wave has made, and their links."""
    source = context.connection.other(target)
    links = [_link(context, one) for one in made]
    for link, one in zip(links, made, strict=True):
        context.tables.links.save_link(transaction, link, context.run.id)
        note_owed_of_new(transaction, context, link, target, one.job.owed)
    context.tables.intents.remove_intents(
        transaction, target.name, *(one.job.own.id for one in made if not one.waits_for_marker)
    )
    context.tables.failures.close_failures(transaction, source.name, *(one.job.own.id for one in made))
    for link, one in zip(links, made, strict=True):
        unmapped = link.side(source.name).unmapped
        list_rejections(transaction, context, source, one.job.own, target, one.job.rejected, unmapped)
    target.identities.put_contacts(transaction, (contact_codec.index_entry(one.contact) for one in made))
    entries = [
        entry
        for link, one in zip(links, made, strict=True)
        for entry in entries_of_creation(context, target, link, one.job.enriched_changes)
    ]
    context.tables.history.add_entries(transaction, entries, context.run.id, context.run.now_ms())
    context.report.accounts[target.account].created += len(made)
    context.report.unmapped += sum(len(one.answer.refused & target.connector.fields) for one in made)


def _link(context: Context, one: _Made) -> Link:
    job, made = one.job, one.contact
    sent = context.mapping.travelling(job.changes)
    taken = {name: value for name, value in sent.items() if name not in one.answer.refused}
    settled = held_values(
        taken, context.mapping.travelling(one.settled), {}, edited=False, doubtful=one.answer.doubtful
    )
    shown, source = context.mapping.travelling(made.fields), context.mapping.travelling(job.contact.fields)
    if one.filled is not None:
        bases = after_lost_create(shown, source, sent, edited=True, filled=one.filled)
    else:
        bases = after_create(shown, source, settled, sent)
    unmet(bases, {*job.withheld, *job.owed, *job.rejected, *one.answer.unwritten, *one.unheard(context)})
    clear_unsent_sets(bases, {*job.rejected, *one.answer.unwritten})
    digest = None if job.withheld or job.awaits or one.answer.unwritten else job.own.digest
    own = LinkSide(job.own.id, "", _text(job.contact.memory), digest)  # the shadows follow, both at once
    new = LinkSide(made.id, "", _text(made.memory), None, *own_times(made, one.answer))
    if is_settled(shown, bases.target, frozenset()):
        new.digest = job.target.connector.digest(one.answer.raw)
    own.unmapped, new.unmapped = unmapped_text(context, job.contact), unmapped_text(context, made)
    link = Link(*((own, new) if job.source.name == "left" else (new, own)), context.mapping.number)
    context.mapping.set_shadow(link, job.target.name, bases.target)
    context.mapping.set_shadow(link, job.source.name, bases.source)
    return link


def entries_of_creation(context: Context, target: Side, link: Link, enriched: Fields) -> list[HistoryEntry]:
    """Return what the history has to say of a person who was made: that, and what of it is known of the company."""
    source, record_id = context.connection.other(target), link.side(target.name).id
    origin = f"{source.account}:{link.side(source.name).id}"
    filled = [
        HistoryEntry(
            link.id, target.account, record_id, name, shadow_codec.render(None), shadow_codec.render(value), ENRICHED
        )
        for name, value in sorted(enriched.items())
    ]
    return [HistoryEntry(link.id, target.account, record_id, WHOLE, None, None, CREATED, origin), *filled]


def _answer_duplicate(context: Context, job: Creation, error: DuplicateRefused, troubles: WriteErrors[Staged]) -> None:
    """Meet whom the server names if it is the person; else make the person without the stranger's number (R9)."""
    raw = None
    if error.other_id is not None:
        try:
            raw = job.target.connector.read_record(error.other_id).records[0]
        except RecordGone:
            raw = None
    if raw is not None and matching(context, job.target, contact_codec.index_entry(job.contact), [raw]) is not None:
        _meet(context, job, raw, troubles)
    elif error.field == "email" and raw is not None and _is_of_another(context, job, raw):
        _create_without_address(context, job, error, troubles)
    elif job.changes.get("phone") is not None and (error.field == "phone" or _is_of_number(job, raw)):
        _create_without_number(context, job, troubles)
    else:
        other = f"{job.target.account}:{error.other_id}" if error.other_id else "somebody whom it does not name"
        reason = f"{job.target.account} takes {other} for the same person ({error.field or 'no reason given'})"
        with context.state.atomic() as transaction:
            context.tables.intents.remove_intents(transaction, job.target.name, job.own.id)
            blockers = (f"{job.target.name}:{error.other_id}",) if error.other_id else ()
            note_failure(transaction, context, job.source, job.own, "create", reason, blockers=blockers)


def _is_of_number(job: Creation, raw: Raw | None) -> bool:
    """Say whether it is only the number that made the server take somebody for the person."""
    if raw is None:
        return False
    mine, other = (
        contact_codec.index_entry(job.contact),
        contact_codec.index_entry(job.target.connector.to_contact(raw, {})),
    )
    return mine.email != other.email and bool(set(mine.phones) & set(other.phones))


def _is_of_another(context: Context, job: Creation, raw: Raw) -> bool:
    """Say whether an address is surely another person's: their record is linked, or shows another one of its own.

    Somebody who is told by nothing else is not made without it.
    """
    link = context.tables.links.by_record(job.target.name, [str(raw["id"])]).get(str(raw["id"]))
    other = contact_codec.index_entry(job.target.connector.to_contact(raw, {}))
    is_told = any(job.changes.get(name) for name in ("first_name", "last_name", "phone"))
    return is_told and (link is not None or contact_codec.index_entry(job.contact).email != other.email)


def _create_without_address(
    context: Context, job: Creation, error: DuplicateRefused, troubles: WriteErrors[Staged]
) -> None:
    """Make somebody without an address that another contact has, which is listed (R42)."""
    rejected = {**job.rejected, "email": collision(job.changes.get("email"), error)}
    changes = {name: value for name, value in job.changes.items() if name != "email"}
    addressless = replace(job, changes=changes, rejected=rejected)
    _intend(context, [addressless])
    _send(context, job.target, [addressless], troubles)


def _create_without_number(context: Context, job: Creation, troubles: WriteErrors[Staged]) -> None:
    slot = str(job.contact.memory.get("slot") or "mobile_phone")
    changes = {name: value for name, value in job.changes.items() if name != "phone"}
    if changes.get(slot) is None and slot in context.mapping.rules and context.mapping.rules[slot].to(job.target.name):
        changes[slot] = job.changes["phone"]
    prepare(context, job.target, frozenset(changes))
    context.report.unmapped += 1
    numberless = _without_unplaced(replace(job, changes=changes))
    _intend(context, [numberless])
    _send(context, job.target, [numberless], troubles)


def _text(memory: object) -> str | None:
    return json.dumps(memory) if memory else None
