"""Yes and no, as users and systems write them. Any other text is Unmapped (R17)."""

from typing import Final

from connectors.values import text
from connectors.values.text import Reading, Unmapped

YES: Final = "yes"
NO: Final = "no"
_WORDS: Final = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "on", "x"), YES),
    **dict.fromkeys(("no", "n", "false", "f", "0", "off"), NO),
}


def clean(raw: object) -> Reading:
    """Return YES or NO, None if the value is empty, Unmapped if it is neither."""
    found = text.clean_line(raw)
    return found if not isinstance(found, str) else _WORDS.get(found.casefold(), Unmapped(found))
