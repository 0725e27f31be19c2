"""Recognise erased contacts by salted hashes. Pure: this module builds the texts that the state hashes.

The tests are those of pairing (R6, R9): the same record, else the same e-mail, else the same number where one of the
two has no e-mail and their names do not differ. The marks of an erased contact are kept. The marks of each record that
is read are looked up among them, in every form in which an earlier version may have kept them.
"""

from collections.abc import Iterable, Iterator

from connectors.values import email, phone
from state.indexed_contact import IndexedContact

ANY = "\n"
"""Stands for any name, for a look-up by number alone or a record without a name. No real name contains it."""


def marks_of(account: str, contact: IndexedContact) -> set[str]:
    """Return the marks by which an erased contact will be recognised."""
    names = {ANY, _name(contact)}
    return {
        mark_of_record(account, contact.id),
        *(mark_of_email(each) for each in _addresses(contact)),
        *(
            _mark_of_phone(number, name, mailed=contact.email is not None)
            for number in contact.phones
            for name in names
        ),
    }


def marks_to_look_for(account: str, other: str, contact: IndexedContact) -> set[str]:
    """Return the marks under which the contact of a record may have been erased.

    `other` is the account of the other side, to which the record's own source id points (R6).
    """
    mailed = (False,) if contact.email else (False, True)
    names = {"", _name(contact)} if _name(contact) else {ANY}
    return {
        mark_of_record(account, contact.id),
        *([mark_of_record(other, contact.marker)] if contact.marker else []),
        *(mark_of_email(form) for each in _addresses(contact) for form in email.spellings(each)),
        *(
            _mark_of_phone(form, name, mailed=each)
            for number in contact.phones
            for form in phone.spellings(number)
            for name in names
            for each in mailed
        ),
    }


def mark_of_record(account: str, record_id: str) -> str:
    """Return the mark of a record."""
    return f"record {account} {record_id}"


def mark_of_email(address: str) -> str:
    """Return the mark of an e-mail address in its comparable form."""
    return f"email {address}"


def marks_of_phones(phones: Iterable[str]) -> Iterator[str]:
    """Yield the marks that find a contact by one of these numbers alone."""
    for number in phones:
        yield from (_mark_of_phone(number, ANY, mailed=mailed) for mailed in (False, True))


def _mark_of_phone(number: str, name: str, *, mailed: bool) -> str:
    return f"number {number} {'mailed' if mailed else 'mailless'} {name}"


def _addresses(contact: IndexedContact) -> tuple[str, ...]:
    return (*([contact.email] if contact.email else []), *contact.more_emails)


def _name(contact: IndexedContact) -> str:
    return " ".join(contact.name.split())
