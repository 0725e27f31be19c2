"""Everybody who could matter to people without a link, looked up in the identity index of both sides (R7)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact
from sync.contacts.context import Context
from sync.rules.match import Candidates, contradicts
from sync.streams.connection import Side

Groups = dict[str | None, dict[str, IndexedContact]]
"""People by id, under each e-mail, number or marker that they have."""


def find_candidates(context: Context, side: Side, persons: Sequence[IndexedContact]) -> dict[str, Candidates]:
    """Return the surroundings of each person, by id; `linked` includes the pairs that this run has planned."""
    mine, theirs = side.identities, context.connection.other(side).identities
    emails = list({person.email for person in persons if person.email})
    phones = list({phone for person in persons for phone in person.phones})
    own = _Claims(context, side, context.connection.other(side))
    foreign = _Claims(context, context.connection.other(side), side)
    twins = _group(own(mine.by_email(emails)), lambda other: [other.email])
    email = _group(foreign(theirs.by_email(emails)), lambda other: [other.email])
    candidates = _without_mail_at(mine, foreign(theirs.by_phone(phones)))
    phone = _group(candidates, lambda other: other.phones)
    shared = list({*phones, *(phone for other in candidates for phone in other.phones)})
    rivals = _group(_without_mail_at(theirs, own(mine.by_phone(shared))), lambda other: other.phones)
    addresses = list({address for person in persons for address in _addresses(person)})
    beside_all = _without_mail_at(mine, foreign(_having(theirs, addresses)))
    beside = _group(beside_all, _addresses)
    shared_addresses = list({*addresses, *(address for other in beside_all for address in _addresses(other))})
    beside_rivals = _group(_without_mail_at(theirs, own(_having(mine, shared_addresses))), _addresses)
    marking = _group(foreign(theirs.by_marker([person.id for person in persons])), lambda other: [other.marker])
    marked = _group(foreign(theirs.by_id([p.marker for p in persons if p.marker])), lambda other: [other.id])
    return {
        person.id: Candidates(
            same_email=_of(twins, [person.email]),
            marked=[*_of(marking, [person.id]), *_of(marked, [person.marker])],
            email=_of(email, [person.email]),
            phone=_of(phone, person.phones),
            rivals=_rivals(rivals, person, person.phones, _of(phone, person.phones), lambda other: other.phones),
            shared_address=_of(beside, _addresses(person)),
            shared_address_rivals=_rivals(
                beside_rivals, person, _addresses(person), _of(beside, _addresses(person)), _addresses
            ),
        )
        for person in persons
    }


def _without_mail_at(other_side: IdentityIndex, people: Sequence[IndexedContact]) -> list[IndexedContact]:
    """Leave out those whose e-mail is on the other side too: it tells who they are before any number does (R6)."""
    mailed = {other.email for other in other_side.by_email([person.email for person in people if person.email])}
    return [person for person in people if person.email not in mailed]


def _having(index: IdentityIndex, addresses: Sequence[str]) -> list[IndexedContact]:
    """Return everybody who has one of the addresses, as their own or beside it."""
    found = {person.id: person for person in (*index.by_email(addresses), *index.by_other_email(addresses))}
    return list(found.values())


def _addresses(person: IndexedContact) -> tuple[str, ...]:
    return (*([person.email] if person.email else []), *person.more_emails)


def _rivals(
    sharing: Groups,
    person: IndexedContact,
    own: Sequence[str],
    candidates: Sequence[IndexedContact],
    keys: Callable[[IndexedContact], Sequence[str]],
) -> list[IndexedContact]:
    shared = [*own, *(key for other in candidates for key in keys(other))]
    return [rival for rival in _of(sharing, shared) if rival.id != person.id]


class _Claims:
    """Adds to what the index knows: the pairs that this run has planned, and those that only a marker tells of."""

    def __init__(self, context: Context, side: Side, other: Side) -> None:
        self._staging = context.staging
        self._side = side
        self._other = other

    def __call__(self, found: Iterable[IndexedContact]) -> list[IndexedContact]:
        people = list(found)
        claimed = self._claimed([person for person in people if not person.linked])
        return [
            person if person.linked else replace(person, linked=self._planned(person) or claimed.get(person.id))
            for person in people
        ]

    def _planned(self, person: IndexedContact) -> str | None:
        return self._staging.paired_id(self._side.name, person.id)

    def _claimed(self, people: Sequence[IndexedContact]) -> dict[str, str]:
        """Return who is claimed: those whose own marker names somebody, and those whom somebody's marker names."""
        known = {person.id: person for person in people}
        named = {other.id: other for other in self._other.identities.by_id([p.marker for p in people if p.marker])}
        claims = {
            person.id: other.id
            for person in people
            if person.marker and (other := named.get(person.marker)) and not contradicts(person, other)
        }
        for other in self._other.identities.by_marker(list(known)):
            person = known[other.marker or ""]
            if not contradicts(person, other):
                claims.setdefault(person.id, other.id)
        return claims


def _group(found: Iterable[IndexedContact], keys: Callable[[IndexedContact], Iterable[str | None]]) -> Groups:
    groups: Groups = {}
    for person in found:
        for key in keys(person):
            groups.setdefault(key, {})[person.id] = person
    return groups


def _of(groups: Groups, keys: Iterable[str | None]) -> list[IndexedContact]:
    """Return everybody under one of the keys, once each; nobody is under None."""
    found: dict[str, IndexedContact] = {}
    for key in keys:
        if key is not None:
            found.update(groups.get(key, {}))
    return list(found.values())
