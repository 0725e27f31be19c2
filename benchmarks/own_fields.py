"""Fields of a user's own for benchmarks: with the standard fields 60 in all, of every type, and their values.

19 of them go both ways, in GrowthGenius' custom fields and in keys without a standard field; nine more show at
GrowthHub what GrowthGenius sets itself. Those of custom1 to custom9 take the place of nine standard fields.
"""

from dataclasses import dataclass
from typing import Any, Final

from connectors.fields import FieldType
from connectors.growthhub.places import CustomField
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.values import typed
from connectors.values.text import Unknown, Unmapped

OPTIONS: Final = ("Gold", "Silver", "Bronze", "Silver, old")


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field: its key at GrowthGenius, its type, the kind of its custom field at GrowthHub, and its direction."""

    key: str
    type: FieldType
    kind: str = "TEXT"
    options: tuple[str, ...] = ()
    direction: str = "both"

    @property
    def name(self) -> str:
        """Return its name in the config."""
        return f"own_{self.key}".replace(".", "_").lower()

    @property
    def place(self) -> str:
        """Return the key of its custom field."""
        return f"contact.{self.name}"


OWN: Final = (
    OwnField("custom1", "text"),
    OwnField("custom2", "number", "NUMERICAL"),
    OwnField("custom3", "money", "MONETORY"),
    OwnField("custom4", "date", "DATE"),
    OwnField("custom5", "datetime"),
    OwnField("custom6", "boolean", "RADIO", ("Yes", "No")),
    OwnField("custom7", "choice", "SINGLE_OPTIONS", OPTIONS),
    OwnField("custom8", "choices", "MULTIPLE_OPTIONS", OPTIONS),
    OwnField("custom9", "url"),
    OwnField("bad_data_reason", "phone", "PHONE"),
    OwnField("linkedin_username", "email"),
    OwnField("company_linkedin_url", "url"),
    *(OwnField(key, "text") for key in ("company_address", "company_city", "company_state", "company_country")),
    *(OwnField(key, "text", "LARGE_TEXT") for key in ("seo_description", "unstructured_data")),
    OwnField("company_name_informal", "text"),
    *(
        OwnField(key, "text", direction="left_to_right")
        for key in ("prospect_id", "full_name", "name", "upload_identifier", "contact_account_id", "user_id", "id")
    ),
    OwnField("created_at", "datetime", direction="left_to_right"),
    OwnField("email_confidence", "number", "NUMERICAL", direction="left_to_right"),
)


def config() -> str:
    """Return the tables of a config that maps all of them."""
    lines = (
        f'{one.name} = {{ growthgenius = "{one.key}", growthhub = "{one.place}", type = "{one.type}",'
        f' direction = "{one.direction}" }}'
        for one in OWN
    )
    return "\n[connections.sales.contacts.fields]\n" + "\n".join(lines) + "\n"


def values(number: int) -> dict[str, Any]:
    """Return what a contact has in the keys of these fields, besides what every prospect has."""
    return {
        "custom1": f"note {number}",
        "custom2": f"{number % 900 + 1},{number % 900 + 100}.5",
        "custom3": f"${number}.25",
        "custom4": f"{number % 12 + 1:02}/{number % 28 + 1:02}/2026",
        "custom5": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:00Z",
        "custom6": ("Yes", "No")[number % 2],
        "custom7": OPTIONS[number % len(OPTIONS)],
        "custom8": f'Gold, "{OPTIONS[number % 3]}"',
        "custom9": f"https://www.example.com/offers/{number}",
        "bad_data_reason": f"+1 303 {200 + number // 10_000:03} {number % 10_000:04}",
        "linkedin_username": f"other.{number}@example.com",
        "company_address": f"{number} Main Street",
        "unstructured_data": f"What contact {number} said on the phone, and what was answered.",
        "prospect_id": f"prospect-{number}",
        "upload_identifier": f"upload {number % 20}",
        "contact_account_id": str(number // 7),
    }


def make_fields(right: GrowthHubSandbox) -> dict[str, CustomField]:
    """Create the custom fields at GrowthHub; return them by the key at GrowthGenius."""
    made = {}
    for one in OWN:
        field_id = right.add_field(one.name, one.kind, key=one.place, options=one.options)
        made[one.key] = CustomField(field_id, one.place, one.name, one.kind, one.options)
    return made


def custom_values(record: dict[str, Any], fields: dict[str, CustomField]) -> list[dict[str, Any]]:
    """Return what a create at GrowthHub sends for a record of GrowthGenius."""
    sent = []
    for one in OWN:
        value = typed.decode(one.type, record.get(one.key), ("US",))
        if value is not None and not isinstance(value, Unknown | Unmapped):
            field = fields[one.key]
            sent.append({"id": field.id, "field_value": typed.encode(one.type, value, field.place)})
    return sent
