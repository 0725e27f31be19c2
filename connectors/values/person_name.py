"""First and last names, as people and imports type them into two fields.

Rules kept here (R36):
- "(No Name)" and the like, in brackets, is empty. An e-mail address is no name;
- "Ames, Ana" in one field is last name, first name, if the other field is empty, or if the comma is all that the two
  fields have between them ("Ames," and "Ana"). Other text behind a comma (Ana Ames, PhD; Acme, Inc.) stays;
- of a full name the first word is the first name, behind a title ("Dr. Ana Ames" is Ana Ames).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from connectors.values import email, text

if TYPE_CHECKING:
    from nameparser import HumanName

FIRST: Final = "first_name"
LAST: Final = "last_name"

_NOBODY: Final = re.compile(
    r"[(\[<{]\s*(?:no|without|unknown|empty|blank|missing)?[\s_-]*(?:first|last|full)?[\s_-]*(?:name|unknown|blank|empty)\s*[)\]>}]",
    re.IGNORECASE,
)
_ADDRESS_BEHIND: Final = re.compile(r"\s*[<(\[][^<>()\[\]]*@[^<>()\[\]]*[>)\]]\s*$")
_NO_PERSON: Final = re.compile(r"[\d&/|@;:]")
_COMPANY: Final = frozenset({
    "ab", "ag", "aps", "as", "asa", "bv", "co", "company", "corp", "corporation", "cpa", "dba", "eg", "ev", "gbr",
    "gmbh", "inc", "incorporated", "kg", "lda", "limited", "llc", "llp", "lp", "ltd", "ltda", "mbh", "nv", "oy", "pa",
    "pc", "plc", "pllc", "pte", "pty", "sa", "sarl", "sas", "se", "sl", "spa", "srl", "ug",
})  # fmt: skip
_MOST_WORDS: Final = 4
_MOST_PARTS: Final = 3

Name = str | None
Names = tuple[Name, Name]


def apart(first: Name, last: Name) -> Names:
    """Return the first and the last name that the texts of two fields mean."""
    one, other = named(first), named(last)
    return _turned(one, other) or (one, other)


@lru_cache(maxsize=2000)
def split(full: str) -> Names:
    """Return first and last name of a full name."""
    name = named(full)
    if name is None:
        return None, None
    turned = _turned(name, None)
    if turned is not None:
        return turned
    title = _parsed(name).title
    bare = name.removeprefix(title).lstrip() if title else name
    first, _, last = (bare or name).partition(" ")
    return (None, first) if title and bare and not last else (first, last or None)


def completed(changes: Mapping[str, object], own: Names, meant: Names) -> dict[str, Name]:
    """Return what to write besides the changes, so that a record with both names in one field is read correctly.

    `own` are the texts of its two fields, `meant` the names that they mean.
    """
    moved = any(isinstance(name, str) and name != text for name, text in zip(meant, own, strict=True))
    if not moved or not {FIRST, LAST} & changes.keys():
        return {}
    return {name: value for name, value in zip((FIRST, LAST), meant, strict=True) if name not in changes}


def named(raw: Name) -> Name:
    """Return a name, None where it is none."""
    if raw is None or _NOBODY.fullmatch(raw):
        return None
    if "@" not in raw:
        return raw
    name = _ADDRESS_BEHIND.sub("", raw) or raw
    return None if email.all_in(name) else name


def _turned(first: Name, last: Name) -> Names | None:
    """Return first and last name of "Ames, Ana", None for other texts."""
    written = _with_a_comma(first, last)
    if written is None or _NO_PERSON.search(written):
        return None
    surname, *rest = (part.strip() for part in written.split(","))
    if not surname or not rest or not all(rest) or len(rest) >= _MOST_PARTS or len(surname.split()) > _MOST_WORDS:
        return None
    parsed = _parsed(written)
    is_company = re.sub(r"\W", "", rest[0]).casefold() in _COMPANY
    if is_company or not parsed.first or not parsed.last or str(parsed.first) not in rest[0]:
        return None
    return rest[0], ", ".join((surname, *rest[1:]))


def _with_a_comma(first: Name, last: Name) -> Name:
    if first is not None and "," in first:
        if last is None or text.comparable(first.partition(",")[0]).casefold() == text.comparable(last).casefold():
            return first
        return f"{first} {last}" if first.endswith(",") else None
    return last if first is None and last is not None and "," in last else None


def _parsed(name: str) -> "HumanName":
    # Imported here, because most names need no parsing and its tables load slowly.
    from nameparser import HumanName

    return HumanName(name)
