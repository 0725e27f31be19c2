"""HTML, and its readable text.

Rules kept here:
- what a reader sees stays, in its order: words, addresses of links, list marks, quotation marks (">"). What a reader
  does not see goes: styles, scripts, comments, titles, hidden lines, pictures without words;
- a text that is no HTML stays as it is, "<" and all. It is HTML by its content type, or if it has the tags of HTML.
"""

import re
from typing import Final

from connectors.values import message_text

_TAG: Final = re.compile(
    r"<!doctype\s|</(?:html|body|div|p|span|a|b|i|u|em|strong|font|table|tr|td|ul|ol|li|h[1-6]|blockquote|pre)\s*>"
    r"|<(?:br|hr)\s*/?>|<img\s[^<>]*>",
    re.IGNORECASE,
)
_KIND: Final = re.compile(r"\s*(?:text/html|application/xhtml\+xml)\b", re.IGNORECASE)


def is_html(raw: str, content_type: str | None = None) -> bool:
    """Say whether a text is HTML: by its content type, or by tags that people do not type."""
    return bool(content_type and _KIND.match(content_type)) or _TAG.search(raw) is not None


def readable(raw: str, content_type: str | None = None) -> str:
    """Return the text of what may be HTML, tidied (see connectors.values.text)."""
    return plain(raw) if is_html(raw, content_type) else message_text.tidy(raw)


def plain(raw: str) -> str:
    """Return the text of an HTML document or a part of one, however broken."""
    # Imported here, because its parser loads more slowly than most runs take.
    from connectors.values.markup_text import read

    return message_text.tidy(read(message_text.tidy(raw)))
