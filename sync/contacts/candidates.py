"""Find the records that may be the same contact as a given one (R6, R7, R9).

They come from the identity index, a page of contacts at a time, or from the answer of a server.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from connectors.contact import Contact
from connectors.records import Raw
from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact
from state.staging import Staging
from sync.contacts.context import Context
from sync.errors import BrokenRecord
from sync.rules import contact_codec
from sync.rules.match import Candidates, contradicts, first_of_duplicates, may_adopt
from sync.streams.connection import Side

Groups = dict[str | None, dict[str, IndexedContact]]
"""Contacts by id, under each e-mail address, phone or marker that they have."""


Keys = Callable[[IndexedContact], Sequence[str]]


def find_candidates(context: Context, side: Side, contacts: Sequence[IndexedContact]) -> dict[str, Candidates]:
    """Return the candidates of each contact of a side, by id; `linked` includes the pairs that this run has planned."""
    other = context.connection.other(side)
    own, foreign = _LinkedContacts(context.staging, side, other), _LinkedContacts(context.staging, other, side)
    emails = list({contact.email for contact in contacts if contact.email})
    same_email = _group(own.complete(side.identities.by_email(emails)), _email)
    email = _group(foreign.complete(other.identities.by_email(emails)), _email)
    ids, markers = [contact.id for contact in contacts], [contact.marker for contact in contacts if contact.marker]
    marking = _group(foreign.complete(other.identities.by_marker(ids)), lambda found: [found.marker or ""])
    marked = _group(foreign.complete(other.identities.by_id(markers)), lambda found: [found.id])
    phones = _sharing(own, foreign, contacts, _phones, lambda index, keys: index.by_phone(keys))
    addresses = _sharing(own, foreign, contacts, _addresses, _with_address)
    return {
        contact.id: Candidates(
            same_email=_under(same_email, [contact.email]),
            marked=[*_under(marking, [contact.id]), *_under(marked, [contact.marker])],
            email=_under(email, [contact.email]),
            phone=phones.candidates(contact),
            rivals=phones.rivals_of(contact),
            shared_address=addresses.candidates(contact),
            shared_address_rivals=addresses.rivals_of(contact),
        )
        for contact in contacts
    }


@dataclass(frozen=True, slots=True)
class _Sharing:
    """The contacts that share a key (a phone, an address): of the other side, and rivals of the contact's own side."""

    keys: Keys
    others: Groups
    rivals: Groups

    def candidates(self, contact: IndexedContact) -> list[IndexedContact]:
        """Return the contacts of the other side that share a key with a contact."""
        return _under(self.others, self.keys(contact))

    def rivals_of(self, contact: IndexedContact) -> list[IndexedContact]:
        """Return the contacts of the same side that share a key with a contact, or with one of its candidates."""
        shared = [*self.keys(contact), *(key for other in self.candidates(contact) for key in self.keys(other))]
        return [rival for rival in _under(self.rivals, shared) if rival.id != contact.id]


class _LinkedContacts:
    """Adds to contacts what the index does not hold: pairs that this run has planned, and claims by a marker alone."""

    def __init__(self, staging: Staging, side: Side, other: Side) -> None:
        self._staging = staging
        self.side = side
        self._other = other

    def complete(self, found: Iterable[IndexedContact]) -> list[IndexedContact]:
        """Return the contacts with `linked` set where it is known."""
        contacts = list(found)
        claims = self._claims([contact for contact in contacts if not contact.linked])
        return [
            contact if contact.linked else replace(contact, linked=self._planned(contact) or claims.get(contact.id))
            for contact in contacts
        ]

    def _planned(self, contact: IndexedContact) -> str | None:
        return self._staging.paired_id(self.side.name, contact.id)

    def _claims(self, contacts: Sequence[IndexedContact]) -> dict[str, str]:
        """Return the counterparts by markers: those that a contact names itself, and those that name it."""
        known, index = {contact.id: contact for contact in contacts}, self._other.identities
        named = {other.id: other for other in index.by_id([each.marker for each in contacts if each.marker])}
        claims = {
            contact.id: other.id
            for contact in contacts
            if contact.marker and (other := named.get(contact.marker)) and not contradicts(contact, other)
        }
        for other in index.by_marker(list(known)):
            contact = known[other.marker or ""]
            if not contradicts(contact, other):
                claims.setdefault(contact.id, other.id)
        return claims


def _sharing(
    own: _LinkedContacts, foreign: _LinkedContacts, contacts: Sequence[IndexedContact], keys: Keys,
    look_up: Callable[[IdentityIndex, Sequence[str]], Iterable[IndexedContact]],
) -> _Sharing:  # fmt: skip
    mine, theirs = own.side.identities, foreign.side.identities
    wanted = list({key for contact in contacts for key in keys(contact)})
    others = _without_mail_at(mine, foreign.complete(look_up(theirs, wanted)))
    shared = list({*wanted, *(key for other in others for key in keys(other))})
    rivals = _without_mail_at(theirs, own.complete(look_up(mine, shared)))
    return _Sharing(keys, _group(others, keys), _group(rivals, keys))


def _without_mail_at(other_side: IdentityIndex, contacts: Sequence[IndexedContact]) -> list[IndexedContact]:
    """Leave out the contacts with an e-mail address that is on the other side too: it decides before any phone (R6)."""
    mailed = {other.email for other in other_side.by_email([each.email for each in contacts if each.email])}
    return [contact for contact in contacts if contact.email not in mailed]


def _with_address(index: IdentityIndex, addresses: Sequence[str]) -> list[IndexedContact]:
    """Return the contacts that have one of the addresses, as the first or as another one."""
    found = {contact.id: contact for contact in (*index.by_email(addresses), *index.by_other_email(addresses))}
    return list(found.values())


def _email(contact: IndexedContact) -> Sequence[str]:
    return [contact.email] if contact.email else []


def _phones(contact: IndexedContact) -> Sequence[str]:
    return contact.phones


def _addresses(contact: IndexedContact) -> Sequence[str]:
    return [*_email(contact), *contact.more_emails]


def _group(found: Iterable[IndexedContact], keys: Keys) -> Groups:
    groups: Groups = {}
    for contact in found:
        for key in keys(contact):
            groups.setdefault(key, {})[contact.id] = contact
    return groups


def _under(groups: Groups, keys: Iterable[str | None]) -> list[IndexedContact]:
    """Return the contacts under one of the keys, each once; a key that is None has none."""
    found: dict[str, IndexedContact] = {}
    for key in keys:
        if key is not None:
            found.update(groups.get(key, {}))
    return list(found.values())


def matching(context: Context, side: Side, indexed: IndexedContact, raws: Sequence[Raw]) -> Raw | None:
    """Return the record, among those that a server named, that is this contact by the tests of pairing.

    Raises BrokenRecord if none is, and one of them shows something unreadable that tells which contact it is.
    """
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
    if best is None:
        for one in contacts:
            if one.id not in links:
                _confirm_told_apart(side, one)
    return by_id[best.id] if best else None


def _confirm_told_apart(side: Side, found: Contact) -> None:
    if found.illegible:
        raise BrokenRecord(
            f"seems to be {side.account}:{found.id}, which shows something unreadable in the place of "
            f"{', '.join(found.illegible)}; it waits until that can be read, so that no second contact is created"
        )
