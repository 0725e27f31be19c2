"""Whether a stranger took the place of a record that somebody is linked to: two records were merged there (R6, R24).

Rules kept here:
- what is left of two merged records bears the marker of the one that was linked. A copy of a record bears it, too: the
  record that is linked tells them apart, and is asked for by id unless this run has seen it;
- it is asked for before the stranger would be made on the other side, where the person is already.
"""

from state.indexed_contact import IndexedContact
from sync.contacts.context import Context
from sync.contacts.read_by_id import stage_by_id
from sync.rules.match import Candidates, Paired
from sync.streams.connection import Side


def replaced_partner(context: Context, side: Side, person: IndexedContact, around: Candidates) -> Paired | None:
    """Return the person on the other side whose record a stranger took the place of, None where it did of nobody's.

    Raises AuthError, TransientError.
    """
    other = context.connection.other(side)
    for marked in around.marked:
        if marked.id != person.marker or marked.linked in {None, person.id}:
            continue
        if context.staging.paired_id(other.name, marked.id) or _is_there(context, side, marked.linked):
            return None
        return Paired(marked.id, "marker")
    return None


def _is_there(context: Context, side: Side, record_id: str | None) -> bool:
    if record_id is None or context.staging.has_record(side.name, record_id):
        return True
    return stage_by_id(context, side, record_id) is not None
