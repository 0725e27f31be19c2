"""The programs in examples/: each is started as `[notify]` starts it, against a server of this test."""

import json
import re
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import SystemClock
from sync.notifications.command import Program

EXAMPLES = Path(__file__).parents[1] / "examples"
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("notify_*.py"))
FAILED: dict[str, Any] = {
    "event": "failed", "over": False, "connection": "sales", "stream": "contacts", "at": "2026-11-21T02:47:18Z",
    "since": "2026-11-21T02:40:00Z", "run": "r1", "command": "sync status", "text": "sales: a run failed: gh: é",
}  # fmt: skip
OVER = FAILED | {"over": True, "text": "sales: runs succeed again"}
CONFLICTS = FAILED | {"event": "conflicts", "text": "sales: 1 new conflict, 3 open", "command": "sync conflicts list"}


class Web(ThreadingHTTPServer):
    """Keeps what it was sent; answers with `code`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.got: list[tuple[str, str]] = []
        self.code = 200


class _Request(BaseHTTPRequestHandler):
    server: Web

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.path, body))
        self.send_response(self.server.code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Mail(socketserver.ThreadingTCPServer):
    """A mail server that takes any letter, and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Letter)
        self.got: list[str] = []


class _Letter(socketserver.StreamRequestHandler):
    server: Mail

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode():
            word = line.split()[0].upper()
            if word == "DATA":
                self._say("354 go on")
                letter = "".join(iter(lambda: self.rfile.readline().decode(), ".\r\n"))
                self.server.got.append(letter)
            self._say("221 bye" if word == "QUIT" else "250 taken")
            if word == "QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def web() -> Iterator[Web]:
    with serving(Web()) as server:
        yield server


def notified(folder: Path, name: str, arguments: str, document: dict[str, Any]) -> str:
    command = f"{sys.executable} {EXAMPLES / name} {arguments}"
    return Program(command, folder, timedelta(seconds=60), frozenset(), SystemClock()).run_with(document)


def address_file(folder: Path, server: Web) -> str:
    path = folder / "url"
    path.write_text(f"http://127.0.0.1:{server.server_port}/ping/abc\n", encoding="utf-8")
    return str(path)


def test_slack_gets_the_text_and_the_next_command(tmp_path: Path, web: Web) -> None:
    assert notified(tmp_path, "notify_slack.py", address_file(tmp_path, web), FAILED) == ""
    assert notified(tmp_path, "notify_slack.py", address_file(tmp_path, web), OVER) == ""
    first, second = (json.loads(body)["text"] for _, body in web.got)
    assert first == ":warning: sales: a run failed: gh: é\nNext: `sync status`"
    assert second == ":white_check_mark: sales: runs succeed again"


def test_healthchecks_hears_of_a_failure_of_its_end_and_of_conflicts(tmp_path: Path, web: Web) -> None:
    for document in (FAILED, OVER, CONFLICTS):
        assert notified(tmp_path, "notify_healthchecks.py", address_file(tmp_path, web), document) == ""
    assert [path for path, _ in web.got] == ["/ping/abc/fail", "/ping/abc", "/ping/abc/log"]
    assert web.got[0][1] == FAILED["text"]


def test_a_letter_says_what_happened_and_what_to_type(tmp_path: Path) -> None:
    with serving(Mail()) as mail:
        where = f"--server 127.0.0.1:{mail.server_address[1]} --from sync@example.com --to ops@example.com"
        assert notified(tmp_path, "notify_email.py", where, CONFLICTS) == ""
        (letter,) = mail.got
    assert "Subject: growthsync: conflicts\r\n" in letter
    assert "sales: 1 new conflict, 3 open" in letter
    assert "next: sync conflicts list" in letter


@pytest.mark.parametrize("name", ["notify_slack.py", "notify_healthchecks.py"])
def test_what_could_not_be_delivered_is_tried_again(name: str, tmp_path: Path, web: Web) -> None:
    web.code = 503
    assert notified(tmp_path, name, address_file(tmp_path, web), FAILED) == "it exited with 1"


def test_each_example_is_described_and_can_be_started() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\w+\.py)\)", text)) == set(PROGRAMS)
    for name in PROGRAMS:
        assert (EXAMPLES / name).stat().st_mode & 0o111, name
