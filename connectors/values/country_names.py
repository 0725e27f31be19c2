"""Names of countries in other languages, from CLDR (by Babel).

They are loaded when a name is not in our own table, because that takes a third of a second. A name that means different
countries in different languages is left out.
"""

from collections.abc import Callable, Collection
from functools import cache
from typing import Final

LANGUAGES: Final = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "fi", "is", "cs", "sk", "sl", "hr", "sr", "bs",
    "hu", "ro", "bg", "el", "ru", "uk", "lt", "lv", "et", "tr", "he", "ar", "fa", "hi", "vi", "id", "ms", "ja", "ko",
    "zh", "zh_Hant", "ca", "eu", "ga", "cy", "mt",
)  # fmt: skip


@cache
def codes(fold: Callable[[str], str], known: Collection[str]) -> dict[str, str]:
    """Return the codes by folded name, for the known codes."""
    from babel import localedata

    owners: dict[str, set[str]] = {}
    for language in LANGUAGES:
        names = localedata.load(language, merge_inherited=False)["territories"]
        for code, name in names.items():
            if code in known and isinstance(name, str):
                owners.setdefault(fold(name), set()).add(code)
    return {name: next(iter(found)) for name, found in owners.items() if len(found) == 1 and name}
