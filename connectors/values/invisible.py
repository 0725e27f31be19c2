"""Remove invisible characters from a text, and keep joiners where they matter (R44).

Rules kept here:
- format characters (zero-width spaces, direction marks, soft hyphen, byte order mark) and control characters are
  removed. Line ends stay. A tab, the separators U+001C to U+001F and the empty Braille sign are spaces;
- the joiners U+200C and U+200D stay only where a reader sees the difference: behind a letter of a script that joins its
  letters (Arabic, the scripts of India and others), and U+200D inside an emoji of several parts. They do not count in
  comparisons (`bare`), and neither do variation selectors, because servers drop them;
- the tags behind a flag (U+E0020 to U+E007F) are part of an emoji, and stay.
"""

import re
import unicodedata
from typing import Final

_GONE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e001f]"
)
_SPACED: Final = re.compile("[\t\x1c-\x1f\u2800]")
_JOINER: Final = re.compile("[\u200c\u200d]")
_SELECTOR: Final = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_TAGS: Final = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]+")
_JOINING: Final = re.compile(
    "[\u0600-\u0dff\u1000-\u109f\u1780-\u18af\u1b00-\u1c4f\ua800-\ua8ff\ua980-\uaadf\uabc0-\uabff\ufb50-\ufdff"
    "\ufe70-\ufefc\U00010a00-\U00011fff]"
)
_MODIFIERS: Final = frozenset("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_ZWJ: Final = "\u200d"


def removed(text: str) -> str:
    """Return a text in NFC without invisible characters."""
    seen = unicodedata.normalize("NFC", _GONE.sub("", _SPACED.sub(" ", text)))
    if "\U000e0020" <= max(seen, default="") <= "\U000e007f":
        seen = _TAGS.sub("", seen)
    if _JOINER.search(seen) is None:
        return seen
    return unicodedata.normalize("NFC", _joined(seen))


def bare(text: str) -> str:
    """Return a text without the joiners of letters and without variation selectors, for comparisons."""
    seen = _SELECTOR.sub("", text)
    return unicodedata.normalize("NFC", _joined(seen, letters=False)) if _JOINER.search(seen) else seen


def _joined(text: str, *, letters: bool = True) -> str:
    """Return a text with only those joiners that join parts of an emoji or, with `letters`, letters."""
    kept: list[str] = []
    for place, character in enumerate(text):
        if _JOINER.match(character) is None or _joins(character, kept[-1:], text[place + 1 : place + 2], letters):
            kept.append(character)
    return "".join(kept)


def _joins(joiner: str, before: list[str], after: str, letters: bool) -> bool:
    if not before:
        return False
    if _JOINING.match(before[0]):
        return letters
    is_emoji = before[0] in _MODIFIERS or unicodedata.category(before[0]) == "So"
    return joiner == _ZWJ and is_emoji and unicodedata.category(after or " ") in {"So", "Sm"}
