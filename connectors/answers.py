"""What a server's bytes mean: a body under a limit, JSON or not, and the words of a complaint."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from requests import ReadTimeout
from urllib3 import BaseHTTPResponse

CHUNK: Final = 65536
BODY_SECONDS: Final = 120.0
"""A body that takes longer than this drips rather than flows; each read by itself has the read time-out."""
EXCERPT: Final = 300

_DECODER = json.JSONDecoder(parse_constant=str)  # NaN becomes the text "NaN", which the values know as dirt (R4)
_WORD = re.compile(rb"[A-Za-z][A-Za-z .!]{0,39}")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
HTTP_ERROR: Final = 400
_SUCCESS = ("success", "succeeded", "succeded", "ok")
_COMPLAINTS = ("message", "messages", "error_description", "error", "errors", "msg", "detail")


class Garbled(ValueError):
    """A body that is not JSON."""


class TooLarge(ValueError):
    """A body that is over the limit."""


def read_body(response: BaseHTTPResponse, limit: int, monotonic: Callable[[], float] = time.monotonic) -> bytes:
    """Return the whole body, unpacked; memory never holds much more than `limit` bytes.

    Raises TooLarge, requests.ReadTimeout for one that drips, and what urllib3 raises for one that is cut off.
    """
    try:
        content = b"".join(_chunks(response, limit, monotonic))
    except BaseException:
        response.close()  # what is left unread would be taken for the next answer
        raise
    response.release_conn()
    return content


def _chunks(response: BaseHTTPResponse, limit: int, monotonic: Callable[[], float]) -> Iterator[bytes]:
    size, deadline = 0, monotonic() + BODY_SECONDS
    if int(response.headers.get("Content-Length") or 0) > limit:
        raise TooLarge
    while chunk := response.read1(CHUNK, decode_content=True):
        size += len(chunk)
        if size > limit:
            raise TooLarge
        if monotonic() > deadline:
            raise ReadTimeout("the body came too slowly")
        yield chunk


def decode(content: bytes) -> Any:
    """Return the JSON value of a body, None for an empty one. Raises Garbled."""
    try:
        text = content.decode("utf-8-sig")
        if not text.strip():
            return None
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise Garbled from None
    return without_lone_surrogates(value) if "\\ud" in text or "\\uD" in text else value


def without_lone_surrogates(value: Any) -> Any:
    """Return the value with halves of characters (an emoji cut by a length limit) replaced: no database takes them."""
    if isinstance(value, str):
        return value if value.isprintable() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [without_lone_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {without_lone_surrogates(key): without_lone_surrogates(each) for key, each in value.items()}
    return value


def is_plain_word(content: bytes) -> bool:
    """Say whether a body is a word or two, like "OK": said of success, and no page of somebody in between."""
    return _WORD.fullmatch(content.strip()) is not None


def looks_like(text: str) -> str:
    """Say in a few words what a body that is not JSON is."""
    if "<html" in text[:1000].lower() or "<!doctype" in text[:1000].lower():
        title = _TITLE.search(text)
        return f"an HTML page ({title.group(1).strip()[:EXCERPT]})" if title else "an HTML page"
    if text.lstrip()[:1] in ("{", "["):
        return "JSON that is broken or cut off"
    return f"something that is not JSON ({' '.join(text.split())[:60]!r})"


def complaint_of(body: Any) -> str:
    """Return what an answer of success says went wrong, "" for one that is a success (R43).

    A record may have a field named `error` (GrowthHub's failed messages do), so that alone says nothing where the
    answer is a record by itself.
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
    """Return a server's complaints, one by one, from where servers put them."""
    if isinstance(body, str):
        return (body,)
    if isinstance(body, list):
        return tuple(message for each in body for message in messages_of(each))
    if not isinstance(body, dict):
        return ()
    found = (messages_of(body[key]) for key in _COMPLAINTS if body.get(key))
    return next((messages for messages in found if messages), ())
