"""The marker by itself: written on people whom nothing else would ever tell (R6)."""

from functools import partial

from connectors.connector import Raw
from connectors.contact import Contact
from connectors.errors import ConnectorError, OutcomeUnknown, RecordError
from sync.contacts.context import Context
from sync.contacts.custom_fields import prepare
from sync.contacts.link_state import own_times
from sync.contacts.staged_records import staged_record
from sync.contacts.update import PAUSES
from sync.rules import contact_codec, kept_times
from sync.rules.merge import SideView
from sync.streams.connection import Side


def write_marker(context: Context, source: Side, raw: Raw, person: Contact, made_id: str) -> None:
    """Write the marker by itself on somebody whom nothing else would tell; the create's intent stays until it is."""
    prepare(context, source, frozenset())
    update_source = partial(source.connector.update_contact, raw, person.memory, {}, made_id)
    outcome = source.dispatcher.gather([update_source])[0]
    for pause in PAUSES:  # a marker takes the place of nothing that a person types
        if not isinstance(outcome, OutcomeUnknown):
            break
        context.run.clock.sleep(pause)
        outcome = source.dispatcher.gather([update_source])[0]
    if isinstance(outcome, ConnectorError):
        context.errors.append(f"{outcome}; the marker of {source.account}:{person.id} is not written")
        if isinstance(outcome, RecordError):
            with context.state.atomic() as transaction:
                context.tables.intents.remove_intents(transaction, context.connection.other(source).name, person.id)
        return
    marked = source.connector.to_contact(outcome.raw, person.memory)
    with context.state.atomic() as transaction:
        link = context.tables.links.by_record(source.name, [person.id])[person.id]
        side, shown = (
            link.side(source.name),
            context.view(link, source, staged_record(context, source, raw, person, link)),
        )
        waiting = kept_times.open_fields(
            context.mapping.rules,
            shown,
            SideView({}, context.mapping.shadow(link, context.connection.other(source).name)),
        )
        context.keep(link, source, kept_times.of_view(shown, waiting))
        side.digest = None
        side.seen_ms, side.wrote_ms = own_times(marked, outcome)
        context.tables.links.save_link(transaction, link, context.run.id)
        source.identities.put_contacts(transaction, [contact_codec.index_entry(marked)])
        context.tables.intents.remove_intents(transaction, context.connection.other(source).name, person.id)
