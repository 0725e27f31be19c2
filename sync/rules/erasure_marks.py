"""By what somebody who was forgotten is known again, though nothing of them is kept but hashes. Pure.

The tests are those of pairing (R6, R9): the same record; else the same e-mail; else the same number, where one of the
two has no e-mail and their names do not differ, since colleagues share numbers. Marks are what is hashed: those of a
person who is forgotten are kept, those of a record that is read are looked for among them, in every form in which an
earlier version may have kept them.
"""

from collections.abc import Iterable, Iterator

from connectors.values import email, phone
from state.indexed_contact import IndexedContact

ANY = "\n"
"""Stands for any name, where somebody is asked for by a number alone, or a record shows no name; no name is like it."""


def marks_of(account: str, person: IndexedContact) -> set[str]:
    """Return the marks by which somebody is to be known again."""
    names = {ANY, _name(person)}
    return {
        mark_of_record(account, person.id),
        *(mark_of_email(each) for each in _addresses(person)),
        *(_number(number, name, mailed=person.email is not None) for number in person.phones for name in names),
    }


def marks_to_look_for(account: str, other: str, person: IndexedContact) -> set[str]:
    """Return the marks by which a record that is read may be that of somebody who was forgotten.

    `other` is the account of the other side, to which the record's own marker points (R6).
    """
    mailed = (False,) if person.email else (False, True)
    names = {"", _name(person)} if _name(person) else {ANY}
    return {
        mark_of_record(account, person.id),
        *([mark_of_record(other, person.marker)] if person.marker else []),
        *(mark_of_email(form) for each in _addresses(person) for form in email.spellings(each)),
        *(
            _number(form, name, mailed=each)
            for number in person.phones
            for form in phone.spellings(number)
            for name in names
            for each in mailed
        ),
    }


def mark_of_record(account: str, record_id: str) -> str:
    """Return the mark of a record."""
    return f"record {account} {record_id}"


def mark_of_email(address: str) -> str:
    """Return the mark of an address, as addresses are compared."""
    return f"email {address}"


def marks_of_phones(phones: Iterable[str]) -> Iterator[str]:
    """Yield the marks by which somebody is found who is asked for by one of these numbers."""
    for number in phones:
        yield from (_number(number, ANY, mailed=mailed) for mailed in (False, True))


def _number(number: str, name: str, *, mailed: bool) -> str:
    return f"number {number} {'mailed' if mailed else 'mailless'} {name}"


def _addresses(person: IndexedContact) -> tuple[str, ...]:
    return (*([person.email] if person.email else []), *person.more_emails)


def _name(person: IndexedContact) -> str:
    return " ".join(person.name.split())
