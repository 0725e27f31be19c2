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

_INTERNATIONAL = re.compile(r"^[\s(]*00[\s)]*(?=[1-9])")
_PLUS = re.compile(r"^[\s(]*(?:tel:\s*)?[\s(]*[+\uff0b]", re.IGNORECASE)
_FLOAT = re.compile(r"^(\+?\d{7,15})\.0$", re.ASCII)  # a number that went through a table of floats, as "NaN" did


@lru_cache(maxsize=10_000)
def to_e164(raw: str, regions: tuple[str, ...]) -> str | None:
    """Return the number as "+12125550123", or None when it is not even possible.

    `regions` are ISO 3166 alpha-2 codes in order of preference: the contact's own country, then the connection's (R16).
    """
    number = _FLOAT.sub(r"\1", _INTERNATIONAL.sub("+", raw))
    asked: tuple[str | None, ...] = (None,) if _PLUS.match(number) else regions
    readings = [reading for region in asked if (reading := _read(number, region))]
    valid = [e164 for e164, is_valid in readings if is_valid]
    return next(iter(valid or [e164 for e164, _ in readings]), None)


def _read(raw: str, region: str | None) -> tuple[str, bool] | None:
    """Return the number as read in the region, and whether it is valid there, or None when it is not possible."""
    import phonenumbers  # here, since its tables take longer to load than all of our own code

    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164, phonenumbers.is_valid_number(number)
