"""Read the raw value of each field of a GrowthHub contact. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.growthhub.wire_record import CONSENT
from connectors.values import country, email, labels, text, web
from connectors.values.text import Reading, Unmapped

_SEPARATOR = "\n"

Read = Callable[[Any], Reading | tuple[str, ...]]


def join_set(value: tuple[str, ...]) -> str:
    """Return the text that stores a set in a custom field: one element per line, because names may contain commas."""
    return _SEPARATOR.join(value)


def _set(value: Any) -> tuple[str, ...] | Reading:
    return labels.clean(value.split(_SEPARATOR) if isinstance(value, str) else value)


def _text(value: Any) -> Reading:
    return text.clean(_joined(value))


def read_line(value: Any) -> Reading:
    """Read one line of text; a list is joined with commas."""
    return text.clean_line(_joined(value))


def _joined(value: Any) -> Any:
    """Return a list of single values as one text. Any other list stays, and is unknown."""
    if not isinstance(value, list) or not all(isinstance(each, str | int | float) for each in value):
        return value
    return ", ".join(map(str, value))


def _country(value: Any) -> Reading:
    found = text.clean_line(value)
    return country.to_alpha2(found) or Unmapped(found) if isinstance(found, str) else found


READERS: Mapping[str, Read] = {
    "email": email.clean,
    "website": web.website,
    "linkedin_url": lambda value: web.profile(value, "linkedin"),
    "twitter_url": lambda value: web.profile(value, "twitter"),
    "facebook_url": lambda value: web.profile(value, "facebook"),
    "country": _country,
    "tags": labels.clean,
    "lists": _set,
    CONSENT: lambda value: value,
    **dict.fromkeys(("address", "keywords", "technologies", *(f"custom{n}" for n in range(1, 10))), _text),
}
