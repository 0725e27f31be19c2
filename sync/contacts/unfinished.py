"""Updates and deletions of which nobody knows whether they arrived: of a killed run, and unanswered (R20, R21).

The record is read by id. What shows there as it was sent has arrived: it is in the history as if the answer had come,
both shadows have it, and the record's time is that of our own write. What does not show is left to the merge. An update
may be sent again, so nothing waits for `settle`; its intent is kept so long, because it may still take effect.
A deletion has arrived when the record is gone.

Of tags, which take several calls, the first may have arrived alone. A merge comes to the same end from there; what an
undo has put back of them would look like somebody's edit, so it is remembered element by element.
"""

import json
from collections.abc import Iterable, Mapping

from connectors.contact import SET_FIELDS, Contact, Fields, Value, same
from connectors.errors import RecordGone
from state.history import Entry
from state.intents import DELETED, Intent
from state.links import Link, LinkSide
from sync.contacts.context import Context, Side
from sync.contacts.deleting import remember_deleted
from sync.contacts.holding import hold, release
from sync.contacts.remembering import unmapped_text
from sync.decisions import kept_times, people, shadows
from sync.decisions.carrying import aligned
from sync.decisions.sets import changes_of
from sync.decisions.undoing import UNDO


def settle_updates(context: Context) -> None:
    """Look what became of every update and deletion whose result was not stored. Raises AuthError, TransientError."""
    for intent in context.intents.updates():
        side = context.side(intent.side)
        with context.boundary.around(context.other(side), intent.source_id, "update", account=side.account, first=True):
            _settle_one(context, side, intent)


def _settle_one(context: Context, side: Side, intent: Intent) -> None:
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
    parts = {name: _elements_of(intent, name, shown) for name in _put_back(intent, sent) if name not in arrived}
    parts = {name: elements for name, elements in parts.items() if elements}
    if not (arrived or _is_begun(intent, sent, shown)) or (link is not None and link.gone):
        return False
    link = link or _new_link(context, side, intent)
    _agree(context, side, intent, link, arrived)
    _agree_in_part(context, side, intent, link, parts)
    _note_own_write(context, link.side(side.name), shown)
    _keep_times(context, intent, link, arrived)
    context.links.save(link, context.run)
    context.conflicts.close(link.id, set(arrived))
    put_back = _put_back(intent, [*arrived, *parts])
    hold(context, link, put_back)
    release(context, link, set(arrived) - set(put_back))
    entries = [_entry(side, intent, link, name, sent[name]) for name in arrived]
    entries += [_entry(side, intent, link, name, shown.fields[name]) for name in parts]
    context.history.add(entries, str(intent.source["run"]), context.now_ms())
    return True


def _is_begun(intent: Intent, sent: Fields, shown: Contact) -> bool:
    """Say whether a part of a set has arrived: sets take several calls, and each of them moves the record's time."""
    return any(_elements_of(intent, name, shown) for name in sent)


def _put_back(intent: Intent, names: Iterable[str]) -> list[str]:
    """Return those of the fields that an undo was writing."""
    return [name for name in names if intent.source["history"].get(name, [None, ""])[1] == UNDO]


def _elements_of(intent: Intent, name: str, shown: Contact) -> frozenset[str]:
    """Return those elements of a set that was being put back that are as they were to be."""
    if name not in SET_FIELDS or name not in shown.fields:
        return frozenset()
    sent = shadows.fields_of(intent.sent)[name]
    gained, lost = changes_of(shadows.parse(intent.source["history"][name][0]), sent)
    now, _ = changes_of(None, shown.fields[name])
    return frozenset(gained.keys() & now.keys()) | (lost - now.keys())


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
    _set_bases(context, link, bases)


def _agree_in_part(
    context: Context, side: Side, intent: Intent, link: Link, parts: Mapping[str, frozenset[str]]
) -> None:
    """Let both shadows have the elements of sets that arrived, as they were aimed at."""
    other = context.other(side)
    bases = {one.name: dict(context.base(link, one.name)) for one in (side, other)}
    for one, part in ((side, "target"), (other, "source")):
        aimed = shadows.fields_of(intent.source[part])
        for name, elements in parts.items():
            bases[one.name][name] = aligned(bases[one.name].get(name), aimed.get(name), elements)
    _set_bases(context, link, bases)


def _set_bases(context: Context, link: Link, bases: Mapping[str, Fields]) -> None:
    link.mapping = context.mapping
    for name, base in bases.items():
        context.set_base(link, name, base)
        link.side(name).digest = None


def _note_own_write(context: Context, side: LinkSide, shown: Contact) -> None:
    """Take the record's time for that of our own write; a person who edited it since is asked where times decide."""
    side.memory = json.dumps(dict(shown.memory)) if shown.memory else None
    side.unmapped = unmapped_text(context, shown)
    side.seen_ms = side.wrote_ms = people.to_ms(shown.updated_at)


def _keep_times(context: Context, intent: Intent, link: Link, arrived: list[str]) -> None:
    """Let what has not arrived count as of when it was shown before our own write (R40)."""
    for name, content in intent.source.get("kept", {}).items():
        side = context.side(name)
        kept = kept_times.read(content, side.connector.clock_offset())
        context.keep(link, side, kept_times.without(kept, arrived))


def _entry(side: Side, intent: Intent, link: Link, name: str, new: Value) -> Entry:
    old, rule, *source = intent.source["history"][name]
    record_id = str(intent.source["record"])
    return Entry(link.id, side.account, record_id, name, old, shadows.render(new), rule, *source)
