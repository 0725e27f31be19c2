"""Recognise an unlinked record that took the place of a linked one, because a user merged both (R6, R24).

Rules kept here:
- the record that is left has the marker of the linked one. A copy of a record has it, too, so the linked record is read
  by id, unless this run has read it: if it still exists, the unlinked record is a copy;
- this is checked before the record would be created on the other side, where its counterpart exists already.
"""

from state.indexed_contact import IndexedContact
from sync.contacts.context import Context
from sync.contacts.read_by_id import stage_by_id
from sync.rules.match import Candidates, Paired
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
