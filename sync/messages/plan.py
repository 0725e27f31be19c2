"""Decide what happens to every staged message: linked, copied, updated, listed, or left out (R6, R22, R29).

A system may delete a message that failed to go out and create it again, without a link between the two. The new message
repeats the old one if contact, text and minute are the same, the old one has a copy, and the old one is gone: then it
takes over the link of the old one.
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import Final

from connectors.errors import RecordGone
from connectors.message import Message
from state.failures import Failure
from state.links import Link
from state.message_staging import MessageAction, StagedMessage
from state.messages import IndexedMessage
from sync.contacts import plan_steps as contact_steps
from sync.messages.candidates import FoundCopy, find_copy
from sync.messages.context import CREATE, LINK, WAIT, MessageContext, message_of, message_store
from sync.messages.failures import NO_CONTACT
from sync.messages.links import original_side, set_copied_content
from sync.messages.plan_edits import plan_edit, plan_resolved
from sync.messages.read import complete_index, stage_message
from sync.rules.contact_codec import to_ms
from sync.rules.messages import original_digest, text_digest
from sync.streams.connection import Side
from sync.streams.record_boundary import UNREAD
from sync.streams.recovery import is_gone


def plan_messages(context: MessageContext) -> None:
    """Plan everything that was staged, that waited for a contact, and that users decided."""
    context.run.progress.begin_step("planning messages")
    unknown = context.tables.intents.open_creates()
    context.findings.unknown_copies = {(intent.side, intent.source_id) for intent in unknown}
    _stage_due_failures(context)
    _stage_freed_messages(context)
    for side in context.connection.sides:
        context.findings.weights[side.account].linked = context.tables.links.count_links()
        for number, page in enumerate(context.staging.message_pages(side.name)):
            target = context.connection.other(side)
            if number == 0 and message_store(target).lists_copies:
                complete_index(context, target)
            _plan_page(context, side, page)
    plan_resolved(context)


def _stage_due_failures(context: MessageContext) -> None:
    """Read by id the failed messages that may succeed now, or that were not tried for a day (R22)."""
    for failure in context.tables.failures.waiting_failures():
        side = context.connection.side(failure.side)
        if failure.operation == UNREAD or context.staging.message(side.name, failure.record_id) is not None:
            continue
        if not _is_retried(context, failure):
            continue
        known = context.tables.index(side).message(failure.record_id)
        contact_id = known.contact_id if known else ""
        with context.boundary.around(side, failure.record_id, failure.operation, who=failure.who):
            stage_message(context, side, failure.record_id, contact_id)
            # Earlier releases listed a message by the id of its row: it is staged, and listed again, by its own id.
            if context.staging.message(side.name, failure.record_id) is None:
                with context.state.atomic() as transaction:
                    context.tables.failures.close_failures(transaction, side.name, failure.record_id)


def _is_retried(context: MessageContext, failure: Failure) -> bool:
    """Return whether a failure is due, or a contact that its message waited for is linked or planned by now."""
    if failure.is_due(context.run.now_ms()):
        return True
    for blocker in failure.blockers:
        name, _, contact_id = blocker.partition(":")
        side = context.connection.side(name)
        if context.linked_contact(side, contact_id) or _is_planned(context, side, contact_id):
            return True
    return False


def _stage_freed_messages(context: MessageContext) -> None:
    """Stage left-out messages of contacts that are linked or planned by now."""
    settings = context.tables.settings
    context.findings.newest_link = settings.newest_link()
    for side in context.connection.sides:
        if not context.scope.leaves(side.name):
            continue
        for one in context.tables.index(side).freed_messages(settings.last_link()):
            with context.around(side, one.id, one.contact_id):
                if not stage_message(context, side, one.id, one.contact_id):
                    with context.state.atomic() as transaction:
                        context.tables.index(side).drop_message(transaction, one.id)


def _plan_page(context: MessageContext, side: Side, page: Sequence[StagedMessage]) -> None:
    listed = context.tables.failures.of_records(side.name, [staged.id for staged in page])
    for staged in page:
        failure = listed.get(staged.id)
        if failure is not None and _stays_listed(context, staged, failure):
            continue
        with context.around(side, staged.id, staged.contact_id, CREATE, digest=staged.digest):
            _plan_message(context, side, staged)


def _stays_listed(context: MessageContext, staged: StagedMessage, failure: Failure) -> bool:
    """Return whether a failed message did not change since, and is not retried now."""
    if failure.digest != staged.digest:
        return False
    return failure.dismissed or not _is_retried(context, failure)


def _plan_message(context: MessageContext, side: Side, staged: StagedMessage) -> None:
    link = context.tables.links.by_id(staged.link) if staged.link else None
    if link is None:
        if not context.staging.is_taken(side.name, staged.id):
            _plan_new(context, side, staged)
    elif original_side(link) == side.name and not context.is_parked(side, staged.contact_id):
        # Edits of copies are not carried.
        plan_edit(context, side, staged, link)


def _plan_new(context: MessageContext, side: Side, staged: StagedMessage) -> None:
    """Plan a message without a link: it is linked, copied, or takes the link of the message that it repeats."""
    linked, planned = context.linked_contact, context.contacts.staging.paired_id
    contact_id = linked(side, staged.contact_id) or planned(side.name, staged.contact_id)
    if contact_id is None:
        _plan_without_contact(context, side, staged)
        return
    target, own = context.connection.other(side), message_of(staged)
    found = find_copy(context, side, staged, own, contact_id)
    if found is not None:
        _plan_link(context, found)
        return
    # A copy with an unknown outcome is settled first.
    is_unknown = (target.name, staged.id) in context.findings.unknown_copies
    if not is_unknown and not take_over_link(context, side, staged, own):
        _plan_create(context, target, staged)


def _plan_without_contact(context: MessageContext, side: Side, staged: StagedMessage) -> None:
    """Plan a message of an unlinked contact: it is copied after its contact, listed with it, or left out."""
    target = context.connection.other(side)
    if _is_planned(context, side, staged.contact_id):
        if (target.name, staged.id) not in context.findings.unknown_copies:
            _plan_create(context, target, staged)
    elif _is_failed(context, side, staged.contact_id):
        note = json.dumps({"reason": NO_CONTACT, "blockers": [f"{side.name}:{staged.contact_id}"]})
        _plan(context, MessageAction(WAIT, target.name, staged.id, staged.contact_id, note=note))
    else:
        context.report.left_out += 1
        with context.state.atomic() as transaction:
            context.tables.index(side).mark_left_out(transaction, staged.id, left_out=True)
            context.tables.failures.close_failures(transaction, side.name, staged.id)


def _is_planned(context: MessageContext, side: Side, contact_id: str) -> bool:
    """Return whether this run is going to link a contact."""
    stage = context.contacts.staging
    is_created = stage.planned_operation(side.name, contact_id) == contact_steps.CREATE
    return is_created or stage.paired_id(side.name, contact_id) is not None


def _is_failed(context: MessageContext, side: Side, contact_id: str) -> bool:
    """Return whether a contact is a failure, or its create has an unknown outcome.

    A contact that was dismissed from the list is left out, and so are its messages.
    """
    contacts, target = context.contacts, context.connection.other(side)
    if contacts.staging.planned_operation(side.name, contact_id) == contact_steps.FAIL:
        return True
    if (target.name, contact_id) in contacts.findings.unknown:
        return True
    failure = contacts.tables.failures.of_records(side.name, [contact_id]).get(contact_id)
    return failure is not None and not failure.dismissed


def _plan_link(context: MessageContext, found: FoundCopy) -> None:
    """Plan the link of two messages that exist already; no other message may be linked to them."""
    target = context.connection.other(context.connection.side(found.side))
    original = found.original
    action = MessageAction(LINK, target.name, original.id, original.contact_id, note=found.to_json())
    with context.state.atomic() as transaction:
        context.staging.plan_action(transaction, action)
        context.staging.mark_taken(transaction, found.side, original.id)
        context.staging.mark_taken(transaction, target.name, found.copy.id)


def _plan_create(context: MessageContext, target: Side, staged: StagedMessage) -> None:
    sent_ms = to_ms(message_of(staged).sent_at) or 0
    _plan(context, MessageAction(CREATE, target.name, staged.id, staged.contact_id, sent_ms))


def _plan(context: MessageContext, action: MessageAction) -> None:
    with context.state.atomic() as transaction:
        context.staging.plan_action(transaction, action)


MINUTE_MS: Final = 60_000


def take_over_link(context: MessageContext, side: Side, staged: StagedMessage, own: Message) -> bool:
    """Give a new message the link of the message that it repeats; return whether there is one.

    Raises AuthError, TransientError.
    """
    sent_ms = to_ms(own.sent_at)
    if sent_ms is None:
        return False
    for known, link_id in context.tables.index(side).copied_near(own.contact_id, sent_ms, MINUTE_MS):
        link = context.tables.links.by_id(link_id)
        if link is None or link.gone not in {None, side.name} or context.staging.message(side.name, known.id):
            continue
        try:
            own = message_store(side).with_text(own)
        except RecordGone:
            return False
        if _text_digest(context, side, known, link) != text_digest(own):
            continue
        if is_gone(partial(message_store(side).read_message, known.id, known.contact_id)):  # else both were said
            _relink(context, side, staged, link, own)
            return True
    return False


def _text_digest(context: MessageContext, side: Side, known: IndexedMessage, link: Link) -> bytes | None:
    """Return the digest of the text of a message; where no listing showed the text, its copy has the same."""
    return known.print or link.side(context.connection.other(side).name).digest


def _relink(context: MessageContext, side: Side, staged: StagedMessage, link: Link, own: Message) -> None:
    """Link the copy to the new message, which it shows already."""
    end = link.side(side.name)
    old_id, end.id, end.digest, link.gone = end.id, own.id, staged.digest, None
    set_copied_content(link, original_digest(own))
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.index(side).drop_message(transaction, old_id)
        context.tables.failures.close_failures(transaction, side.name, old_id)
        context.tables.failures.close_failures(transaction, side.name, own.id)
