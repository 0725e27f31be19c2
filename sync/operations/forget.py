"""Erase a contact from the state and keep only salted hashes of it, so that no run syncs it again.

Rules kept here:
- neither account is called, so no record is deleted there;
- every connection is locked meanwhile, because a run under way may hold the contact in memory;
- keeping the hashes and erasing the rows is one transaction; the file is rewritten after it. A command that was
  interrupted in between is completed by giving it again.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from connectors.values import email, phone
from state import contact_lookup
from state.access import is_missing
from state.connections import connection_names
from state.contact_lookup import Record
from state.database import Database
from state.erase import Identity, erase_contact
from state.erasure_marks import ErasureMarks
from state.file import StateFile
from state.lock import hold_connection
from sync.config.model import Config
from sync.errors import UsageError
from sync.operations.contact_argument import ContactArgument, parse_who
from sync.operations.state_access import now_ms
from sync.output.text import printable
from sync.rules.erasure_marks import mark_of_email, mark_of_record, marks_of, marks_of_phones
from sync.rules.match import contradicts
from sync.streams.cell_checks import raising_damage

Document = dict[str, Any]

Confirm = Callable[[str], None]


def forget(config: Config, typed: str, confirm: Confirm = lambda _ids: None) -> Document:
    """Erase the contact that matches. Raises UsageError where several contacts match; LockHeld, StateError.

    `confirm` gets the ids of the records before anything is erased, and raises an error to end the command.
    """
    with raising_damage(config.state.path), ExitStack() as stack:
        state = _locked(config, stack)
        asked = parse_who(typed, config, contact_lookup.account_names(state.db))
        records = asked.records(state.db)
        if not records:
            return _finish(state, asked)
        identity = _identity(state.db, records[:1])
        if not identity.records.issuperset(records):
            raise UsageError(_several(state.db, typed, records))
        confirm(", ".join(sorted({f"{record.account}:{printable(record.id)}" for record in identity.records})))
        # One transaction, so that no contact is erased without the hashes that keep runs from syncing it again.
        with state.atomic() as transaction:
            ErasureMarks(transaction).add_marks(transaction, _marks(transaction, identity), now_ms())
            erased = erase_contact(transaction, identity, email.key)
        state.vacuum()
        return {"people": _people(identity.records), "erased": dict(erased), "forgotten": True}


def lift(config: Config, typed: str) -> Document:
    """End the erasure of the contact that matches. Raises UsageError, LockHeld, StateError."""
    with raising_damage(config.state.path), ExitStack() as stack:
        state = _locked(config, stack)
        marks = _marks_of_who(parse_who(typed, config, contact_lookup.account_names(state.db)))
        with state.atomic() as transaction:
            return {"lifted": ErasureMarks(transaction).lift_marks(transaction, marks)}


def is_forgotten(db: Database, asked: ContactArgument) -> bool:
    """Return whether the contact that matches was forgotten."""
    return ErasureMarks(db).knows_any(_marks_of_who(asked))


def _finish(state: StateFile, asked: ContactArgument) -> Document:
    """Complete an interrupted erasure; only its hashes are left."""
    known = is_forgotten(state.db, asked)
    if known:
        state.vacuum()
    return {"people": [], "erased": {}, "forgotten": known}


def _locked(config: Config, stack: ExitStack) -> StateFile:
    path = config.state.path
    state = StateFile.open_copy(path) if is_missing(path) else StateFile.open(path)
    stack.callback(state.close)
    state.overwrite_deleted()
    # A run under way may hold the contact in memory and write it back.
    for name in connection_names(state.db):
        stack.enter_context(hold_connection(state, name, now_ms()))
    return state


def _identity(db: Database, records: Iterable[Record]) -> Identity:
    """Return the identity of a contact: the records linked to it, with its e-mail addresses, or with its source id."""
    found: set[Record] = set()
    emails: set[str] = set()
    phones: set[str] = set()
    waiting = set(records)
    while waiting:
        found |= waiting
        known = [one for record in waiting if (one := contact_lookup.indexed_contact(db, record)) is not None]
        new = {one.email for one in known if one.email} - emails
        emails |= new
        phones |= {form for one in known for number in one.phones for form in phone.spellings(number)}
        pairs = [record for person in contact_lookup.found_contacts(db, waiting) for record in person.records]
        claims = [each for record in waiting for each in _claims(db, record)]
        waiting = {
            *pairs,
            *claims,
            *(each for address in new for each in contact_lookup.by_email(db, address, email.key)),
        } - found
    spelled = {form for address in emails for form in email.spellings(address)}
    return Identity(frozenset(found), frozenset(spelled), frozenset(phones))


def _claims(db: Database, record: Record) -> Iterator[Record]:
    """Yield the records that name this one as their source and may be its copy; a typed source id proves nothing."""
    own = contact_lookup.indexed_contact(db, record)
    for each in contact_lookup.by_marker(db, record):
        other = contact_lookup.indexed_contact(db, each)
        if own is None or other is None or not contradicts(own, other):
            yield each


def _marks(db: Database, identity: Identity) -> set[str]:
    marks = {mark_of_email(address) for address in identity.emails}
    for record in identity.records:
        known = contact_lookup.indexed_contact(db, record)
        marks |= marks_of(record.account, known) if known else {mark_of_record(record.account, record.id)}
    return marks


def _marks_of_who(asked: ContactArgument) -> set[str]:
    if asked.record is not None:
        return {mark_of_record(*asked.record)}
    return {mark_of_email(asked.email)} if asked.email is not None else set(marks_of_phones(asked.phones))


def _several(db: Database, typed: str, records: Iterable[Record]) -> str:
    first = [person.records[0] for person in contact_lookup.found_contacts(db, records)]
    several = ", ".join(f"{record.account}:{record.id}" for record in first)
    return f"{typed} matches several contacts; erase one of them by its ACCOUNT:ID: {several}"


def _people(records: Iterable[Record]) -> list[Document]:
    ids: dict[str, list[str]] = {}
    for record in sorted(set(records)):
        if record.id not in ids.setdefault(record.account, []):
            ids[record.account].append(record.id)
    return [{"ids": ids}]
