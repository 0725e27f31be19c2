"""Countries: from what people write to ISO 3166-1 alpha-2, which is what GrowthHub takes, and back to an English name.

Rules kept here:
- codes of two and three letters, English names, and the usual aliases are known; case, accents, punctuation, the
  order of words ("Korea, Republic of") and "the", "and", "of" do not matter;
- what no table knows is None (R17). A name that two countries share without a usual meaning ("Korea") is not guessed;
- parts of the United Kingdom are the United Kingdom.
"""

import re
import unicodedata
from functools import cache, lru_cache

from connectors.values.country_table import TABLE

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
"""Names in use beside those of the standard."""

_IGNORED = frozenset({"the", "and", "of"})
_LONG_FORMS = {"st": "saint"}
_SILENT = re.compile(r"[.'\u2019\u2018`\u00b4]")  # "U.S.A.", "Côte d'Ivoire"
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=10_000)
def to_alpha2(raw: str) -> str | None:
    """Return the code of a country's name or code ("USA" is "US"), or None when no table knows it."""
    return _codes().get(_fold(raw))


def display_name(alpha2: str) -> str:
    """Return the common English name ("US" is "United States"). Raises KeyError for what is no code of the table."""
    return _names()[alpha2]


def _fold(name: str) -> str:
    """Return the words of a name in one order, without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", _SILENT.sub("", name))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
    words = [_LONG_FORMS.get(word, word) for word in _WORD.findall(bare)]
    if all(len(word) == 1 for word in words):  # "U S A"
        return "".join(words)
    return " ".join(sorted(set(words) - _IGNORED or set(words)))  # AND is Andorra


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.split("|")) for line in TABLE.splitlines())


@cache
def _names() -> dict[str, str]:
    return {row[0]: row[2] for row in _rows()}


@cache
def _codes() -> dict[str, str]:
    """Return the code by everything that is known of a country, folded."""
    known = {row[0]: (*row, *ALIASES.get(row[0], ())) for row in _rows()}
    return {_fold(name): code for code, names in known.items() for name in names}
