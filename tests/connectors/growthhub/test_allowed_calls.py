"""Never a send: nothing that this connector can call reaches a contact."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors.growthhub
from connectors.errors import CallRefused
from connectors.growthhub.allowed_calls import ASKED, CALLS, CHANGED, GuardedClient
from connectors.growthhub.client import is_record
from connectors.http.allowed_calls import is_listed, is_usable_id
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer
from tests.connectors.clocks import FakeClock
from tests.connectors.growthhub.world import World

FOLDER = Path(connectors.growthhub.__file__).parent
SOURCES = sorted(path for path in FOLDER.glob("*.py") if not path.stem.startswith("sandbox"))
CLIENTS = {"client.py", "message_client.py", "oauth.py"}
SENDS = (
    ("POST", "/conversations/messages"),
    ("POST", "/conversations/messages/"),
    ("POST", "/conversations/messages/review-reply"),
    ("POST", "/conversations/messages/upload"),
    ("POST", "/conversations/messages/upload/initiate"),
    ("POST", "/conversations/messages/upload/complete"),
    ("POST", "/conversations/messages/outbound"),
    ("POST", "/conversations/providers/live-chat/typing"),
    ("PUT", "/conversations/messages/m1/status"),
    ("PUT", "/conversations/messages/m1/attachments"),
    ("DELETE", "/conversations/messages/m1/schedule"),
    ("DELETE", "/conversations/messages/email/m1/schedule"),
    ("POST", "/conversations/preferences/unsubscriptions/user-change"),
    ("PUT", "/conversations/c1"),
    ("DELETE", "/conversations/c1"),
    ("POST", "/contacts/c1/campaigns/x"),
    ("POST", "/contacts/c1/workflow/x"),
    ("POST", "/contacts/bulk/tags/update/add"),
)
"""What the documents know to send, to start what sends, or to touch what was sent."""


def trees() -> Iterator[tuple[str, ast.AST]]:
    for path in SOURCES:
        yield path.name, ast.parse(path.read_text(encoding="utf-8"))


def texts(tree: ast.AST) -> Iterator[str]:
    """Yield every text of a source, of an f-string its fixed beginning."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield ast.unparse(node).removeprefix("f")[1:].partition("{")[0]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(("method", "path"), SENDS)
def test_what_sends_is_on_no_list_and_does_not_go_out(world: World, method: str, path: str) -> None:
    assert not is_listed(ASKED, method, path)
    assert not is_listed(CHANGED, method, path)
    gate = world.hub.client.calls
    with pytest.raises(CallRefused, match="may change"):
        gate.send_change(method, path, repeatable=False, json={})
    with pytest.raises(CallRefused, match="may ask"):
        gate.send_query(method, path, json={})
    assert world.calls() == []


@pytest.mark.parametrize("segment", [
        "..", ".", "...", "", "a/b", "a?b", "a#b", "a\\b", "a b", "a%2Fb", "a%2fb", "..%2Fconversations%2Fmessages",
        "%2e%2e", "a%5Cb", "a%252Fb", "a%3Fb", "a%3Bb", "a;b", "a%00", "a%0D%0Ab", "a%7F", "a%", "a%zz", "\u212a",
    ],
)  # fmt: skip
def test_an_id_leads_to_no_other_path(segment: str) -> None:
    assert not is_listed(ASKED, "GET", f"/contacts/{segment}")
    assert not is_listed(CHANGED, "PUT", f"/contacts/{segment}/notes/n1")
    assert not is_listed(CHANGED, "DELETE", f"/contacts/{segment}")


@pytest.mark.parametrize(
    "value",
    [
        None, "", " ", True, False, {}, [], ["x"], 1.5, 0, 0.0, -1, "0", "00", "a/b", "..", "%2e%2e", "x?y", "\x00",
        "a\r\nb", "\ud83d", "\xe9", "a;b", "a\\b",
    ],
)  # fmt: skip
def test_a_row_whose_id_leads_nowhere_is_no_record(value: object) -> None:
    assert not is_usable_id(value)
    assert not is_record({"id": value})


@pytest.mark.parametrize("value", [7, "7", "ve9EPM428h8vShlRW1KT", "5f0c-11", "a.b", "10", "someone@example.com"])
def test_other_ids_are_taken_whatever_they_are_made_of(value: object) -> None:
    assert is_record({"id": value})


def test_what_this_connector_needs_is_let_through(world: World) -> None:
    record_id = world.sandbox.add(firstName="Ann")
    world.hub.client.add_tags(record_id, ["vip"])
    world.hub.client.delete_contact(record_id)
    assert world.calls() == [f"POST /contacts/{record_id}/tags", f"DELETE /contacts/{record_id}"]


def test_a_gate_gives_its_connections_back() -> None:
    clock = FakeClock()
    wire = HttpClient(
        "hub", "http://127.0.0.1:9", {}, Pacer(MemoryCallLogStore(), clock, None, "hub"), calls=CALLS, clock=clock
    )
    gate = GuardedClient(wire)
    assert (gate.account, gate.clock_offset()) == ("hub", 0.0)
    gate.close()


def test_nothing_but_the_gate_speaks_to_the_wire() -> None:
    users = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"send_change", "send_query"}
        and ast.unparse(node.value) == "self._wire"
    }
    importers = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "HttpClient" for alias in node.names)
    }
    assert users == {"allowed_calls.py"}
    assert importers == {"allowed_calls.py", "connector.py", "system.py"}  # the entry only passes it on


def test_every_write_of_a_client_goes_through_the_gate() -> None:
    written = {
        (name, ast.unparse(node.func))
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "send_change"
    }
    assert written - {("allowed_calls.py", "self._wire.send_change")} <= {
        (name, "self.calls.send_change") for name in CLIENTS
    }
    assert len(written) > 1


def test_no_source_so_much_as_names_a_path_that_sends() -> None:
    named = {text for _, tree in trees() for text in texts(tree) if text.startswith("/conversations")}
    assert named <= {
        "/conversations/",
        "/conversations/search",
        "/conversations/messages/",
        "/conversations/messages/email/",
        "/conversations/messages/export",
        "/conversations/messages/inbound",
    }
