"""Which records can be worked with at all: a time that no calendar of ours can count with breaks everything (R42).

Pure. Such a time is not guessed to be another one: what a system says of a record with it is not to be trusted.
"""

from typing import Final

from connectors.contact import Contact
from connectors.message import Message

EARLIEST: Final = 1900
"""Years before this one are the zero of some calendar (0001, 1601), and no time of a contact or a message."""


def what_is_wrong(record: Contact | Message) -> str:
    """Return why a record cannot be worked with, '' where it can."""
    moment, what = (record.sent_at, "sent") if isinstance(record, Message) else (record.updated_at, "updated")
    if moment is None or moment.year >= EARLIEST:
        return ""
    return (
        f"it says that it was {what} in the year {moment.year}, which cannot be: correct the record at its system, "
        "then `sync failures retry`"
    )
