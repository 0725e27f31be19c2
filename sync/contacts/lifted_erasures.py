"""Link a contact again who was forgotten and is taken up again (`sync forget WHO --lift`).

Forgetting erased the link and the index of both records. Until both are linked again, their e-mail may change, so that
nothing else would tell that they are one person, and a second record would be made. Rules kept here:
- the hashes of one person stay together when they are lifted, and tell which record of the other side it was;
- they are asked only where nothing else pairs the contact, and before a record is made;
- the other side is read in full into the index first, where the index does not show that record: once in a run for all
  who are lifted;
- they go when a run that met the contact comes to its end: it is linked by then, or a full reading has proven that the
  record of the other side is not there any more.
"""

from collections.abc import Sequence

from state.database import Transaction
from state.indexed_contact import IndexedContact
from sync.contacts.candidates import find_candidates
from sync.contacts.context import Context
from sync.contacts.read import index_all
from sync.rules.erasure_marks import mark_of_record
from sync.rules.match import Paired, PairingRefused, Unpaired, first_of_duplicates, pair
from sync.streams.connection import Side


def lifted_partner(context: Context, side: Side, person: IndexedContact) -> Paired | PairingRefused | Unpaired | None:
    """Return who on the other side a lifted contact was linked to, or what pairing says of it; None for all others.

    Raises AuthError, TransientError.
    """
    number = note_lifted(context, side, person.id)
    if number is None:
        return None
    other = context.connection.other(side)
    if found := _partner(context, other, number):
        return Paired(found, "lifted")
    _read_all(context, other)
    if found := _partner(context, other, number):
        return Paired(found, "lifted")
    if not context.boundary.holes.get(other.name):
        context.findings.absent.add(number)
    return pair(person, find_candidates(context, side, [person])[person.id])


def note_lifted(context: Context, side: Side, record_id: str) -> int | None:
    """Return the number of the lifted contact that has a record, None for all others; remember that it was met."""
    number = context.tables.erasure_marks.lifted(mark_of_record(side.account, record_id))
    if number is not None:
        context.findings.relinked[number] = (side.name, record_id)
    return number


def settle_lifted(transaction: Transaction, context: Context) -> None:
    """Forget the hashes of contacts that are linked again, or have no record to be linked to."""
    for number, (side, record_id) in context.findings.relinked.items():
        if number in context.findings.absent or record_id in context.tables.links.by_record(side, [record_id]):
            context.tables.erasure_marks.drop_lifted(transaction, number)


def _read_all(context: Context, other: Side) -> None:
    """Read a side in full into the index, unless this run has done so."""
    if other.name not in context.findings.read_whole:
        index_all(context, other)
        context.findings.read_whole.add(other.name)
        context.findings.lifted_ids.pop(other.name, None)


def _partner(context: Context, other: Side, number: int) -> str | None:
    """Return the record of the other side that has the hashes of the same person, and is free."""
    known = other.identities.by_id(_lifted_ids(context, other).get(number, ()))
    free = [one for one in known if one.linked is None and not context.staging.paired_id(other.name, one.id)]
    best = first_of_duplicates(free)
    return best.id if best else None


def _lifted_ids(context: Context, other: Side) -> dict[int, Sequence[str]]:
    """Return the records of a side that have the hashes of lifted contacts, by number; hashed once for all of them."""
    if other.name not in context.findings.lifted_ids:
        found: dict[int, list[str]] = {}
        for record_id in other.identities.unlinked():
            number = context.tables.erasure_marks.lifted(mark_of_record(other.account, record_id))
            if number is not None:
                found.setdefault(number, []).append(record_id)
        context.findings.lifted_ids[other.name] = dict(found)
    return context.findings.lifted_ids[other.name]
