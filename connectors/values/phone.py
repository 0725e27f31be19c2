"""Phone numbers: from what people type to E.164.

Rules kept here (R16, R17):
- a number that is possible is taken, valid or not: the documented samples 777-889-3825 and +18832327657 are not valid;
- one that can be dialled only locally ("555-0123") is possible too: better carried as it is than not at all;
- with "+" or "00" in front regions do not matter; without, the regions are asked in turn: the first in which the number
  is valid wins, else the first in which it is possible;
- E.164 has no extensions: "+12125550123 ext. 4" becomes +12125550123, and the raw text has to be remembered elsewhere.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_INTERNATIONAL = re.compile(r"^[\s(]*00[\s)]*(?=[1-9])")
_PLUS = re.compile(r"^[\s(]*(?:tel:\s*)?[\s(]*[+\uff0b]", re.IGNORECASE)
_AMERICAN = re.compile(r"\+1[2-9]\d{9}", re.ASCII)
"""E.164 already: ten digits are possible under +1, and no prefix is taken off one that does not begin with 0 or 1."""
_AMERICAN_ALONE = re.compile(r"[2-9]\d{9}", re.ASCII)
"""The same as it is dialled in the United States."""
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_PUNCTUATION = str.maketrans("", "", " ().-")
_FLOAT = re.compile(r"^(\+?\d{7,15})\.0$", re.ASCII)  # a number that went through a table of floats, as "NaN" did


REMEMBERED = 10_000


@lru_cache(maxsize=REMEMBERED)
def to_e164(raw: str, regions: tuple[str, ...]) -> str | None:
    """Return the number as "+12125550123", or None when it is not even possible.

    `regions` are ISO 3166 alpha-2 codes in order of preference: the contact's own country, then the connection's (R16).
    """
    plain = raw.translate(_PUNCTUATION)
    if raw.startswith("+") and _AMERICAN.fullmatch(plain):
        return plain
    if regions == ("US",) and _AMERICAN_ALONE.fullmatch(plain):
        return f"+1{plain}"
    if _E164.fullmatch(raw) and _stays(raw):
        return raw
    import phonenumbers  # here, since its tables take longer to load than all of our own code

    number = _FLOAT.sub(r"\1", _INTERNATIONAL.sub("+", raw))
    asked: tuple[str | None, ...] = (None,) if _PLUS.match(number) else regions
    reading = _read(number, asked[0]) if len(asked) == 1 else _best(number, asked)
    if reading is None:
        return None
    e164 = phonenumbers.format_number(reading, phonenumbers.PhoneNumberFormat.E164)
    return e164 if _AMERICAN.fullmatch(e164) or _stays(e164) else None


@lru_cache(maxsize=REMEMBERED)
def _stays(e164: str) -> bool:
    """Say whether a number is read as itself: a row of zeros loses one each time, and is no number.

    Remembered, since what one side had typed is met again as it was written to the other.
    """
    import phonenumbers

    number = _read(e164, None)
    return number is not None and phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == e164


def _best(number: str, regions: tuple[str | None, ...]) -> "PhoneNumber | None":
    """Return the number as read in the first region in which it is valid, else in the first in which it is possible."""
    import phonenumbers

    first = None
    for region in regions:
        reading = _read(number, region)
        if reading is not None and phonenumbers.is_valid_number(reading):
            return reading
        first = first or reading
    return first


def _read(raw: str, region: str | None) -> "PhoneNumber | None":
    """Return the number as read in the region, or None when it is not possible there."""
    import phonenumbers

    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None
