"""The contract of a sandbox that copies an account, so that a rehearsal can run against the copy.

It reads the account through an HTTP client that can make no call that changes something. Its records lie in a file that
has no name (connectors.sandbox.record_file), so that many of them need little memory and nothing of them is left.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from connectors.account_options import AccountOptions
from connectors.http.rate_headers import RateLimit
from connectors.records import Raw

UNHURRIED: Final = RateLimit(1_000_000, 10.0, 1_000_000_000)
"""What the copy allows, so that a rehearsal waits for no rate limit."""

FetchRecord = Callable[[str], Raw | None]
"""Returns a record by id as the account itself shows it, None where it does not exist."""


@dataclass(slots=True)
class FirstReads:
    """Decides which record the account itself is asked for: each copied or unknown one, once.

    A list may show less of a record than a read by id does, and after a copy of the newest records alone the others are
    unknown. `fetch_record` None asks for none.
    """

    fetch_record: FetchRecord | None = None
    _settled: set[str] = field(default_factory=set)

    def note_created(self, record_id: str) -> None:
        """Note a record that exists in the copy alone."""
        if self.fetch_record is not None:
            self._settled.add(record_id)

    def fetch_once(self, record_id: str) -> Raw | None:
        """Return a record as the account shows it, None where it was fetched before or does not exist.

        Raises AuthError, TransientError.
        """
        if self.fetch_record is None or record_id in self._settled:
            return None
        raw = self.fetch_record(record_id)
        self._settled.add(record_id)
        return raw


class RehearsalServer(Protocol):
    """A sandbox that shows what an account shows."""

    first_reads: FirstReads
    """What is asked of the account before the first call about a record by id."""

    @property
    def running(self) -> AbstractContextManager[Any]:
        """Return the server, which runs within the `with` block."""

    def copy_settings(self) -> None:
        """Copy the server's clock, and read what the account has besides contacts: users, custom fields, settings.

        What the credential may not read, the copy does not show either. Raises TransientError, AuthError.
        """

    def put_record(self, raw: Raw) -> None:
        """Store a record as the account shows it, with its id and times. A later version replaces an earlier one."""

    def changed_ms(self, raw: Raw) -> int:
        """Return when a record was changed last, in milliseconds since 1970, 0 where it does not say so."""

    def count_records(self) -> int:
        """Return the number of records."""

    def reached_by(self) -> tuple[AccountOptions, str]:
        """Return the account with the address of the copy, and the credential. The server must be running."""
