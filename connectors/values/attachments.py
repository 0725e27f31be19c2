"""Describe the pictures and files of a message without text. Pure.

Rules kept here:
- a file is described by its name and its address, as far as they are known. The part behind "?" is left out, because
  servers sign addresses again for each reader;
- a picture in HTML is described by its address. An embedded one has none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.values import message_text

LONGEST: Final = 500
"""Characters of a name or an address that are shown."""

_NAMES: Final = ("name", "fileName", "filename", "title")
_ADDRESSES: Final = ("url", "link", "src", "href")
_PICTURE: Final = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)


def described(attachments: Any, html: str = "") -> str:
    """Return a line for each attachment and each picture of an HTML text, "" where there is none."""
    listed = attachments if isinstance(attachments, list) else [attachments]
    shown = [*filter(None, map(_described, listed)), *_pictures(html)]
    return "\n".join(f"Attachment: {each}" for each in dict.fromkeys(shown))


def _described(attachment: Any) -> str:
    if isinstance(attachment, str):
        return _address(attachment)
    if not isinstance(attachment, Mapping):
        return ""
    name, address = _first(attachment, _NAMES)[:LONGEST], _address(_first(attachment, _ADDRESSES))
    return f"{name} ({address})" if name and address else name or address


def _pictures(html: str) -> Iterator[str]:
    for found in _PICTURE.finditer(html):
        yield _address(next(filter(None, found.groups()), "")) or "a picture"


def _address(raw: str) -> str:
    """Return an address without its changing part, or a description of what has none."""
    shown = message_text.comparable(raw)
    if shown[:5].casefold() == "data:":
        return "a picture" if shown[5:11].casefold() == "image/" else "a file"
    try:
        parts = urlsplit(shown)
    except ValueError:
        return shown[:LONGEST]
    return parts._replace(query="", fragment="").geturl()[:LONGEST]


def _first(attachment: Mapping[str, Any], keys: Iterable[str]) -> str:
    found = (attachment.get(key) for key in keys)
    return next((message_text.comparable(each) for each in found if isinstance(each, str) and each.strip()), "")
