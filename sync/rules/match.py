"""Who is who: whether somebody on one side is somebody on the other (R6 to R9). Pure.

The order is: link (the caller's affair), marker, e-mail, an e-mail that a record has beside its own, phone, else new.
Nobody is guessed: two equally good candidates, a shared e-mail beside the own one under another name, and everybody but
the first of those who share an e-mail on one side, are refused with a reason that names the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from state.indexed_contact import IndexedContact


@dataclass(frozen=True, slots=True)
class Paired:
    """The person is `id` on the other side."""

    id: str
    by: str


@dataclass(frozen=True, slots=True)
class Unpaired:
    """Nobody on the other side is this person."""


@dataclass(frozen=True, slots=True)
class PairingRefused:
    """The person can neither be paired nor made.

    `blockers` are (same side?, id) of those whose change may help. `double` tells that the first of them is taken for
    the same person on the person's own side.
    """

    reason: str
    blockers: tuple[tuple[bool, str], ...]
    double: bool = False


Pairing = Paired | Unpaired | PairingRefused
MayPair = Callable[[IndexedContact, IndexedContact], bool]

_BY: Final = {"an e-mail": "e-mail", "its number": "phone"}
_CURE: Final = {"an e-mail": "leave it in one record of each side", "its number": "add an e-mail to them"}


@dataclass(frozen=True, slots=True)
class Candidates:
    """Everybody the index knows who could matter to one person.

    `twins` share the e-mail on the person's own side (the person included); the others are on the other side:
    `marked` by the person's id or named by the person's own marker, of the same `email`, or of the same number
    (`phone`). `rivals` are on the person's own side and share a number with it or with one of `phone` (the person
    excluded). Whose e-mail is on both sides is neither in `phone` nor in `rivals`: e-mails come before numbers (R6).
    `beside` and `beside_rivals` are the same for an address that either of two records has beside its own.
    """

    twins: Sequence[IndexedContact] = ()
    marked: Sequence[IndexedContact] = ()
    email: Sequence[IndexedContact] = ()
    phone: Sequence[IndexedContact] = ()
    rivals: Sequence[IndexedContact] = ()
    beside: Sequence[IndexedContact] = ()
    beside_rivals: Sequence[IndexedContact] = ()


def pair(person: IndexedContact, around: Candidates) -> Pairing:
    """Decide who a person is that has no link yet.

    `linked` of everybody includes the pairs of this run, and those that a marker claims and no link denies.
    """
    marked = [other for other in around.marked if other.linked in {None, person.id}]
    by_marker = leader([other for other in marked if not contradicts(person, other)])
    if by_marker is not None:
        return Paired(by_marker.id, "marker")
    verdict = _without_marker(person, around)
    return _doubtful(person, marked[0]) if marked and isinstance(verdict, Unpaired) else verdict


def contradicts(person: IndexedContact, other: IndexedContact) -> bool:
    """Say whether both e-mails and names tell two records apart: then no source id makes them one (R31).

    People can type a source id, copy a record with it, or import it from another account. An id alone, which names no
    account, is believed less: different names tell two records apart unless they share an address or a number.
    """
    if not names_differ(person.name, other.name) or not _addresses(person).isdisjoint(_addresses(other)):
        return False
    if _is_bare(person, other):
        return set(person.phones).isdisjoint(other.phones)
    return bool(person.email and other.email)


def _is_bare(person: IndexedContact, other: IndexedContact) -> bool:
    """Say whether only an id alone, that names no account, makes one of the two claim to be the other."""
    claims = [one.is_marker_bare for one, named in ((person, other), (other, person)) if one.marker == named.id]
    return bool(claims) and all(claims)


def _doubtful(person: IndexedContact, other: IndexedContact) -> PairingRefused:
    """Refuse to make a person whose source id stands on somebody else's record: it may be a double of the person."""
    bearer = "it bears" if person.marker == other.id else f"{other.id} on the other side bears"
    whose = f"the source id of {other.id} on the other side" if person.marker == other.id else "its source id"
    reason = (
        f"{bearer} {whose}, but neither name, e-mail nor number tells that they are one; "
        "if these are two people, empty the field with the source id, else give both the same e-mail"
    )
    return PairingRefused(reason, ((False, other.id),))


def _without_marker(person: IndexedContact, around: Candidates) -> Pairing:
    first = leader(around.twins) or person
    if first.id != person.id:
        reason = f"has the same e-mail as {first.id} on the same side, who is carried; merge them, or change one e-mail"
        return PairingRefused(reason, ((True, first.id),), double=True)
    mailed = leader(around.email)
    if mailed is not None:
        return _by_email(person, mailed)
    found = _by_shared(person, around.beside, around.beside_rivals, _address_may_pair, "an e-mail")
    if isinstance(found, Unpaired):
        found = _by_shared(person, around.phone, around.rivals, _number_may_pair, "its number")
    if isinstance(found, Unpaired):
        found = _ambiguous(person, around) or found
    return Paired(found.id, _BY[found.by]) if isinstance(found, Paired) else found


def leader(people: Sequence[IndexedContact]) -> IndexedContact | None:
    """Return the one of several people with the same e-mail who stands for them.

    Linked, else oldest, else lowest id (R8).
    """
    return min(people, key=_seniority, default=None)


def phone_may_pair(one: IndexedContact, other: IndexedContact) -> bool:
    """Say whether a shared number can make two people one: colleagues share numbers (R9)."""
    return (one.email is None or other.email is None) and not names_differ(one.name, other.name)


def names_differ(one: str, other: str) -> bool:
    """Say whether two case-folded names are of different people; a name that is missing differs from none."""
    return bool(one and other and one.split() != other.split())


def may_adopt(person: IndexedContact, other: IndexedContact) -> bool:
    """Say whether somebody whom a server names as the same person is it, by the same tests as everybody (R9)."""
    if other.linked is not None and other.linked != person.id:
        return False
    if (person.id == other.marker or person.marker == other.id) and not contradicts(person, other):
        return True
    if person.email is not None and person.email == other.email:
        return True
    return _address_may_pair(person, other) or _number_may_pair(person, other)


def _by_email(person: IndexedContact, other: IndexedContact) -> Pairing:
    if other.linked in {None, person.id}:
        return Paired(other.id, "e-mail")
    reason = (
        f"has the e-mail of {other.id} on the other side, who is linked to {other.linked}; "
        "change the e-mail of one of them"
    )
    return PairingRefused(reason, ((False, other.id), (True, other.linked)))


def _by_shared(
    person: IndexedContact,
    candidates: Sequence[IndexedContact],
    around: Sequence[IndexedContact],
    may_pair: MayPair,
    what: str,
) -> Pairing:
    """Pair by something that several people may share; `around` are those of the person's own side who share it too."""
    fitting = [other for other in candidates if other.linked is None and may_pair(person, other)]
    if not fitting:
        return Unpaired()
    rivals = [rival for rival in around if rival.linked is None and any(may_pair(rival, other) for other in fitting)]
    if len(fitting) == 1 and not rivals:
        return Paired(fitting[0].id, what)
    people = [
        *(f"{other.id} on the other side" for other in fitting),
        *(f"{rival.id} on the same side" for rival in rivals),
    ]
    reason = f"shares {what} with {', '.join(people)}, and nothing tells who is who; {_CURE[what]}"
    return PairingRefused(reason, (*((False, other.id) for other in fitting), *((True, rival.id) for rival in rivals)))


def _addresses(person: IndexedContact) -> set[str]:
    return {*([person.email] if person.email else []), *person.more_emails}


def _number_may_pair(one: IndexedContact, other: IndexedContact) -> bool:
    return not set(one.phones).isdisjoint(other.phones) and phone_may_pair(one, other)


def _address_may_pair(one: IndexedContact, other: IndexedContact) -> bool:
    """Say whether an address that a record has beside its own makes two records one.

    Such an address may be an assistant's, a partner's or an office's, so the names must not tell the two apart.
    """
    return not _addresses(one).isdisjoint(_addresses(other)) and not names_differ(one.name, other.name)


def _ambiguous(person: IndexedContact, around: Candidates) -> PairingRefused | None:
    """Refuse a contact that has the own address of a record beside its own, or the reverse, under another name.

    They may be one person with a new name or two people, and only a person can tell. An address that both have beside
    their own is taken for an office's, and a record that another contact of the same side fits better is left to that.
    """
    doubtful = [
        other
        for other in around.beside
        if other.linked is None
        and (person.email in other.more_emails or other.email in person.more_emails)
        and not any(rival.linked is None and _address_may_pair(rival, other) for rival in around.beside_rivals)
    ]
    if not doubtful:
        return None
    reason = (
        f"has an e-mail of {', '.join(f'{other.id} on the other side' for other in doubtful)} under another name, "
        "so it is ambiguous whether they are one person; if they are, give both the same name or the same first e-mail,"
        " else take the shared e-mail out of one of them"
    )
    return PairingRefused(reason, tuple((False, other.id) for other in doubtful))


def _seniority(person: IndexedContact) -> tuple[bool, bool, int, tuple[int, str]]:
    return (person.linked is None, person.created_ms is None, person.created_ms or 0, (len(person.id), person.id))
