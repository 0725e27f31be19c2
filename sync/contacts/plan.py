"""Plan what is to be written where: every staged record, and what else is due.

Rules kept here:
- nothing is written here, to no system and to no shadow: the plan is a list of steps in staging, and how much it
  changes on each side is weighed for the guard (R25);
- a failure is tried again when its cause may be gone, and once a day (R22);
- a linked contact outside of a scope that binds it is parked: that alone is stored here, and merged with neither side
  until it is back (R49);
- a contact without a key at the other side is left out, with the reason, until it has one (R37);
- both sides are read in full into the identity index before a contact is created (R7);
- a record that cannot be read may still be the counterpart: the contact waits for it, and is never created (R42).
"""

from collections.abc import Sequence

from state.indexed_contact import IndexedContact
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.candidates import find_candidates
from sync.contacts.circle import awaited_create, double_of_linked, is_deleted_there, linked_partner
from sync.contacts.context import Context
from sync.contacts.enrichment import awaited
from sync.contacts.merge import load_owners_for_create, merge_pair, values_for_create
from sync.contacts.namesakes import unread_namesake
from sync.contacts.owed_values import steps_of_owed
from sync.contacts.parked_links import is_bound_out, is_parked, judge
from sync.contacts.partners import lifted_partner, note_lifted, replaced_partner
from sync.contacts.plan_steps import (
    CREATE,
    DELETE,
    around,
    is_listed,
    is_retried,
    plan_listing,
    plan_pair,
    weigh,
    weigh_rest,
)
from sync.contacts.read import complete_index
from sync.contacts.staged_records import contact_of, stage_by_id, without_deleted
from sync.contacts.unlisted import complete_linked, complete_new, reason_undecided, scope_verdict, with_unlisted
from sync.contacts.untranslatable import count, is_untranslatable
from sync.rules import contact_codec
from sync.rules.deletion import goes_towards
from sync.rules.match import Candidates, Paired, PairingRefused, Unpaired, pair
from sync.rules.merge_result import LEFT, RIGHT
from sync.streams.connection import SIDE_NAMES, Side
from sync.streams.record_boundary import UNREAD


def plan(context: Context) -> None:
    """Plan everything that was staged, and what else is due. Raises AuthError, TransientError."""
    context.run.progress.begin_step("planning", context.staging.count_changed())
    for side in context.connection.sides:
        context.findings.weights[side.account].linked = context.tables.links.count_links()
    context.findings.unfinished = context.tables.links.first_unfinished()
    _stage_due_failures(context)
    complete_linked(context)
    for side in context.connection.sides:
        for page in context.staging.record_pages(side.name, linked=True):
            _plan_linked(context, side, page)
            context.run.progress.advance(len(page))
    _plan_resolved(context)
    _plan_owed(context)
    plan_unlinked(context)
    for side in context.connection.sides:
        context.findings.weights[side.account].created = context.staging.count_steps(CREATE, side.name)
    context.report.unchanged += context.staging.count_unchanged()


def _stage_due_failures(context: Context) -> None:
    """Read by id the records of failures that are due, or that may be without a cause by now (R22)."""
    for failure in context.tables.failures.waiting_failures():
        side = context.connection.side(failure.side)
        if failure.operation in {DELETE, UNREAD} or context.staging.changed_record(side.name, failure.record_id):
            continue
        if is_retried(context, failure):
            with context.boundary.around(side, failure.record_id, failure.operation, who=failure.who):
                stage_by_id(context, side, failure.record_id)


def _plan_linked(context: Context, side: Side, page: Sequence[Staged]) -> None:
    listed = context.tables.failures.of_records(side.name, [staged.id for staged in page])
    for staged in page:
        with around(context, staged):
            link = context.tables.links.by_id(staged.link)
            if link is not None and not is_listed(context, staged, listed.get(staged.id)):
                _plan_with_counterpart(context, side, staged, link)


def _plan_with_counterpart(context: Context, side: Side, staged: Staged, link: Link) -> None:
    other = context.connection.other(side)
    other_id = link.side(other.name).id
    counterpart = context.staging.changed_record(other.name, other_id)
    if side.name != LEFT and counterpart is not None:
        return  # the pair was planned with the page of its left record
    parking = judge(context, link, {side.name: staged, other.name: counterpart})
    if parking.is_parked:
        return
    is_needed = parking.is_returning or _needs_counterpart(context, link, staged, other)
    # The answer that a record is gone may have been wrong, so it is asked for again when its survivor changes.
    if link.gone == other.name or (counterpart is None and is_needed):
        counterpart = stage_by_id(context, other, other_id)
        if counterpart is None:  # it is gone: the survivor may be linked to another record
            return
        if judge(context, link, {side.name: staged, other.name: counterpart}).is_parked:
            return
    left, right = (staged, counterpart) if side.name == LEFT else (counterpart, staged)
    _plan_pair(context, link, left, right)
    if parking.is_returning:
        context.findings.returned.add(link.id)


def _needs_counterpart(context: Context, link: Link, staged: Staged, other: Side) -> bool:
    """Say whether a record shows a field that was never agreed on with the other side, which has to be read then."""
    shown = context.mapping.travelling(contact_of(staged).fields)
    known = {*context.mapping.shadow(link, other.name), *context.tables.conflicts.of_link(link.id)}
    known |= other.connector.fields_without_place  # no record of the other side shows such a field
    return any(not is_untranslatable(context, name, shown[name], other) for name in shown if name not in known)


def _plan_resolved(context: Context) -> None:
    """Plan the pairs with a conflict that a user has resolved, unless one of their records was staged anyway."""
    for link_id in context.tables.conflicts.resolved_links():
        link = context.tables.links.by_id(link_id)
        if link is not None and not link.gone and not any(_staged_records(context, link)):
            if is_parked(context, link):
                continue
            with around(context, Staged(LEFT, link.left.id)):
                _plan_pair(context, link, None, None)


def _plan_owed(context: Context) -> None:
    """Plan the pairs that wait for a value that has a place now (R41)."""
    if not context.findings.has_owed_values:
        return
    for side in context.connection.sides:
        for step in (step for page in steps_of_owed(context, side) for step in page):
            link = context.tables.links.by_id(step.link)
            if link is not None and not is_parked(context, link):
                _plan_pair(context, link, *_staged_records(context, link))


def _staged_records(context: Context, link: Link) -> tuple[Staged | None, Staged | None]:
    """Return the records of a link that are staged with something new, left first."""
    left, right = (context.staging.changed_record(name, link.side(name).id) for name in SIDE_NAMES)
    return left, right


def _plan_pair(context: Context, link: Link, left: Staged | None, right: Staged | None) -> None:
    result = merge_pair(context, link, left, right)
    if context.findings.unfinished is not None and link.id >= context.findings.unfinished:
        weigh_rest(context, result, link, left, right)
    else:
        weigh(context, result, link)
    plan_pair(context, link, link.ids, result, left, right)


def plan_unlinked(context: Context) -> None:
    """Plan every staged record without a link. Raises AuthError, TransientError."""
    context.findings.unknown = {(intent.side, intent.source_id) for intent in context.tables.intents.open_creates()}
    for side in context.connection.sides:
        other = context.connection.other(side)
        for page in context.staging.record_pages(side.name, linked=False):
            if wanted := may_create(context, other):
                complete_index(context, other)
            free = [each for each in page if not context.staging.paired_id(side.name, each.id)]
            present = without_deleted(context, side, free)
            _plan_unlinked_page(context, side, complete_new(context, side, present) if wanted else present)


def plan_first_merge(context: Context, side: Side, staged: Staged, other_id: str) -> bool:
    """Plan a pair that is linked by this run (R10); return False if the other record turns out to be gone."""
    other = context.connection.other(side)
    counterpart = context.staging.changed_record(other.name, other_id)
    if counterpart is None:
        was_read = False
        with context.boundary.around(other, other_id):
            counterpart, was_read = stage_by_id(context, other, other_id), True
        if not was_read:
            _plan_wait(context, staged, other, other_id)
            return True
    if counterpart is None:
        return False
    own, others = with_unlisted(context, side, [staged]), with_unlisted(context, other, [counterpart])
    if not own or not others:
        _plan_wait(context, staged, other, other_id)
        return True
    left, right = (*own, *others) if side.name == LEFT else (*others, *own)
    if is_bound_out(context, {LEFT: left, RIGHT: right}):
        _leave_out(context, side, staged)
        return True
    for each, record_id in ((context.connection.left, left.id), (context.connection.right, right.id)):
        note_lifted(context, each, record_id)
    result = merge_pair(context, None, left, right)
    weigh(context, result)
    with context.state.atomic():
        context.staging.add_pair(left.id, right.id)
        plan_pair(context, None, (left.id, right.id), result, left, right)
    return True


def plan_create(context: Context, target: Side, staged: Staged) -> None:
    """Plan that a contact is created on a side, unless an earlier create of it has an unknown outcome (R20)."""
    if (target.name, staged.id) in context.findings.unknown:
        return
    contact = contact_of(staged)
    load_owners_for_create(context, target, contact.fields)
    note = awaited(context, target, contact)
    context.report.unmapped += count(context, context.connection.other(target), contact)
    left_id, right_id = (staged.id, None) if staged.side == LEFT else (None, staged.id)
    context.staging.plan_step(Step(CREATE, target.name, left_id, right_id, None, target.name, note))


def may_create(context: Context, target: Side) -> bool:
    """Say whether the config lets contacts be created on a side."""
    settings = context.settings
    return goes_towards(settings.direction, target.name) and settings.create in {"both", target.name}


def _plan_unlinked_page(context: Context, side: Side, page: Sequence[Staged]) -> None:
    contacts = [contact_codec.index_entry(contact_of(staged)) for staged in page]
    candidates = find_candidates(context, side, contacts)
    listed = context.tables.failures.of_records(side.name, [staged.id for staged in page])
    for staged, indexed in zip(page, contacts, strict=True):
        if context.staging.paired_id(side.name, staged.id) or is_listed(context, staged, listed.get(staged.id)):
            continue
        with around(context, staged):
            _plan_unlinked_record(context, side, staged, indexed, candidates[indexed.id])


def _plan_unlinked_record(
    context: Context, side: Side, staged: Staged, indexed: IndexedContact, candidates: Candidates
) -> None:
    verdict = linked_partner(context, side, indexed) or pair(indexed, candidates)
    reason = contact_of(staged).left_out
    if reason and not (isinstance(verdict, Paired) and verdict.by in {"link", "marker"}):
        _leave_out(context, side, staged, reason)
        return
    if isinstance(verdict, Unpaired):
        verdict = replaced_partner(context, side, indexed, candidates) or verdict
    if not isinstance(verdict, Paired):
        # The hashes of a lifted erasure prove more than a doubtful address or number.
        verdict = lifted_partner(context, side, indexed) or verdict
    if isinstance(verdict, Unpaired):
        verdict = double_of_linked(context, side, indexed) or verdict
    if isinstance(verdict, Unpaired) and (awaited_reason := awaited_create(context, side, indexed)):
        plan_listing(context, staged, awaited_reason, (), "pair", due_ms=context.run.now_ms())
    elif isinstance(verdict, Unpaired) and (unread := unread_namesake(context, side, indexed)):
        _plan_wait(context, staged, context.connection.other(side), unread)
    elif isinstance(verdict, Unpaired) and is_deleted_there(context, side, indexed):
        _leave_out(context, side, staged)
    else:
        _plan_verdict(context, side, staged, verdict)


def _plan_verdict(context: Context, side: Side, staged: Staged, verdict: Paired | PairingRefused | Unpaired) -> None:
    if isinstance(verdict, PairingRefused):
        names = {True: side.name, False: context.connection.other(side).name}
        blockers = [f"{names[own]}:{record_id}" for own, record_id in verdict.blockers]
        plan_listing(context, staged, verdict.reason, blockers, "double" if verdict.double else "pair")
    elif isinstance(verdict, Unpaired):
        _plan_create(context, side, staged)
    elif not plan_first_merge(context, side, staged, verdict.id):
        # The match is gone from the other side, and from the index by now, so the next candidate is looked for.
        indexed = contact_codec.index_entry(contact_of(staged))
        again = pair(indexed, find_candidates(context, side, [indexed])[indexed.id])
        _plan_verdict(context, side, staged, again)


def _plan_wait(context: Context, staged: Staged, other: Side, other_id: str) -> None:
    """List a contact that waits for the record that seems to be the same person, and cannot be read now."""
    reason = (
        f"seems to be {other.account}:{other_id}, which could not be read; it waits until that record can be read, "
        "so that no second contact is created"
    )
    plan_listing(context, staged, reason, [f"{other.name}:{other_id}"], "pair")


def _plan_create(context: Context, side: Side, staged: Staged) -> None:
    """Plan a create if the config lets this contact be created on the other side; else count it as left out."""
    target, contact = context.connection.other(side), contact_of(staged)
    if not may_create(context, target):
        _leave_out(context, side, staged)
    elif not scope_verdict(context, side, staged):
        _leave_out(context, side, staged, reason_undecided(context, side, staged))
    elif lacking := target.connector.missing_key(values_for_create(context, target, contact.fields).changes):
        _leave_out(context, side, staged, lacking)
    else:
        plan_create(context, target, staged)


def _leave_out(context: Context, side: Side, staged: Staged, reason: str = "") -> None:
    """Count a contact that is not carried; one without a key at the other side is counted by its reason (R29, R37)."""
    context.report.left_out += 1
    if reason:
        context.findings.left_out[side.account, reason] += 1
    with context.state.atomic() as transaction:
        context.tables.failures.close_failures(transaction, side.name, staged.id)
