"""Numbers and amounts of money: one canonical text for every way in which systems and users write them.

Rules kept here:
- the canonical form is a plain decimal: "1234.5", "-3", "0". No exponent, no sign of a positive number, no zeros at the
  end of a fraction;
- signs for thousands are a comma, a dot, a space or an apostrophe: one of them, between groups of three digits. The
  first group has one to three and no zero before. The other one of comma and dot begins the fraction; after a space or
  an apostrophe either does: "1,234.5", "1.234,5", "1 234,5", "1'234.50";
- a single comma or dot begins the fraction wherever it cannot stand for thousands: "0,5", "0,123", "1,5", "1234,567".
  Where it could ("1,234", "1.234"), a comma stands for thousands, and a dot begins the fraction, as in the canonical
  form. With a currency ("1.234 €") a dot is not guessed: that is Unmapped;
- an amount of money may carry a currency sign or a code of three capital letters, which is not kept: a place for money
  holds a number;
- what is no number, or has more than LONGEST digits, is Unmapped (R17).
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from connectors.values import text
from connectors.values.text import Reading, Unmapped

LONGEST: Final = 40
"""Digits of a number, with those of its fraction."""
SURELY_EXACT: Final = 15
"""Digits of a whole number that every JSON reader knows exactly."""

_CANONICAL: Final = re.compile(r"(?:0|-?[1-9][0-9]*)(?:\.[0-9]*[1-9])?|-0\.[0-9]*[1-9]")
_PLAIN: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
_GROUPED: Final = re.compile(
    r"(?P<whole>[-+]?[1-9][0-9]{0,2}(?P<sign>[,. '\u2009\u2019\u00a0\u202f])[0-9]{3}(?:(?P=sign)[0-9]{3})*)"
    r"(?:(?P<dot>[.,])(?P<fraction>[0-9]*))?"
)
_DECIMAL_COMMA: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)?,[0-9]+")
_DOT_OR_GROUP: Final = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}(?![A-Za-z])|(?<![A-Za-z])[A-Z]{3}|[$\u00a2-\u00a5\u20a0-\u20cf]")
_AROUND: Final = re.compile(rf"([-+]?)\s*(?:{_CURRENCY.pattern})?\s*([-+]?[0-9.].*?)\s*(?:{_CURRENCY.pattern})?")


def clean(raw: object) -> Reading:
    """Return the canonical number of a JSON value, None if it is empty, Unmapped if it is no number."""
    if isinstance(raw, bool):
        return Unmapped("true" if raw else "false")
    found = text.clean_line(raw)
    return found if not isinstance(found, str) else parse(found) or Unmapped(found)


def clean_money(raw: object) -> Reading:
    """Return the canonical amount of a JSON value, without its currency."""
    found = clean(raw)
    if not isinstance(found, Unmapped) or isinstance(raw, bool):
        return found
    around = _AROUND.fullmatch(found.raw)
    if around is None or (around[1] and around[2][0] in "-+"):
        return found
    amount = around[1] + around[2]
    return found if _DOT_OR_GROUP.fullmatch(amount) else parse(amount) or found


def parse(written: str) -> str | None:
    """Return the canonical form of a number as users write it, None for any other text."""
    if len(written) > 2 * LONGEST:
        return None
    if _CANONICAL.fullmatch(written) and len(written) <= LONGEST:
        return written
    plain = _without_groups(written.replace("\u2212", "-"))
    if plain is None or not _PLAIN.fullmatch(plain):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    digits = format(number, "f")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    if len(digits) > LONGEST:
        return None
    return "0" if not number else digits.removeprefix("+")


def to_json(canonical: str) -> int | float | None:
    """Return the JSON number of a canonical number, None where none is exactly that number."""
    if len(canonical) <= SURELY_EXACT and canonical.removeprefix("-").isdigit():
        return int(canonical)
    number = Decimal(canonical)
    if number == number.to_integral_value():
        # JavaScript, which most servers and browsers run, knows no larger whole number exactly.
        return int(number) if abs(number) < 2**53 else None
    nearest = float(number)
    return nearest if Decimal(repr(nearest)) == number else None


def _without_groups(number: str) -> str | None:
    """Return the number without signs for thousands and with a dot before its fraction, None where it has no form."""
    found = _GROUPED.fullmatch(number)
    if found is None:
        return number.replace(",", ".") if "," not in number or _DECIMAL_COMMA.fullmatch(number) else None
    sign, dot = found["sign"], found["dot"]
    if sign == dot:
        return None
    if _DOT_OR_GROUP.fullmatch(number):
        return number
    return found["whole"].replace(sign, "") + (f".{found['fraction']}" if dot else "")
