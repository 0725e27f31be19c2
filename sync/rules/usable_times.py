"""Refuse records with a time that no calendar can count with, because it breaks everything else (R42). Pure.

The time is not guessed: nothing that a system says about such a record can be trusted.
"""

from typing import Final

from connectors.contact import Contact
from connectors.message import Message

EARLIEST: Final = 1900
"""An earlier year is the zero of some calendar (0001, 1601) and no time of a contact or message."""


def reason_unusable(record: Contact | Message) -> str:
    """Return why a record cannot be used, '' where it can."""
    moment, what = (record.sent_at, "sent") if isinstance(record, Message) else (record.updated_at, "updated")
    if moment is None or moment.year >= EARLIEST:
        return ""
    return (
        f"it says that it was {what} in the year {moment.year}, which cannot be: correct the record at its system, "
        "then `sync failures retry`"
    )
