"""Parse WHO as users type it: an e-mail address, a phone number in any format, or ACCOUNT:ID."""

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.values import email, phone
from state import contact_lookup
from state.contact_lookup import Record
from state.database import Database
from sync.config.model import Config
from sync.errors import UsageError


@dataclass(frozen=True, slots=True)
class ContactArgument:
    """A parsed WHO: a record (account and id), an e-mail key, or the phone numbers that it may be (E.164)."""

    typed: str
    record: tuple[str, str] | None = None
    email: str | None = None
    phones: tuple[str, ...] = ()

    def records(self, db: Database) -> list[Record]:
        """Return the records that match: those with this address or number now, otherwise those that had it before."""
        if self.record is not None:
            return contact_lookup.by_record(db, *self.record)
        if self.email is not None:
            return (
                contact_lookup.by_email(db, self.email, email.key)
                or contact_lookup.by_other_email(db, self.email)
                or contact_lookup.by_former_email(db, self.email, email.key)
            )
        now = [record for number in self.phones for record in contact_lookup.by_phone(db, number)]
        return now or [record for number in self.phones for record in contact_lookup.by_former_phone(db, number)]


def parse_who(typed: str, config: Config, accounts: Iterable[str]) -> ContactArgument:
    """Parse WHO; `accounts` are account names of the state in addition to those of the config.

    Raises UsageError for a text in none of the three formats.
    """
    text = typed.strip()
    known = sorted({*config.accounts, *accounts})
    name, colon, record_id = text.partition(":")
    if colon and name in known and record_id.strip():
        return ContactArgument(text, record=(name, record_id.strip()))
    address = email.clean(text) if "@" in text else None
    if isinstance(address, str):
        return ContactArgument(text, email=email.key(address))
    # A number without a country code may belong to the country of any connection.
    regions = dict.fromkeys(connection.country for connection in config.connections.values())
    numbers = dict.fromkeys(number for region in regions if (number := phone.to_e164(text, (region,))))
    if numbers:
        spelled = (form for number in numbers for form in phone.spellings(phone.key(number)))
        return ContactArgument(text, phones=tuple(dict.fromkeys(spelled)))
    raise UsageError(
        f"{typed!r} is neither an e-mail address, nor a phone number, nor ACCOUNT:ID (accounts are {', '.join(known)})"
    )
