"""Settle creates whose outcome is unknown: those of a run that was killed, and those whose answer never came (R20).

The person is looked for on the server. Found, it is linked. Not found, it may be made again, but only when `settle`
has passed since the create was sent: until then an effect may still be on its way, and the person stays listed as a
failure.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from connectors.connector import Raw
from connectors.contact import Contact, Fields, Value, same
from connectors.errors import RecordGone
from state.intents import Intent
from state.links import Link, LinkSide
from state.stage import Staged
from sync.contacts.context import Context, Side
from sync.contacts.creating import entries_of_creation, lost, matching
from sync.contacts.marking import mark_source, needs_marker
from sync.contacts.trouble import note_failure
from sync.contacts.unfinished import settle_updates
from sync.decisions import people, shadows
from sync.decisions.carrying import after_doubtful_create, after_lost_create, is_edited, unmet


def settle_intents(context: Context) -> None:
    """Look for everybody whose create or update has no known outcome. Raises AuthError, TransientError."""
    settle_updates(context)
    for intent in context.intents.open():
        side = context.side(intent.side)
        contact = people.decode(str(intent.source["person"]))
        if needs_marker(context.other(side), contact) and _mark(context, side, intent, contact):
            continue
        sent = shadows.fields_of(intent.sent)
        since = datetime.fromtimestamp(intent.sent_ms / 1000, UTC)
        raws = side.connector.find(sent, intent.source_id if side.connector.marks else None, since)
        raw = matching(context, side, people.known(contact), raws) or _same_content(context, side, contact, sent, raws)
        found = side.connector.contact(raw, {}) if raw is not None else None
        with context.state.atomic():
            if found is not None:
                _link(context, side, intent, contact, found)
            else:
                _wait_or_drop(context, side, intent, contact)
        if found is not None and needs_marker(context.other(side), contact):
            _mark(context, side, intent, contact)


def _mark(context: Context, side: Side, intent: Intent, person: Contact) -> bool:
    """Mark somebody who is linked already and has no marker yet; say whether that was all there was to do."""
    source = context.other(side)
    link = context.links.by_record(source.name, [intent.source_id]).get(intent.source_id)
    if link is None or context.dry:
        return link is not None
    try:
        raw = source.connector.get(intent.source_id).records[0]
    except RecordGone:
        with context.state.atomic():
            context.intents.remove(side.name, intent.source_id)
        return True
    mark_source(context, source, raw, person, link.side(side.name).id)
    return True


def _same_content(
    context: Context, side: Side, person: Contact, sent: dict[str, Value], raws: Sequence[Raw]
) -> Raw | None:
    """Return an unlinked record that holds nothing but what was sent: for people with neither e-mail nor number."""
    if person.fields.get("email") or person.phones:
        return None
    links = context.links.by_record(side.name, [str(raw["id"]) for raw in raws])
    fitting = [raw for raw in raws if str(raw["id"]) not in links and _holds(side.connector.contact(raw, {}), sent)]
    return fitting[0] if fitting else None


def _holds(contact: Contact, sent: dict[str, Value]) -> bool:
    """Say whether a record shows some of what was sent and nothing else in its place; a server may drop a value."""
    shown = {name: contact.fields[name] for name in sent if contact.fields.get(name) is not None}
    return bool(shown) and all(same(name, value, sent[name]) for name, value in shown.items())


def _link(context: Context, side: Side, intent: Intent, person: Contact, found: Contact) -> None:
    """Link somebody who was made by a create whose answer was lost."""
    source = context.other(side)
    table = context.table[int(intent.source["mapping"])]
    own = context.travelling(shadows.decode(str(intent.source["shadow"]), table))
    sent = context.travelling(shadows.fields_of(intent.sent))
    foreign = _is_foreign(intent, found, sent)
    if foreign:
        bases = after_doubtful_create(context.travelling(found.fields), own, sent)
    else:
        bases = after_lost_create(context.travelling(found.fields), own, sent, edited=is_edited(found, untimed=True))
    unmet(bases, intent.source.get("withheld", ()))
    empty = shadows.encode({}, tuple(context.rules))
    ends = {
        source.name: LinkSide(person.id, empty, json.dumps(intent.source["memory"])),
        side.name: LinkSide(found.id, empty, json.dumps(dict(found.memory))),
    }
    link = Link(ends["left"], ends["right"], context.mapping)
    context.set_base(link, side.name, bases.target)
    context.set_base(link, source.name, bases.source)
    context.links.save(link, context.run)
    if not needs_marker(source, person):
        context.intents.remove(side.name, intent.source_id)
    context.failures.close(source.name, intent.source_id)
    side.identities.put([people.known(found)])
    if foreign:
        return
    enriched = {name: sent[name] for name in intent.source.get("enriched", ()) if name in sent}
    context.history.add(entries_of_creation(side, link.id, found.id, enriched), context.run, context.now_ms())
    context.report.accounts[side.account].created += 1


def _is_foreign(intent: Intent, found: Contact, sent: Fields) -> bool:
    """Say whether a record is not what the create made: somebody made the same person by hand, with other values."""
    if found.marker == intent.source_id or is_edited(found, untimed=True):
        return False
    shown = {name: value for name, value in found.fields.items() if value is not None}
    return any(not same(name, shown[name], value) for name, value in sent.items() if name in shown)


def _wait_or_drop(context: Context, side: Side, intent: Intent, person: Contact) -> None:
    """Free the person to be made again once `settle` has passed, and keep it listed until then."""
    source = context.other(side)
    settle_ms = round(context.settle.total_seconds() * 1000)
    waited_ms = side.server_now_ms(context.clock) - intent.sent_ms
    settled = waited_ms >= settle_ms
    if settled:
        context.intents.remove(side.name, intent.source_id)
    due_ms = context.now_ms() + (0 if settled else settle_ms - waited_ms)
    staged = Staged(source.name, intent.source_id, contact=people.encode(person))
    note_failure(context, source, staged, "create", lost(context, side), due_ms=due_ms)
