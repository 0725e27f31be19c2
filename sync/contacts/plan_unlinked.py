"""Plan the records without a link: pair them with a record of the other side, create them there, or list them.

Rules kept here:
- a contact without a key at the other side is left out, with the reason, until it has one (R37);
- both sides are read in full into the identity index before a contact is created (R7);
- a record that cannot be read may still be the counterpart: the contact waits for it, and is never created (R42).
"""

from collections.abc import Sequence

from connectors.contact import Contact
from state.indexed_contact import IndexedContact
from state.staging import Staged, Step
from sync.contacts.candidates import find_candidates
from sync.contacts.context import Context
from sync.contacts.deleted_rows import without_deleted
from sync.contacts.enrichment import awaited
from sync.contacts.guard_weights import weigh
from sync.contacts.lifted_erasures import lifted_partner, note_lifted
from sync.contacts.pair_merge import merge_pair
from sync.contacts.plan_steps import CREATE, around, is_listed, plan_listing, plan_pair
from sync.contacts.read import complete_index
from sync.contacts.read_by_id import stage_by_id
from sync.contacts.replaced_records import replaced_partner
from sync.contacts.untranslatable import count, load_owners_for_create, values_for_create
from sync.rules import contact_codec
from sync.rules.deletion import goes_towards
from sync.rules.match import Candidates, Paired, PairingRefused, Unpaired, pair
from sync.rules.merge import LEFT
from sync.streams.connection import Side


def plan_unlinked(context: Context) -> None:
    """Plan every staged record without a link. Raises AuthError, TransientError."""
    context.findings.unknown = {(intent.side, intent.source_id) for intent in context.tables.intents.open_creates()}
    for side in context.connection.sides:
        other = context.connection.other(side)
        for page in context.staging.record_pages(side.name, linked=False):
            if may_create(context, other):
                complete_index(context, other)
            free = [each for each in page if not context.staging.paired_id(side.name, each.id)]
            _plan_page(context, side, without_deleted(context, side, free))


def plan_first_merge(context: Context, side: Side, staged: Staged, other_id: str) -> bool:
    """Plan a pair that is linked by this run (R10); return False if the other record turns out to be gone."""
    other = context.connection.other(side)
    counterpart = context.staging.changed_records(other.name, [other_id]).get(other_id)
    if counterpart is None:
        was_read = False
        with context.boundary.around(other, other_id):
            counterpart, was_read = stage_by_id(context, other, other_id), True
        if not was_read:
            _plan_wait(context, staged, other, other_id)
            return True
    if counterpart is None:
        return False
    left, right = (staged, counterpart) if side.name == LEFT else (counterpart, staged)
    for each, record_id in ((context.connection.left, left.id), (context.connection.right, right.id)):
        note_lifted(context, each, record_id)
    result = merge_pair(context, None, left, right)
    weigh(context, result)
    with context.state.atomic():
        context.staging.add_pair(left.id, right.id)
        plan_pair(context, None, (left.id, right.id), result, left, right)
    return True


def plan_create(context: Context, target: Side, staged: Staged, contact: Contact) -> None:
    """Plan that a contact is created on a side, unless an earlier create of it has an unknown outcome (R20)."""
    if (target.name, staged.id) in context.findings.unknown:
        return
    load_owners_for_create(context, target, contact.fields)
    note = awaited(context, target, contact)
    context.report.unmapped += count(context, context.connection.other(target), contact)
    left_id, right_id = (staged.id, None) if staged.side == LEFT else (None, staged.id)
    context.staging.plan_step(Step(CREATE, target.name, left_id, right_id, None, target.name, note))


def may_create(context: Context, target: Side) -> bool:
    """Say whether the config lets contacts be created on a side."""
    settings = context.settings
    return goes_towards(settings.direction, target.name) and settings.create in {"both", target.name}


def _plan_page(context: Context, side: Side, page: Sequence[Staged]) -> None:
    contacts = [contact_codec.index_entry(contact_codec.decode(staged.contact or "")) for staged in page]
    candidates = find_candidates(context, side, contacts)
    listed = context.tables.failures.of_records(side.name, [staged.id for staged in page])
    for staged, indexed in zip(page, contacts, strict=True):
        if context.staging.paired_id(side.name, staged.id) or is_listed(context, staged, listed.get(staged.id)):
            continue
        with around(context, staged):
            _plan_record(context, side, staged, indexed, candidates[indexed.id])


def _plan_record(context: Context, side: Side, staged: Staged, indexed: IndexedContact, candidates: Candidates) -> None:
    verdict = pair(indexed, candidates)
    reason = contact_codec.decode(staged.contact or "").left_out
    if reason and not (isinstance(verdict, Paired) and verdict.by == "marker"):
        leave_out(context, side, staged, reason)
        return
    if isinstance(verdict, Unpaired):
        verdict = replaced_partner(context, side, indexed, candidates) or verdict
    if not isinstance(verdict, Paired):
        # The hashes of a lifted erasure prove more than a doubtful address or number.
        verdict = lifted_partner(context, side, indexed) or verdict
    _plan_verdict(context, side, staged, verdict)


def _plan_verdict(context: Context, side: Side, staged: Staged, verdict: Paired | PairingRefused | Unpaired) -> None:
    if isinstance(verdict, PairingRefused):
        _plan_failure(context, side, staged, verdict)
    elif isinstance(verdict, Unpaired):
        _plan_create(context, side, staged, contact_codec.decode(staged.contact or ""))
    elif not plan_first_merge(context, side, staged, verdict.id):
        # The match is gone from the other side, and from the index by now, so the next candidate is looked for.
        indexed = contact_codec.index_entry(contact_codec.decode(staged.contact or ""))
        again = pair(indexed, find_candidates(context, side, [indexed])[indexed.id])
        _plan_verdict(context, side, staged, again)


def _plan_wait(context: Context, staged: Staged, other: Side, other_id: str) -> None:
    """List a contact that waits for the record that seems to be the same person, and cannot be read now."""
    reason = (
        f"seems to be {other.account}:{other_id}, which could not be read; it waits until that record can be read, "
        "so that no second contact is created"
    )
    plan_listing(context, staged, reason, [f"{other.name}:{other_id}"], "pair")


def _plan_create(context: Context, side: Side, staged: Staged, contact: Contact) -> None:
    target = context.connection.other(side)
    only = context.settings.only.left if side.name == LEFT else context.settings.only.right
    if not may_create(context, target) or not contact_codec.is_in_scope(contact.fields, only):
        leave_out(context, side, staged)
    elif lacking := target.connector.missing_key(values_for_create(context, target, contact.fields).changes):
        leave_out(context, side, staged, lacking)
    else:
        plan_create(context, target, staged, contact)


def leave_out(context: Context, side: Side, staged: Staged, reason: str = "") -> None:
    """Count a contact that is not carried; one without a key at the other side is counted by its reason (R29, R37)."""
    context.report.left_out += 1
    if reason:
        context.findings.left_out[side.account, reason] += 1
    with context.state.atomic() as transaction:
        context.tables.failures.close_failures(transaction, side.name, staged.id)


def _plan_failure(context: Context, side: Side, staged: Staged, verdict: PairingRefused) -> None:
    other = context.connection.other(side)
    blockers = [f"{side.name if own else other.name}:{record_id}" for own, record_id in verdict.blockers]
    plan_listing(context, staged, verdict.reason, blockers, "double" if verdict.double else "pair")
