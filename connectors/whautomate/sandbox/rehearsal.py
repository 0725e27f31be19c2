"""The copy of a Whautomate account for a rehearsal: a connectors.sandbox.rehearsal.RehearsalServer."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from pydantic import SecretStr

from connectors.account_options import AccountOptions
from connectors.clock import Clock
from connectors.errors import AuthError, ConnectorError, RecordError
from connectors.http.client import HttpClient
from connectors.records import Raw
from connectors.sandbox.base import Call, SandboxResponse
from connectors.sandbox.record_file import RecordFile
from connectors.sandbox.rehearsal import UNHURRIED, FirstReads
from connectors.values import instant
from connectors.whautomate.client import WhautomateClient
from connectors.whautomate.custom_fields import custom_values, value_of
from connectors.whautomate.mapping import digits
from connectors.whautomate.sandbox.contacts import Record
from connectors.whautomate.sandbox.server import PREFIX, WhautomateSandbox
from connectors.whautomate.system import WhautomateAccount

ONE_CONTACT: Final = re.compile(rf"{PREFIX}/contacts/([^/]+)(?:/tags/\w+)?")


class CopiedRecords(RecordFile[Record]):
    """Contacts in a file, with an index of their numbers and addresses: a run looks for each before it creates it."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: dict[str, set[str]] = {}

    def __setitem__(self, record_id: str, record: Record) -> None:
        """Store a contact."""
        super().__setitem__(record_id, record)
        for text in _texts(record):
            self._ids.setdefault(text, set()).add(record_id)

    def with_text(self, text: str) -> list[Record]:
        """Return the contacts with this number or address."""
        found = (self[record_id] for record_id in sorted(self._ids.get(text, ())) if record_id in self)
        return [record for record in found if text in _texts(record)]


def _texts(record: Record) -> Iterable[str]:
    address = value_of(record["customFields"], "email")
    return {digits(record.get("phoneNumber")), str(address or "").casefold()} - {""}


class CopiedWhautomate(WhautomateSandbox):
    """A sandbox with the contacts of another account."""

    def __init__(self, **options: Any) -> None:
        super().__init__(rate=UNHURRIED, keep_calls=False, **options)
        self.first_reads = FirstReads()
        self._copied = CopiedRecords()
        self._contacts.by_id = self._copied
        self._contacts.found_by_text = self._copied.with_text

    def keep_copy(self, raw: Raw) -> None:
        """Store a contact as it is."""
        with self.lock:
            self.behaviour.list_of_fields |= isinstance(raw.get("customFields"), list)
            if "updatedAt" not in raw:
                self.behaviour.times = "hidden"
            shown = {"stage": "", "notes": "", "tags": [], "name": "", "phoneNumber": None, **raw}
            self._copied[str(raw["id"])] = {**shown, "customFields": custom_values(raw.get("customFields"))}

    def copied_ids(self) -> int:
        """Return the number of contacts."""
        return len(self._copied)

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call, after the contact that it is about was fetched."""
        about = ONE_CONTACT.fullmatch(call.path)
        try:
            raw = None if about is None else self.first_reads.fetch_once(about[1])
        except ConnectorError as error:
            return SandboxResponse(503, {"message": error.message})
        if raw is not None:
            self.keep_copy(raw)
        return super().handle(call)

    def new_id(self) -> str:
        """Return an id that no copied contact has."""
        while (made := super().new_id()) in self._copied:
            pass
        self.first_reads.note_created(made)
        return made


class WhautomateRehearsal:
    """The copy of one account, which `wire` reads."""

    def __init__(self, account: WhautomateAccount, wire: HttpClient, clock: Clock) -> None:
        self._account = account
        self._wire = wire
        self._client = WhautomateClient(wire)
        self.running = CopiedWhautomate(now=clock.now, locations={account.location_id: ""})
        self.first_reads = self.running.first_reads

    def copy_settings(self) -> None:
        """Copy the server's clock, and the locations as far as the key may read them."""
        self._client.list_page(1, 1)
        try:
            known = {str(one["id"]): str(one.get("title") or "") for one in self._client.locations()}
        except (AuthError, RecordError):
            known = {}
        self.running.locations |= known
        self.running.clock_offset = timedelta(seconds=self._wire.clock_offset())

    def put_record(self, raw: Raw) -> None:
        """Store a contact."""
        self.running.keep_copy(raw)

    def changed_ms(self, raw: Raw) -> int:
        """Return when a contact was changed last, in milliseconds since 1970, 0 where it does not say so."""
        moment = instant.parse(raw.get("updatedAt")) or instant.parse(raw.get("createdAt"))
        return 0 if moment is None else instant.to_ms(moment)

    def count_records(self) -> int:
        """Return the number of contacts."""
        return self.running.copied_ids()

    def reached_by(self) -> tuple[AccountOptions, str]:
        """Return the account at the address of the copy, with the key of the sandbox."""
        key = self.running.api_key
        changed = {"base_url": self.running.base_url, "api_key": SecretStr(key), "rate": None}
        return self._account.model_copy(update=changed), key
