"""Compare the texts of messages.

Rules kept here:
- servers wrap, trim and re-encode texts. White space of any kind and length counts as one space, U+21B5 (a line end on
  GrowthGenius' pages) as white space, and invisible characters as nothing. Letters are NFC;
- everything else counts: case, punctuation, every word.
"""

import re
import unicodedata
from typing import Final

from connectors.values.text import SPACES, line_ends

_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")
_EDGE: Final = f"{SPACES}\u200b\u2060\ufeff"
_UNSEEN: Final = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u2060\ufeff"))


def tidy(raw: str) -> str:
    """Return a text as it can be stored: NFC, trimmed, with one kind of line end, without what cannot be sent.

    Invisible characters stay inside it, unlike in a field (see connectors.values.text), because the author chose the
    words.
    """
    if raw.isascii() and raw.isprintable():
        return raw.strip()
    fit = _UNFIT.sub(lambda unfit: "" if unfit[0] == "\x00" else "\ufffd", raw)
    return unicodedata.normalize("NFC", line_ends(fit)).strip(_EDGE)


def comparable(raw: str) -> str:
    """Return the comparable form: one line, "" where there is nothing to read."""
    return " ".join(tidy(raw.translate(_UNSEEN)).split())


def same(one: str | None, other: str | None) -> bool:
    """Say whether two texts are the same. None equals empty."""
    return comparable(one or "") == comparable(other or "")
