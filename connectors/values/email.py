"""E-mail addresses.

Rules kept here: the domain in lower case, the part before the "@" as it was written; addresses are compared without
case; an address that no server could have is unmapped (R17). Whether anybody reads it is not asked: example.com and
.test are taken.
"""

import re

from connectors.values import domain, text
from connectors.values.text import Reading, Unmapped

_SCHEME = re.compile(r"(?:mailto:\s*)+", re.IGNORECASE)
_IMPOSSIBLE = re.compile(r"[\s()<>\[\]:;,\"\\\x00-\x1f\x7f]")


def clean(raw: object) -> Reading:
    """Return the address, None if there is none, UNKNOWN for dirt, Unmapped for what cannot be an address."""
    found = text.clean_line(raw)
    if not isinstance(found, str):
        return found
    local, at, host = _without_scheme(found).rpartition("@")
    name = domain.canonical(host)
    if not local or not at or name is None or "@" in local or _IMPOSSIBLE.search(local):
        return Unmapped(found)
    return f"{local}@{name}"


def key(value: str) -> str:
    """Return what two addresses are compared by."""
    return value.casefold()


def _without_scheme(address: str) -> str:
    scheme = _SCHEME.match(address)
    return address[scheme.end() :].partition("?")[0] if scheme else address
