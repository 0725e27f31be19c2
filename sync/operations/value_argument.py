"""Parse a field value as users type it, with the rules for values that systems show."""

from connectors.contact import PHONE_SLOTS, SET_FIELDS, Value
from connectors.values import country, email, labels, phone, text, web
from connectors.values.typed import decode
from sync.config.fields import FieldOptions, is_mapped, types_of
from sync.errors import UsageError

PHONES = frozenset({"phone", *PHONE_SLOTS})
PROFILES: dict[str, web.Network] = {"linkedin_url": "linkedin", "twitter_url": "twitter", "facebook_url": "facebook"}


def read_value(field: str, typed: str, region: str, options: FieldOptions | None = None) -> Value:
    """Return the canonical value; a blank text empties the field. `options` are those of the field in the config.

    A field that joins or splits its values is typed as its left side shows it. Raises UsageError for a text that is not
    a value of the field.
    """
    if not typed.strip():
        return None
    is_typed = options is not None and is_mapped(field, options)
    kind = types_of(field, options)[0] if options is not None else "text"
    value = decode(kind, typed, (region,)) if is_typed else _cleaned(field, typed, region)
    if value is None or isinstance(value, text.Unknown | text.Unmapped):
        raise UsageError(f"--value {typed!r} is not a valid {field}")
    return value


def _cleaned(field: str, typed: str, region: str) -> text.Reading | tuple[str, ...]:
    if field in SET_FIELDS:
        return labels.clean(typed)
    if field in PHONES:
        return phone.to_e164(typed, (region,))
    if field == "country":
        return country.to_alpha2(typed)
    if field == "email":
        return email.clean(typed)
    if field in PROFILES:
        return web.profile(typed, PROFILES[field])
    return web.website(typed) if field == "website" else text.clean(typed)
