"""What follows when a server refuses a create because it takes another contact for the same person (R9, R42)."""

from dataclasses import replace

from connectors.errors import DuplicateRefused, RecordGone
from connectors.records import Raw
from sync.contacts.context import Context
from sync.contacts.creation import Creation, without_unplaced
from sync.contacts.custom_fields import prepare
from sync.contacts.failures import note_failure
from sync.contacts.refused_values import collision
from sync.rules import contact_codec


def existing_record(creation: Creation, error: DuplicateRefused) -> Raw | None:
    """Return the record that the server names, None if it names none or the record is gone."""
    if error.other_id is None:
        return None
    try:
        return creation.target.connector.read_record(error.other_id).records[0]
    except RecordGone:
        return None


def creation_without_double(
    context: Context, creation: Creation, error: DuplicateRefused, raw: Raw | None
) -> Creation | None:
    """Return the create without the address or phone that another contact has; None if that is not enough.

    Without the address only if that surely belongs to another contact: the refused value is listed (R42).
    """
    if error.field == "email" and raw is not None and _has_address_of_another(context, creation, raw):
        rejected = {**creation.rejected, "email": collision(creation.changes.get("email"), error)}
        return replace(creation.without(frozenset({"email"})), rejected=rejected)
    shares_phone = error.field == "phone" or _shares_only_phone(creation, raw)
    if creation.changes.get("phone") is not None and shares_phone:
        return _without_phone(context, creation)
    return None


def list_duplicate(context: Context, creation: Creation, error: DuplicateRefused) -> None:
    """List a contact that the server takes for another one, and drop the intent of its create."""
    target = creation.target
    other = f"{target.account}:{error.other_id}" if error.other_id else "a contact that it does not name"
    reason = f"{target.account} takes {other} for the same person ({error.field or 'no reason given'})"
    blockers = (f"{target.name}:{error.other_id}",) if error.other_id else ()
    with context.state.atomic() as transaction:
        context.tables.intents.remove_intents(transaction, target.name, creation.staged.id)
        note_failure(
            transaction, context, creation.source, creation.staged, "create", reason, blockers=blockers
        )  # fmt: skip


def _shares_only_phone(creation: Creation, raw: Raw | None) -> bool:
    """Say whether the other contact has a phone of this one, but not its address."""
    if raw is None:
        return False
    mine = contact_codec.index_entry(creation.contact)
    other = contact_codec.index_entry(creation.target.connector.to_contact(raw, {}))
    return mine.email != other.email and bool(set(mine.phones) & set(other.phones))


def _has_address_of_another(context: Context, creation: Creation, raw: Raw) -> bool:
    """Say whether the address surely is another contact's: that one is linked, or has an address of its own.

    A contact with nothing but an address is never created without it.
    """
    record_id = str(raw["id"])
    link = context.tables.links.by_record(creation.target.name, [record_id]).get(record_id)
    other = contact_codec.index_entry(creation.target.connector.to_contact(raw, {}))
    is_known = any(creation.changes.get(name) for name in ("first_name", "last_name", "phone"))
    return is_known and (link is not None or contact_codec.index_entry(creation.contact).email != other.email)


def _without_phone(context: Context, creation: Creation) -> Creation:
    """Return the create with its phone in the field of its kind, if that is free, and without one else (R9)."""
    slot = str(creation.contact.memory.get("slot") or "mobile_phone")
    changes = dict(creation.without(frozenset({"phone"})).changes)
    rule = context.mapping.rules.get(slot)
    if changes.get(slot) is None and rule is not None and rule.to(creation.target.name):
        changes[slot] = creation.changes["phone"]
    prepare(context, creation.target, frozenset(changes))
    context.report.unmapped += 1
    return without_unplaced(replace(creation, changes=changes))
