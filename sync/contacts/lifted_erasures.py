"""Link a contact again who was forgotten and is taken up again (`sync forget WHO --lift`).

Forgetting erased the link and the index of both records. Until both are linked again, their e-mail may change, so that
nothing else would tell that they are one person, and a second record would be made. Rules kept here:
- the hashes of one person stay together when they are lifted, and tell which record of the other side it was;
- they are asked only where nothing else pairs the contact, and before a record is made;
- the other side is read in full into the index first, where the index does not show that record;
- they go when a run that met the contact comes to its end.
"""

from collections.abc import Iterable, Iterator

from state.database import Transaction
from state.identity_index import IndexedContact
from sync.contacts.candidates import surroundings
from sync.contacts.context import Context, Side
from sync.contacts.read import index_all
from sync.rules.erasure_marks import mark_of_record
from sync.rules.match import Paired, PairingRefused, Unpaired, leader, pair


def relinked(context: Context, side: Side, person: IndexedContact) -> Paired | PairingRefused | Unpaired | None:
    """Return who on the other side a lifted contact was linked to, or what pairing says of it; None for all others.

    Raises AuthError, TransientError.
    """
    number = context.forgotten.lifted(mark_of_record(side.account, person.id))
    if number is None:
        return None
    context.relinked[number] = (side.name, person.id)
    other = context.other(side)
    if found := _partner(context, other, number):
        return Paired(found, "lifted")
    index_all(context, other)
    if found := _partner(context, other, number):
        return Paired(found, "lifted")
    return pair(person, surroundings(context, side, [person])[person.id])


def settle_lifted(transaction: Transaction, context: Context) -> None:
    """Forget the hashes of who is linked again, or was made anew."""
    for number, (side, record_id) in context.relinked.items():
        if record_id in context.links.by_record(side, [record_id]):
            context.forgotten.drop_lifted(transaction, number)


def _partner(context: Context, other: Side, number: int) -> str | None:
    """Return the record of the other side that has the hashes of the same person, and is free."""
    free = [
        record_id for record_id in other.identities.unlinked() if not context.stage.paired_id(other.name, record_id)
    ]
    found = list(_of_person(context, other, free, number))
    best = leader(other.identities.by_id(found)) if found else None
    return best.id if best else None


def _of_person(context: Context, other: Side, ids: Iterable[str], number: int) -> Iterator[str]:
    return (each for each in ids if context.forgotten.lifted(mark_of_record(other.account, each)) == number)
