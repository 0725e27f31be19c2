"""Contacts as the GrowthHub sandbox stores, checks and shows them.

Rules kept here (documented or recorded behaviour):
- unknown properties are refused by name with 422, an array of messages. null is accepted only where the specification
  allows it;
- phones become E.164, tags lower case, custom fields merge by id, and an empty custom value is none;
- search rows have `address`, explicit nulls, lower-case twins and a date of birth in milliseconds; a record by id has
  `address1` and no empty keys.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.growthhub.sandbox.index import Record
from connectors.values import calendar_date, email, instant, phone
from connectors.values import country as countries

NULLABLE: Final = frozenset(
    {"firstName", "lastName", "name", "email", "phone", "address1", "city", "state", "website", "timezone"}
)
STRINGS: Final = (*NULLABLE, "postalCode", "country", "source", "assignedTo", "companyName", "gender")
OTHERS: Final = frozenset({"dnd", "dndSettings", "inboundDndSettings", "tags", "customFields", "dateOfBirth"})
CREATED: Final = frozenset({*STRINGS, *OTHERS, "locationId"})
UPDATED: Final = CREATED - {"locationId", "gender"}
NULLABLE_IN_PUT: Final = NULLABLE | {"companyName", "source", "assignedTo", "dateOfBirth"}
NULLABLE_IN_POST: Final = NULLABLE | {"companyName", "dateOfBirth"}
CHANNELS: Final = frozenset({"call", "email", "sms", "whatsapp", "gmb", "fb", "rcs"})
CHANNEL_STATES: Final = ("active", "inactive", "permanent")
NUMBERS: Final = frozenset({"NUMERICAL", "MONETORY"})
CHOICES: Final = frozenset({"CHECKBOX", "MULTIPLE_OPTIONS"})

_E164: Final = re.compile(r"\+[1-9][0-9]{7,14}")
_ROW: Final = ("country", "source", "website", "state", "businessName", "businessId", "phone", "companyName", "city")
_ROW_MORE: Final = ("firstName", "lastName", "email", "assignedTo", "postalCode", "timezone", "dateOfBirth", "type")


@dataclass(frozen=True, slots=True)
class Field:
    """A custom field of the location."""

    id: str
    key: str
    name: str
    kind: str
    position: int
    options: tuple[str, ...] = ()

    def shown(self, location_id: str) -> dict[str, Any]:
        """Return it as the API shows it (recorded shape)."""
        return {
            "id": self.id,
            "name": self.name,
            "model": "contact",
            "fieldKey": self.key,
            "placeholder": "",
            "dataType": self.kind,
            "position": self.position,
            "documentType": "field",
            "locationId": location_id,
            "standard": False,
            **({"picklistOptions": [*self.options]} if self.options else {}),
        }


def complaints(body: Mapping[str, Any], allowed: frozenset[str], nullable: frozenset[str]) -> list[str]:
    """Return the complaints of the server's validation about a body, as 422 shows them."""
    found = [f"property {key} should not exist" for key in body if key not in allowed]
    found += [
        f"{key} must be a string"
        for key in STRINGS
        if key in body and not isinstance(body[key], str) and not (body[key] is None and key in nullable)
    ]
    address = body.get("email")
    if isinstance(address, str) and address and not isinstance(email.clean(address), str):
        found.append("email must be an email")
    found += _complaints_about_channels(body.get("dndSettings"))
    if not isinstance(body.get("dnd", False), bool):
        found.append("dnd must be a boolean value")
    if not isinstance(body.get("dateOfBirth"), str | None):
        found.append("dateOfBirth must be a string")
    if not isinstance(body.get("inboundDndSettings"), Mapping | None):
        found.append("inboundDndSettings must be an object")
    found += _complaints_about_custom(body.get("customFields", []))
    tags = body.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        found.append("each value in tags must be a string")
    return found


def _complaints_about_channels(settings: Any) -> Iterator[str]:
    """Yield what is wrong with the channels of a body, one by one."""
    if settings is None:
        return
    if not isinstance(settings, Mapping):
        yield "dndSettings must be an object"
        return
    for channel, one in settings.items():
        if str(channel).casefold() not in CHANNELS:
            yield f"dndSettings.property {channel} should not exist"
        elif not isinstance(one, Mapping) or one.get("status") not in CHANNEL_STATES:
            yield f"dndSettings.{channel}.status must be one of the following values: {', '.join(CHANNEL_STATES)}"


def _complaints_about_custom(listed: Any) -> list[str]:
    """Return what is wrong with the custom fields of a body."""
    if not isinstance(listed, list):
        return ["customFields must be an array"]
    if not all(isinstance(each, Mapping) for each in listed):
        return ["each value in customFields must be an object"]
    named = [each.get(key) for each in listed for key in ("id", "key")]
    return [] if all(isinstance(each, str | None) for each in named) else ["id must be a string"]


def native_values(body: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Return the properties of a body as they are stored. Raises ValueError for an impossible phone."""
    kept = {key: value for key, value in body.items() if key not in {"customFields", "locationId", "tags", "name"}}
    if body.get("name") and not body.get("firstName"):
        kept["firstName"], _, kept["lastName"] = str(body["name"]).partition(" ")
    if kept.get("phone"):
        kept["phone"] = e164(kept["phone"], body.get("country") or region)
    return {key: value or None for key, value in kept.items()}


def e164(raw: str, region: str) -> str:
    """Return the number as it is stored. A number in the form of E.164 is accepted, valid or not. Raises ValueError."""
    if _E164.fullmatch(raw):
        return raw
    number = phone.to_e164(raw, tuple(filter(None, (countries.to_alpha2(region), "US"))))
    if number is None:
        raise ValueError("Invalid phone number")
    return number


def lower_tags(tags: Sequence[str]) -> list[str]:
    """Return tags as they are stored."""
    return list(dict.fromkeys(tag.strip().lower() for tag in tags if tag.strip()))


def custom_items(body: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield id, key and value of each custom field of a body, under any of its names."""
    for each in body.get("customFields") or []:
        value = next((each[key] for key in ("field_value", "fieldValue", "value") if key in each), None)
        yield str(each.get("id") or ""), str(each.get("key") or ""), value


def fits(kind: str, value: Any) -> bool:
    """Say whether a custom field of that kind accepts the value."""
    if value in (None, "", []):
        return True
    if kind in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, list) if kind in CHOICES else isinstance(value, str)


def by_id(record: Record) -> dict[str, Any]:
    """Return a record as GET, POST and PUT show it: no empty keys."""
    name = _full_name(record)
    shown = {
        **{key: value for key, value in record.items() if key not in {"address", "customFields"}},
        "firstNameLowerCase": _lower(record.get("firstName")),
        "lastNameLowerCase": _lower(record.get("lastName")),
        "fullNameLowerCase": _lower(name),
        "emailLowerCase": _lower(record.get("email")),
        "dateAdded": shown_time(record["dateAdded"]),
        "dateUpdated": shown_time(record["dateUpdated"]),
        "createdBy": {"source": "INTEGRATION", "channel": "OAUTH", "timestamp": shown_time(record["dateAdded"])},
    }
    kept = {key: value for key, value in shown.items() if value not in (None, "")}
    return {**kept, "customFields": shown_custom(record)}


def search_row(record: Record, search_after: list[Any] | None) -> dict[str, Any]:
    """Return a record as search shows it (recorded keys): nulls, `address`, lower-case twins."""
    row = {
        "id": record["id"],
        "locationId": record["locationId"],
        "phoneLabel": None,
        **{key: record.get(key) for key in (*_ROW, *_ROW_MORE)},
        "address": record.get("address1"),
        "dateOfBirth": _milliseconds_of_day(record.get("dateOfBirth")),
        "dnd": bool(record.get("dnd")),
        "customFields": shown_custom(record),
        "tags": record["tags"],
        "dateAdded": shown_time(record["dateAdded"]),
        "dateUpdated": shown_time(record["dateUpdated"]),
        "additionalEmails": record.get("additionalEmails") or [],
        "additionalPhones": record.get("additionalPhones") or [],
        "firstNameLowerCase": _lower(record.get("firstName")),
        "lastNameLowerCase": _lower(record.get("lastName")),
        "contactName": _lower(_full_name(record)),
        "followers": [],
        "validEmail": None,
        "dndSettings": record.get("dndSettings") or {},
        "inboundDndSettings": record.get("inboundDndSettings") or {},
    }
    return row if search_after is None else {**row, "searchAfter": search_after}


def _full_name(record: Record) -> str:
    return " ".join(str(record[key]) for key in ("firstName", "lastName") if record.get(key))


def _lower(value: Any) -> str | None:
    """Return a text in lower case. A location may hold a list or an object where a name belongs."""
    return value.lower() or None if isinstance(value, str) else None


def _milliseconds_of_day(day: Any) -> Any:
    """Return a date of birth as a search row shows it: milliseconds since 1970."""
    found = calendar_date.clean_date(day)
    moment = instant.parse(found) if isinstance(found, str) else None
    return day if moment is None else instant.to_ms(moment)


def shown_custom(record: Record) -> list[dict[str, Any]]:
    """Return custom values as they are shown: id and value, no key and no name."""
    return [{"id": field_id, "value": value} for field_id, value in record["customFields"].items()]


def shown_time(milliseconds: int) -> str:
    """Return a time as records show it: milliseconds and Z."""
    return instant.render(instant.from_ms(milliseconds))
