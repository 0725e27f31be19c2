"""Check every request before the pages see it, and set the headers of every response.

Rules kept here:
- a request that its head already refuses is answered before the body arrives; the others are checked again with it;
- a body of more than LARGEST bytes is not read to its end, and a request with a body that was cut off is not handled;
- a response is never cached, framed, or run: the pages have no scripts and load nothing from other sites;
- a bug is logged by its place only, because its message may hold personal data; the browser sees neither.
"""

import traceback
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from sync.output import event_log
from sync.page.access import API, LOGIN, Access, AccessRefused, PageRequest

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST: Final = 64 * 1024
GRANTED: Final = "growthsync.granted"
REQUEST: Final = "growthsync.request"
ACCESS: Final = "growthsync.access"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class _BodyCut(Enum):
    """Why a body was not read to its end."""

    TOO_LARGE = 1
    GONE = 2


class RequestMiddleware:
    """Wrap an application with the access check and the response headers."""

    def __init__(self, inner: "ASGIApp", access: Access) -> None:
        self._inner = inner
        self._access = access

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        answer = _Answer(send)
        try:
            request = _request(scope, b"")
            # A caller that is refused anyway must not make the server wait for a body.
            if refused := self._access.refused_by_head(request):
                await _closing(_refusal(refused, request))(scope, receive, answer.send)
                return
            body = await _body(scope, receive)
            if body is _BodyCut.TOO_LARGE:
                await _too_large()(scope, receive, answer.send)
            elif body is not _BodyCut.GONE:  # a caller that closed the connection needs no response
                await self._answered(scope, _again(body, receive), body, answer)
        except Exception as error:  # noqa: BLE001 - the server would print it, with whatever its message holds
            event_log.error("a page failed", kind=type(error).__name__, path=_place(error))
            if not answer.has_begun:
                await PlainTextResponse("This is a bug in growthsync.\n", 500)(scope, receive, answer.send)

    async def _answered(self, scope: "Scope", receive: "Receive", body: bytes, answer: "_Answer") -> None:
        request = _request(scope, body)
        decided = self._access.decide(request)
        if isinstance(decided, AccessRefused):
            await _refusal(decided, request)(scope, receive, answer.send)
            return
        if decided.cookie:
            answer.cookie = lambda headers: self._access.set_cookie(decided.session, headers)
        await self._inner({**scope, GRANTED: decided, REQUEST: request, ACCESS: self._access}, receive, answer.send)


class _Answer:
    """Send a response with the headers that all responses have."""

    def __init__(self, send: "Send") -> None:
        self._send = send
        self.has_begun = False
        self.cookie: Any = None

    async def send(self, message: "Message") -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if self.cookie is not None and "set-cookie" not in headers:
                self.cookie(headers)
        await self._send(message)


async def _body(scope: "Scope", receive: "Receive") -> bytes | _BodyCut:
    """Return the body, or why there is none."""
    declared = Headers(scope=scope).get("content-length", "0")
    if not declared.isdecimal() or int(declared) > LARGEST:
        return _BodyCut.TOO_LARGE
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return _BodyCut.GONE
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST:
            return _BodyCut.TOO_LARGE
    return body


def _again(body: bytes, receive: "Receive") -> "Receive":
    """Return a `receive` that yields the body that was read already, then later messages."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> "Message":
        return left.pop() if left else await receive()

    return receive_again


def _request(scope: "Scope", body: bytes) -> PageRequest:
    ends = [None if scope.get(name) is None else tuple(scope[name]) for name in ("client", "server")]
    return PageRequest(scope["method"], scope["path"], Headers(scope=scope), ends[0], ends[1], body)


def _refusal(refused: AccessRefused, request: PageRequest) -> Response:
    if refused.to_login:
        return RedirectResponse(LOGIN, 303)
    headers = {"www-authenticate": 'Bearer realm="growthsync"'} if refused.status == 401 else None  # noqa: PLR2004
    if request.path.startswith(API):
        return JSONResponse({"error": refused.reason}, refused.status, headers)
    return PlainTextResponse(f"{refused.reason}\n", refused.status, headers)


def _too_large() -> Response:
    return _closing(PlainTextResponse(f"the body is larger than {LARGEST} bytes\n", 413))


def _closing(answer: Response) -> Response:
    """Make a response close the connection, because the rest of the request may still arrive."""
    answer.headers["connection"] = "close"
    return answer


def _place(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(place.filename).name}:{place.lineno}"
