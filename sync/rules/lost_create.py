"""Decide whether a record is the result of a create that got no answer (R20). Pure.

The evidence is what the record shows of the sent values. A server may have rewritten or dropped some, and a person may
have edited some since. A person may also have created a record by hand at the same time, for the same contact or for a
colleague who shares most values. Or the record existed before and the create was refused, or never arrived: then all
its values are a person's, and the sent values still have to be carried.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.contact import PHONE_SLOTS, Contact, Fields, Value, alike
from connectors.values import phone
from connectors.values.text import unaccented
from sync.rules.contact_codec import index_entry
from sync.rules.match import names_differ

IDENTITY = frozenset({"email", "phone", *PHONE_SLOTS})

GRAIN = timedelta(seconds=5)
"""A server's creation time may lie this much before our call, because its clock is known only roughly."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """The number of sent values that a record shows, and of other values in their place.

    `exact` of the agreeing ones have their accents too.
    """

    agreeing: int
    contradicting: int
    exact: int = 0

    @property
    def is_likely(self) -> bool:
        """Say whether the record shows more sent values than other ones."""
        return self.agreeing > self.contradicting

    @property
    def order(self) -> tuple[int, int, int]:
        """Return a sort key that puts the best match first."""
        return self.contradicting, -self.agreeing, -self.exact


def likeness(shown: Fields, sent: Fields, leaving_out: Collection[str] = ()) -> Similarity:
    """Compare a record with what was sent. A field that is not shown proves nothing, since servers drop values."""
    names = [name for name in sent if shown.get(name) is not None and name not in leaving_out]
    agreeing = sum(_resembles(name, shown[name], sent[name]) for name in names)
    exact = sum(alike(name, shown[name], sent[name]) for name in names)
    return Similarity(agreeing, len(names) - agreeing, exact)


def may_be_made_from(shown: Fields, sent: Fields, others: Collection[Fields]) -> bool:
    """Say whether a record without e-mail and number may be the result of a create.

    It is not if the names differ, or if one of the `others`, which were sent at the same time, fits better and without
    a contradiction.
    """
    found = likeness(shown, sent)
    if not found.is_likely or names_differ(unaccented(_name(shown)), unaccented(_name(sent))):
        return False
    rivals = (likeness(shown, other) for other in others)
    return not any(rival.is_likely and not rival.contradicting and rival.order < found.order for rival in rivals)


def is_anonymous(shown: Contact) -> bool:
    """Say whether a record has neither name nor address nor number."""
    found = index_entry(shown)
    return not (found.name or found.email or found.more_emails or found.phones)


def shows_person(shown: Contact, sent: Fields, marker: str | None) -> bool | None:
    """Say whether the answer to a create shows the contact that was sent, None if it identifies no contact.

    An address counts more than the source id, that more than a number, and a number more than a name: names are written
    in many ways, and a server may drop a part.
    """
    found, meant = index_entry(shown), index_entry(Contact("", sent))
    addresses = {found.email, *found.more_emails} - {None}
    if meant.email is not None and addresses:
        return meant.email in addresses
    numbers = {phone.key(each) for name in IDENTITY - {"email"} if isinstance(each := sent.get(name), str)}
    if (marker is not None and shown.marker == marker) or not numbers.isdisjoint(found.phones):
        return True
    words, sent_words = set(unaccented(found.name).split()), set(unaccented(meant.name).split())
    if words and sent_words:
        return words <= sent_words or sent_words <= words
    if meant.email is None and not numbers and not sent_words:
        like = likeness(shown.fields, sent)
        return like.agreeing >= like.contradicting if like.agreeing or like.contradicting else None
    return False if numbers and found.phones else None


def is_older(found: Contact, sent_at: datetime) -> bool:
    """Say whether a record existed before its create was sent. A record without a creation time may be of any age."""
    return found.created_at is not None and found.created_at < sent_at - GRAIN


NAMES = frozenset({"first_name", "last_name"})


def has_name(shown: Contact, sent: Fields) -> bool:
    """Say whether a record has the full name that was sent."""
    one, other = unaccented(_name(shown.fields)), unaccented(_name(sent))
    return one == other != ""


def may_be_readdressed(found: Contact, sent: Fields, sent_at: datetime, until: datetime) -> bool:
    """Say whether a record may be the result of a create although it shows another address or number.

    It has the name that was sent, was created while the create could take effect, and was edited since.
    """
    created, updated = found.created_at, found.updated_at
    if created is None or updated is None or updated <= created or not sent_at - GRAIN <= created <= until + GRAIN:
        return False
    rest = likeness(found.fields, sent, IDENTITY)
    return has_name(found, sent) and rest.agreeing > rest.contradicting


def is_readdressed(found: Contact, sent: Fields) -> bool:
    """Say whether such a record shows everything else that was sent, and more than the name: then it is the result."""
    rest = likeness(found.fields, sent, IDENTITY)
    return not rest.contradicting and likeness(found.fields, sent, IDENTITY | NAMES).agreeing > 0


def is_foreign(shown: Fields, sent: Fields, *, edited: bool) -> bool:
    """Say whether a record without our marker, found by e-mail or number, was created by hand and not by our create.

    An unedited record is foreign if it shows anything but what was sent. An edited one may be ours: it is foreign if,
    besides e-mail and numbers, it shows more other values than sent ones.
    """
    found = likeness(shown, sent, IDENTITY)
    return found.contradicting > found.agreeing if edited else found.contradicting > 0


def _name(fields: Fields) -> str:
    return index_entry(Contact("", fields)).name


def _resembles(name: str, shown: Value, sent: Value) -> bool:
    """Say whether a server may have made one value of the other: some store "Zoë" as "Zoe"."""
    return alike(name, shown, sent) or alike(name, _plain(shown), _plain(sent))


def _plain(value: Value) -> Value:
    return tuple(map(unaccented, value)) if isinstance(value, tuple) else value and unaccented(value)
