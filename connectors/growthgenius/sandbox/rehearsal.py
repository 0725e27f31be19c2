"""The copy of a GrowthGenius account for a rehearsal: a connectors.sandbox.rehearsal.RehearsalServer."""

import re
from datetime import timedelta
from typing import Any, Final

from pydantic import SecretStr

from connectors.account_options import AccountOptions
from connectors.clock import Clock
from connectors.errors import AuthError, ConnectorError, RecordError
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.growthgenius.records import UserId
from connectors.growthgenius.sandbox.behaviour import Behaviour
from connectors.growthgenius.sandbox.record_store import RecordStore
from connectors.growthgenius.sandbox.server import PREFIX, GrowthGeniusSandbox
from connectors.growthgenius.system import GrowthGeniusAccount
from connectors.http.client import HttpClient
from connectors.records import Raw
from connectors.sandbox.base import Call, SandboxResponse
from connectors.sandbox.record_file import RecordFile
from connectors.sandbox.rehearsal import UNHURRIED, FirstReads
from connectors.values import instant

ONE_CONTACT: Final = re.compile(f"{PREFIX}/contacts/(?!search$)([^/]+)")
PAGE: Final = 200
"""Contacts of one answer: the documented maximum. All in one answer would take too much memory."""


class CopiedGrowthGenius(GrowthGeniusSandbox):
    """A sandbox with the contacts of another server."""

    def __init__(self, **options: Any) -> None:
        super().__init__(behaviour=Behaviour(page_size=PAGE), rate=UNHURRIED, keep_calls=False, **options)
        self.first_reads = FirstReads()
        self.stores["contact"] = RecordStore(by_id=RecordFile(), keeps_encoded=False)

    def new_id(self) -> Any:
        """Return an id that no copied contact has."""
        contacts = self.stores["contact"].by_id
        while str(made := super().new_id()) in contacts:
            pass
        self.first_reads.note_created(str(made))
        return made

    def keep_copy(self, raw: Raw) -> None:
        """Store a contact as it is."""
        with self.lock:
            self.stores["contact"].put(str(raw["id"]), dict(raw), changed_ms(raw))

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call, after the contact that it is about was fetched."""
        about = ONE_CONTACT.fullmatch(call.path)
        try:
            raw = None if about is None else self.first_reads.fetch_once(about[1])
        except ConnectorError as error:
            return SandboxResponse(503, {"error": error.message})
        if raw is not None:
            self.keep_copy(raw)
        return super().handle(call)


def changed_ms(raw: Raw) -> int:
    """Return when a contact was changed last, in milliseconds since 1970, 0 where it does not say so."""
    moment = instant.parse(raw.get("updated_at")) or instant.parse(raw.get("created_at"))
    return 0 if moment is None else instant.to_ms(moment)


class GrowthGeniusRehearsal:
    """The copy of one account, which `wire` reads."""

    def __init__(self, account: GrowthGeniusAccount, wire: HttpClient, clock: Clock) -> None:
        self._account = account
        self._wire = wire
        self._client = GrowthGeniusClient(wire, account.users)
        # A user that cannot be read owns records all the same.
        users = [{"id": user} for user in account.users]
        self.running = CopiedGrowthGenius(now=clock.now, users=users)
        self.first_reads = self.running.first_reads

    def copy_settings(self) -> None:
        """Copy the server's clock, and the users as connectors.growthgenius.users reads them."""
        single = [user for asked in self._account.users for user in self._users(asked)]
        listed = self._users(None)
        self.running.users |= {str(user["id"]): dict(user) for user in (*listed, *single)}
        self.running.behaviour.users = "list" if listed else "one" if single else "hidden"
        self.running.clock_offset = timedelta(seconds=self._wire.clock_offset())

    def _users(self, asked: UserId | None) -> list[Raw]:
        try:
            return list(self._client.users(asked))
        except (AuthError, RecordError):
            return []

    def put_record(self, raw: Raw) -> None:
        """Store a contact."""
        self.running.keep_copy(raw)

    def changed_ms(self, raw: Raw) -> int:
        """Return when a contact was changed last, in milliseconds since 1970."""
        return changed_ms(raw)

    def count_records(self) -> int:
        """Return the number of contacts."""
        return len(self.running.stores["contact"].by_id)

    def reached_by(self) -> tuple[AccountOptions, str]:
        """Return the account at the address of the copy, with the key of the sandbox."""
        key = self.running.api_key
        changed = {"base_url": self.running.base_url, "api_key": SecretStr(key), "rate": None}
        return self._account.model_copy(update=changed), key
