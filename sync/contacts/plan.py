"""The second half of observing: decide, for everything that was staged, what is to be written where.

Nothing is written here, to no system and not to the links: the plan is a list of steps on the stage, and what it would
do to each side is weighed for the guard. The steps are

    pair    two people, linked already or meeting for the first time: `writes` names the sides that are to be written
    create  somebody who is to be made on `side`
    fail    a record that can't be carried, `note` saying why
    delete  a survivor who is to be deleted too (sync.vanishing)
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager

from connectors.contact import Contact
from state.failures import Failure
from state.indexed_contact import IndexedContact
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.candidates import find_candidates
from sync.contacts.context import Context
from sync.contacts.enrichment import awaited, enrich
from sync.contacts.guard_weights import weigh, weigh_rest
from sync.contacts.lifted_erasures import lifted_partner, note_lifted
from sync.contacts.owed_values import steps_of_owed
from sync.contacts.read import complete_index, stage_by_id
from sync.contacts.replaced_records import replaced_partner
from sync.contacts.untranslatable import count, is_untranslatable, load_owners, load_owners_for_create
from sync.rules import contact_codec
from sync.rules.deletion import goes_towards
from sync.rules.match import Candidates, Paired, PairingRefused, Unpaired, pair
from sync.rules.merge import LEFT, Merge, SideView, merge
from sync.rules.withhold import protect, refuse
from sync.streams.connection import SIDE_NAMES, Side
from sync.streams.record_boundary import UNREAD

CREATE, PAIR, FAIL = "create", "pair", "fail"

DELETE = "delete"
"""A step, and the operation of a failure that `reconcile` alone tries again."""


def plan(context: Context) -> None:
    """Plan everything that was staged, and whatever else is due."""
    context.run.progress.begin_step("planning")
    for side in context.connection.sides:
        context.findings.weights[side.account].linked = context.tables.links.count_links()
    context.findings.unfinished = context.tables.links.first_unfinished()
    _stage_due(context)
    for side in context.connection.sides:
        for page in context.staging.record_pages(side.name, linked=True):
            _plan_linked(context, side, page)
    _plan_resolved(context)
    _plan_owed(context)
    plan_unlinked(context)
    context.report.unchanged += context.staging.count_unchanged()


def merged(context: Context, link: Link | None, left: Staged | None, right: Staged | None) -> Merge:
    """Merge a pair by what this run knows of it.

    Whether owners have a place is asked when the first is to be written.
    """
    views = context.view(link, context.connection.left, left), context.view(link, context.connection.right, right)
    result = merge_views(context, link, *views)
    rules = context.present_rules()
    for side in context.connection.sides:
        if "owner" in result.to(side.name) or "owner" in result.conflicts:
            load_owners(side)
    return result if context.present_rules() is rules else merge_views(context, link, *views)


def merge_views(context: Context, link: Link | None, left: SideView, right: SideView) -> Merge:
    """Merge what two sides show, by the rules of the connection and of both accounts; or what is to be undone."""
    rules = context.present_rules()
    if context.undone is not None:
        result = context.undone.decide(rules, link, left, right).merge
    else:
        resolutions = context.resolutions(link) if link else {}
        sides = {side.account: side.name for side in context.connection.sides}
        untaken = (
            {name: sides[account] for name, account in context.tables.history.refused_fields(link.id).items()}
            if link
            else {}
        )
        result = merge(rules, left, right, context.mapping.judge, context.settings.conflicts, resolutions, untaken)
    protect(result, rules, left, right)
    for side in context.connection.sides:
        refuse(result, side.name, side.connector.never_empty, left, right)
    if context.undone is None:
        enrich(context, link, result, left, right)
    return result


def _stage_due(context: Context) -> None:
    """Read by id the records of failures whose cause may be gone, or that were not tried for a day (R22)."""
    now = context.run.now_ms()
    for failure in context.tables.failures.waiting_failures():
        side = context.connection.side(failure.side)
        if failure.operation in {DELETE, UNREAD} or context.staging.changed_records(side.name, [failure.record_id]):
            continue
        if failure.is_due(now) or _unblocked(context, failure):
            with context.boundary.around(side, failure.record_id, failure.operation, who=failure.who):
                stage_by_id(context, side, failure.record_id)


def _unblocked(context: Context, failure: Failure) -> bool:
    for blocker in failure.blockers:
        side, _, record_id = blocker.partition(":")
        if context.staging.has_record(side, record_id):
            return True
    return False


def _plan_linked(context: Context, side: Side, page: Sequence[Staged]) -> None:
    listed = context.tables.failures.of_records(side.name, [staged.id for staged in page])
    for staged in page:
        with around(context, staged):
            link = context.tables.links.by_id(staged.link or 0)
            if link is not None and not is_listed(context, staged, listed.get(staged.id)):
                _plan_with_twin(context, side, staged, link)


def _plan_with_twin(context: Context, side: Side, staged: Staged, link: Link) -> None:
    other = context.connection.other(side)
    twin = context.staging.changed_records(other.name, [link.side(other.name).id]).get(link.side(other.name).id)
    if (side.name != LEFT and twin is not None) or _is_gone(context, other, link):
        return
    twin = twin or context.staging.changed_records(other.name, [link.side(other.name).id]).get(link.side(other.name).id)
    if twin is None and _asks_for(context, link, staged, other):
        twin = stage_by_id(context, other, link.side(other.name).id)
        if twin is None:  # gone: who outlives it is free to meet somebody else
            return
    left, right = (staged, twin) if side.name == LEFT else (twin, staged)
    _plan_pair(context, link, left, right)


def around(context: Context, staged: Staged, operation: str = "plan") -> AbstractContextManager[None]:
    """Return the boundary around the decision about a staged record (R42)."""
    side = context.connection.side(staged.side)
    return context.boundary.around(side, staged.id, operation, who=_who(side, staged), digest=staged.digest)


def _who(side: Side, staged: Staged) -> str:
    fields = contact_codec.decode(staged.contact).fields if staged.contact else {}
    return contact_codec.display_name(side.account, staged.id, fields)


def _asks_for(context: Context, link: Link, staged: Staged, other: Side) -> bool:
    """Say whether a record shows a field of which the other side was never agreed on, so that it has to be read too."""
    base, disputed = context.mapping.shadow(link, other.name), context.tables.conflicts.of_link(link.id)
    base = {
        **base,
        **dict.fromkeys(other.connector.fields_without_place),
    }  # what is shown of nobody there need not be asked for
    shown = context.mapping.travelling(contact_codec.decode(staged.contact or "").fields)
    unmet = [name for name in shown if name not in base and name not in disputed]
    return any(not is_untranslatable(context, name, shown[name], other) for name in unmet)


def _is_gone(context: Context, side: Side, link: Link) -> bool:
    """Say whether the record of a side is gone, which is asked anew when its survivor changed.

    An answer may have been wrong.
    """
    return link.gone == side.name and stage_by_id(context, side, link.side(side.name).id) is None


def _plan_resolved(context: Context) -> None:
    """Plan the pairs of which a person has resolved a conflict, unless a record of theirs was staged anyway."""
    for link_id in context.tables.conflicts.resolved_links():
        link = context.tables.links.by_id(link_id)
        if link is None or link.gone:
            continue
        staged = [context.staging.changed_records(name, [link.side(name).id]) for name in SIDE_NAMES]
        if not any(staged):
            with around(context, Staged(LEFT, link.left.id)):
                _plan_pair(context, link, None, None)


def _plan_owed(context: Context) -> None:
    """Plan the pairs to which something is owed that has a place now (R41)."""
    if not context.findings.has_owed_values:
        return
    for side in context.connection.sides:
        for step in (step for page in steps_of_owed(context, side) for step in page):
            link = context.tables.links.by_id(step.link or 0)
            if link is not None:
                left, right = (
                    context.staging.changed_records(name, [link.side(name).id]).get(link.side(name).id)
                    for name in SIDE_NAMES
                )
                _plan_pair(context, link, left, right)


def _plan_pair(context: Context, link: Link, left: Staged | None, right: Staged | None) -> None:
    result = merged(context, link, left, right)
    if context.findings.unfinished is not None and link.id >= context.findings.unfinished:
        weigh_rest(context, result, link, left, right)
    else:
        weigh(context, result, link)
    _count(context, result, left, right)
    step = Step(PAIR, "", link.left.id, link.right.id, link.id, sides_written(result), result.awaits)
    context.staging.plan_step(step)


def plan_unlinked(context: Context) -> None:
    """Plan everybody who was staged and has no link."""
    context.findings.unknown = {(intent.side, intent.source_id) for intent in context.tables.intents.open_creates()}
    for side in context.connection.sides:
        _plan_unlinked_side(context, side)


def _plan_unlinked_side(context: Context, side: Side) -> None:
    other = context.connection.other(side)
    for page in context.staging.record_pages(side.name, linked=False):
        if may_create(context, other):
            complete_index(context, other)
        _plan_page(context, side, [staged for staged in page if not context.staging.paired_id(side.name, staged.id)])


def _plan_page(context: Context, side: Side, page: Sequence[Staged]) -> None:
    persons = [contact_codec.index_entry(contact_codec.decode(staged.contact or "")) for staged in page]
    near = find_candidates(context, side, persons)
    silent = context.tables.failures.of_records(side.name, [staged.id for staged in page])
    for staged, person in zip(page, persons, strict=True):
        if context.staging.paired_id(side.name, staged.id) or is_listed(context, staged, silent.get(staged.id)):
            continue
        with around(context, staged):
            _plan_unlinked_contact(context, side, staged, person, near[person.id])


def _plan_unlinked_contact(
    context: Context, side: Side, staged: Staged, person: IndexedContact, near: Candidates
) -> None:
    contact = contact_codec.decode(staged.contact or "")
    verdict = pair(person, near)
    if isinstance(verdict, Unpaired):
        verdict = replaced_partner(context, side, person, near) or verdict
    if not isinstance(verdict, Paired):  # who was lifted is told by more than a doubtful address or number
        verdict = lifted_partner(context, side, person) or verdict
    if isinstance(verdict, Paired):
        _meet(context, side, staged, contact, verdict.id)
    elif isinstance(verdict, PairingRefused):
        _plan_failure(context, side, staged, verdict)
    else:
        _plan_create(context, side, staged, contact)


def _meet(context: Context, side: Side, staged: Staged, contact: Contact, other_id: str) -> None:
    if not plan_first_merge(context, side, staged, other_id):
        _plan_again(context, side, staged, contact)


def is_listed(context: Context, staged: Staged, failure: Failure | None) -> bool:
    """Say whether the record failed before and nothing has changed since.

    It stays listed, and is not tried again yet.
    """
    if failure is None or failure.digest != staged.digest:
        return False
    return failure.dismissed or not (failure.is_due(context.run.now_ms()) or _unblocked(context, failure))


def plan_first_merge(context: Context, side: Side, staged: Staged, other_id: str) -> bool:
    """Plan two people who meet for the first time (R10); return False where the other turns out to be gone.

    Where the other cannot be read, it may still be the same person: this one waits for it, and is never created.
    """
    other = context.connection.other(side)
    twin = context.staging.changed_records(other.name, [other_id]).get(other_id)
    if twin is None:
        was_read = False
        with context.boundary.around(other, other_id):
            twin, was_read = stage_by_id(context, other, other_id), True
        if not was_read:
            _plan_wait(context, staged, other, other_id)
            return True
    if twin is None:
        return False
    left, right = (staged, twin) if side.name == LEFT else (twin, staged)
    for each, record_id in ((context.connection.left, left.id), (context.connection.right, right.id)):
        note_lifted(context, each, record_id)
    result = merged(context, None, left, right)
    weigh(context, result)
    _count(context, result, left, right)
    with context.state.atomic():
        context.staging.add_pair(left.id, right.id)
        context.staging.plan_step(Step(PAIR, "", left.id, right.id, None, sides_written(result), result.awaits))
    return True


def _plan_wait(context: Context, staged: Staged, other: Side, other_id: str) -> None:
    """List a contact that waits for the record that seems to be the same person, and cannot be read now."""
    reason = (
        f"seems to be {other.account}:{other_id}, which could not be read; it waits until that record can be read, "
        "so that no second contact is created"
    )
    plan_listing(context, staged, reason, [f"{other.name}:{other_id}"], "pair")


def _plan_again(context: Context, side: Side, staged: Staged, contact: Contact) -> None:
    """Decide anew about somebody whose match turned out to be gone from the other side."""
    person = contact_codec.index_entry(contact)
    verdict = pair(person, find_candidates(context, side, [person])[person.id])
    if isinstance(verdict, Unpaired):
        _plan_create(context, side, staged, contact)
    elif isinstance(verdict, PairingRefused):
        _plan_failure(context, side, staged, verdict)
    else:
        _meet(context, side, staged, contact, verdict.id)


def _plan_create(context: Context, side: Side, staged: Staged, contact: Contact) -> None:
    target = context.connection.other(side)
    only = context.settings.only.left if side.name == LEFT else context.settings.only.right
    if not may_create(context, target) or not contact_codec.is_in_scope(contact.fields, only):
        context.report.left_out += 1
        with context.state.atomic() as transaction:
            context.tables.failures.close_failures(transaction, side.name, staged.id)
        return
    plan_create(context, target, staged, contact)


def plan_create(context: Context, target: Side, staged: Staged, contact: Contact) -> None:
    """Plan that somebody is made on a side, unless an earlier create of theirs has an outcome that nobody knows."""
    if (target.name, staged.id) in context.findings.unknown:
        return
    load_owners_for_create(context, target, contact.fields)
    note = awaited(context, target, contact)
    context.report.unmapped += count(context, context.connection.other(target), contact)
    left_id, right_id = (staged.id, None) if staged.side == LEFT else (None, staged.id)
    context.staging.plan_step(Step(CREATE, target.name, left_id, right_id, None, target.name, note))


def _plan_failure(context: Context, side: Side, staged: Staged, verdict: PairingRefused) -> None:
    other = context.connection.other(side)
    blockers = [f"{side.name if own else other.name}:{record_id}" for own, record_id in verdict.blockers]
    plan_listing(context, staged, verdict.reason, blockers, "double" if verdict.double else "pair")


def plan_listing(context: Context, staged: Staged, reason: str, blockers: Sequence[str], operation: str) -> None:
    """Plan that a staged record is listed as a failure; `blockers` are records ("left:ID")."""
    who = contact_codec.display_name(
        context.connection.side(staged.side).account, staged.id, contact_codec.decode(staged.contact or "").fields
    )
    note = json.dumps({"who": who, "reason": reason, "blockers": list(blockers), "operation": operation})
    left_id, right_id = (staged.id, None) if staged.side == LEFT else (None, staged.id)
    context.staging.plan_step(Step(FAIL, staged.side, left_id, right_id, None, "", note))


def may_create(context: Context, target: Side) -> bool:
    """Say whether people may be made on a side."""
    settings = context.settings
    return goes_towards(settings.direction, target.name) and settings.create in {"both", target.name}


def _count(context: Context, result: Merge, left: Staged | None, right: Staged | None) -> None:
    """Count the values that mean nothing on the other side, and pairs of which nothing is to be written or listed."""
    for side, staged in zip(context.connection.sides, (left, right), strict=True):
        if staged is not None:
            context.report.unmapped += count(context, side, contact_codec.decode(staged.contact or ""))
    context.report.unmapped += len(result.refused)
    context.report.unchanged += not result.writes and not result.conflicts


def sides_written(result: Merge) -> str:
    """Return which sides a merge writes to: '', 'left', 'right' or 'both'."""
    if result.to_left and result.to_right:
        return "both"
    return LEFT if result.to_left else "right" if result.to_right else ""
