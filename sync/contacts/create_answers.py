"""Decide which answers to creates are believed: a record is linked only if it shows the contact that was sent.

Rules kept here:
- a record that is linked already, or that answers two creates, does not prove what was created: the contacts are looked
  for later (R20);
- a record without anything that identifies it is read by id; if it still shows nothing of the contact, or another
  contact, it is not believed;
- a record that was created at that moment and holds nothing is what a create without its values leads to: it is
  believed, and its values are carried later;
- a record that is older than its create was not created by it: the server took the create for an update. It is merged
  as for the first time (R10), because users have typed what else it shows.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.connector import WriteResult
from connectors.contact import Contact, Fields, same
from connectors.errors import ConnectorError, OutcomeUnknown
from sync.contacts.context import Context
from sync.rules.lost_create import is_older, shows_person
from sync.streams.connection import Side


class OlderRecord(OutcomeUnknown):
    """A create was answered with the record `record_id`, which is older than the create."""

    def __init__(self, account: str, record_id: str) -> None:
        message = f"the create was answered with {record_id}, which was there before"
        super().__init__(account, message, accepted=True)
        self.record_id = record_id


def believed(
    context: Context,
    target: Side,
    sent: Sequence[tuple[Fields, str | None]],
    answers: Sequence[WriteResult | ConnectorError],
    since: datetime,
) -> list[WriteResult | ConnectorError]:
    """Return the believed answers to creates that were sent at `since` (server's clock), and errors for the others.

    `sent` holds the values of each create, and its marker or None.
    """
    shown = Counter(str(one.raw.get("id")) for one in answers if isinstance(one, WriteResult))
    links = context.tables.links.by_record(target.name, list(shown))
    known = {contact.id for contact in target.identities.by_id(list(shown))}
    taken = {record_id for record_id, link in links.items() if link.gone is None}
    taken.update(record_id for record_id, count in shown.items() if count > 1)
    return [
        _judged(target, each, answer, since, taken=taken, known=known) if isinstance(answer, WriteResult) else answer
        for each, answer in zip(sent, answers, strict=True)
    ]


def _judged(
    target: Side, sent: tuple[Fields, str | None], answer: WriteResult, since: datetime, *,
    taken: Collection[str], known: Collection[str],
) -> WriteResult | ConnectorError:  # fmt: skip
    record_id = str(answer.raw.get("id"))
    if record_id in taken:
        return _unknown(target, f"{record_id}, the record of another contact")
    contact = target.connector.to_contact(answer.raw, {})
    if shows_person(contact, *sent) is None:
        try:
            answer, contact = _read(target, answer, record_id)
        except ConnectorError as error:
            return _unknown(target, f"{record_id}, which shows no name, address or number ({error.message})")
    shows = shows_person(contact, *sent)
    if shows is None and _is_new_and_blank(target, contact, sent[0], since):
        return replace(answer, unwritten=frozenset(sent[0]))
    if not shows:
        return _unknown(target, f"{record_id}, which does not show the contact that was sent")
    # A record without a creation time is older if a reading before the create showed it.
    is_known = contact.created_at is None and record_id in known
    return OlderRecord(target.account, record_id) if is_older(contact, since) or is_known else answer


def _is_new_and_blank(target: Side, contact: Contact, sent: Fields, since: datetime) -> bool:
    """Say whether a record was created since then and shows nothing but what its server fills in itself."""
    filled = target.connector.filled_in(sent)
    is_blank = all(not value or same(name, value, filled.get(name)) for name, value in contact.fields.items())
    return is_blank and contact.created_at is not None and not is_older(contact, since)


def _read(target: Side, answer: WriteResult, record_id: str) -> tuple[WriteResult, Contact]:
    """Read a record whose create was answered with little more than its id; edits since then cannot be recognised."""
    page = target.connector.read_record(record_id)
    read = replace(answer, raw=page.records[0], served_at=page.served_at, doubtful=True)
    return read, target.connector.to_contact(read.raw, {})


def _unknown(target: Side, shown: str) -> OutcomeUnknown:
    return OutcomeUnknown(target.account, f"the create was answered with {shown}", accepted=True)
