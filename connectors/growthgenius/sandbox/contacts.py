"""The contacts of the sandbox: 58 documented fields, and an update time that shows."""

from datetime import datetime
from typing import Final

from connectors.growthgenius.sandbox.collection import Collection
from connectors.growthgenius.sandbox.record_store import Record
from connectors.sandbox.base import Call, SandboxResponse
from connectors.values import instant

FIELDS: Final = (
    "annual_revenue", "bad_data_reason", "city", "company_address", "company_city", "company_country",
    "company_linkedin_url", "company_name", "company_name_informal", "company_state", "contact_account",
    "contact_account_id", "corporate_phone", "country", "created_at",
    *(f"custom{n}" for n in range(1, 10)),
    "email", "email_confidence", "email_status", "employee_count", "facebook_url", "first_name", "first_phone",
    "full_name", "home_phone", "id", "industry", "keywords", "label_names", "last_name", "linkedin_url",
    "linkedin_username", "lists", "mobile_phone", "name", "other_phone", "prospect_id", "seo_description", "stage",
    "state", "status", "technologies", "title", "twitter_url", "unstructured_data", "updated_at",
    "upload_identifier", "user_id", "website", "work_phone",
)  # fmt: skip
"""The documented keys of a contact, in the documented order."""

OWN: Final = frozenset({"id", "created_at", "updated_at"})
MINI: Final = ("id", "full_name", "fist_name", "last_name", "email")
SEARCHED: Final = ("full_name", "first_name", "last_name", "email", "title", "company_name")


class Contacts(Collection):
    """Contacts: nothing is deduplicated, windows go by `updated_at`."""

    noun = "contact"
    fields = FIELDS
    own = OWN

    def new_record(self, at: datetime | None = None) -> Record:
        """Return a contact without values."""
        created = self._host.behaviour.local(self._host.server_now() if at is None else at)
        return dict.fromkeys(FIELDS) | {"id": self._host.new_id(), "created_at": created}

    def put_record(self, record: Record, at: datetime | None = None) -> str:
        """Store a contact as updated at a moment (None: now)."""
        moment = self._host.behaviour.stamp(self._host.server_now() if at is None else at)
        record["updated_at"] = self._host.behaviour.local(moment)
        self.store.put(str(record["id"]), record, instant.to_ms(moment))
        return str(record["id"])

    def short_form(self, record: Record) -> Record:
        """Return the five documented fields, one of them misspelt."""
        spelt = record | {"fist_name": record["first_name"]}
        return {key: spelt[key] for key in MINI}

    def delete_record(self, record_id: str) -> None:
        """Delete a contact, and its messages unless they stay."""
        super().delete_record(record_id)
        if not self._host.behaviour.messages_stay:
            messages = self._host.stores["message"]
            of_contact = [key for key, each in messages.by_id.items() if str(each["contact_id"]) == record_id]
            for message_id in of_contact:
                messages.take(message_id)

    def serve(self, call: Call, path: str) -> SandboxResponse:
        """Carry out one call; the search has a path of its own."""
        if (call.method, path) == ("POST", "/contacts/search"):
            return self._serve_search(call)
        return super().serve(call, path)

    def _serve_search(self, call: Call) -> SandboxResponse:
        """POST /contacts/search, as a copy of the documents shows it: full text, each hit in its own envelope."""
        words = str((call.body or {}).get("q_keywords", "")).casefold()
        hits = [
            {"contact": self.shown(record)}
            for record in self.store.by_id.values()
            if words and words in " ".join(str(record.get(key)) for key in SEARCHED).casefold()
        ]
        found = {"page": 1, "per_page": 25, "total_entries": len(hits), "total_pages": 1}
        return SandboxResponse(
            200, {"contacts": hits, "breadcrumbs": [], "partial_results_only": False, "pagination": found}
        )
