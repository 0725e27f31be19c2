"""Updates and deletions of which nobody knows whether they arrived: of a killed run, and unanswered (R20, R21).

The record is read by id. What shows there as it was sent has arrived: it is in the history as if the answer had come,
both shadows have it, and the record's time is that of our own write. What does not show is left to the merge. An update
may be sent again, so nothing waits for `settle`; its intent is kept so long, because it may still take effect.
A deletion has arrived when the record is gone.
"""

import json

from connectors.contact import Contact, same
from connectors.errors import RecordGone
from state.history import Entry
from state.intents import DELETED, Intent
from state.links import Link, LinkSide
from sync.contacts.context import Context, Side
from sync.contacts.deleting import remember_deleted
from sync.contacts.holding import hold, release
from sync.contacts.remembering import unmapped_text
from sync.decisions import people, shadows
from sync.decisions.undoing import UNDO


def settle_updates(context: Context) -> None:
    """Look what became of every update and deletion whose result was not stored. Raises AuthError, TransientError."""
    for intent in context.intents.updates():
        side = context.side(intent.side)
        record_id = str(intent.source["record"])
        link = context.links.by_record(side.name, [record_id]).get(record_id)
        shown = _read(side, record_id, link)  # before the transaction: the mapping may have to ask for settings
        with context.state.atomic():
            deletes = intent.source.get("rule") == DELETED
            if deletes and shown is None and link is not None:
                remember_deleted(context, side, link, intent)
            arrived = not deletes and shown is not None and _settle(context, side, intent, link, shown)
            if arrived or shown is None or _has_waited(context, side, intent):
                context.intents.remove(side.name, intent.source_id)


def _read(side: Side, record_id: str, link: Link | None) -> Contact | None:
    try:
        raw = side.connector.get(record_id).records[0]
    except RecordGone:
        return None  # a deletion that is found in the usual way
    memory = link.side(side.name).memory if link else None
    return side.connector.contact(raw, json.loads(memory) if memory else {})


def _has_waited(context: Context, side: Side, intent: Intent) -> bool:
    waited_ms = side.server_now_ms(context.clock) - intent.sent_ms
    return waited_ms >= round(context.settle.total_seconds() * 1000)


def _settle(context: Context, side: Side, intent: Intent, link: Link | None, shown: Contact) -> bool:
    """Remember what of an update has arrived, and say whether anything has."""
    sent = shadows.fields_of(intent.sent)
    arrived = [name for name in sent if name in shown.fields and same(name, shown.fields[name], sent[name])]
    if not arrived or (link is not None and link.gone):
        return False
    link = link or _new_link(context, side, intent)
    _agree(context, side, intent, link, arrived)
    _note_own_write(context, link.side(side.name), shown)
    context.links.save(link, context.run)
    context.conflicts.close(link.id, set(arrived))
    _hold_or_release(context, intent, link, arrived)
    entries = [_entry(side, intent, link, name) for name in arrived]
    context.history.add(entries, str(intent.source["run"]), context.now_ms())
    return True


def _hold_or_release(context: Context, intent: Intent, link: Link, arrived: list[str]) -> None:
    put_back = [name for name in arrived if intent.source["history"].get(name, [None, ""])[1] == UNDO]
    hold(context, link, put_back)
    release(context, link, set(arrived) - set(put_back))


def _new_link(context: Context, side: Side, intent: Intent) -> Link:
    """Return a link of two who have not met but for what arrived: the rest of the first meeting is still to come."""
    empty = shadows.encode({}, tuple(context.rules))
    memory = intent.source["memory"]
    source = LinkSide(intent.source_id, empty, json.dumps(memory) if memory else None)
    target = LinkSide(str(intent.source["record"]), empty)
    return Link(*((target, source) if side.name == "left" else (source, target)), context.mapping)


def _agree(context: Context, side: Side, intent: Intent, link: Link, arrived: list[str]) -> None:
    other = context.other(side)
    bases = {one.name: dict(context.base(link, one.name)) for one in (side, other)}
    for one, part in ((side, "target"), (other, "source")):
        aimed = shadows.fields_of(intent.source[part])
        bases[one.name] |= {name: aimed[name] for name in arrived if name in aimed}
    link.mapping = context.mapping
    for name, base in bases.items():
        context.set_base(link, name, base)
        link.side(name).digest = None


def _note_own_write(context: Context, side: LinkSide, shown: Contact) -> None:
    """Take the record's time for that of our own write; a person who edited it since is asked where times decide."""
    side.memory = json.dumps(dict(shown.memory)) if shown.memory else None
    side.unmapped = unmapped_text(context, shown)
    side.seen_ms = side.wrote_ms = people.to_ms(shown.updated_at)


def _entry(side: Side, intent: Intent, link: Link, name: str) -> Entry:
    old, rule, *source = intent.source["history"][name]
    new = shadows.render(shadows.fields_of(intent.sent)[name])
    return Entry(link.id, side.account, str(intent.source["record"]), name, old, new, rule, *source)
