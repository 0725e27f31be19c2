"""Names of hosts, as they stand in e-mail addresses and web addresses.

Rules kept here: lower case, no final dot; at least two labels, none of them empty, of letters, digits, "-" and "_" in
any script. Nothing is looked up: example.com and names under .test are as good as any.
"""

import unicodedata
from functools import lru_cache

_LONGEST_LABEL = 63


@lru_cache(maxsize=4096)
def canonical(raw: str) -> str | None:
    """Return the name in lower case, or None when no host can have it."""
    name = unicodedata.normalize("NFC", raw.lower()).removesuffix(".")
    labels = name.split(".")
    if len(labels) < 2 or not all(map(_is_label, labels)):  # noqa: PLR2004  a name without a dot is only local
        return None
    return name


def _is_label(label: str) -> bool:
    return 0 < len(label) <= _LONGEST_LABEL and all(map(_is_letter, label))


def _is_letter(character: str) -> bool:
    return character.isalnum() or character in "-_" or unicodedata.category(character).startswith("M")
