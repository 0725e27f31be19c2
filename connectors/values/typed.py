"""Convert values by the type of their field: from the wire, for a place, and to the wire (R47). Pure.

The canonical form of every type is a text, or a tuple of texts for `choices`. Rules kept here:
- `decode` of what `encode` returned is the value itself, and decoding twice equals decoding once;
- what does not convert is Unmapped, and is never written (R17);
- several choices in one text stand between commas; one with a comma in it is quoted (connectors.values.labels);
- a choice is written in the spelling of the place's options. One that the place lacks does not fit there.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from connectors.contact import Value
from connectors.fields import FieldType, Place
from connectors.values import calendar_date, email, labels, number, phone, text, web, yes_no
from connectors.values.text import UNKNOWN, Reading, Unknown, Unmapped

Decoded = Reading | tuple[str, ...]

REMEMBERED: Final = 4_096
FIELDS_CACHED: Final = 256
LONGEST_CACHED: Final = 200
"""How many texts have a cached result, and how long they may be: memory stays small (P7)."""


def decode(field_type: FieldType, raw: Any, regions: tuple[str, ...] = ()) -> Decoded:
    """Return the canonical value of a JSON value, UNKNOWN for dirt, Unmapped for what is no value of the type.

    `regions` are those in which a phone number without a country code is read.
    """
    if isinstance(raw, str) and len(raw) <= LONGEST_CACHED:
        return _decode_text(field_type, raw, regions)
    return _decode(field_type, raw, regions)


def decoder(field_type: FieldType) -> Callable[[Any, tuple[str, ...]], Decoded]:
    """Return `decode` for one type: a reader of many records asks once for it."""
    if field_type == "text":
        return _decode_as_text
    decode_text = lru_cache(maxsize=REMEMBERED)(partial(_decode, field_type))

    def decode_one(raw: Any, regions: tuple[str, ...]) -> Decoded:
        if isinstance(raw, str) and len(raw) <= LONGEST_CACHED:
            return decode_text(raw, regions if field_type == "phone" else ())
        return _decode(field_type, raw, regions)

    return decode_one


def _decode_as_text(raw: Any, _regions: tuple[str, ...]) -> Decoded:
    return text.clean(raw) if isinstance(raw, str) else _text(raw)


def _decode(field_type: FieldType, raw: Any, regions: tuple[str, ...]) -> Decoded:
    if field_type == "choices":
        return _choices(raw)
    if isinstance(raw, list) and field_type != "text":
        if len(raw) > 1:
            return Unmapped(labels.to_text(map(str, raw)))
        raw = raw[0] if raw else None
    if field_type == "phone":
        return _phone(raw, regions)
    return _DECODERS[field_type](raw)


def fit(field_type: FieldType, value: Value, place: Place) -> Value:
    """Return a value as the place will show it. Raises ValueError with the reason where the place cannot hold it."""
    if value is None:
        return None
    if place.options:
        return _among(field_type, value, place)
    if place.type in NUMBERS and number.to_json(str(value)) is None:
        raise ValueError(f"{place.label} cannot hold all digits of {value}")
    return value


def takes_all(place: Place) -> bool:
    """Say whether `fit` returns every value for a place as it is."""
    return not place.options and place.type not in NUMBERS


def encode(field_type: FieldType, value: Value, place: Place) -> Any:
    """Return the JSON value of a value that fits the place. An empty one is None."""
    if value is None:
        return None
    if field_type == "boolean" and place.options:
        value = _option_of(str(value), place)
    if place.type == "choices":
        return list(value) if isinstance(value, tuple) else [value]
    if isinstance(value, tuple):
        return labels.to_text(value)
    if place.type in NUMBERS:
        return number.to_json(value)
    return value == yes_no.YES if place.type == "boolean" else value


def key(field_type: FieldType, value: Value) -> Value:
    """Return the form in which two values of a type are compared."""
    if isinstance(value, tuple):
        return tuple(sorted({labels.key(each) for each in value})) or None
    if value is None:
        return None
    return _KEYS.get(field_type, text.visible)(value)


@lru_cache(maxsize=REMEMBERED)
def _decode_text(field_type: FieldType, raw: str, regions: tuple[str, ...]) -> Decoded:
    """Decode a text. Contacts share dates, choices and numbers, so the results are cached."""
    return _decode(field_type, raw, regions)


NUMBERS: Final = frozenset({"number", "money"})

_KEYS: Final[Mapping[FieldType, Callable[[str], str]]] = {
    "choice": labels.key,
    "email": email.key,
    "phone": phone.key,
    "url": web.key,
}


def _text(raw: Any) -> Reading:
    return text.clean(", ".join(map(str, raw)) if isinstance(raw, list) else raw)


def _phone(raw: Any, regions: tuple[str, ...]) -> Reading:
    found = text.clean_line(raw)
    return found if not isinstance(found, str) else phone.to_e164(found, regions) or Unmapped(found)


def _choices(raw: Any) -> Decoded:
    found = labels.clean(raw)
    if isinstance(found, Unknown) and isinstance(raw, str | list) and text.clean_line(raw) is not UNKNOWN:
        return Unmapped(str(raw)[:100])
    return found


_DECODERS: Final[Mapping[FieldType, Callable[[Any], Reading]]] = {
    "text": _text,
    "number": number.clean,
    "money": number.clean_money,
    "date": calendar_date.clean_date,
    "datetime": calendar_date.clean_moment,
    "boolean": yes_no.clean,
    "choice": text.clean_line,
    "url": web.website,
    "email": email.clean,
}


def _among(field_type: FieldType, value: Value, place: Place) -> Value:
    """Return the options that a value means. Raises ValueError where the place lacks one of them."""
    if field_type == "boolean":
        _option_of(str(value), place)
        return value
    spelled = _spelled(place.options)
    wanted = value if isinstance(value, tuple) else (str(value),)
    lacking = [each for each in wanted if labels.key(each) not in spelled]
    if lacking:
        raise ValueError(f"{place.label} has no option {', '.join(lacking)}")
    options = tuple(spelled[labels.key(each)] for each in wanted)
    return options if isinstance(value, tuple) else options[0]


@lru_cache(maxsize=FIELDS_CACHED)
def _spelled(options: tuple[str, ...]) -> Mapping[str, str]:
    return {labels.key(option): option for option in options}


@lru_cache(maxsize=FIELDS_CACHED)
def _yes_and_no(options: tuple[str, ...]) -> Mapping[Decoded, str]:
    return {yes_no.clean(option): option for option in reversed(options)}


def _option_of(value: str, place: Place) -> str:
    """Return the option that means yes or no. Raises ValueError where the place has none."""
    found = _yes_and_no(place.options).get(value)
    if found is None:
        raise ValueError(f"{place.label} has no option for {value}")
    return found
