"""Carry updates to one side, several at a time: read by id, merge again, intend, write, remember (R19 to R21)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connectors.connector import Answer, Page
from connectors.contact import Contact, Fields, Value
from connectors.errors import ConnectorError, DuplicateRefused, RecordError, RecordGone
from state.conflicts import Conflict
from state.history import Entry
from state.intents import Intent
from state.links import Link, LinkSide
from state.stage import Staged, Step
from sync.contacts.context import Context, Side
from sync.contacts.observing import forget_gone, note_gone, staged_record
from sync.contacts.places import prepare
from sync.contacts.planning import merge_views
from sync.contacts.trouble import Troubles
from sync.decisions import people, shadows
from sync.decisions.carrying import Bases, after_agreement, after_write, is_settled, unproven
from sync.decisions.merging import Merge, View


@dataclass(slots=True)
class Update:
    """One person to be written on `target`, with values of `source`. `record` and `own` are what is staged of them."""

    target: Side
    source: Side
    record: Staged
    own: Staged | None
    link: Link | None
    raw: Mapping[str, Any] = field(default_factory=dict)
    contact: Contact = field(default_factory=lambda: Contact("", {}))
    views: dict[str, View] = field(default_factory=dict)
    result: Merge = field(default_factory=Merge)
    changes: dict[str, Value] = field(default_factory=dict)
    shown: Contact = field(default_factory=lambda: Contact("", {}))
    settled: Fields = field(default_factory=dict)

    @property
    def left_first(self) -> tuple[View, View]:
        """Return both views, left first."""
        return self.views["left"], self.views["right"]

    @property
    def source_id(self) -> str:
        """Return the id of the person the values come from."""
        if self.own is not None:
            return self.own.id
        return self.link.side(self.source.name).id if self.link else ""


def update(context: Context, target: Side, steps: Sequence[Step], troubles: Troubles[Staged]) -> None:
    """Write one wave of pairs to one side. Raises what makes the account useless.

    No more records are read at a time than can be written at once: an edit between the two is what R19 cannot see.
    """
    jobs = [_job(context, target, step) for step in steps]
    width = target.dispatcher.width()
    done: list[tuple[Update, Answer | ConnectorError | None]] = []
    for start in range(0, len(jobs), width):
        done += _write(context, target, jobs[start : start + width], troubles)
        if troubles.is_fatal():
            break
    with context.state.atomic():
        for job, answer in done:
            _conclude(context, job, answer, troubles)
    context.progress.advance(len(steps))
    troubles.raise_fatal()


def _write(
    context: Context, target: Side, jobs: Sequence[Update], troubles: Troubles[Staged]
) -> list[tuple[Update, Answer | ConnectorError | None]]:
    """Read, merge again and write some pairs; return who was read, with the answers of those who were written."""
    pages = target.dispatcher.gather([partial(target.connector.get, job.record.id) for job in jobs])
    ready = [job for job, page in zip(jobs, pages, strict=True) if _merge_again(context, job, page, troubles)]
    names = frozenset(name for job in ready for name in job.changes)
    if names:
        prepare(context, target, names)
    for job in ready:
        _drop_homeless(context, job)
    writing = [job for job in ready if job.changes]
    _intend(context, writing)
    sent = target.dispatcher.gather([partial(_send, job) for job in writing])
    answers = [_again_without_number(context, job, answer) for job, answer in zip(writing, sent, strict=True)]
    for job, answer in zip(writing, answers, strict=True):
        _read_answer(job, answer)
    unwritten = [(job, None) for job in ready if not job.changes]
    return [*unwritten, *((job, answer) for job, answer in zip(writing, answers, strict=True) if job.changes)]


def _intend(context: Context, jobs: Sequence[Update]) -> None:
    """Note what is about to be overwritten, and what both sides will have agreed on then."""
    if not jobs:
        return
    with context.state.atomic():
        for job in jobs:
            context.intents.add(_intent(context, job), context.run)


def _intent(context: Context, job: Update) -> Intent:
    to, source = job.views[job.target.name], job.views[job.source.name]
    bases = after_write(job.result, job.target.name, to, source, {})
    memory = people.decode(job.own.contact).memory if job.own is not None and job.own.contact else None
    aim = {
        "record": job.record.id,
        "run": context.run,
        "memory": dict(memory) if memory else None,
        "target": {name: bases.target[name] for name in job.changes},
        "source": {name: bases.source[name] for name in job.changes if name in bases.source},
        "history": {name: [shadows.render(to.value(name)[1]), rule] for name, rule in _rules(job).items()},
    }
    return Intent(job.target.name, job.source_id, job.target.server_now_ms(context.clock), dict(job.changes), aim)


def settle_pair(context: Context, left: Staged | None, right: Staged | None, link: Link | None) -> None:
    """Remember a pair that needs no write: what was agreed, and what is in conflict. Call inside `atomic`."""
    target, source = context.left, context.right
    ids = (link.left.id, link.right.id) if link else (left.id if left else "", right.id if right else "")
    job = Update(target, source, left or Staged("left", ids[0]), right or Staged("right", ids[1]), link)
    job.views = {"left": context.view(link, context.left, left), "right": context.view(link, context.right, right)}
    job.contact = people.decode(left.contact) if left and left.contact else Contact(ids[0], job.views["left"].now)
    job.result = merge_views(context, link, *job.left_first)
    remember(context, job, None)


def _job(context: Context, target: Side, step: Step) -> Update:
    source = context.other(target)
    ids = {"left": step.left_id or "", "right": step.right_id or ""}
    link = context.links.by_record(target.name, [ids[target.name]]).get(ids[target.name])
    link = None if link is not None and link.gone else link
    own = context.stage.get(source.name, [ids[source.name]]).get(ids[source.name])
    record = context.stage.get(target.name, [ids[target.name]]).get(ids[target.name])
    return Update(target, source, record or Staged(target.name, ids[target.name]), own, link)


def _merge_again(context: Context, job: Update, page: Page | ConnectorError, troubles: Troubles[Staged]) -> bool:
    """Merge with what the target shows now; return whether the job goes on."""
    if isinstance(page, RecordGone):
        note_gone(context, job.target, job.record.id)
        return False
    if isinstance(page, ConnectorError):
        with context.state.atomic():
            troubles.note(job.source, job.own or Staged(job.source.name, job.source_id), "update", page)
        return False
    troubles.fine(job.target)
    memory = job.link.side(job.target.name).memory if job.link else None
    job.raw = page.records[0]
    job.contact = job.target.connector.contact(job.raw, json.loads(memory) if memory else {})
    fresh = staged_record(context, job.target, job.raw, job.contact, job.link)
    job.views = {
        job.target.name: context.view(job.link, job.target, fresh),
        job.source.name: context.view(job.link, job.source, job.own),
    }
    job.record = fresh
    job.result = merge_views(context, job.link, *job.left_first)
    job.changes = dict(job.result.to(job.target.name))
    return True


def _drop_homeless(context: Context, job: Update) -> None:
    """Leave out what the target turned out to have no place for (R23)."""
    for name in [name for name in job.changes if name not in job.target.connector.fields]:
        del job.changes[name]
        job.result.to(job.target.name).pop(name)
        context.report.unmapped += name != "owner"


def _send(job: Update) -> Answer:
    marker = job.source_id if job.target.connector.marks else None
    return job.target.connector.update(job.raw, job.contact.memory, job.changes, marker)


def _again_without_number(context: Context, job: Update, answer: Answer | ConnectorError) -> Answer | ConnectorError:
    """Write again what was refused for a stranger's number: that goes into its custom field, as at a create (R9)."""
    if not isinstance(answer, DuplicateRefused) or answer.field != "phone" or not job.changes.get("phone"):
        return answer
    number = job.changes["phone"]
    own = people.decode(job.own.contact) if job.own is not None and job.own.contact else None
    slot = str((own.memory.get("slot") if own else None) or "mobile_phone")
    planned = job.result.to(job.target.name)
    del job.changes["phone"], planned["phone"]
    if job.changes.get(slot) is None and slot in context.rules and context.rules[slot].to(job.target.name):
        job.changes[slot] = planned[slot] = number
    prepare(context, job.target, frozenset(job.changes))
    _drop_homeless(context, job)
    context.report.unmapped += 1
    _intend(context, [job] if job.changes else [])
    return job.target.dispatcher.gather([partial(_send, job)])[0] if job.changes else answer


def _read_answer(job: Update, answer: Answer | ConnectorError) -> None:
    """Map what the server shows now: before the transaction, since the mapping may have to ask for settings."""
    if isinstance(answer, Answer):
        job.shown = job.target.connector.contact(answer.raw, job.contact.memory)
        job.settled = job.target.connector.settled(answer.raw, job.contact.memory, job.changes)


def _conclude(
    context: Context, job: Update, answer: Answer | ConnectorError | None, troubles: Troubles[Staged]
) -> None:
    if answer is None:
        remember(context, job, None)
        return
    if isinstance(answer, Answer | RecordError):
        context.intents.remove(job.target.name, job.source_id)
    if isinstance(answer, Answer):
        troubles.fine(job.target)
        context.report.accounts[job.target.account].updated += not answer.refused.issuperset(job.changes)
        remember(context, job, answer)
    elif isinstance(answer, RecordGone):
        forget_gone(context, job.target, job.record.id)
    else:
        troubles.note(job.source, job.own or Staged(job.source.name, job.source_id), "update", answer)


def remember(context: Context, job: Update, answer: Answer | None) -> None:
    """Store what a write, or a merge without one, led to. Call inside `atomic`."""
    to, source = job.views[job.target.name], job.views[job.source.name]
    shown = job.contact
    if answer is None:
        bases = after_agreement(job.result, job.target.name, to, source)
    else:
        shown = job.shown
        settled = context.travelling(job.settled)
        bases = after_write(job.result, job.target.name, to, source, settled)
        unproven(bases, {name for name, value in job.changes.items() if value is not None and name not in settled})
        context.report.unmapped += len(answer.refused & job.target.connector.fields)
    link = _link(context, job, bases, shown, answer)
    context.links.save(link, context.run)
    context.history.add(_entries(job, link, answer), context.run, context.now_ms())
    _list_conflicts(context, job, link)
    for side, record_id in ((job.target, job.record.id), (job.source, job.source_id)):
        context.failures.close(side.name, record_id)
    if answer is not None:
        _stage_answer(context, job, link, answer, shown)


def _link(context: Context, job: Update, bases: Bases, shown: Contact, answer: Answer | None) -> Link:
    waiting = frozenset(job.result.conflicts)
    link = job.link or _new_link(context, job)
    link.mapping = context.mapping
    context.set_base(link, job.target.name, bases.target)
    context.set_base(link, job.source.name, bases.source)
    target, source = link.side(job.target.name), link.side(job.source.name)
    if job.record.contact is not None or answer is not None:
        target.memory = json.dumps(dict(shown.memory)) if shown.memory else None
        target.digest = None
        if is_settled(context.travelling(shown.fields), bases.target, waiting):
            target.digest = job.target.connector.digest(answer.raw) if answer else job.record.digest
    if answer is not None:
        target.seen_ms, target.wrote_ms = own_times(shown, answer)
    if job.own is not None and job.own.contact is not None:
        memory = people.decode(job.own.contact).memory
        source.memory = json.dumps(dict(memory)) if memory else None
        source.digest = None if job.result.to(job.source.name) else job.own.digest
    if job.result.nameless or job.result.awaits:  # the next whole run looks whether it has a name, or is known, by then
        target.digest = source.digest = None
    link.gone = None
    return link


def own_times(shown: Contact, answer: Answer) -> tuple[int | None, int | None]:
    """Return the update time that the answer shows, and the latest at which the write took effect (R3, R14)."""
    served = people.to_ms(answer.served_at) or 0
    updated = people.to_ms(shown.updated_at)
    return updated, max(served, updated or 0)


def _new_link(context: Context, job: Update) -> Link:
    empty = shadows.encode({}, tuple(context.rules))
    ends = {job.target.name: LinkSide(job.record.id, empty), job.source.name: LinkSide(job.source_id, empty)}
    return Link(ends["left"], ends["right"], context.mapping)


def _entries(job: Update, link: Link, answer: Answer | None) -> list[Entry]:
    refused = [_refusal(job, link, name) for name, side in job.result.refused.items() if side == job.target.name]
    if answer is None:
        return refused
    rules = _rules(job)
    before = job.views[job.target.name]
    return refused + [
        Entry(
            link.id, job.target.account, job.record.id, name,
            shadows.render(before.value(name)[1]), shadows.render(value),
            "refused" if name in answer.refused else rules[name],
        )
        for name, value in job.changes.items()
    ]  # fmt: skip


def _rules(job: Update) -> dict[str, str]:
    """Return why each field is written."""
    rules = dict.fromkeys(job.changes, "carried") | dict.fromkeys(job.result.filled & job.changes.keys(), "filled")
    rules |= dict.fromkeys(job.result.enriched & job.changes.keys(), "enriched")
    overwritten = [one for one in job.result.overwritten if one.side == job.target.name and one.field in job.changes]
    return rules | {one.field: one.rule for one in overwritten}


def _refusal(job: Update, link: Link, name: str) -> Entry:
    shown = job.views[job.target.name].value(name)[1]
    wanted = job.views[job.source.name].value(name)[1]
    values = (shadows.render(shown), shadows.render(wanted))
    return Entry(link.id, job.target.account, job.record.id, name, *values, "refused")


def _list_conflicts(context: Context, job: Update, link: Link) -> None:
    """Open, update and close conflicts; one that is still to be carried the other way stays open until it is."""
    left, right = job.left_first
    who = people.who(job.target.account, job.record.id, _all_fields(job))
    for name, (one, other) in job.result.conflicts.items():
        context.conflicts.put(
            Conflict(
                link.id, name, who, shadows.render(one), shadows.render(other),
                people.to_ms(left.changed_at), people.to_ms(right.changed_at), context.now_ms(), context.run,
            )
        )  # fmt: skip
    keep = job.result.conflicts.keys() | (job.result.to(job.source.name).keys())
    context.conflicts.close(link.id, context.conflicts.of_link(link.id).keys() - keep)


def _all_fields(job: Update) -> Fields:
    views = (job.views[job.source.name], job.views[job.target.name])
    return {name: value for view in views for name, value in view.now.items() if value is not None}


def _stage_answer(context: Context, job: Update, link: Link, answer: Answer, shown: Contact) -> None:
    """Let the second half of a merge that writes both sides see what the first one led to, with the times of before."""
    fresh = staged_record(context, job.target, answer.raw, shown, link)
    context.stage.put([
        Staged(fresh.side, fresh.id, fresh.raw, fresh.contact, fresh.digest, job.record.changed_ms, link.id)
    ])  # fmt: skip
    job.target.identities.put([people.known(shown)])
