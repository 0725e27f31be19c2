r"""Texts that people wrote: when two of them are the same.

Rules kept here:
- servers wrap, trim, and re-encode what they keep: white space of every kind and length counts as one space, U+21B5 (a
  line end, as GrowthGenius' pages print it) as white space, and what cannot be seen (zero-width spaces, joiners, byte
  order mark, soft hyphen) as nothing; letters are NFC;
- everything else counts: case, punctuation, every word.
"""

from typing import Final

from connectors.values import text

_UNSEEN: Final = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u2060\ufeff"))


def comparable(raw: str) -> str:
    """Return what two texts are compared by: one line, "" where there is nothing to be read."""
    return " ".join(text.tidy(raw.translate(_UNSEEN)).split())


def same(one: str | None, other: str | None) -> bool:
    """Say whether two texts are one; None is as good as empty."""
    return comparable(one or "") == comparable(other or "")
