"""The copy of an Apollo team for a rehearsal: a connectors.sandbox.rehearsal.RehearsalServer."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from pydantic import SecretStr

from connectors.account_options import AccountOptions
from connectors.apollo import directory
from connectors.apollo.client import ApolloClient, is_old_form
from connectors.apollo.sandbox import records
from connectors.apollo.sandbox.index import ApolloSearchIndex
from connectors.apollo.sandbox.server import ApolloQuirks, ApolloSandbox
from connectors.apollo.system import ApolloAccount
from connectors.clock import Clock
from connectors.errors import AuthError, CallRefused, ConnectorError, RecordError
from connectors.http.client import HttpClient
from connectors.http.rate_headers import RateLimit
from connectors.records import Raw
from connectors.sandbox.base import Call, SandboxResponse
from connectors.sandbox.record_file import RecordFile
from connectors.sandbox.rehearsal import FirstReads
from connectors.values import instant

UNHURRIED: Final = RateLimit(1_000_000, 60.0, 1_000_000_000, ((3600.0, 1_000_000_000), (86_400.0, 1_000_000_000)))
"""What the copy allows, so that a rehearsal waits for no rate limit."""
ONE_CONTACT: Final = re.compile(r".*/contacts/(?!search$|bulk_|update_)([^/]+)")
STORED: Final = (
    *("typed_custom_fields", "phone_numbers", "label_ids", "first_name", "last_name", "name", "email", "title"),
    *("organization_name", "contact_stage_id", "owner_id", "created_at", "updated_at", "last_activity_date"),
)
"""The keys that each stored record has. One that the account does not show stays unknown otherwise."""


class CopiedApollo(ApolloSandbox):
    """A sandbox with the contacts of another team."""

    def __init__(self, **options: Any) -> None:
        super().__init__(rate=UNHURRIED, keep_calls=False, **options)
        self.first_reads = FirstReads()
        self.index = ApolloSearchIndex(RecordFile())
        self._records = RecordFile()

    def keep_copy(self, raw: Raw) -> None:
        """Store a contact as it is."""
        blank = records.blank(str(raw["id"]), instant.render(self.server_now()))
        with self.lock:
            self.quirks.rows_lack_places |= "city" not in raw
            record = {**{key: blank[key] for key in STORED}, **{key: raw[key] for key in raw if raw[key] is not None}}
            record |= {key: None for key in raw if key not in record}
            self._records[record["id"]] = record
            self.index.put(0.0, record["id"], record)
            self.index.refresh(1.0)  # what waits to be shown lies in memory

    def copied_ids(self) -> int:
        """Return the number of contacts."""
        return len(self._records)

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call, after the contacts that it is about were fetched."""
        try:
            found = [raw for each in _contacts_of(call) if (raw := self.first_reads.fetch_once(each)) is not None]
        except ConnectorError as error:
            return SandboxResponse(503, {"error": error.message})
        for raw in found:
            self.keep_copy(raw)
        return super().handle(call)

    def _new_id(self) -> str:
        """Return an id that neither a copied contact nor anything else that was copied has."""
        known = (self._records, self.fields, self.labels, self.stages)
        made = super()._new_id()
        while any(made in each for each in known):
            made = super()._new_id()
        self.first_reads.note_created(made)
        return made


def _contacts_of(call: Call) -> Iterator[str]:
    """Yield the id of the contact that a call is about. Those of a call for many were in a search before."""
    about = ONE_CONTACT.fullmatch(call.path)
    if about is not None:
        yield about[1]


def changed_ms(raw: Raw) -> int:
    """Return when a contact was changed last, in milliseconds since 1970, 0 where it does not say so."""
    moment = instant.parse(raw.get("updated_at")) or instant.parse(raw.get("created_at"))
    return 0 if moment is None else instant.to_ms(moment)


class ApolloRehearsal:
    """The copy of one team, which `wire` reads."""

    def __init__(self, account: ApolloAccount, wire: HttpClient, clock: Clock) -> None:
        self._account = account
        self._wire = wire
        self._client = ApolloClient(wire)
        self.running = CopiedApollo(now=clock.now, quirks=ApolloQuirks())
        self.first_reads = self.running.first_reads

    def copy_settings(self) -> None:
        """Copy the server's clock, stages, users, lists and custom fields, as far as the key may read them.

        Raises CallRefused for the form of 2020: its key goes into the calls themselves, and is not known here.
        """
        if is_old_form(self._account.base_url):
            raise CallRefused(self._wire.account, "an account with a base_url that ends in /v1 cannot be rehearsed")
        self._copied("contact_stages/index", self._copy_stages)
        self._copied("users/search", self._copy_users)
        self._copied("labels/index", self._copy_lists)
        self._copied("fields/index", self._copy_fields)
        self.running.clock_offset = timedelta(seconds=self._wire.clock_offset())

    def _copied(self, scope: str, copy: Callable[[], None]) -> None:
        try:
            copy()
        except (AuthError, RecordError):
            self.running.quirks.scopes_missing |= {scope}

    def _copy_stages(self) -> None:
        rows = directory.named_rows(self._client.list_stages(), ("name", "display_name"))
        self.running.stages = {key: name for key, name, _ in rows}

    def _copy_users(self) -> None:
        self.running.users = [dict(row) for row in self._client.list_users()]

    def _copy_lists(self) -> None:
        rows = [row for row in self._client.list_labels() if row.get("modality") in (None, directory.CONTACTS)]
        self.running.labels = {key: name for key, name, _ in directory.named_rows(rows)}

    def _copy_fields(self) -> None:
        rows = [row for row in self._client.list_fields() if row.get("modality") == "contact" and row.get("id")]
        self.running.fields = {
            str(row["id"]).removeprefix("contact."): {"label": row.get("label"), "type": row.get("type")}
            for row in rows
            if row.get("source", "custom") == "custom"
        }

    def put_record(self, raw: Raw) -> None:
        """Store a contact."""
        self.running.keep_copy(raw)

    def changed_ms(self, raw: Raw) -> int:
        """Return when a contact was changed last, in milliseconds since 1970."""
        return changed_ms(raw)

    def count_records(self) -> int:
        """Return the number of contacts."""
        return self.running.copied_ids()

    def reached_by(self) -> tuple[AccountOptions, str]:
        """Return the team at the address of the copy, with the key of the sandbox."""
        key = self.running.key
        changed = {"base_url": self.running.base_url, "api_key": SecretStr(key)}
        return self._account.model_copy(update=changed), key
