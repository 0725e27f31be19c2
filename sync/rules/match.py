"""Decide whether a contact of one side is a contact of the other side. Pure.

Rules kept here: R6 (order), R8 (duplicates on one side), R9 (phones), R31 (source ids that prove nothing). The order
is: link (looked up by the caller), source id, e-mail, an additional e-mail, phone, else new. Nothing is guessed. A
contact is refused, with a reason that names the others, when two candidates are equally good, when an additional e-mail
is shared under another name, and when an older contact of its side has the same e-mail.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from state.indexed_contact import IndexedContact


@dataclass(frozen=True, slots=True)
class Paired:
    """The contact is `id` on the other side.

    `by` names the evidence: "link" (of other connections), "marker", "e-mail" or "phone".
    """

    id: str
    by: str


@dataclass(frozen=True, slots=True)
class Unpaired:
    """The contact does not exist on the other side."""


@dataclass(frozen=True, slots=True)
class PairingRefused:
    """The contact can neither be paired nor created.

    `blockers` are pairs (is on the same side, id) of the records that have to change first. `double` says that the
    first of them is the same contact a second time, on the same side.
    """

    reason: str
    blockers: tuple[tuple[bool, str], ...]
    double: bool = False


Pairing = Paired | Unpaired | PairingRefused
MayPair = Callable[[IndexedContact, IndexedContact], bool]

_EVIDENCE: Final = {"an e-mail": "e-mail", "its number": "phone"}
_REMEDY: Final = {"an e-mail": "leave it in one record of each side", "its number": "add an e-mail to them"}


@dataclass(frozen=True, slots=True)
class Candidates:
    """The contacts of the identity index that matter for pairing one contact.

    `same_email` are contacts of the own side with the same e-mail, the contact itself included. All others but the
    rivals are on the other side: `marked` carries the source id of the contact, or is named by the contact's own source
    id; `email` has the same e-mail; `phone` has the same number. `rivals` are other contacts of the own side that share
    a number with the contact or with one of `phone`. A contact with an e-mail that exists on both sides is in neither
    `phone` nor `rivals`, because e-mails come before numbers (R6). `shared_address` and `shared_address_rivals` are the
    same for an additional e-mail of either record.
    """

    same_email: Sequence[IndexedContact] = ()
    marked: Sequence[IndexedContact] = ()
    email: Sequence[IndexedContact] = ()
    phone: Sequence[IndexedContact] = ()
    rivals: Sequence[IndexedContact] = ()
    shared_address: Sequence[IndexedContact] = ()
    shared_address_rivals: Sequence[IndexedContact] = ()


def pair(contact: IndexedContact, around: Candidates) -> Pairing:
    """Decide which contact of the other side an unlinked contact is.

    `linked` of each candidate includes the pairs of this run, and those that a source id claims and no link denies.
    """
    marked = [other for other in around.marked if other.linked in {None, contact.id}]
    by_marker = first_of_duplicates([other for other in marked if not contradicts(contact, other)])
    if by_marker is not None:
        return Paired(by_marker.id, "marker")
    verdict = _without_marker(contact, around)
    return _refuse_marked(contact, marked[0]) if marked and isinstance(verdict, Unpaired) else verdict


def contradicts(contact: IndexedContact, other: IndexedContact) -> bool:
    """Say whether e-mails and names show two different contacts, so that a source id does not make them one (R31).

    People can type a source id, copy it with a record, or import it from another account. An id alone, which names no
    account, counts less: different names separate two records unless they share an address or a number.
    """
    if not names_differ(contact.name, other.name) or not _addresses(contact).isdisjoint(_addresses(other)):
        return False
    if _is_bare(contact, other):
        return set(contact.phones).isdisjoint(other.phones)
    return bool(contact.email and other.email)


def _is_bare(contact: IndexedContact, other: IndexedContact) -> bool:
    """Say whether the only claim that the two are one contact is an id that names no account."""
    claims = [one.is_marker_bare for one, named in ((contact, other), (other, contact)) if one.marker == named.id]
    return bool(claims) and all(claims)


def _refuse_marked(contact: IndexedContact, other: IndexedContact) -> PairingRefused:
    """Refuse to create a contact when another record carries its source id: the other one may be the same contact."""
    bearer = "it carries" if contact.marker == other.id else f"{other.id} on the other side carries"
    source_id = f"the source id of {other.id} on the other side" if contact.marker == other.id else "its source id"
    reason = (
        f"{bearer} {source_id}, but neither name, e-mail nor number shows that they are one; "
        "if these are two contacts, empty the field with the source id, else give both the same e-mail"
    )
    return PairingRefused(reason, ((False, other.id),))


def _without_marker(contact: IndexedContact, around: Candidates) -> Pairing:
    first = first_of_duplicates(around.same_email) or contact
    if first.id != contact.id:
        reason = f"has the same e-mail as {first.id} on the same side, who is carried; merge them, or change one e-mail"
        return PairingRefused(reason, ((True, first.id),), double=True)
    mailed = first_of_duplicates(around.email)
    if mailed is not None:
        return _by_email(contact, mailed)
    found = _by_shared(contact, around.shared_address, around.shared_address_rivals, _address_may_pair, "an e-mail")
    if isinstance(found, Unpaired):
        found = _by_shared(contact, around.phone, around.rivals, _number_may_pair, "its number")
    if isinstance(found, Unpaired):
        found = _refuse_ambiguous(contact, around) or found
    return Paired(found.id, _EVIDENCE[found.by]) if isinstance(found, Paired) else found


def first_of_duplicates(contacts: Sequence[IndexedContact]) -> IndexedContact | None:
    """Return the contact that represents several contacts with the same e-mail, None for no contact.

    The linked one, else the oldest, else the one with the lowest id (R8).
    """
    return min(contacts, key=_seniority, default=None)


def phone_may_pair(one: IndexedContact, other: IndexedContact) -> bool:
    """Say whether a shared number may pair two contacts. Colleagues share numbers (R9)."""
    return (one.email is None or other.email is None) and not names_differ(one.name, other.name)


def names_differ(one: str, other: str) -> bool:
    """Say whether two case-folded names belong to different people. A missing name differs from no name."""
    return bool(one and other and one.split() != other.split())


def may_adopt(contact: IndexedContact, other: IndexedContact) -> bool:
    """Say whether the record that a server names as a duplicate is this contact, by the tests of R9."""
    if other.linked is not None and other.linked != contact.id:
        return False
    if (contact.id == other.marker or contact.marker == other.id) and not contradicts(contact, other):
        return True
    if contact.email is not None and contact.email == other.email:
        return True
    return _address_may_pair(contact, other) or _number_may_pair(contact, other)


def _by_email(contact: IndexedContact, other: IndexedContact) -> Pairing:
    if other.linked in {None, contact.id}:
        return Paired(other.id, "e-mail")
    reason = (
        f"has the e-mail of {other.id} on the other side, who is linked to {other.linked}; "
        "change the e-mail of one of them"
    )
    return PairingRefused(reason, ((False, other.id), (True, other.linked)))


def _by_shared(
    contact: IndexedContact,
    candidates: Sequence[IndexedContact],
    around: Sequence[IndexedContact],
    may_pair: MayPair,
    what: str,
) -> Pairing:
    """Pair by a value that several contacts may share. `around` are contacts of the own side that share it too."""
    fitting = [other for other in candidates if other.linked is None and may_pair(contact, other)]
    if not fitting:
        return Unpaired()
    rivals = [rival for rival in around if rival.linked is None and any(may_pair(rival, other) for other in fitting)]
    if len(fitting) == 1 and not rivals:
        return Paired(fitting[0].id, what)
    contacts = [
        *(f"{other.id} on the other side" for other in fitting),
        *(f"{rival.id} on the same side" for rival in rivals),
    ]
    reason = f"shares {what} with {', '.join(contacts)}, and nothing shows which is which; {_REMEDY[what]}"
    return PairingRefused(reason, (*((False, other.id) for other in fitting), *((True, rival.id) for rival in rivals)))


def _addresses(contact: IndexedContact) -> set[str]:
    return {*([contact.email] if contact.email else []), *contact.more_emails}


def _number_may_pair(one: IndexedContact, other: IndexedContact) -> bool:
    return not set(one.phones).isdisjoint(other.phones) and phone_may_pair(one, other)


def _address_may_pair(one: IndexedContact, other: IndexedContact) -> bool:
    """Say whether an additional e-mail makes two records one contact.

    It may belong to an assistant, a partner or an office, so the names must not differ.
    """
    return not _addresses(one).isdisjoint(_addresses(other)) and not names_differ(one.name, other.name)


def _refuse_ambiguous(contact: IndexedContact, around: Candidates) -> PairingRefused | None:
    """Refuse a contact when its own e-mail is an additional e-mail of a record with another name, or the reverse.

    The two may be one contact with a new name, or two contacts, and only a person can decide. An address that is
    additional in both records is taken for the address of an office. A record that fits another contact of the own side
    better is left to that contact.
    """
    doubtful = [
        other
        for other in around.shared_address
        if other.linked is None
        and (contact.email in other.more_emails or other.email in contact.more_emails)
        and not any(rival.linked is None and _address_may_pair(rival, other) for rival in around.shared_address_rivals)
    ]
    if not doubtful:
        return None
    reason = (
        f"has an e-mail of {', '.join(f'{other.id} on the other side' for other in doubtful)} under another name, "
        "so it is ambiguous whether they are one contact; if they are, give both the same name or the same first "
        "e-mail, else take the shared e-mail out of one of them"
    )
    return PairingRefused(reason, tuple((False, other.id) for other in doubtful))


def _seniority(contact: IndexedContact) -> tuple[bool, bool, int, tuple[int, str]]:
    return (contact.linked is None, contact.created_ms is None, contact.created_ms or 0, (len(contact.id), contact.id))
