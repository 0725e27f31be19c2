"""The page asked without a network: an application, who asks it, and how it answers."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

from sync.config.model import Config
from sync.page.application import application
from sync.page.daemon_runs import DaemonRuns
from sync.page.peer_process import End
from sync.webhooks.counters import WebhookCounts

CLIENT, SERVER = ("127.0.0.1", 50000), ("127.0.0.1", 8787)
HERE = "127.0.0.1:8787"


@dataclass(slots=True)
class State:
    """The inputs of the application: the active config, the time, and the state of the daemon."""

    config: Config
    now: float = 1_772_366_400.0
    hanging: tuple[str, ...] = ()
    are_started: bool = True
    ours: bool = True
    heard: WebhookCounts | None = None
    started: list[str] = field(default_factory=list)
    starts: bool = True

    def run_now(self, connection: str) -> bool:
        self.started.append(connection)
        return self.starts

    def is_ours(self, _client: End, _server: End) -> bool:
        return self.ours


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers in lower case, and the body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def document(self) -> "Page":
        page = Page()
        page.feed(self.text)
        page.close()
        return page


class Page(HTMLParser):
    """What a page holds: its words, its addresses, its forms."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("a", "b", "strong", "small", "code", "span", "time"):
            self.words.append(" ")
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """Return the words as they are read, with one space where there are several."""
        return re.sub(r"\s+", " ", "".join(self.words))

    @property
    def addresses(self) -> list[str]:
        """Return everything that a browser may be led to."""
        return [
            value
            for _, attributes in self.tags
            for name, value in attributes.items()
            if name in ("href", "action", "src")
        ]

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def field(self, name: str) -> str:
        """Return what the first field of a form by that name holds."""
        return next(one.get("value", "") for one in self.attributes("input") if one.get("name") == name)


@dataclass(slots=True)
class Visitor:
    """A browser with cookies, or a program."""

    state: State
    host: str = HERE
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    app: Any = None
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def __post_init__(self) -> None:
        runs = DaemonRuns(
            lambda: self.state.hanging,
            lambda: self.state.are_started,
            lambda: self.state.heard,
            self.state.run_now,
        )
        self.app = self.app or application(
            lambda: self.state.config, runs, now=lambda: self.state.now, ours=self.state.is_ours
        )

    def other(self) -> "Visitor":
        """Return another visitor of the same page."""
        return Visitor(self.state, self.host, app=self.app, runner=self.runner)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send JSON, as a program does."""
        return self.ask("POST", path, json.dumps(body).encode(), {"content-type": "application/json"} | headers)

    def send(self, path: str, fields: Mapping[str, str], page: str = "", **headers: str) -> Answer:
        """Fill in a form of a page, as a browser does."""
        token = self.get(page or "/people").document.field("form") if "form" not in fields else fields["form"]
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode({**fields, "form": token}).encode(), kind | headers)

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        shown = {"host": self.host, "content-length": str(len(body)), **self.headers}
        if self.cookies:
            shown["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        shown |= {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        answer = self.runner.run(_asked(self.app, method, path, shown, body))
        for name, value in answer.headers:
            if name == "set-cookie":
                cookie, _, _ = value.partition(";")
                key, _, content = cookie.partition("=")
                self.cookies[key] = content
        return answer


async def _asked(app: Any, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    parts = urlsplit(path)
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
        "method": method, "scheme": "http",
        "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": CLIENT, "server": SERVER,
    }  # fmt: skip
    pieces = [body[at : at + 16384] for at in range(0, max(1, len(body)), 16384)]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    found = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"])
    return Answer(start["status"], found, b"".join(message.get("body", b"") for message in sent))
