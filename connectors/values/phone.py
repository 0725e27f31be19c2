"""Convert phone numbers from free text to E.164.

Rules kept here (R16, R17, R44):
- a possible number is accepted, valid or not: the documented samples 777-889-3825 and +18832327657 are not valid;
- a number that can be dialled only locally ("555-0123") is possible too: it is better carried as it is;
- with "+" or "00" in front regions do not matter. Without, the first region in which the number is valid counts, else
  the first in which it is possible;
- E.164 has no extensions: "+12125550123 ext. 4" becomes +12125550123, and the caller keeps the raw text;
- words are no digits ("+49 30 5550123 Fax"), except in spelled free numbers of North America (1-800-FLOWERS);
- of several numbers in one field the first is the number, and the others are known as well;
- a placeholder (one digit repeated, 1234567890, with or without a country code) is no number;
- Mexico's old mobile prefix is removed ("+52 1" is "+52"). Brazil's ninth digit and Argentina's 9 stay as written, and
  do not count in comparisons.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from connectors.values import text

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_INTERNATIONAL = re.compile(r"^[\s(]*00[\s)]*(?=[1-9])")
_PLUS = re.compile(r"^[\s(]*(?:tel:\s*)?[\s(]*[+\uff0b]", re.IGNORECASE)
_AMERICAN = re.compile(r"\+1[2-9]\d{9}", re.ASCII)
"""A number that is E.164 already: ten digits are possible under +1, and no prefix is removed."""
_AMERICAN_ALONE = re.compile(r"[2-9]\d{9}", re.ASCII)
"""The same as it is dialled in the United States."""
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_PUNCTUATION = str.maketrans("", "", " ().-")
_FLOAT = re.compile(r"^(\+?\d{7,15})\.0$", re.ASCII)  # a number that went through a table of floats, as "NaN" did


_SEVERAL = re.compile(
    r"[,;|&\n]|\s(?:and|or|und|oder|et|ou|y|o)\s|(?<=\d)\s*(?=[+\uff0b])|(?<=\d{10})\s+(?=\d{10})",
    re.IGNORECASE,
)
_EXTENSION_AFTER_SLASH = re.compile(r"(?<=\d)\s*/\s*\d{1,3}\s*$")
_WORDS = re.compile(r"([^\W\d_]+)")
_EXTENSION = re.compile(r"e?xt.*|x|durchwahl|dw|nst|poste|int|anexo|ramal|interno", re.IGNORECASE)
_SPOKEN = re.compile(
    r"\s*\+?1?[\s.-]*\(?8(?:00|22|33|44|55|66|77|88)\)?[\s.-]*\d{0,3}[\s.-]*[A-Z]{3}[A-Z\d\s-]*", re.IGNORECASE
)
"""A spelled free number of North America: 1-800-FLOWERS. Elsewhere words are no digits."""
_MEXICAN = re.compile(r"^(\+52)(?:1|04[45])(?=\d{10}$)", re.ASCII)
_BRAZILIAN = re.compile(r"^(\+55\d\d)9(?=[6-9]\d{7}$)", re.ASCII)
_ARGENTINE = re.compile(r"^(\+54)9(?=\d{10}$)", re.ASCII)
_INVENTED = frozenset({"1234567890", "0123456789", "123456789", "12345678", "1234567", "9876543210", "987654321"})
_FEWEST_DIGITS = 5
_WHOLE_DIGITS = 7

REMEMBERED = 10_000


def to_e164(raw: str, regions: tuple[str, ...]) -> str | None:
    """Return the first number as "+12125550123", None when none is possible.

    `regions` are ISO 3166 alpha-2 codes in order of preference: the contact's own country, then the connection's (R16).
    """
    return next(iter(all_in(raw, regions)), None)


@lru_cache(maxsize=REMEMBERED)
def all_in(raw: str, regions: tuple[str, ...]) -> tuple[str, ...]:
    """Return every number in a field, each once."""
    plain = raw.translate(_PUNCTUATION)
    if raw.startswith("+") and _AMERICAN.fullmatch(plain):
        return () if _is_invented(plain, plain[2:]) else (plain,)
    if regions == ("US",) and _AMERICAN_ALONE.fullmatch(plain):
        return () if _is_invented(plain, plain) else (f"+1{plain}",)
    found = (_one(piece, regions) for piece in _pieces(text.tidy(raw)))
    return tuple(dict.fromkeys(number for number in found if number is not None))


@lru_cache(maxsize=REMEMBERED)
def key(e164: str) -> str:
    """Return the comparable form, without digits that were added or dropped over the years."""
    for pattern in (_MEXICAN, _BRAZILIAN, _ARGENTINE):
        e164 = pattern.sub(r"\1", e164)
    return e164


def spellings(number_key: str) -> tuple[str, ...]:
    """Return every number with this comparable form."""
    forms = {number_key}
    if number_key.startswith(("+52", "+54")):
        forms.add(f"{number_key[:3]}{'1' if number_key.startswith('+52') else '9'}{number_key[3:]}")
    if number_key.startswith("+55"):
        forms.add(f"{number_key[:5]}9{number_key[5:]}")
    return tuple(sorted(form for form in forms if key(form) == number_key))


def with_first(raw: str, number: str | None) -> str | None:
    """Return the text to write for `number` in place of the first one of a field, so that the others stay."""
    pieces = [piece.strip() for piece in _pieces(text.tidy(raw))]
    rest = [piece for piece in pieces[1:] if sum(map(str.isdigit, piece)) >= _WHOLE_DIGITS]
    return " / ".join(filter(None, (number, *rest))) or None


def _pieces(line: str) -> list[str]:
    """Return the parts of a field that may each be a number, without words."""
    found: list[str] = []
    for part in _SEVERAL.split(line):
        bare = _EXTENSION_AFTER_SLASH.sub("", part) if _digits(part) > _WHOLE_DIGITS else part
        slashed = bare.split("/")
        for piece in slashed if all(_digits(each) >= _WHOLE_DIGITS for each in slashed) else [bare]:
            found += _without_words(piece)
    return found


def _without_words(piece: str) -> list[str]:
    """Return the numbers among words. What follows a word for an extension is no number."""
    if _SPOKEN.fullmatch(piece):
        return [piece]
    chunks = _WORDS.split(piece)
    if len(chunks) == 1:
        return [piece]
    words = ["", *chunks[1::2]]
    return [
        chunk
        for word, chunk in zip(words, chunks[::2], strict=True)
        if _digits(chunk) >= _FEWEST_DIGITS and not _EXTENSION.fullmatch(word)
    ]


def _digits(piece: str) -> int:
    return sum(map(str.isdigit, piece))


def _one(piece: str, regions: tuple[str, ...]) -> str | None:
    """Return the number that a text is, None for no number or a placeholder."""
    # Imported here, because its tables take longer to load than all of our own code.
    import phonenumbers

    raw = piece.strip().lstrip(":.-/ ")
    if _E164.fullmatch(raw) and _MEXICAN.match(raw) is None and _stays(raw):
        return None if _is_placeholder(raw) else raw
    number = _FLOAT.sub(r"\1", _INTERNATIONAL.sub("+", raw))
    asked: tuple[str | None, ...] = (None,) if _PLUS.match(number) else regions
    reading = _read(number, asked[0]) if len(asked) == 1 else _best(number, asked)
    if reading is None:
        return None
    e164 = phonenumbers.format_number(reading, phonenumbers.PhoneNumberFormat.E164)
    stays = _AMERICAN.fullmatch(e164) or _stays(e164)
    return e164 if stays and not _is_placeholder(e164) else None


def _is_placeholder(e164: str) -> bool:
    import phonenumbers

    return _is_invented(e164, str(phonenumbers.parse(e164).national_number))


def _is_invented(e164: str, national: str) -> bool:
    return len(set(national)) == 1 or len(set(e164.removeprefix("+"))) == 1 or national in _INVENTED


@lru_cache(maxsize=REMEMBERED)
def _stays(e164: str) -> bool:
    """Say whether a number is read back as itself. A row of zeros loses one each time, and is no number.

    Cached, because a number of one side comes back from the other.
    """
    import phonenumbers

    number = _read(e164, None)
    return number is not None and phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == e164


def _best(number: str, regions: tuple[str | None, ...]) -> "PhoneNumber | None":
    """Return the number in the first region in which it is valid, else in the first in which it is possible."""
    import phonenumbers

    first = None
    for region in regions:
        reading = _read(number, region)
        if reading is not None and phonenumbers.is_valid_number(reading):
            return reading
        first = first or reading
    return first


def _read(raw: str, region: str | None) -> "PhoneNumber | None":
    """Return the number as read in the region, None when it is not possible there."""
    import phonenumbers

    try:
        number = _renewed(phonenumbers.parse(raw, region))
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _renewed(number: "PhoneNumber") -> "PhoneNumber":
    """Return a Mexican number without the 1 or the 044 that mobile numbers had until 2019."""
    import phonenumbers

    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.parse(_MEXICAN.sub(r"\1", e164)) if _MEXICAN.match(e164) else number
