"""Answers that went wrong on their way: heads, bodies, shapes, times and ids of a decent answer, changed by a seed.

What no client can tell from the truth is left out: another value of the right kind, a row or a list that is missing
where the answer does not say how many there are, a record that the server says is gone.
"""

import gzip
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from connectors.sandbox.server import Call, Outgoing

END = b"\r\n\r\n"
STATUSES = (199, 204, 206, 300, 304, 305, 400, 402, 403, 405, 408, 409, 413, 418, 421, 422, 425, 429, 451,
            500, 501, 502, 503, 504, 507, 511, 599, 600, 999)  # fmt: skip
PLACES = (
    "/conversations/messages", "/conversations/messages/", "../conversations/messages", "/contacts/x/workflow/y",
    "http://127.0.0.1:9/contacts", "//example.com/", "", "http://[", "?x=1", "/contacts/..%2Fconversations",
    "/integrations/v1/contacts", "\xe9", "#",
)  # fmt: skip
LINES = (
    "Content-Length: 12abc", "Content-Length: 5, 6", "Content-Length: -1", "Content-Length: 9999999",
    "Content-Length: 3", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Content-Encoding: br",
    "Content-Encoding: gzip", "Content-Encoding: deflate", "Content-Type: text/html; charset=nonsense",
    "no header", "Date: Mon, 01 Jan 0001 00:00:00 +2359", "Date: nonsense", "Date: Fri, 31 Dec 9999 23:59:59 -2359",
    "Retry-After: -1", "Retry-After: 3155760000", "Retry-After: NaN", "Retry-After: 7",
    "X-RateLimit-Max: 0", "X-RateLimit-Max: 1000000000000000", "X-RateLimit-Remaining: -3",
    "X-RateLimit-Interval-Milliseconds: 1000000000000", "X-RateLimit-Interval-Milliseconds: 0",
    "X-RateLimit-Daily-Reset: 1000000000000000", "X-RateLimit-Daily-Remaining: NaN", "Connection: close",
    "Set-Cookie: a=b", "X: " + "y" * 70_000, "\r\n".join(f"X-{each}: y" for each in range(200)),
)  # fmt: skip
INTERIM = (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n",
           b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n")  # fmt: skip
BODIES = (
    b"null", b"0", b"true", b'""', b'"x"', b"[1]", b"[null]", b"{}", b'{"error": "down"}', b"<html>down</html>", b"",
    b'{"success": false, "message": "no"}', b"\xff\xfe", b"NaN", b"[" * 3000, b'{"a":' * 300 + b"1" + b"}" * 300,
    b"1" * 6000, b"1e999", b'{"contact": null}', b'{"contacts": null}', b'{"contacts": {"a": 1}}',
    b'{"statusCode": 500}',
    b'{"contact": {"id": "someone-else"}}', b'{"message": [[[]]]}', b'{"id": "1", "id": "2"}', b"OK", b"\x00",
)  # fmt: skip
ODD: tuple[Any, ...] = ({}, {"a": "x"}, [[]], [None], "\x00", "\ud83d", "x" * 70_000)
TIMES: tuple[Any, ...] = (
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "now", "", None, -1, 0, 10**18, 1e300,
    {}, [], True, "2026-03-02", "NaN", "\uff11\uff19", "0000-00-00 00:00:00",
)  # fmt: skip
IDS: tuple[Any, ...] = (
    None,
    "",
    " ",
    0,
    -1,
    True,
    {},
    [],
    ["x"],
    1.5,
    "a/b",
    "../x",
    "..",
    "%2e%2e",
    "x?y",
    "\x00",
    "é",
)
IDENTIFIERS = frozenset({"id", "contactId", "contact_id", "_id", "messageId", "conversationId"})

Change = Callable[[random.Random, bytes, bytes], tuple[bytes, bytes]]
"""Makes of head and body another head and body."""


def framed(head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Return the answer with the length that the body has now."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]), body


def status(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Answer with another status."""
    line, _, rest = head.partition(b"\r\n")
    return line[:9] + b"%d Other" % chance.choice(STATUSES) + b"\r\n" + rest, body


def redirect(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Point to another place."""
    code = chance.choice((301, 302, 303, 307, 308))
    line, _, rest = head.partition(b"\r\n")
    place = chance.choice(PLACES).encode("latin-1")
    return line[:9] + b"%d Moved\r\nLocation: %s\r\n" % (code, place) + rest, body


def line(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Add a line to the head, or put it in another one's place."""
    added = chance.choice(LINES).encode("latin-1")
    name = added.partition(b":")[0].lower() + b":"
    kept = [each for each in head.split(b"\r\n") if chance.random() < 0.3 or not each.lower().startswith(name)]
    return b"\r\n".join([*kept, added]), body


def noise(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Put random bytes into the head."""
    at = chance.randrange(len(head))
    return head[:at] + chance.randbytes(chance.randrange(1, 4)) + head[at + chance.randrange(3) :], body


def interim(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Let interim answers come first."""
    return b"".join(chance.choices(INTERIM, k=chance.randrange(1, 4))) + head, body


def other_body(chance: random.Random, head: bytes, _body: bytes) -> tuple[bytes, bytes]:
    """Send another body."""
    return framed(head, chance.choice(BODIES))


def cut(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Cut the body off, with or without a length that fits."""
    short = body[: chance.randrange(len(body) + 1)]
    return framed(head, short) if chance.random() < 0.5 and short != body else (head, short)


def broken(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Take a mark out of the JSON, or add one."""
    marks = [at for at, each in enumerate(body) if each in b"{}[]:,"]
    if not marks:
        return head, body
    at = chance.choice(marks)
    return framed(head, body[:at] + chance.choice((b"", b"[", b"}", b"\xff", b'"', b"\\ud800")) + body[at + 1 :])


def packed(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Pack the body: well, or cut off."""
    zipped = gzip.compress(body, mtime=0)  # one seed, one answer
    head = head + b"\r\nContent-Encoding: gzip"
    return framed(head, zipped if chance.random() < 0.5 else zipped[: chance.randrange(len(zipped))])


def leftover(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Send more than the answer: itself once more, or anything."""
    whole = head + END + body
    return head, body + chance.choice((whole, b"x", b"\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))


def shape(chance: random.Random, head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Put something odd in the place of one value, time or id of the JSON."""
    try:
        document = json.loads(body)
    except ValueError:
        return head, body
    places = list(_places(document))
    if not places:
        return head, body
    holder, key = chance.choice(places)
    name = key if isinstance(key, str) else ""
    if name in IDENTIFIERS:
        holder[key] = chance.choice(IDS)
    elif name.endswith(("_at", "At", "Date", "dateAdded", "dateUpdated")) or name.startswith("date"):
        holder[key] = chance.choice(TIMES)
    elif isinstance(holder[key], list):
        holder[key] = chance.choice((None, {}, "x", 1, [*holder[key], None], [[], *holder[key]], [*holder[key], "x"]))
    elif isinstance(holder[key], dict):
        holder[key] = chance.choice((None, [], "x", 1, {**holder[key], "error": "x"}))
    else:
        holder[key] = chance.choice(ODD)
    return framed(head, json.dumps(document).encode())


CHANGES: tuple[Change, ...] = (
    status, redirect, line, line, noise, interim, other_body, other_body, cut, broken, packed, leftover,
    shape, shape, shape, shape,
)  # fmt: skip


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


class Mutator:
    """Changes a share of the answers of a server, and counts them. Nothing is changed before `rate` is set.

    What becomes of an answer depends on the seed, its call, and how often that came: not on which thread is first.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.rate = 0.0
        self.count = 0
        self.changes: list[str] = []

    def __call__(self, call: Call, outgoing: Outgoing) -> Outgoing:
        """Return what goes out in the place of an answer."""
        name = f"{call.method} {call.path}"
        with self._lock:
            self._calls[name] += 1
            chance = random.Random(f"{self._seed} {name} {self._calls[name]}")  # noqa: S311 - the same each time
        if not outgoing.data or chance.random() >= self.rate:
            return outgoing
        self.count += 1
        head, _, body = outgoing.data.partition(END)
        change = chance.choice(CHANGES)
        head, body = change(chance, head, body)
        shown = head[:200] if change in (status, redirect, line, noise, interim) else body[:700]
        self.changes.append(f"{change.__name__} of {call.method} {call.path} {call.query or call.body}: {shown!r}")
        # Where the end of the answer is not clear to the client, only the end of the connection ends it.
        is_whole = change in (interim, leftover, other_body, broken, shape, packed)
        then = chance.choices((outgoing.then, "close", "lose"), (7, 2, 2))[0] if is_whole else "close"
        return Outgoing(head + END + body, then)
