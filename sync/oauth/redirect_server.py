"""Receive the answer of the consent page: by a server on this machine, or from what a person pastes.

Rules kept here:
- an answer counts only with the `state` of this login, compared in constant time. Another answer is refused, and the
  server waits on. A person may also paste the code alone, because only that person can have it;
- the page in the browser contains only our own text and the error of the consent page, escaped;
- the server listens on this machine only, and only until the answer is there.
"""

import html
import secrets
import socket
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from sync.errors import UsageError

PAGE: Final = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>growthsync</title><p>{text}</p></html>'
READ_SECONDS: Final = 10
_ANSWER_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}


class NotAnAnswer(ValueError):
    """A text does not answer this login. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class RedirectResult:
    """The answer of the consent page: a code, or an error."""

    code: str = field(default="", repr=False)
    error: str = ""


def read_answer(query: str, state: str) -> RedirectResult:
    """Return the answer in the query of an address. Raises NotAnAnswer."""
    facts = {name: values[0] for name, values in parse_qs(query).items()}
    if not secrets.compare_digest(facts.get("state", "").encode(), state.encode()):
        raise NotAnAnswer("This answers another login. Open the newest address that `sync auth login` has shown.")
    if "error" in facts:
        return RedirectResult(error=": ".join(filter(None, (facts["error"], facts.get("error_description", "")))))
    if not facts.get("code"):
        raise NotAnAnswer("There is no code in this address.")
    return RedirectResult(facts["code"])


def read_pasted(text: str, state: str) -> RedirectResult:
    """Return the answer that a person pasted: the whole address, or the code alone. Raises NotAnAnswer."""
    pasted = text.strip()
    if "://" in pasted or "code=" in pasted or "error=" in pasted:
        query = urlsplit(pasted).query or pasted
        return read_answer(query if "state=" in query else f"{query}&state={state}", state)
    if not pasted or not pasted.isascii() or not pasted.isprintable() or " " in pasted:
        raise NotAnAnswer("This is neither a code nor an address with one.")
    return RedirectResult(pasted)


def is_local(redirect_uri: str) -> bool:
    """Say whether the consent page sends the browser back to this machine."""
    return urlsplit(redirect_uri).scheme == "http"


class RedirectServer:
    """A server at the redirect address, until the block ends. Raises UsageError where the port is in use."""

    def __init__(self, redirect_uri: str, state: str) -> None:
        parts = urlsplit(redirect_uri)
        self.path = parts.path or "/"
        self._state = state
        self._answers: SimpleQueue[RedirectResult] = SimpleQueue()
        host = "127.0.0.1" if parts.hostname in (None, "localhost") else parts.hostname
        try:
            self._server = _server(host, parts.port or 0, self)
        except OSError as error:
            raise UsageError(
                f"{redirect_uri}: the port cannot be used ({error.strerror}); stop what uses it, or use --paste"
            ) from None
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="callback", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, seconds: float) -> RedirectResult | None:
        """Return the answer, None where none came within so many seconds."""
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            return None

    def answer(self, query: str) -> tuple[int, str]:
        """Read the answer in a request of the browser; return the status and the text of the response."""
        try:
            found = read_answer(query, self._state)
        except NotAnAnswer as error:
            return 400, str(error)
        self._answers.put(found)
        if found.error:
            return 200, f"The consent was not given: {found.error}. You may close this page."
        return 200, "growthsync has the answer. You may close this page; the terminal shows the result."


def _server(host: str, port: int, callback: RedirectServer) -> ThreadingHTTPServer:
    class RedirectHandler(BaseHTTPRequestHandler):
        server_version, sys_version = "growthsync", ""
        timeout = READ_SECONDS

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, text = callback.answer(parts.query) if parts.path == callback.path else (404, "Nothing is here.")
            body = PAGE.format(text=html.escape(text)).encode()
            self.send_response(status)
            for name, value in {**_ANSWER_HEADERS, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # the addresses contain codes
            pass

    class RedirectHttpServer(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    return RedirectHttpServer((host, port), RedirectHandler)
