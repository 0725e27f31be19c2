"""Texts of fields: a value, empty, or dirt.

Rules kept here (R4, R44):
- null, "" and white space alone are empty: None;
- "NaN", "nan", "null", "None" and "N/A" in exactly these spellings are dirt: UNKNOWN (`"mobile_phone": "NaN"` is a
  documented sample). "Nan" and "Null" are people's names, and stay;
- a value is NFC, trimmed, with a line feed for every kind of line end, U+21B5 too (printed on GrowthGenius' pages);
- invisible characters (see connectors.values.invisible) and control characters are removed. A tab is a space;
- a value of more than LONGEST bytes is Unmapped, with its beginning and its length (R17);
- cleaning twice equals cleaning once. What cannot be stored or sent (NUL, lone surrogates) is removed.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Final

from connectors.values import invisible


class Unknown(Enum):
    """The type of UNKNOWN, which is neither a value nor empty: no change, no conflict (R4)."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value that means nothing on any other system (R17), with its raw text."""

    raw: str


Reading = str | Unknown | Unmapped | None
"""The result of reading the raw value of one field."""

DIRT = frozenset({"NaN", "nan", "null", "None", "N/A"})

LONGEST: Final = 65_536
"""Bytes of UTF-8 that a value of one field may have. A longer one could block its record at the other system."""

_SHOWN = 60
_BOUND: Final = f"; a value may have {LONGEST})"
_WIDEST = 4  # bytes of a character in UTF-8
_SURELY_SHORT = LONGEST // _WIDEST
_LINE_END = re.compile("\r\n?|\u21b5")
_OTHER_LINE_END = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF = re.compile("[\ud800-\udfff\ufffd]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
SPACES: Final = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def clean(raw: object) -> Reading:
    """Return the text of a JSON value, None if it is empty, UNKNOWN if it is dirt or no single value.

    Unmapped for a text that is too long.
    """
    if isinstance(raw, str):
        return _judge(tidy(raw))
    if raw is None:
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return _number(raw)
    return UNKNOWN


def clean_line(raw: object) -> Reading:
    """Return the same as `clean` with single spaces inside: names, titles, cities."""
    # Nearly every text is plain ASCII and needs no cleaning.
    if isinstance(raw, str) and raw.isascii() and raw.isprintable():
        return _judge(" ".join(raw.split()))
    text = clean(raw)
    return " ".join(text.split()) if isinstance(text, str) else text


def tidy(raw: str) -> str:
    """Return a text as it can be stored: NFC, trimmed, with one kind of line end, without invisible characters."""
    if raw.isascii() and raw.isprintable():
        return raw.strip()
    lines = _OTHER_LINE_END.sub("\n", line_ends(_SURROGATE.sub("\ufffd", raw)))
    return invisible.removed(lines).strip(SPACES)


def line_ends(raw: str) -> str:
    """Return a text with one kind of line end."""
    return _LINE_END.sub("\n", raw)


def visible(raw: str) -> str:
    """Return the comparable form of a field's text: without invisible characters, line ends and spaces."""
    return invisible.bare(tidy(raw))


def comparable(raw: str) -> str:
    """Return the comparable form of a name: the kind of white space does not count either."""
    if raw.isascii() and raw.isprintable() and "  " not in raw:
        return raw.strip()
    return " ".join(invisible.bare(tidy(raw)).split())


def unaccented(raw: str) -> str:
    """Return a text without accents: some servers store "Zoë" as "Zoe"."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", raw) if not unicodedata.combining(letter))


def _judge(text: str) -> Reading:
    if text in DIRT:
        return UNKNOWN
    if len(text) > _SURELY_SHORT and (listed := too_long(text)):
        return listed
    return text or None


def too_long(text: str) -> Unmapped | None:
    """Return the text that lists a value that is too long, None for any other value."""
    if len(text) <= _SURELY_SHORT or (size := len(text.encode())) <= LONGEST:
        return None
    return Unmapped(f"{text[:_SHOWN]}... ({size} bytes{_BOUND}")


def is_illegible(raw: object) -> bool:
    """Say whether a raw value is a fault of the server: no text and no number, or a text that is damaged or too long.

    Damaged is half of a character, which is read as U+FFFD, and control characters without a text.
    """
    if raw is None or (isinstance(raw, int | float) and not isinstance(raw, bool)):
        return False
    if not isinstance(raw, str) or _HALF.search(raw):
        return True
    return too_long(raw) is not None or (_CONTROL.search(raw) is not None and not tidy(raw))


def is_of_too_long(listed: str) -> bool:
    """Say whether a listed unmapped text stands for a value that was too long."""
    return listed.endswith(_BOUND)


def _number(raw: float) -> Reading:
    if isinstance(raw, float) and not isfinite(raw):
        return UNKNOWN
    if raw == 0:
        # A float zero may have a sign.
        return "0"
    digits = format(Decimal(raw if isinstance(raw, int) else repr(raw)), "f")
    return too_long(digits) or (digits.rstrip("0").rstrip(".") if "." in digits else digits)
