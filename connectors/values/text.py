r"""Text as the wire shows it: a value, an emptiness, or dirt.

Rules kept here:
- nothing (null, "", white space alone) is empty, and comes out as None;
- "NaN", "nan", "null", "None" and "N/A" in exactly these spellings are dirt, which says nothing about the person:
  UNKNOWN (R4; `"mobile_phone": "NaN"` is a documented sample). "Nan" and "Null" are people's names, and stay;
- what is kept is NFC, trimmed, with "\n" for every kind of line end, U+21B5 too (so printed in GrowthGenius' pages);
- cleaning twice is cleaning once; what cannot be stored or sent (NUL, lone surrogates) does not come out.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Final


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

_LINE_END = re.compile("\r\n?|\u21b5")
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_INVISIBLE = "\u200b\u2060\ufeff"
_EDGE = _SPACES + _INVISIBLE


def clean(raw: object) -> str | Unknown | None:
    """Return the text of a JSON value, None if it is empty, UNKNOWN if it is dirt or no single value at all."""
    if isinstance(raw, str):
        return _judge(tidy(raw))
    if raw is None:
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return _number(raw)
    return UNKNOWN


def clean_line(raw: object) -> str | Unknown | None:
    """Return the same as `clean` with all white space inside made single spaces: names, titles, cities."""
    if isinstance(raw, str) and raw.isascii() and raw.isprintable():  # nearly always
        return _judge(" ".join(raw.split()))
    text = clean(raw)
    return " ".join(text.split()) if isinstance(text, str) else text


def tidy(raw: str) -> str:
    """Return a text as it can be kept: NFC, trimmed, with one kind of line end, without what cannot be sent."""
    if raw.isascii() and raw.isprintable():
        return raw.strip()
    fit = _UNFIT.sub(_replacement, raw)
    return unicodedata.normalize("NFC", _LINE_END.sub("\n", fit)).strip(_EDGE)


def _judge(text: str) -> str | Unknown | None:
    if text in DIRT:
        return UNKNOWN
    return text or None


def _replacement(unfit: re.Match[str]) -> str:
    return "" if unfit[0] == "\x00" else "\ufffd"


def _number(raw: float) -> str | Unknown:
    if isinstance(raw, float) and not isfinite(raw):
        return UNKNOWN
    if raw == 0:
        return "0"  # a float zero may have a sign
    digits = format(Decimal(raw if isinstance(raw, int) else repr(raw)), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
