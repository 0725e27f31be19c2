"""Decide what becomes of every message on the stage: linked, copied, amended, listed, or left out.

Rules kept here (R6, R9, R22):
- a message without a link is looked for on the other side before it is copied: by the marker, else by person, time and
  text; that costs one call for each person where copies are not listed (notes), and none elsewhere;
- who is not linked and does not travel has no messages that do: they are left out until the person travels. Where the
  person is listed as a failure, so are the messages.
"""

import json
from collections.abc import Sequence

from state.failures import Failure
from state.message_staging import MessageAction, StagedMessage
from sync.contacts.plan import CREATE as PERSON_CREATED
from sync.contacts.plan import FAIL as PERSON_LISTED
from sync.messages.candidates import Pair, find
from sync.messages.context import MessageContext, letters, message_of, original_side
from sync.messages.failures import CREATE, WITHOUT_PERSON
from sync.messages.plan_edits import plan_edit, plan_resolved
from sync.messages.read import complete_index, stage_message
from sync.messages.retries import take_over
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.record_boundary import UNREAD

LINK, FAIL = "link", "fail"


def plan(context: MessageContext) -> None:
    """Plan everything that was staged, what was left out and is free now, and what people have decided."""
    context.run.progress.begin_step("planning messages")
    context.findings.unknown = {(intent.side, intent.source_id) for intent in context.tables.intents.open_creates()}
    _stage_due(context)
    _stage_freed(context)
    for side in context.connection.sides:
        context.findings.weights[side.account].linked = context.tables.links.count_links()
        for number, page in enumerate(context.stage.message_pages(side.name)):
            if not number and letters(context.connection.other(side)).lists_copies:
                complete_index(context, context.connection.other(side))
            _plan_page(context, side, page)
    plan_resolved(context)


def _stage_due(context: MessageContext) -> None:
    """Read by id the messages of failures whose cause may be gone, or that were not tried for a day (R22)."""
    for failure in context.tables.failures.waiting_failures():
        side = context.connection.side(failure.side)
        if failure.operation == UNREAD or context.stage.message(side.name, failure.record_id) is not None:
            continue
        if not (failure.is_due(context.run.now_ms()) or _is_free(context, failure)):
            continue
        known = context.tables.index(side).message(failure.record_id)
        contact_id = known.contact_id if known else ""
        with context.boundary.around(side, failure.record_id, failure.operation, who=failure.who):
            if not stage_message(context, side, failure.record_id, contact_id):
                with context.state.atomic() as transaction:
                    context.tables.failures.close_failures(transaction, side.name, failure.record_id)


def _is_free(context: MessageContext, failure: Failure) -> bool:
    """Say whether the person that a message waited for is linked by now, or will be by this run."""
    for blocker in failure.blockers:
        side = context.connection.side(blocker.partition(":")[0])
        contact_id = blocker.partition(":")[2]
        if context.person(side, contact_id) or _is_coming(context, side, contact_id):
            return True
    return False


def _stage_freed(context: MessageContext) -> None:
    """Stage the messages that were left out and whose person travels by now."""
    context.findings.followed = context.tables.settings.newest_link()
    for side in context.connection.sides:
        if context.scope.leaves(side.name):
            for one in context.tables.index(side).freed_messages(context.tables.settings.last_link()):
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
            link = context.tables.links.by_id(staged.link) if staged.link else None
            if link is not None:
                if original_side(link) == side.name:  # a copy asks for nothing: what people do to it is its own affair
                    plan_edit(context, side, staged, link)
            elif not context.stage.is_taken(side.name, staged.id):
                _plan_new(context, side, staged)


def _stays_listed(context: MessageContext, staged: StagedMessage, failure: Failure) -> bool:
    if failure.digest != staged.digest:
        return False
    return failure.dismissed or not (failure.is_due(context.run.now_ms()) or _is_free(context, failure))


def _plan_new(context: MessageContext, side: Side, staged: StagedMessage) -> None:
    target = context.connection.other(side)
    contact_id = context.person(side, staged.contact_id) or context.contacts.staging.paired_id(
        side.name, staged.contact_id
    )
    if contact_id is None:
        _plan_for_stranger(context, side, staged)
        return
    pair = find(context, side, staged, message_of(staged), contact_id)
    if pair is not None:
        _plan_link(context, pair)
    elif (target.name, staged.id) in context.findings.unknown or not take_over(
        context, side, staged, message_of(staged)
    ):
        _plan_create(context, target, staged)


def _plan_for_stranger(context: MessageContext, side: Side, staged: StagedMessage) -> None:
    """Plan a message whose person is not linked: it goes along with who is about to be, or waits, or is left out."""
    if _is_coming(context, side, staged.contact_id):
        _plan_create(context, context.connection.other(side), staged)
        return
    if _is_listed(context, side, staged.contact_id):
        _plan_waiting(context, side, staged)
        return
    context.report.left_out += 1
    with context.state.atomic() as transaction:
        context.tables.index(side).mark_left_out(transaction, staged.id, left_out=True)
        context.tables.failures.close_failures(transaction, side.name, staged.id)


def _is_coming(context: MessageContext, side: Side, contact_id: str) -> bool:
    """Say whether this run is going to link somebody."""
    stage = context.contacts.staging
    return (
        stage.planned_operation(side.name, contact_id) == PERSON_CREATED
        or stage.paired_id(side.name, contact_id) is not None
    )


def _is_listed(context: MessageContext, side: Side, contact_id: str) -> bool:
    """Say whether somebody is a failure, by this run or an earlier one, or nobody knows yet what became of them.

    Who was dismissed from the list is left out, and so are the messages.
    """
    contacts, target = context.contacts, context.connection.other(side)
    if (
        contacts.staging.planned_operation(side.name, contact_id) == PERSON_LISTED
        or (target.name, contact_id) in contacts.findings.unknown
    ):
        return True
    failure = contacts.tables.failures.of_records(side.name, [contact_id]).get(contact_id)
    return failure is not None and not failure.dismissed


def _plan_link(context: MessageContext, pair: Pair) -> None:
    """Plan that two messages which exist on both sides already are linked."""
    sides = (pair.side, context.connection.other(context.connection.side(pair.side)).name)
    step = MessageAction(LINK, sides[1], pair.original.id, pair.original.contact_id, note=pair.to_json())
    with context.state.atomic() as transaction:
        context.stage.plan_action(transaction, step)
        for side, message in zip(sides, (pair.original, pair.copy), strict=True):
            context.stage.mark_taken(transaction, side, message.id)


def _plan_create(context: MessageContext, target: Side, staged: StagedMessage) -> None:
    """Plan that a message is copied, unless an earlier copy of it has an unknown outcome: that one is settled first."""
    if (target.name, staged.id) in context.findings.unknown:
        return
    sent_ms = contact_codec.to_ms(message_of(staged).sent_at) or 0
    with context.state.atomic() as transaction:
        context.stage.plan_action(
            transaction, MessageAction(CREATE, target.name, staged.id, staged.contact_id, sent_ms)
        )


def _plan_waiting(context: MessageContext, side: Side, staged: StagedMessage) -> None:
    """Plan that a message is listed as one that waits for its person."""
    note = json.dumps({"reason": WITHOUT_PERSON, "blockers": [f"{side.name}:{staged.contact_id}"]})
    with context.state.atomic() as transaction:
        context.stage.plan_action(
            transaction,
            MessageAction(FAIL, context.connection.other(side).name, staged.id, staged.contact_id, note=note),
        )
