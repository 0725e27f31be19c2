"""Whether a record is what a lost create made (R20). Pure.

What tells it is what the record shows of what was sent. A server may have rewritten or dropped some of it, and a person
may have edited some since; and somebody may have made a record by hand at the same time, for the same person or for a
colleague who shares most of it. Or the record was there before, and the create was refused because of it, or never
came: all that it shows is a person's then, and the values that were not sent are still to be carried.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.contact import PHONE_SLOTS, Contact, Fields, alike
from connectors.values import phone
from sync.rules.contact_codec import known
from sync.rules.match import names_differ

IDENTITY = frozenset({"email", "phone", *PHONE_SLOTS})

GRAIN = timedelta(seconds=5)
"""By so much a server's time of a record may lie before that of the call which made it, as far as we know its clock."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """How many of the values that were sent a record shows, and how many others in their place."""

    agreeing: int
    contradicting: int

    @property
    def is_likely(self) -> bool:
        """Say whether the record shows more of what was sent than otherwise."""
        return self.agreeing > self.contradicting

    @property
    def order(self) -> tuple[int, int]:
        """Return what puts the most like first."""
        return self.contradicting, -self.agreeing


def likeness(shown: Fields, sent: Fields, leaving_out: Collection[str] = ()) -> Similarity:
    """Compare a record with what was sent; what it does not show says nothing, since servers drop values."""
    names = [name for name in sent if shown.get(name) is not None and name not in leaving_out]
    agreeing = sum(alike(name, shown[name], sent[name]) for name in names)
    return Similarity(agreeing, len(names) - agreeing)


def may_be_made_from(shown: Fields, sent: Fields, others: Collection[Fields]) -> bool:
    """Say whether a record may be what was made of somebody without e-mail and number.

    Not where the names differ, nor where one of the `others`, which were sent at the same time, fits without a flaw
    and better: two that share no more than their country are told apart by the rest.
    """
    found = likeness(shown, sent)
    if not found.is_likely or names_differ(_name(shown), _name(sent)):
        return False
    rivals = (likeness(shown, other) for other in others)
    return not any(rival.is_likely and not rival.contradicting and rival.order < found.order for rival in rivals)


def shows_person(shown: Contact, sent: Fields, marker: str | None) -> bool | None:
    """Say whether the answer to a create shows the person who was sent; None where it shows nothing that tells.

    An address tells more than the source id, that more than a number, and a number more than a name: names are written
    in many ways, and a server may drop a part of one.
    """
    found, meant = known(shown), known(Contact("", sent))
    addresses = {found.email, *found.more_emails} - {None}
    if meant.email is not None and addresses:
        return meant.email in addresses
    numbers = {phone.key(each) for name in IDENTITY - {"email"} if isinstance(each := sent.get(name), str)}
    if (marker is not None and shown.marker == marker) or not numbers.isdisjoint(found.phones):
        return True
    words, sent_words = set(found.name.split()), set(meant.name.split())
    if words and sent_words:
        return words <= sent_words or sent_words <= words
    if meant.email is None and not numbers and not sent_words:
        like = likeness(shown.fields, sent)
        return like.agreeing >= like.contradicting if like.agreeing or like.contradicting else None
    return False if numbers and found.phones else None


def is_older(found: Contact, sent_at: datetime) -> bool:
    """Say whether a record was there before its create was sent; a record without a time may be of any age."""
    return found.created_at is not None and found.created_at < sent_at - GRAIN


def is_foreign(shown: Fields, sent: Fields, *, edited: bool) -> bool:
    """Say whether a record without our marker, found by its e-mail or number, was made by hand and not by the create.

    A record that nobody edited is, if it shows anything else than what was sent. One that was edited may be ours; it is
    taken for a stranger's where, besides e-mail and numbers, it shows less of what was sent than otherwise.
    """
    found = likeness(shown, sent, IDENTITY)
    return found.contradicting > found.agreeing if edited else found.contradicting > 0


def _name(fields: Fields) -> str:
    return known(Contact("", fields)).name
