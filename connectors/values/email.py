"""E-mail addresses.

Rules kept here (R44):
- the domain is in lower case, the part before the "@" as it was written. An impossible address is unmapped (R17).
  Whether the mailbox exists is not checked: example.com and .test are valid;
- addresses compare in lower case, their domains by IDNA. They are not case-folded: that would make "ß" and "ss" one;
- "Ana Ames <ana@example.com>" contains its address. Of several in one field (between them ",", ";", "/", "|" or white
  space) the first is the address, and the others are known as well. "ana ames@example.com" is no address: it is unclear
  which one is meant.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from connectors.values import domain, invisible, text
from connectors.values.text import UNKNOWN, Reading, Unmapped

_SCHEME: Final = re.compile(r"(?:mailto:\s*)+", re.IGNORECASE)
_IMPOSSIBLE: Final = re.compile(r"[\s()<>\[\]:;,\"\\\x00-\x1f\x7f]")
_SEPARATOR: Final = re.compile(r"[,;|]")
_IN_BRACKETS: Final = re.compile(r"<([^<>]*@[^<>]*)>")
_COMMENT: Final = re.compile(r"\([^()@]*\)")
_LABEL: Final = re.compile(r"\s*[\w -]+:\s*(?=\S)")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_AROUND: Final = " \"'()[]<>"


def clean(raw: object) -> Reading:
    """Return the address, None if there is none, UNKNOWN for dirt, Unmapped for what cannot be an address."""
    found = text.clean_line(raw)
    if found is None and isinstance(raw, str) and _CONTROL.search(raw):
        # No person empties a field like this, and pairing depends on it.
        return UNKNOWN
    if not isinstance(found, str):
        return found
    return next(iter(_addresses(found)), None) or Unmapped(found)


def all_in(raw: object) -> tuple[str, ...]:
    """Return every address in a field, each once."""
    found = text.clean_line(raw)
    return _addresses(found) if isinstance(found, str) else ()


def with_first(raw: object, address: str | None) -> str | None:
    """Return the text to write for `address` in place of the first one of a field, so that the others stay."""
    shown = {key(each): each for each in all_in(raw)[1:]}
    if address is not None:
        shown.pop(key(address), None)
    return ", ".join(filter(None, (address, *shown.values()))) or None


@lru_cache(maxsize=4096)
def key(value: str) -> str:
    """Return the comparable form of an address."""
    local, at, host = invisible.bare(text.tidy(value)).rpartition("@")
    return f"{unicodedata.normalize('NFC', local.lower())}{at}{domain.key(host)}"


def spellings(address_key: str) -> tuple[str, ...]:
    """Return the forms in which an address may be stored: the comparable form, and that of versions before 3."""
    local, at, host = address_key.rpartition("@")
    spoken = f"{local}{at}{domain.spoken(host)}"
    return tuple(dict.fromkeys((address_key, spoken, spoken.casefold())))


@lru_cache(maxsize=4096)
def _addresses(line: str) -> tuple[str, ...]:
    whole = _one(line)
    if whole is not None:
        return (whole,)
    found: dict[str, str] = {}
    for segment in _SEPARATOR.split(line):
        for address in _in_segment(segment):
            found.setdefault(key(address), address)
    return tuple(found.values())


def _in_segment(segment: str) -> list[str]:
    """Return the addresses in the text between two commas."""
    bracketed = [address for each in _IN_BRACKETS.findall(segment) if (address := _one(each.strip())) is not None]
    if bracketed:
        return bracketed
    words = _LABEL.sub("", _COMMENT.sub(" ", segment), count=1).split()
    for pieces in (words, [piece for word in words for piece in word.split("/") if piece]):
        found = [address for each in pieces if (address := _one(each.strip(_AROUND))) is not None]
        behind = [each for each in pieces[1:] if "@" in each]
        if found and (len(found) == len(pieces) or (not behind and _one(pieces[0].strip(_AROUND)) == found[0])):
            return found
    return []


def _one(address: str) -> str | None:
    """Return the address that a text is, None for none or several."""
    local, at, host = _without_scheme(address).rpartition("@")
    name = domain.canonical(host)
    if not local or not at or name is None or "@" in local or _IMPOSSIBLE.search(local):
        return None
    return f"{local}@{name}"


def _without_scheme(address: str) -> str:
    scheme = _SCHEME.match(address)
    return address[scheme.end() :].partition("?")[0] if scheme else address
