"""Write the marker alone on a source record, for contacts that nothing else can identify (R6)."""

from functools import partial

from connectors.connector import WriteResult
from connectors.contact import Contact
from connectors.errors import ConnectorError, OutcomeUnknown, RecordError
from connectors.records import Raw
from sync.contacts.context import Context
from sync.contacts.custom_fields import prepare
from sync.contacts.link_state import own_times
from sync.contacts.staged_records import staged_record
from sync.contacts.update import PAUSES
from sync.rules import contact_codec, kept_times
from sync.rules.merge import SideView
from sync.streams.connection import Side


def write_marker(context: Context, source: Side, raw: Raw, contact: Contact, created_id: str) -> None:
    """Write the marker on the source of a create. The intent of the create stays until that is done."""
    prepare(context, source, frozenset())
    update_source = partial(source.connector.update_contact, raw, contact.memory, {}, created_id)
    outcome = source.dispatcher.gather([update_source])[0]
    for pause in PAUSES:  # a second write is harmless: a marker overwrites nothing that users type
        if not isinstance(outcome, OutcomeUnknown):
            break
        context.run.clock.sleep(pause)
        outcome = source.dispatcher.gather([update_source])[0]
    if isinstance(outcome, ConnectorError):
        context.errors.append(f"{outcome}; the marker of {source.account}:{contact.id} is not written")
        if isinstance(outcome, RecordError):
            with context.state.atomic() as transaction:
                context.tables.intents.remove_intents(transaction, context.connection.other(source).name, contact.id)
        return
    _commit_marker(context, source, raw, contact, outcome)


def _commit_marker(context: Context, source: Side, raw: Raw, contact: Contact, answer: WriteResult) -> None:
    """Store that the marker is written, with the times from before our own write (R40)."""
    marked = source.connector.to_contact(answer.raw, contact.memory)
    other = context.connection.other(source)
    with context.state.atomic() as transaction:
        link = context.tables.links.by_record(source.name, [contact.id])[contact.id]
        side = link.side(source.name)
        shown = context.view(link, source, staged_record(context, source, raw, contact, link))
        counterpart = SideView({}, context.mapping.shadow(link, other.name))
        waiting = kept_times.open_fields(context.mapping.rules, shown, counterpart)
        context.keep(link, source, kept_times.of_view(shown, waiting))
        side.digest = None
        side.seen_ms, side.wrote_ms = own_times(marked, answer)
        context.tables.links.save_link(transaction, link, context.run.id)
        source.identities.put_contacts(transaction, [contact_codec.index_entry(marked)])
        context.tables.intents.remove_intents(transaction, other.name, contact.id)
