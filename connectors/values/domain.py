"""Host names in e-mail addresses and web addresses.

Rules kept here: lower case, no final dot, at least two labels, none of them empty, of letters, digits, "-" and "_" in
any script. Nothing is looked up: example.com and names under .test are valid. Names compare by IDNA 2008: a name in its
own script and its ASCII form ("xn--...") are one, "faß" and "fass" are two.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LONGEST_LABEL = 63
_ACE: Final = "xn--"
_DOTS: Final = re.compile("[\u3002\uff0e\uff61]")
_SIGNS: Final = frozenset("-_\u00b7\u0375\u05f3\u05f4\u200c\u200d\u30fb")
"""Characters that may stand between letters. Joiners and middle dots need certain letters beside them, by IDNA."""


@lru_cache(maxsize=4096)
def canonical(raw: str) -> str | None:
    """Return the name in lower case, or None for an impossible name."""
    name = unicodedata.normalize("NFC", _DOTS.sub(".", raw.lower())).removesuffix(".")
    labels = name.split(".")
    if len(labels) < 2 or not all(map(_is_label, labels)):  # noqa: PLR2004  a name without a dot is only local
        return None
    return name


@lru_cache(maxsize=4096)
def key(name: str) -> str:
    """Return the comparable form: each label in ASCII. A label that IDNA refuses is no error."""
    if name.isascii():
        return name.lower()
    lower = unicodedata.normalize("NFC", _DOTS.sub(".", name.lower()))
    return ".".join(map(_to_ascii, lower.split(".")))


def spoken(name: str) -> str:
    """Return a name with each label in its own script, where it can be decoded."""
    return ".".join(map(_to_unicode, name.split(".")))


def _to_unicode(label: str) -> str:
    if not label.startswith(_ACE):
        return label
    try:
        return label.removeprefix(_ACE).encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _to_ascii(label: str) -> str:
    if label.isascii():
        return label
    # Imported here, because its tables take longer to load than all of our own code.
    import idna

    try:
        return idna.encode(label, uts46=True, transitional=False).decode("ascii")
    except UnicodeError:
        # An emoji, or letters that do not go together: browsers spell such a label like this.
        return _ACE + label.encode("punycode", errors="replace").decode("ascii")


def _is_label(label: str) -> bool:
    return 0 < len(label) <= _LONGEST_LABEL and all(map(_is_letter, label))


def _is_letter(character: str) -> bool:
    return character.isalnum() or character in _SIGNS or unicodedata.category(character).startswith("M")
