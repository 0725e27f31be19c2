"""The copy of a GrowthHub location for a rehearsal: a connectors.sandbox.rehearsal.RehearsalServer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from pydantic import SecretStr

from connectors.account_options import AccountOptions
from connectors.clock import Clock
from connectors.errors import AuthError, ConnectorError, RecordError
from connectors.growthhub.allowed_calls import GuardedClient
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.sandbox import records
from connectors.growthhub.sandbox.index import Record, SearchIndex
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.growthhub.system import GrowthHubAccount
from connectors.growthhub.wire_record import custom_values
from connectors.http.client import HttpClient
from connectors.records import Raw
from connectors.sandbox.base import Call, SandboxResponse
from connectors.sandbox.record_file import RecordFile
from connectors.sandbox.rehearsal import UNHURRIED, FirstReads
from connectors.values import instant

ONE_CONTACT: Final = re.compile(r"/contacts/(?!search(?:/|$))([^/]+)(?:/tags)?")
OF_A_ROW: Final = frozenset(
    {"address", "contactName", "searchAfter", "customFields", "tags", "dateAdded", "dateUpdated", "createdBy"}
    | {"firstNameLowerCase", "lastNameLowerCase", "fullNameLowerCase", "emailLowerCase", "phoneLabel", "validEmail"}
)
"""Keys that a record is shown with, but that are stored in another form or follow from other keys."""


@dataclass(frozen=True, slots=True)
class CopiedField(records.Field):
    """A custom field as the location shows it."""

    raw: Mapping[str, Any] = field(default_factory=dict)

    def shown(self, location_id: str) -> dict[str, Any]:  # noqa: ARG002 - the location is in `raw`
        """Return it as the location shows it."""
        return dict(self.raw)


class CopiedGrowthHub(GrowthHubSandbox):
    """A sandbox with the contacts of another location."""

    def __init__(self, **options: Any) -> None:
        super().__init__(rate=UNHURRIED, keep_calls=False, **options)
        self.first_reads = FirstReads()
        self._records = RecordFile()
        self._index = SearchIndex(RecordFile())

    def keep_copy(self, raw: Raw) -> None:
        """Store a contact as it is."""
        record = stored_form(raw, self.location_id)
        with self.lock:
            known = self._records.get(record["id"])
            if known is not None:
                self._forget_identity(known)
            self._keep(record)
            self._index.refresh(self._now())  # what waits to be shown lies in memory

    def copied_ids(self) -> int:
        """Return the number of contacts."""
        return len(self._records)

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call, after the contact that it is about was fetched."""
        about = ONE_CONTACT.fullmatch(call.path)
        try:
            raw = self.first_reads.fetch_once(about[1]) if about is not None and about[1] else None
        except ConnectorError as error:
            return SandboxResponse(503, {"message": error.message})
        if raw is not None:
            self.keep_copy(raw)
        return super().handle(call)

    def _new_id(self) -> str:
        """Return an id that neither a copied contact nor a copied field has."""
        while (made := super()._new_id()) in self._records or made in self.fields:
            pass
        self.first_reads.note_created(made)
        return made


def stored_form(raw: Raw, location_id: str) -> Record:
    """Return a record as the sandbox stores it, from a row of a search or from a record by id."""
    tags = raw.get("tags")
    return {
        **{key: value for key, value in raw.items() if key not in OF_A_ROW and value not in (None, "")},
        **({"address1": raw["address"]} if raw.get("address") and not raw.get("address1") else {}),
        "id": str(raw["id"]),
        "locationId": raw.get("locationId") or location_id,
        "dnd": bool(raw.get("dnd")),
        "tags": [str(tag) for tag in tags] if isinstance(tags, list) else [],
        "customFields": dict(custom_values(raw)),
        "dateAdded": _milliseconds(raw, "dateAdded", "dateUpdated"),
        "dateUpdated": changed_ms(raw),
    }


def changed_ms(raw: Raw) -> int:
    """Return when a contact was changed last, in milliseconds since 1970, 0 where it does not say so."""
    return _milliseconds(raw, "dateUpdated", "dateAdded")


def _milliseconds(raw: Raw, *keys: str) -> int:
    moments = filter(None, (instant.parse(raw.get(key)) for key in keys))
    return next(map(instant.to_ms, moments), 0)


class GrowthHubRehearsal:
    """The copy of one location, which `wire` reads."""

    def __init__(self, account: GrowthHubAccount, wire: HttpClient, clock: Clock) -> None:
        self._account = account
        self._client = GrowthHubClient(GuardedClient(wire), account.location_id)
        self.running = CopiedGrowthHub(now=clock.now, location_id=account.location_id)
        self.first_reads = self.running.first_reads

    def copy_settings(self) -> None:
        """Copy the server's clock, the location, its custom fields and its users, as far as the scopes allow it."""
        company = self._copied("locations.readonly", self._copy_location)
        self._copied("locations/customFields.readonly", self._copy_fields)
        self._copied("users.readonly", lambda: self._copy_users(company))
        self.running.clock_offset = timedelta(seconds=self._client.calls.clock_offset())

    def _copied(self, scope: str, copy: Callable[[], str | None]) -> str | None:
        try:
            return copy()
        except (AuthError, RecordError):
            self.running.quirks.scopes_missing |= {scope}
            return None

    def _copy_location(self) -> str | None:
        location = self._client.read_location()
        settings = location.get("settings")
        found = settings if isinstance(settings, Mapping) else {}
        self.running.country = str(location.get("country") or "")
        self.running.allow_duplicates = found.get("allowDuplicateContact") is True
        identifiers = found.get("contactUniqueIdentifiers")
        if isinstance(identifiers, list):
            self.running.unique_identifiers = [one for one in identifiers if one in ("email", "phone")]
        company = location.get("companyId")
        return str(company) if company else None

    def _copy_fields(self) -> None:
        for raw in self._client.list_custom_fields():
            field_id, key, name, kind = (str(raw.get(one) or "") for one in ("id", "fieldKey", "name", "dataType"))
            self.running.fields[field_id] = CopiedField(field_id, key, name, kind, 0, raw=raw)

    def _copy_users(self, company: str | None) -> None:
        users = list(self._client.list_users(company)) if company else []
        self.running.users = [dict(user) for user in users or self._client.list_users(None)]

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
        """Return the location at the address of the copy, with the token of the sandbox in place of any credential."""
        token = self.running.token
        app = dict.fromkeys(("client_id", "client_secret", "company_id"))
        changed = {"base_url": self.running.url, "token": SecretStr(token), "rate": None}
        return self._account.model_copy(update={**app, **changed}), token
