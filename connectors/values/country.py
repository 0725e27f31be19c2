"""Convert countries from free text to ISO 3166-1 alpha-2, which GrowthHub accepts, and back to an English name.

Rules kept here:
- codes of two and three letters, English names and common aliases are known. Case, accents, punctuation, word order
  ("Korea, Republic of") and "the", "and", "of" do not matter;
- names in other languages are those of CLDR ("Österreich"), where our own table knows none;
- if a name is followed by another one in brackets, after a comma or a slash, both must mean one country ("Myanmar
  (Burma)", "Scotland, UK"). After a comma the last one counts if the others are no countries ("London, United
  Kingdom"). A code there may be a state ("Atlanta, GA"). An island with a code of its own counts before its country;
- an unknown name is None (R17). A name that two countries share without a usual meaning ("Korea") is not guessed;
- parts of the United Kingdom are the United Kingdom.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from connectors.values import country_names

ALIASES = {
    "AE": ("UAE", "Emirates"),
    "BA": ("Bosnia", "Bosnia-Hercegovina"),
    "BE": ("België", "Belgique"),
    "BR": ("Brasil",),
    "CC": ("Cocos Islands", "Keeling Islands"),
    "CD": ("DR Congo", "DRC", "Congo-Kinshasa", "Zaire"),
    "CG": ("Congo-Brazzaville",),
    "CH": ("Schweiz", "Suisse", "Svizzera"),
    "CN": ("PRC", "P.R. China", "Mainland China"),
    "CZ": ("Czech Republic",),
    "DE": ("Deutschland",),
    "DK": ("Danmark",),
    "ES": ("España",),
    "FI": ("Suomi",),
    "FK": ("Malvinas",),
    "FO": ("Faeroe Islands",),
    "GB": ("UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"),
    "GM": ("The Gambia",),
    "GR": ("EL", "Hellas"),
    "HK": ("Hong Kong SAR", "Hong Kong SAR China", "Hongkong"),
    "IE": ("Republic of Ireland", "Éire"),
    "IT": ("Italia",),
    "KP": ("DPRK",),
    "KR": ("Korea, South", "ROK"),
    "LA": ("Lao",),
    "LY": ("Libyan Arab Jamahiriya", "State of Libya"),
    "MK": ("Macedonia", "FYROM", "The former Yugoslav Republic of Macedonia"),
    "MM": ("Burma",),
    "MO": ("Macao SAR", "Macau SAR", "Macau SAR China"),
    "NL": ("Holland", "Nederland"),
    "NO": ("Norge",),
    "NZ": ("Aotearoa",),
    "PL": ("Polska",),
    "PN": ("Pitcairn Islands",),
    "PS": ("Palestinian Territory", "Palestinian Territories", "Occupied Palestinian Territory"),
    "SE": ("Sverige",),
    "SJ": ("Svalbard",),
    "ST": ("São Tomé",),
    "SZ": ("Swaziland",),
    "TL": ("East Timor",),
    "TW": ("Republic of China", "ROC"),
    "US": ("U.S.", "America", "Estados Unidos", "United States of America (USA)"),
    "VA": ("Vatican", "Holy See"),
    "VI": ("US Virgin Islands",),
    "WS": ("Western Samoa",),
    "ZA": ("RSA",),
}
"""Names in use besides those of the standard."""

_IGNORED = frozenset({"the", "and", "of"})
_LONG_FORMS = {"st": "saint"}
_SILENT = re.compile(r"[.'\u2019\u2018`\u00b4]")  # "U.S.A.", "Côte d'Ivoire"
_WORD = re.compile(r"[^\W_]+")


_BELONGS: Final = {
    **dict.fromkeys(("HK", "MO", "TW"), "CN"),
    **dict.fromkeys(("AS", "GU", "MP", "PR", "UM", "VI"), "US"),
    **dict.fromkeys(("AI", "BM", "FK", "GG", "GI", "IM", "JE", "KY", "MS", "SH", "TC", "VG"), "GB"),
    **dict.fromkeys(("BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "WF", "YT"), "FR"),
    **dict.fromkeys(("AW", "BQ", "CW", "SX"), "NL"),
    **dict.fromkeys(("FO", "GL"), "DK"),
    "AX": "FI",
    "SJ": "NO",
}
"""Territories that people write together with the country that they belong to."""

_STATES: Final = frozenset({("GE", "US")})
"""Names that are also those of a state: "Georgia, USA"."""

_IN_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_BESIDE: Final = re.compile(r"\s*[/;|]\s*|\s+[-\u2013\u2014]\s+")
_LONGEST_CODE: Final = 3
_CLEAR_CODES: Final = frozenset({"UK", "USA", "UAE"})


@lru_cache(maxsize=10_000)
def to_alpha2(raw: str) -> str | None:
    """Return the code of a country's name or code ("USA" is "US"), None when it is unknown."""
    return _named(raw) or _by_brackets(raw) or _by_parts(raw)


def _named(raw: str) -> str | None:
    """Return the code of a single name."""
    name = _fold(raw)
    # A short name with an accent, such as "Áo", is no code.
    is_foreign = not raw.isascii() and len(name) <= _LONGEST_CODE
    return (None if is_foreign else _codes().get(name)) or country_names.codes(_fold, frozenset(_names())).get(name)


def _by_brackets(raw: str) -> str | None:
    inside = _IN_BRACKETS.findall(raw)
    if not inside:
        return None
    before = _IN_BRACKETS.sub(" ", raw)
    outer = to_alpha2(before)
    return None if outer is None and "," in before else _agreed([outer, *map(_named, inside)])


def _by_parts(raw: str) -> str | None:
    beside = [part for part in _BESIDE.split(raw) if part]
    if len(beside) > 1:
        found = [to_alpha2(part) for part in beside]
        return None if None in found else _agreed(found)
    *places, last = (part.strip() for part in raw.split(","))
    code = _named(last) if places else None
    if code is None:
        return None
    found = [to_alpha2(place) for place in places]
    if not any(found):
        return code if len(last) > _LONGEST_CODE or _SILENT.sub("", last).upper() in _CLEAR_CODES else None
    return _agreed([*found, code])


def _agreed(found: Sequence[str | None]) -> str | None:
    """Return the one country of all names that mean one, None where they differ."""
    codes = list(dict.fromkeys(code for code in found if code is not None))
    if len(codes) != 2:  # noqa: PLR2004  a country, and one that it belongs to
        return codes[0] if len(codes) == 1 else None
    one, other = codes
    if (one, other) in _STATES:
        return other
    return one if _BELONGS.get(one) == other else None


def display_name(alpha2: str) -> str:
    """Return the common English name ("US" is "United States"). Raises KeyError for an unknown code."""
    return _names()[alpha2]


def _fold(name: str) -> str:
    """Return the sorted words of a name, without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", _SILENT.sub("", name))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
    words = [_LONG_FORMS.get(word, word) for word in _WORD.findall(bare)]
    # Single letters are an abbreviation: "U S A".
    if all(len(word) == 1 for word in words):
        return "".join(words)
    # AND is also the code of Andorra, so a name of ignored words alone keeps them.
    return " ".join(sorted(set(words) - _IGNORED or set(words)))


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    table = Path(__file__).with_name("countries.txt").read_text(encoding="utf-8")
    return tuple(tuple(line.split("|")) for line in table.splitlines() if not line.startswith("#"))


@cache
def _names() -> dict[str, str]:
    return {row[0]: row[2] for row in _rows()}


@cache
def _codes() -> dict[str, str]:
    """Return the code of a country by each of its folded names and codes."""
    known = {row[0]: (*row, *ALIASES.get(row[0], ())) for row in _rows()}
    return {_fold(name): code for code, names in known.items() for name in names}
