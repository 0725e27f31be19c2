"""The records of the Apollo sandbox: their keys, what a write sets, and what Apollo makes of it by itself.

Rules kept here, from the documents and from recorded answers:
- an empty value clears, a phone replaces the one of its type or is added, `label_names` replaces all lists;
- an e-mail address that is none is ignored silently, and so is a website beside a valid address (document of 2020);
- city, state and country are inferred from `present_raw_address` and cannot be set;
- a write that changes nothing leaves `updated_at` as it was.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

Record = dict[str, Any]

PHONES: Final = {
    "mobile_phone": "mobile", "direct_phone": "work_direct", "corporate_phone": "work_hq",
    "home_phone": "home", "other_phone": "other",
}  # fmt: skip
"""The type of a number, by the key that writes it."""

PLAIN: Final = ("first_name", "last_name", "title", "organization_name", "account_id")
PATCHED: Final = frozenset({
    *PLAIN, *PHONES, "email", "website_url", "label_names", "contact_stage_id", "present_raw_address",
    "typed_custom_fields",
})  # fmt: skip
"""The keys that PATCH takes."""
BULK_UPDATED: Final = frozenset({
    *PLAIN, "email", "owner_id", "present_raw_address", "linkedin_url", "typed_custom_fields",
})  # fmt: skip
"""The keys that bulk_update takes. The others are ignored there."""
BULK_CREATED: Final = frozenset({*PLAIN, *PHONES, "email", "linkedin_url", "contact_stage_id", "present_raw_address",
    "typed_custom_fields", "twitter_url", "facebook_url"})  # fmt: skip

STATES: Final = frozenset({
    "alabama", "alaska", "arizona", "arkansas", "california", "colorado", "connecticut", "delaware",
    "florida", "georgia", "hawaii", "idaho", "illinois", "indiana", "iowa", "kansas",
    "kentucky", "louisiana", "maine", "maryland", "massachusetts", "michigan", "minnesota", "mississippi",
    "missouri", "montana", "nebraska", "nevada", "ohio", "oklahoma", "oregon", "pennsylvania",
    "tennessee", "texas", "utah", "vermont", "virginia", "washington", "wisconsin", "wyoming",
})  # fmt: skip
COUNTRIES: Final = {
    each.casefold(): each
    for each in ("United States", "Canada", "United Kingdom", "Germany", "France", "Italy", "Switzerland", "Austria")
} | {"usa": "United States", "uk": "United Kingdom"}
_ADDRESS: Final = re.compile(r"[^\s@,;<>()\"]+@[^\s@,;<>()\"]+\.[^\s@,;<>()\"]+")


def blank(record_id: str, now: str) -> Record:
    """Return a contact without any values, with the keys of the recorded answers."""
    return {
        "id": record_id, "first_name": None, "last_name": None, "name": "(No Name)", "linkedin_url": None,
        "title": None, "contact_stage_id": None, "owner_id": None, "creator_id": None, "person_id": None,
        "organization_name": None, "organization_id": None, "account_id": None, "source": "api",
        "original_source": "api", "headline": None, "photo_url": None, "present_raw_address": None,
        "salesforce_id": None, "hubspot_vid": None, "created_at": now, "updated_at": now, "email": None,
        "email_status": None, "email_unsubscribed": None, "last_activity_date": None, "merged_crm_ids": None,
        "typed_custom_fields": {}, "custom_field_errors": {}, "label_ids": [], "existence_level": "full",
        "time_zone": None, "city": None, "state": None, "country": None, "phone_numbers": [], "sanitized_phone": None,
        "website_url": None, "twitter_url": None, "facebook_url": None, "contact_emails": [],
    }  # fmt: skip


def is_address(value: object) -> bool:
    """Say whether Apollo takes a text for an e-mail address."""
    return isinstance(value, str) and _ADDRESS.fullmatch(value.strip()) is not None


def inferred(address: str | None) -> dict[str, str | None]:
    """Return the city, state and country that Apollo infers from an address."""
    parts = [part.strip() for part in (address or "").split(",") if part.strip()]
    country = COUNTRIES.get(parts[-1].casefold()) if parts else None
    rest = parts[:-1] if country else parts
    state = next((part for part in reversed(rest) if part.split()[0].casefold() in STATES), None)
    rest = [part for part in rest if part is not state]
    state = state or (rest.pop() if len(rest) > 1 else None)
    return {"city": ", ".join(rest) or None, "state": state, "country": country}


def written(record: Record, body: Mapping[str, Any], labels: list[str] | None) -> Record:
    """Return a record after a write. `labels` are the ids of its lists from now on, None where they stay."""
    after = {**record, **{key: body[key] or None for key in (*PLAIN, "owner_id", "linkedin_url") if key in body}}
    after |= {key: body[key] or None for key in ("twitter_url", "facebook_url") if key in body}
    if "contact_stage_id" in body:
        after["contact_stage_id"] = body["contact_stage_id"] or None
    if "email_unsubscribed" in body:
        after["email_unsubscribed"] = body["email_unsubscribed"]
    if "email" in body:
        _set_email(after, body["email"])
    if "website_url" in body:
        after["website_url"] = body["website_url"] or None
    if "present_raw_address" in body:
        after["present_raw_address"] = body["present_raw_address"] or None
        after |= inferred(after["present_raw_address"])
    if isinstance(body.get("typed_custom_fields"), dict):
        custom = {**record["typed_custom_fields"], **body["typed_custom_fields"]}
        after["typed_custom_fields"] = {key: value for key, value in custom.items() if value not in ("", None)}
    if labels is not None:
        after["label_ids"] = labels
    after["phone_numbers"] = _phones(record, body)
    after["sanitized_phone"] = next((each["sanitized_number"] for each in after["phone_numbers"]), None)
    names = [after["first_name"], after["last_name"]]
    after["name"] = " ".join(filter(None, names)) or "(No Name)"
    return after


def _set_email(record: Record, value: Any) -> None:
    if not value:
        record |= {"email": None, "email_status": None, "contact_emails": []}
    elif is_address(value):
        record |= {"email": value, "contact_emails": [{"email": value, "position": 0}]}


def _phones(record: Record, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    kept = list(record["phone_numbers"])
    for key, kind in PHONES.items():
        if key not in body:
            continue
        row = {
            "raw_number": body[key], "sanitized_number": _sanitized(body[key]), "type": kind, "status": "no_status",
            "dnc_status": None, "dnc_other_info": None, "source": "CRM",
        }  # fmt: skip
        at = next((number for number, each in enumerate(kept) if each["type"] == kind), len(kept))
        kept[at : at + 1] = [row] if body[key] else []
    return [{**each, "position": number} for number, each in enumerate(kept)]


def _sanitized(raw: Any) -> str | None:
    text = str(raw or "")
    return "+" + "".join(filter(str.isdigit, text)) if text.startswith("+") else None
