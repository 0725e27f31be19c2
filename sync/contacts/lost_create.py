"""Link the record that a create without an answer has created, once it is found (R20, R35)."""

from datetime import UTC, datetime

from connectors.contact import Contact, Fields
from state.database import Transaction
from state.intents import CreateIntent
from state.links import Link, LinkSide
from sync.contacts.context import Context
from sync.contacts.create_commit import entries_of_creation
from sync.contacts.link_state import memory_text
from sync.contacts.owed_values import note_owed_of_new
from sync.rules import contact_codec, shadow_codec
from sync.rules.do_not_contact import unshared_consent
from sync.rules.lost_create import is_foreign, is_older
from sync.rules.shadow_update import ShadowPair, after_lost_create, after_uncertain_create, is_edited, unmet
from sync.streams.connection import Side


def link_found(
    transaction: Transaction,
    context: Context,
    side: Side,
    intent: CreateIntent,
    found: Contact,
    filled: Fields,
) -> None:
    """Link the record `found` on `side` to the source of a create; `filled` is what its server fills in itself."""
    source = context.connection.other(side)
    foreign = found.marker != intent.source_id and _is_foreign(context, side, intent, found)
    link = _link(context, side, intent, found, _shadows(context, side, intent, found, None if foreign else filled))
    context.tables.links.save_link(transaction, link, context.run.id)
    note_owed_of_new(transaction, context, link, side, intent.owed)
    if not source.needs_marker(contact_codec.decode(intent.contact)):
        context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
    context.tables.failures.close_failures(transaction, source.name, intent.source_id)
    side.identities.put_contacts(transaction, [contact_codec.index_entry(found)])
    if foreign:
        return
    sent = context.mapping.travelling(intent.sent)
    enriched = {name: sent[name] for name in intent.enriched if name in sent}
    context.tables.history.add_entries(
        transaction, entries_of_creation(context, side, link, enriched), context.run.id, context.run.now_ms()
    )
    context.report.accounts[side.account].created += 1


def _is_foreign(context: Context, side: Side, intent: CreateIntent, found: Contact) -> bool:
    """Say whether a record without our marker is another one than the create was to create."""
    since = datetime.fromtimestamp(intent.sent_ms / 1000, UTC)
    sent, edited = context.mapping.travelling(intent.sent), is_edited(found, untimed=True)
    return side.connector.has_markers or is_older(found, since) or is_foreign(found.fields, sent, edited=edited)


def _shadows(context: Context, side: Side, intent: CreateIntent, found: Contact, filled: Fields | None) -> ShadowPair:
    """Return both shadows; `filled` is None for a record that the create did not create."""
    source = context.connection.other(side)
    table = context.mapping.fields[intent.mapping]
    own = context.mapping.travelling(shadow_codec.decode(intent.shadow, table))
    sent, shown = context.mapping.travelling(intent.sent), context.mapping.travelling(found.fields)
    if filled is None:
        shadows = after_uncertain_create(shown, own, sent)
    else:
        # Without our marker, a value that the server is not known to fill in may have been typed by a user.
        edited = is_edited(found, untimed=True) or found.marker != intent.source_id
        shadows = after_lost_create(shown, own, sent, edited=edited, filled=filled)
    opt_outs = unshared_consent(context.mapping.rules, source.name, found.fields, sent)
    unmet(shadows, {*intent.withheld, *intent.owed, *opt_outs})
    return shadows


def _link(context: Context, side: Side, intent: CreateIntent, found: Contact, shadows: ShadowPair) -> Link:
    source = context.connection.other(side)
    empty = shadow_codec.encode({}, tuple(context.mapping.rules))
    updated = contact_codec.to_ms(found.updated_at)
    # The time of our own write is unknown if the record was edited since.
    times = (updated, None if is_edited(found, untimed=True) else updated)
    ends = {
        source.name: LinkSide(intent.source_id, empty, memory_text(dict(intent.memory))),
        side.name: LinkSide(found.id, empty, memory_text(dict(found.memory)), None, *times),
    }
    link = Link(ends["left"], ends["right"], context.mapping.number)
    context.mapping.set_shadow(link, side.name, shadows.target)
    context.mapping.set_shadow(link, source.name, shadows.source)
    return link
