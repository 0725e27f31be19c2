"""The endpoints of Apollo: paths, bodies, and the records in answers.

Rules kept here:
- the key goes into the header `x-api-key`; in the form of 2020 (`base_url` ends in /v1 and not in /api/v1) it goes into
  the body, or the query of a GET, and updates are PUT;
- a contact that is gone is answered with 422. Only "has been deleted" means that (RecordGone); "does not exist" and
  "not authorized" prove nothing (RecordRefused);
- the id in an answer is compared with the id that was asked for: an answer about another record proves nothing;
- no create is repeated here (R20), and an update is not repeated either where the first try may have taken effect.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from connectors.apollo.allowed_calls import CALLS
from connectors.errors import (
    AuthError,
    CallRefused,
    ConnectorError,
    OtherRecord,
    OutcomeUnknown,
    RecordGone,
    RecordRefused,
    ServerTrouble,
)
from connectors.http.allowed_calls import is_usable_id
from connectors.http.call import Reply
from connectors.http.client import HttpClient
from connectors.http.forbidden import ForbiddenCheck
from connectors.records import Page, Raw

PER_PAGE: Final = 100
USERS_PER_PAGE: Final = 100
MOST_USER_PAGES: Final = 50
UNPROCESSABLE: Final = 422
NOT_FOUND: Final = 404
_DELETED: Final = re.compile(r"has been deleted", re.IGNORECASE)
_OUT_OF_SCOPE: Final = re.compile(r"API_INACCESSIBLE|not authorized to access", re.IGNORECASE)


def is_old_form(base_url: str) -> bool:
    """Say whether an address is that of the API of 2020."""
    return base_url.rstrip("/").endswith("/v1") and not base_url.rstrip("/").endswith("/api/v1")


class ApolloClient:
    """The calls of one team. `legacy_key` is the key where it goes into body and query, "" where a header holds it.

    `on_labels` takes the lists that an answer to a write shows: some of them may be new.
    """

    def __init__(self, wire: HttpClient, legacy_key: str = "") -> None:
        self.wire = wire
        self.account = wire.account
        self.is_old_form = bool(legacy_key)
        self._key = {"api_key": legacy_key} if legacy_key else {}
        self._admission = ForbiddenCheck(self._plain_read)
        self.on_labels: Callable[[Sequence[Raw]], None] = lambda _rows: None

    def search(self, body: Mapping[str, Any], *, once: bool = False) -> Reply:
        """Ask POST /contacts/search. Raises AnswerTooLarge where less should be asked for."""
        asked = {**body, **self._key}
        return self.wire.send_query("POST", "/contacts/search", json=asked, splittable=True, once=once)

    def read_contact(self, record_id: str) -> Page:
        """Return one contact. Raises RecordGone, RecordRefused, and OtherRecord where another one is shown."""
        path = self._path(record_id)
        if not CALLS.may_ask("GET", path):
            raise CallRefused(self.account, f"GET {path} is not among what this connector may ask")
        try:
            reply = self._admission.of_record(lambda: self._get(path))
        except (RecordRefused, RecordGone) as refused:
            raise gone_or(refused) from refused
        record = object_in(reply.body, "contact")
        if record is None:
            raise ServerTrouble(self.account, f"GET {path} was answered without a contact")
        if str(record.get("id")) != record_id:
            raise OtherRecord(self.account, f"GET {path} was answered with another contact", record)
        return Page([record], reply.served_at)

    def create_contact(self, properties: Mapping[str, Any]) -> Page:
        """Create a contact and return the answer that shows it. Raises RecordRefused, OutcomeUnknown."""
        reply = self._admission.of_record(lambda: self._change("POST", "/contacts", properties, repeatable=False))
        record = object_in(reply.body, "contact")
        if record is None or not is_usable_id(record.get("id")):
            raise OutcomeUnknown(self.account, "a create was answered without the contact", accepted=True)
        self.on_labels(rows_in(reply.body, "labels") or [])
        return Page([record], reply.served_at)

    def patch_contact(self, record_id: str, properties: Mapping[str, Any]) -> Page:
        """Set properties of a contact and return it. Raises RecordGone, RecordRefused, OutcomeUnknown."""
        method, path = "PUT" if self.is_old_form else "PATCH", self._path(record_id)
        try:
            reply = self._admission.of_record(lambda: self._change(method, path, properties))
        except (RecordRefused, RecordGone) as refused:
            raise gone_or(refused) from refused
        record = object_in(reply.body, "contact")
        if record is None or str(record.get("id")) != record_id:
            raise OutcomeUnknown(self.account, "an update was answered without the contact", accepted=True)
        self.on_labels(rows_in(reply.body, "labels") or [])
        return Page([record], reply.served_at)

    def bulk_create(self, contacts: Sequence[Mapping[str, Any]], label_names: Sequence[str] = ()) -> Page:
        """Create up to 100 contacts; return those that the answer shows. Raises RecordRefused, OutcomeUnknown.

        Apollo is never asked to look for duplicates: it would overwrite the contact that it finds.
        """
        lists = {"append_label_names": list(label_names)} if label_names else {}
        reply = self._change("POST", "/contacts/bulk_create", {"contacts": list(contacts), **lists}, repeatable=False)
        return self._rows_of(reply, "created_contacts")

    def bulk_update(self, contacts: Sequence[Mapping[str, Any]]) -> Page:
        """Update up to 100 contacts; return those that the answer shows. Raises RecordRefused, OutcomeUnknown."""
        reply = self._change("POST", "/contacts/bulk_update", {"contact_attributes": list(contacts)})
        return self._rows_of(reply, "contacts")

    def update_stages(self, record_ids: Sequence[str], stage_id: str) -> Page:
        """Set the stage of many contacts; return those that the answer shows. Raises RecordRefused, OutcomeUnknown."""
        path = "/contacts/update_stages"
        if self.is_old_form:
            body = {"contact_ids": list(record_ids), "contact_stage_id": stage_id}
            return self._rows_of(self._change("POST", path, body), "contacts")
        asked = {"contact_ids[]": list(record_ids), "contact_stage_id": stage_id}
        return self._rows_of(self._change("POST", path, {}, asked), "contacts")

    def add_to_lists(self, record_ids: Sequence[str], names: Sequence[str]) -> datetime:
        """Put contacts on lists, which are made where they do not exist; return the server's time.

        Raises RecordRefused, OutcomeUnknown.
        """
        return self._change("POST", "/labels/add_entity_ids_to_label_names", _listing(record_ids, names)).served_at

    def remove_from_lists(self, record_ids: Sequence[str], names: Sequence[str]) -> datetime:
        """Take contacts from lists; return the server's time. Raises RecordRefused, OutcomeUnknown."""
        return self._change("POST", "/labels/remove_entity_ids_from_label_names", _listing(record_ids, names)).served_at

    def list_stages(self) -> Sequence[Raw]:
        """Return the stages of the team. Raises AuthError, RecordRefused, TransientError."""
        return self._list("/contact_stages", "contact_stages")

    def list_labels(self) -> Sequence[Raw]:
        """Return all lists, those of companies too. Raises AuthError, RecordRefused, TransientError."""
        return self._list("/labels", "labels")

    def list_fields(self) -> Sequence[Raw]:
        """Return the custom fields. Raises AuthError, RecordRefused, TransientError."""
        return self._list("/fields", "fields", {"source": "custom"})

    def create_field(self, label: str, kind: str) -> str | None:
        """Create a custom field of contacts; return its id, None where the answer does not show it.

        Raises AuthError, RecordRefused, OutcomeUnknown.
        """
        body = {"label": label, "modality": "contact", "type": kind}
        rows = rows_in(self._change("POST", "/fields", body, repeatable=False).body, "typed_custom_fields") or []
        made = [row for row in rows if row.get("name") == label and is_usable_id(row.get("id"))]
        return str(made[0]["id"]) if len(made) == 1 else None

    def list_users(self) -> Iterator[Raw]:
        """Yield the users of the team. Raises AuthError, RecordRefused, TransientError."""
        for page in range(1, MOST_USER_PAGES + 1):
            asked = {"page": str(page), "per_page": str(USERS_PER_PAGE)}
            body = self._get("/users/search", asked).body
            rows = rows_in(body, "users")
            if rows is None:
                raise ServerTrouble(self.account, "GET /users/search was answered without users")
            yield from rows
            if len(rows) < USERS_PER_PAGE:
                return

    def read_profile(self) -> None:
        """Ask for what every key may read. Raises AuthError, TransientError."""
        self._get("/users/api_profile")

    def close(self) -> None:
        """Close the connections."""
        self.wire.close()

    def _plain_read(self) -> Reply:
        return self._get("/users/api_profile")

    def _path(self, record_id: str) -> str:
        return f"/contacts/{quote(record_id, safe='')}"

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        return self.wire.send_query("GET", path, params={**(params or {}), **self._key} or None)

    def _list(self, path: str, key: str, params: Mapping[str, str] | None = None) -> Sequence[Raw]:
        rows = rows_in(self._get(path, params).body, key)
        if rows is None:
            raise ServerTrouble(self.account, f"GET {path} was answered without {key}")
        return rows

    def _change(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        params: Mapping[str, str | Sequence[str]] | None = None,
        *,
        repeatable: bool = True,
    ) -> Reply:
        if not CALLS.may_change(method, path):
            raise CallRefused(self.account, f"{method} {path} is not among what this connector may change")
        return self.wire.send_change(
            method, path, params=params, json={**body, **self._key}, repeatable=repeatable, overwrites=repeatable
        )

    def _rows_of(self, reply: Reply, key: str) -> Page:
        rows = rows_in(reply.body, key)
        if rows is None:
            raise OutcomeUnknown(self.account, f"a write was answered without {key}", accepted=True)
        return Page(rows, reply.served_at)


def _listing(record_ids: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    return {"entity_ids": list(record_ids), "label_names": list(names), "modality": "contacts"}


def object_in(body: Any, key: str) -> Raw | None:
    """Return the object under a key of an answer, None where there is none."""
    found = body.get(key) if isinstance(body, Mapping) else None
    return found if isinstance(found, dict) and found else None


def rows_in(body: Any, key: str) -> list[Raw] | None:
    """Return the objects of a list, under a key or bare, None where the answer holds no list or another value in it."""
    found = body.get(key) if isinstance(body, Mapping) else body
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        return None
    return found


def gone_or(refused: RecordRefused | RecordGone) -> ConnectorError:
    """Return RecordGone for a refusal that says that the contact is deleted, else the refusal.

    Apollo answers a deleted contact with 422: a 404 comes from a wrong address or a proxy, and proves nothing.
    """
    if isinstance(refused, RecordGone):
        return RecordRefused(refused.account, refused.message, status=NOT_FOUND)
    said = deleted_ids(refused)
    words = refused.messages or (refused.message,)
    is_gone = refused.status == UNPROCESSABLE and (bool(said) or any(map(_DELETED.search, words)))
    return RecordGone(refused.account, refused.message) if is_gone else refused


def deleted_ids(refused: RecordRefused) -> frozenset[str]:
    """Return the ids that a refusal names as deleted."""
    ids = refused.body.get("deleted_contact_ids") if isinstance(refused.body, Mapping) else None
    return frozenset(map(str, ids)) if isinstance(ids, list) else frozenset()


def names_scope(error: AuthError) -> bool:
    """Say whether a refusal is about the scope of the key, and not about the key itself."""
    return _OUT_OF_SCOPE.search(error.message) is not None
