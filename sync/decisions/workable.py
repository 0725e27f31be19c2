"""Which records can be worked with at all: a time that no calendar of ours can count with breaks everything (R42).

Pure. Such a time is not guessed to be another one: what a system says of a record with it is not to be trusted.
"""

from datetime import datetime
from typing import Final

from connectors.contact import Contact
from connectors.message import Message
from sync.errors import BrokenRecord

EARLIEST: Final = 1900
"""Years before this one are the zero of some calendar (0001, 1601), and no time of a contact or a message."""


def confirm_workable(record: Contact | Message) -> None:
    """Raise BrokenRecord, with the reason, if a record cannot be worked with."""
    if isinstance(record, Message):
        _confirm("it was sent", record.sent_at)
        return
    _confirm("it was updated", record.updated_at)


def _confirm(what: str, moment: datetime | None) -> None:
    if moment is not None and moment.year < EARLIEST:
        raise BrokenRecord(
            f"it says that {what} in the year {moment.year}, which cannot be: correct the record at its system, then "
            "`sync failures retry`"
        )
