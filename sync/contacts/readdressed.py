"""Find the record of a lost create that a user has given another address or number since (R6, R20).

Rules kept here:
- a record counts if it has the name that was sent, was created while the create could take effect, was edited since,
  is linked to no contact, and has no address of another contact of the source side;
- it is taken for the result of the create only if it is the only one, shows all else that was sent and more than a
  name, and no other create without an answer may have led to it. Else only a user can tell which contact it is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from connectors.contact import Contact
from connectors.records import Raw
from state.intents import CreateIntent
from sync.contacts.context import Context
from sync.rules import contact_codec
from sync.rules.lost_create import is_readdressed, may_be_readdressed
from sync.streams.connection import Side


def find_readdressed(
    context: Context, side: Side, intent: CreateIntent, raws: Sequence[Raw], others: Sequence[CreateIntent]
) -> tuple[Contact | None, Sequence[Contact]]:
    """Return the record that a create led to, None where that is not certain, and the records that it may be."""
    links = context.tables.links.by_record(side.name, [str(raw["id"]) for raw in raws])
    found = [side.connector.to_contact(raw, {}) for raw in raws if str(raw["id"]) not in links]
    found = [
        one for one in found if _may_be_of(context, one, intent) and not _is_of_another(context, side, one, intent)
    ]
    rivals = [other for other in others if other.side == side.name]
    is_sure = len(found) == 1 and is_readdressed(found[0], intent.sent)
    if is_sure and not any(_may_be_of(context, found[0], rival) for rival in rivals):
        return found[0], ()
    return None, found


def doubt_reason(side: Side, found: Sequence[Contact]) -> str:
    """Return the reason that is listed for a contact that may be one of these records."""
    named = ", ".join(f"{side.account}:{one.id}" for one in found)
    return (
        f"{side.account} never answered the create, and {named} may be what it made, with another address or number "
        "since; if it is, give both the same e-mail. `sync failures retry` creates the contact again where it is not, "
        "`sync failures dismiss` leaves it as it is"
    )


def _may_be_of(context: Context, found: Contact, intent: CreateIntent) -> bool:
    until = datetime.fromtimestamp((intent.sent_ms + context.connection.settle_ms) / 1000, UTC)
    return may_be_readdressed(found, intent.sent, datetime.fromtimestamp(intent.sent_ms / 1000, UTC), until)


def _is_of_another(context: Context, side: Side, found: Contact, intent: CreateIntent) -> bool:
    """Say whether another contact of the source side has the address or a number of a record."""
    source, known = context.connection.other(side), contact_codec.index_entry(found)
    addresses = [each for each in (known.email, *known.more_emails) if each]
    sharing = [*source.identities.by_email(addresses), *source.identities.by_phone(list(known.phones))]
    return any(one.id != intent.source_id for one in sharing)
