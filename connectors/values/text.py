r"""Text as the wire shows it: a value, an emptiness, or dirt.

Rules kept here:
- nothing (null, "", white space alone) is empty, and comes out as None;
- "NaN", "nan", "null", "None" and "N/A" in exactly these spellings are dirt, which says nothing about the person:
  UNKNOWN (R4; `"mobile_phone": "NaN"` is a documented sample). "Nan" and "Null" are people's names, and stay;
- what is kept is NFC, trimmed, with "\n" for every kind of line end, U+21B5 too (so printed in GrowthGenius' pages);
- invisible characters are removed wherever they stand (see connectors.values.invisible), control characters too;
  a tab is a
  space;
- a value of more than LONGEST bytes is refused: it is Unmapped, with its beginning and its length (R17);
- cleaning twice is cleaning once; what cannot be stored or sent (NUL, lone surrogates) does not come out.
"""

import re
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
    """A value that means nothing on any other system (R17), with the text that was found."""

    raw: str


Reading = str | Unknown | Unmapped | None
"""What a raw value of one field turns out to be."""

DIRT = frozenset({"NaN", "nan", "null", "None", "N/A"})

LONGEST: Final = 65_536
"""Bytes of UTF-8 that a value of one field may have. A longer one could block its record at the other system."""

_SHOWN = 60
_BOUND: Final = f"; a value may have {LONGEST})"
_WIDEST = 4  # bytes of a character in UTF-8
_LINE_END = re.compile("\r\n?|\u21b5")
_OTHER_LINE_END = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
SPACES: Final = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def clean(raw: object) -> Reading:
    """Return the text of a JSON value, None if it is empty, UNKNOWN if it is dirt or no single value at all.

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
    """Return the same as `clean` with all white space inside made single spaces: names, titles, cities."""
    if isinstance(raw, str) and raw.isascii() and raw.isprintable():  # nearly always
        return _judge(" ".join(raw.split()))
    text = clean(raw)
    return " ".join(text.split()) if isinstance(text, str) else text


def tidy(raw: str) -> str:
    """Return a text as it can be kept: NFC, trimmed, with one kind of line end, without invisible characters."""
    if raw.isascii() and raw.isprintable():
        return raw.strip()
    lines = _OTHER_LINE_END.sub("\n", line_ends(_SURROGATE.sub("\ufffd", raw)))
    return invisible.removed(lines).strip(SPACES)


def line_ends(raw: str) -> str:
    """Return a text with one kind of line end."""
    return _LINE_END.sub("\n", raw)


def visible(raw: str) -> str:
    """Return the key to compare two texts of a field by: invisible characters do not count, line ends and spaces do."""
    return invisible.bare(tidy(raw))


def comparable(raw: str) -> str:
    """Return what two names are compared by: the kind of white space does not count either."""
    if raw.isascii() and raw.isprintable() and "  " not in raw:
        return raw.strip()
    return " ".join(invisible.bare(tidy(raw)).split())


def _judge(text: str) -> Reading:
    if text in DIRT:
        return UNKNOWN
    return too_long(text) or text or None


def too_long(text: str) -> Unmapped | None:
    """Return what is listed of a text that is longer than a value may be, None for any other."""
    if len(text) <= LONGEST // _WIDEST or (size := len(text.encode())) <= LONGEST:
        return None
    return Unmapped(f"{text[:_SHOWN]}... ({size} bytes{_BOUND}")


def is_of_too_long(listed: str) -> bool:
    """Say whether what is listed as unmapped stands for a text that was too long."""
    return listed.endswith(_BOUND)


def _number(raw: float) -> Reading:
    if isinstance(raw, float) and not isfinite(raw):
        return UNKNOWN
    if raw == 0:
        return "0"  # a float zero may have a sign
    digits = format(Decimal(raw if isinstance(raw, int) else repr(raw)), "f")
    return too_long(digits) or (digits.rstrip("0").rstrip(".") if "." in digits else digits)
