"""Decode the body of an answer under a size limit, and find the server's complaint in it."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

from urllib3 import BaseHTTPResponse

CHUNK: Final = 65536
EXCERPT: Final = 300

DEPTH: Final = 64
"""The deepest nesting of lists and objects, so that code that walks through an answer never overflows the stack."""
DIGITS: Final = 19
"""A whole number with more digits stays text: no database stores it."""

_WORD = re.compile(rb"[A-Za-z][A-Za-z .!]{0,39}")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
HTTP_ERROR: Final = 400
_SUCCESS = ("success", "succeeded", "succeded", "ok")
_COMPLAINTS = ("message", "messages", "error_description", "error", "errors", "msg", "detail")


class UnreadableBody(ValueError):
    """A body that is no JSON, or ambiguous JSON. The text says which, "" where `looks_like` describes it."""


class TooLarge(ValueError):
    """A body that is over the limit."""


def read_body(response: BaseHTTPResponse, limit: int) -> bytes:
    """Return the whole body, unpacked. Memory never holds much more than `limit` bytes.

    Raises TooLarge, and the errors of urllib3 for one that is cut off or too slow.
    """
    try:
        content = b"".join(_chunks(response, limit))
    except BaseException:
        # Bytes left unread would be taken for the next answer.
        response.close()
        raise
    response.release_conn()
    return content


def _chunks(response: BaseHTTPResponse, limit: int) -> Iterator[bytes]:
    size = 0
    if (response.length_remaining or 0) > limit:
        raise TooLarge
    while chunk := response.read1(CHUNK, decode_content=True):
        size += len(chunk)
        if size > limit:
            raise TooLarge
        yield chunk


def decode(content: bytes) -> Any:
    """Return the JSON value of a body, None for an empty one. Raises UnreadableBody."""
    try:
        text = content.decode("utf-8-sig")
        if not text.strip():
            return None
        value = _DECODER.decode(text)
    except UnreadableBody:
        raise
    except (ValueError, RecursionError):
        raise UnreadableBody from None
    if not _is_shallow(value):
        raise UnreadableBody("JSON that is nested too deep")
    return without_lone_surrogates(value) if "\\ud" in text or "\\uD" in text else value


def _is_shallow(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH):
        if not level:
            return True
        values = (inner for each in level for inner in (each.values() if isinstance(each, dict) else each))
        level = [inner for inner in values if isinstance(inner, dict | list)]
    return not level


def _whole(text: str) -> int | str:
    return int(text) if len(text) < DIGITS else text


def _fraction(text: str) -> float | str:
    """Return the number. One that is too large stays text, as NaN does."""
    value = float(text)
    return value if math.isfinite(value) else text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) and any(found[key] != value for key, value in pairs):
        raise UnreadableBody("JSON that gives one key two values")
    return found


_DECODER = json.JSONDecoder(  # NaN becomes the text "NaN", which the values know as dirt (R4)
    parse_constant=str, parse_int=_whole, parse_float=_fraction, object_pairs_hook=_object
)


def without_lone_surrogates(value: Any) -> Any:
    """Return the value with half characters (an emoji cut by a length limit) replaced: no database stores them."""
    if isinstance(value, str):
        return value if value.isprintable() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [without_lone_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {without_lone_surrogates(key): without_lone_surrogates(each) for key, each in value.items()}
    return value


def is_plain_word(content: bytes) -> bool:
    """Say whether a body is a word or two, like "OK", which means success and is no page of a proxy."""
    return _WORD.fullmatch(content.strip()) is not None


def looks_like(text: str) -> str:
    """Describe a body that is not JSON in a few words."""
    if "<html" in text[:1000].lower() or "<!doctype" in text[:1000].lower():
        title = _TITLE.search(text)
        return f"an HTML page ({title.group(1).strip()[:EXCERPT]})" if title else "an HTML page"
    if text.lstrip()[:1] in ("{", "["):
        return "JSON that is broken or cut off"
    return f"something that is not JSON ({' '.join(text.split())[:60]!r})"


def complaint_of(body: Any) -> str:
    """Return what an answer with a success status says went wrong, "" where it is a success (R43).

    A record may have a field named `error` (GrowthHub's failed messages do), so that field alone proves nothing where
    the answer is a bare record.
    """
    if not isinstance(body, dict):
        return ""
    status = body.get("statusCode")
    failed = any(body.get(key) is False for key in _SUCCESS) or (isinstance(status, int) and status >= HTTP_ERROR)
    named = "id" not in body and (body.get("error") or body.get("errors"))
    if not failed and not named:
        return ""
    return "; ".join(messages_of(body))[:EXCERPT] or "it says that it failed"


def messages_of(body: Any) -> tuple[str, ...]:
    """Return a server's complaints one by one, from the places where servers put them."""
    if isinstance(body, str):
        return (body,)
    if isinstance(body, list):
        return tuple(message for each in body for message in messages_of(each))
    if not isinstance(body, dict):
        return ()
    found = (messages_of(body[key]) for key in _COMPLAINTS if body.get(key))
    return next((messages for messages in found if messages), ())


def quoted(body: Any) -> str:
    """Return the complaints as the end of a message, "" where there are none."""
    messages = messages_of(body)
    return f": {'; '.join(messages)[:500]}" if messages else ""
