"""Find contacts that a server has already, before and instead of creating them (R7, R9)."""

from collections.abc import Sequence

from connectors.records import Raw
from state.indexed_contact import IndexedContact
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.creation import Creation
from sync.contacts.plan_steps import PAIR
from sync.contacts.staged_records import staged_record
from sync.contacts.update import update
from sync.rules import contact_codec
from sync.rules.match import first_of_duplicates, may_adopt
from sync.streams.connection import Side
from sync.streams.write_errors import WriteErrors


def matching(context: Context, side: Side, indexed: IndexedContact, raws: Sequence[Raw]) -> Raw | None:
    """Return the record, among those that a server named, that is this contact by the tests of pairing."""
    by_id = {str(raw["id"]): raw for raw in raws}
    contacts = [side.connector.to_contact(raw, {}) for raw in raws]
    contacts = [contact for contact in contacts if not context.is_forgotten(side, contact)]
    links = context.tables.links.by_record(side.name, list(by_id))
    other_side = context.connection.other(side).name
    others = [
        contact_codec.index_entry(one, links[one.id].side(other_side).id if one.id in links else None)
        for one in contacts
    ]
    best = first_of_duplicates([other for other in others if may_adopt(indexed, other)])
    return by_id[best.id] if best else None


def is_match(context: Context, creation: Creation, raw: Raw) -> bool:
    """Say whether a record of the target is the contact that is to be created."""
    return matching(context, creation.target, contact_codec.index_entry(creation.contact), [raw]) is not None


def link_existing(context: Context, creation: Creation, raw: Raw, errors: WriteErrors[Staged]) -> None:
    """Link a contact that was to be created to the record that the server has already, as a first merge (R10)."""
    target, source = creation.target, creation.source
    contact = target.connector.to_contact(raw, {})
    with context.state.atomic() as transaction:
        context.staging.put_records(transaction, [staged_record(context, target, raw, contact, None)])
        target.identities.put_contacts(transaction, [contact_codec.index_entry(contact)])
        context.tables.intents.remove_intents(transaction, target.name, creation.staged.id)
    ids = {source.name: creation.staged.id, target.name: contact.id}
    step = Step(PAIR, "", ids["left"], ids["right"], None, "both")
    # Both sides are written at once: it is not certain that a window will ever show the other record again.
    update(context, target, [step], errors)
    update(context, source, [step], errors)
