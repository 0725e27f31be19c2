"""Store the contacts that were created: links, shadows, history, and what of each is still open (R20, R21)."""

from collections.abc import Sequence

from connectors.contact import Fields
from state.database import Transaction
from state.history import CREATED, ENRICHED, HistoryEntry
from state.links import Link, LinkSide
from sync.contacts.context import Context
from sync.contacts.creation import CreatedContact
from sync.contacts.link_state import memory_text, own_times, unmapped_text
from sync.contacts.owed_values import note_owed_of_new
from sync.contacts.refused_values import list_rejections
from sync.output.formats import WHOLE
from sync.rules import contact_codec, shadow_codec
from sync.rules.shadow_update import (
    ShadowPair,
    after_create,
    after_lost_create,
    clear_unsent_sets,
    held_values,
    is_settled,
    unmet,
)
from sync.streams.connection import Side


def commit_created(transaction: Transaction, context: Context, target: Side, created: Sequence[CreatedContact]) -> None:
    """Store the contacts that a wave has created, and their links."""
    source = context.connection.other(target)
    links = [_link(context, one) for one in created]
    for link, one in zip(links, created, strict=True):
        context.tables.links.save_link(transaction, link, context.run.id)
        note_owed_of_new(transaction, context, link, target, one.creation.owed)
    ended = (one.creation.staged.id for one in created if not one.waits_for_marker)
    context.tables.intents.remove_intents(transaction, target.name, *ended)
    context.tables.failures.close_failures(transaction, source.name, *(one.creation.staged.id for one in created))
    for link, one in zip(links, created, strict=True):
        unmapped = link.side(source.name).unmapped
        list_rejections(
            transaction, context, source, one.creation.staged, target, one.creation.rejected, unmapped
        )  # fmt: skip
    target.identities.put_contacts(transaction, (contact_codec.index_entry(one.contact) for one in created))
    entries = [
        entry
        for link, one in zip(links, created, strict=True)
        for entry in entries_of_creation(context, target, link, one.creation.enriched_changes)
    ]
    context.tables.history.add_entries(transaction, entries, context.run.id, context.run.now_ms())
    context.report.accounts[target.account].created += len(created)
    context.report.unmapped += sum(len(one.answer.refused & target.connector.fields) for one in created)


def entries_of_creation(context: Context, target: Side, link: Link, enriched: Fields) -> list[HistoryEntry]:
    """Return the history entries of a created contact: the create, and its values that come from the company."""
    source, record_id = context.connection.other(target), link.side(target.name).id
    origin = f"{source.account}:{link.side(source.name).id}"
    filled = [
        HistoryEntry(
            link.id, target.account, record_id, name, shadow_codec.render(None), shadow_codec.render(value), ENRICHED
        )
        for name, value in sorted(enriched.items())
    ]
    return [HistoryEntry(link.id, target.account, record_id, WHOLE, None, None, CREATED, origin), *filled]


def _link(context: Context, one: CreatedContact) -> Link:
    creation, contact, answer = one.creation, one.contact, one.answer
    shadows = _shadows(context, one)
    digest = None if creation.withheld or creation.awaits or answer.unwritten else creation.staged.digest
    old = LinkSide(creation.staged.id, "", memory_text(creation.contact.memory), digest)
    new = LinkSide(contact.id, "", memory_text(contact.memory), None, *own_times(contact, answer))
    is_proven = context.mapping.travelling(creation.changes).keys() - answer.refused <= shadows.target.keys()
    # Without a digest the next run looks at the record again, and carries what did not arrive.
    if is_proven and is_settled(context.mapping.travelling(contact.fields), shadows.target, frozenset()):
        new.digest = creation.target.connector.digest(answer.raw)
    old.unmapped, new.unmapped = unmapped_text(context, creation.contact), unmapped_text(context, contact)
    link = Link(*((old, new) if creation.source.name == "left" else (new, old)), context.mapping.number)
    context.mapping.set_shadow(link, creation.target.name, shadows.target)
    context.mapping.set_shadow(link, creation.source.name, shadows.source)
    return link


def _shadows(context: Context, one: CreatedContact) -> ShadowPair:
    creation, answer, travelling = one.creation, one.answer, context.mapping.travelling
    sent = travelling(creation.changes)
    taken = {name: value for name, value in sent.items() if name not in answer.refused}
    settled = held_values(taken, travelling(one.settled), {}, edited=False, doubtful=answer.doubtful)
    shown, source = travelling(one.contact.fields), travelling(creation.contact.fields)
    if one.filled is not None:
        shadows = after_lost_create(shown, source, sent, edited=True, filled=one.filled)
    else:
        shadows = after_create(shown, source, settled, sent)
    open_fields = {*creation.rejected, *answer.unwritten}
    unmet(shadows, {*creation.withheld, *creation.owed, *open_fields, *one.new_opt_outs(context)})
    clear_unsent_sets(shadows, open_fields)
    return shadows
