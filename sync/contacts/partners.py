"""Recognise the counterpart of an unlinked record that no address or number shows.

Rules kept here:
- a record that took the place of a linked one, because a user merged both, has its marker (R6, R24). A copy of a record
  has it, too, so the linked record is read by id: if it still exists, the unlinked record is a copy;
- the hashes of a lifted erasure (`sync forget WHO --lift`) name the record of the other side. The erasure has removed
  the link and both index entries, so that a contact with a new address would be created twice;
- these hashes are used only if nothing else pairs the contact, and before a record is created. If the index does not
  hold that record, the other side is read in full first: once in a run, for all such contacts;
- they are dropped when a run that read the contact ends: it is linked then, or a full reading has proven that the
  record of the other side does not exist any more.
"""

from collections.abc import Sequence

from state.database import Transaction
from state.indexed_contact import IndexedContact
from sync.contacts.candidates import find_candidates
from sync.contacts.context import Context
from sync.contacts.read import index_all
from sync.contacts.staged_records import stage_by_id
from sync.rules.erasure_marks import mark_of_record
from sync.rules.match import Candidates, Paired, PairingRefused, Unpaired, first_of_duplicates, pair
from sync.streams.connection import Side


def replaced_partner(context: Context, side: Side, contact: IndexedContact, candidates: Candidates) -> Paired | None:
    """Return the counterpart of the record that an unlinked record took the place of, None if there is none.

    Raises AuthError, TransientError.
    """
    other = context.connection.other(side)
    for marked in candidates.marked:
        if marked.id != contact.marker or marked.linked in {None, contact.id}:
            continue
        if context.staging.paired_id(other.name, marked.id) or _is_there(context, side, marked.linked):
            return None
        return Paired(marked.id, "marker")
    return None


def _is_there(context: Context, side: Side, record_id: str | None) -> bool:
    if record_id is None or context.staging.has_record(side.name, record_id):
        return True
    return stage_by_id(context, side, record_id) is not None


def lifted_partner(context: Context, side: Side, contact: IndexedContact) -> Paired | PairingRefused | Unpaired | None:
    """Return the record that a lifted contact was linked to, or what pairing decides; None for any other contact.

    Raises AuthError, TransientError.
    """
    number = note_lifted(context, side, contact.id)
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
    return pair(contact, find_candidates(context, side, [contact])[contact.id])


def note_lifted(context: Context, side: Side, record_id: str) -> int | None:
    """Return the number of the lifted contact that a record belongs to, and note the record; None for any other."""
    number = context.tables.erasure_marks.lifted(mark_of_record(side.account, record_id))
    if number is not None:
        context.findings.relinked[number] = (side.name, record_id)
    return number


def settle_lifted(transaction: Transaction, context: Context) -> None:
    """Drop the hashes of contacts that are linked again, or have no record to be linked to."""
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
    """Return the record of the other side that has the hashes of the same contact and no counterpart."""
    known = other.identities.by_id(_lifted_ids(context, other).get(number, ()))
    free = [one for one in known if one.linked is None and not context.staging.paired_id(other.name, one.id)]
    best = first_of_duplicates(free)
    return best.id if best else None


def _lifted_ids(context: Context, other: Side) -> dict[int, Sequence[str]]:
    """Return the records of a side with the hashes of lifted contacts, by number; they are hashed once in a run."""
    if other.name not in context.findings.lifted_ids:
        found: dict[int, list[str]] = {}
        for record_id in other.identities.unlinked():
            number = context.tables.erasure_marks.lifted(mark_of_record(other.account, record_id))
            if number is not None:
                found.setdefault(number, []).append(record_id)
        context.findings.lifted_ids[other.name] = dict(found)
    return context.findings.lifted_ids[other.name]
