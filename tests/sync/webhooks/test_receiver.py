"""The receiver of webhooks with real sockets, real signatures and a real state file."""

import json
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests

from connectors.growthhub.sandbox.webhooks import SigningKeys
from connectors.values import instant
from state.file import StateFile
from state.webhook_queue import WebhookQueue
from sync.config.value_types import Address
from sync.http_server.listener import Listener
from sync.output import event_log
from sync.webhooks import batch_writer, receiver
from tests.end_to_end.daemons import until
from tests.sync.webhooks.endpoints import (
    KEYS,
    LOCATION,
    NOON,
    ReceiverOnLoopback,
    config_with,
    event,
    minutes,
    request,
    serving,
    status_of,
)  # fmt: skip

DAY = 24 * 60
"""Minutes."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ReceiverOnLoopback]:
    with serving(config_with(tmp_path)) as one:
        yield one


def test_a_good_event_is_on_the_disk_when_it_is_answered_and_wakes_its_stream(server: ReceiverOnLoopback) -> None:
    assert server.send_event() == 200
    (hint,) = server.waiting()
    assert (hint.account, hint.record, hint.contact, hint.gone) == ("growthhub", "ann", "", False)
    assert server.woken == [("sales", "contacts")]
    assert server.counts() == {"queued": 1}
    assert server.counters.snapshot().last_at == NOON


def test_nothing_of_what_an_event_shows_is_kept(server: ReceiverOnLoopback) -> None:
    assert server.send_event(firstName="Ann-Example", phone="+12025550123") == 200
    with closing(sqlite3.connect(server.config.state.path)) as db:
        dump = "\n".join(db.iterdump())
    assert "ann@example.com" not in dump
    assert "Ann-Example" not in dump
    assert "2025550123" not in dump


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-ghl-signature": "N/A"}, {"x-ghl-signature": "bm9uc2Vuc2U="}, SigningKeys().sign(event()),
    KEYS.sign(b"other"),
     KEYS.sign_as_before(event())],
    ids=["none", "not available", "nonsense", "another key", "another body", "a key that is not ours"],
)  # fmt: skip
def test_a_body_without_a_right_signature_is_refused_and_not_kept(
    server: ReceiverOnLoopback, headers: dict[str, str]
) -> None:
    assert server.post(event(), headers) == 401
    assert server.post(b"no event at all", headers) == 401
    assert server.counts() == {"unsigned": 2}
    assert not server.config.state.path.exists() or server.waiting() == []
    assert server.woken == []


def test_the_old_signature_is_taken_where_its_key_is_known(tmp_path: Path) -> None:
    with serving(config_with(tmp_path, rsa_key=f'"{KEYS.rsa}"')) as server:
        assert server.post(event(), KEYS.sign_as_before(event())) == 200
    configs = [config_with(tmp_path), *(config_with(tmp_path, rsa_key=f'"{word}"') for word in ("off", "on"))]
    for config in configs:  # no key, no key, and GrowthHub's own
        with serving(config) as server:
            assert server.post(event(webhookId="w2"), KEYS.sign_as_before(event(webhookId="w2"))) == 401


def test_an_event_that_comes_again_is_answered_alike_and_queued_once(server: ReceiverOnLoopback) -> None:
    assert [server.send_event(), server.send_event()] == [200, 200]
    server.clock.time += minutes(9)
    assert server.send_event() == 200
    assert server.counts() == {"queued": 1, "duplicate": 2}
    assert len(server.waiting()) == 1


def test_ids_are_known_after_a_restart(tmp_path: Path) -> None:
    for outcome in ("queued", "duplicate"):
        with serving(config_with(tmp_path)) as server:
            assert server.send_event() == 200
            assert server.counts() == {outcome: 1}


@pytest.mark.parametrize("count", [-4 * DAY - 1, 4 * DAY + 1, -400 * DAY])
def test_an_event_outside_the_window_is_answered_200_and_not_kept(server: ReceiverOnLoopback, count: float) -> None:
    assert server.send_event(timestamp=instant.render(NOON + minutes(count))) == 200
    assert server.counts() == {"late": 1}
    assert server.waiting() == []


@pytest.mark.parametrize("count", [-4 * DAY + 1, -3 * DAY, -60, -5.1, 0, 60, 4 * DAY - 1])
def test_an_event_within_the_window_is_taken_however_long_an_outage_kept_it(
    server: ReceiverOnLoopback, count: float
) -> None:
    assert server.send_event(timestamp=instant.render(NOON + minutes(count)), type="ContactDelete") == 200
    assert server.counts() == {"queued": 1}
    assert [hint.gone for hint in server.waiting()] == [True]


def test_the_window_is_what_the_config_says(tmp_path: Path) -> None:
    with serving(config_with(tmp_path, window='"5m"')) as server:
        assert server.send_event(timestamp=instant.render(NOON - minutes(5.1))) == 200
        assert server.send_event(timestamp=instant.render(NOON - minutes(4.9)), webhookId="w2") == 200
        assert server.counts() == {"late": 1, "queued": 1}


@pytest.mark.parametrize("stamp", ["the other day", "", None, [], {}, True])
def test_an_event_whose_time_cannot_be_read_is_a_hint_without_a_time(server: ReceiverOnLoopback, stamp: object) -> None:
    assert server.send_event(timestamp=stamp) == 200
    assert server.counts() == {"queued": 1}
    assert [hint.event_ms for hint in server.waiting()] == [None]


def test_an_event_without_a_time_is_taken_and_known_by_its_id_or_else_by_its_body(server: ReceiverOnLoopback) -> None:
    bare = json.dumps({"type": "ContactUpdate", "locationId": LOCATION, "id": "bob"}).encode()
    named = json.dumps({"type": "ContactUpdate", "locationId": LOCATION, "id": "cy", "webhookId": "w"}).encode()
    assert [server.post(body) for body in (bare, bare, named, named + b" ")] == [200] * 4
    assert server.counts() == {"queued": 2, "duplicate": 2}
    assert {hint.event_ms for hint in server.waiting()} == {None}


@pytest.mark.parametrize(
    "said",
    [{"locationId": "elsewhere"}, {"type": "TaskCreate"}, {"type": "NoteCreate", "contactId": "ann"}],
    ids=["another location", "another kind", "a note"],
)  # fmt: skip
def test_an_event_of_no_interest_is_answered_and_counted_and_not_kept(
    server: ReceiverOnLoopback, said: dict[str, str]
) -> None:
    assert server.send_event(**said) == 200
    assert server.counts() == {"ignored": 1}
    assert not server.config.state.path.exists() or server.waiting() == []


def test_messages_are_hints(server: ReceiverOnLoopback) -> None:
    assert server.send_event(type="InboundMessage", messageId="m1", contactId="ann") == 200
    assert server.send_event(type="NoteDelete", id="n1", contactId="ann", webhookId="w2") == 200
    assert {(one.record, one.contact, one.gone) for one in server.waiting("messages")} == {
        ("message:m1", "ann", False), ("note:n1", "ann", True),
    }  # fmt: skip
    assert set(server.woken) == {("sales", "messages")}


def test_messages_are_of_no_interest_where_none_are_synced(tmp_path: Path) -> None:
    with serving(config_with(tmp_path, with_messages=False)) as server:
        assert server.send_event(type="InboundMessage", messageId="m1", contactId="ann") == 200
        assert server.counts() == {"ignored": 1}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"type": "ContactUpdate"}', b"[" * 100_000])
def test_a_signed_body_that_is_no_event_is_counted_and_not_sent_again(server: ReceiverOnLoopback, body: bytes) -> None:
    assert server.post(body) == 200
    assert server.woken == []
    assert server.counts() == {"unreadable": 1}


def test_ids_of_odd_characters_do_no_harm(server: ReceiverOnLoopback) -> None:
    assert server.send_event(webhookId="\ud800\0") == 200
    assert server.send_event(id="../../etc", webhookId="w2") == 200
    assert server.send_event() == 200


def test_only_posts_to_the_path_are_taken(server: ReceiverOnLoopback) -> None:
    body = event()
    assert server.send_bytes(request(body, KEYS.sign(body), method="GET")) == 405
    assert server.send_bytes(request(body, KEYS.sign(body), method="PUT")) == 405
    assert server.post(body, path="/") == 404
    assert server.post(body, path="/webhooks/") == 404
    assert server.counts() == {"no_post": 2, "misdirected": 2}


def test_a_body_with_a_length_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with serving(config_with(tmp_path, largest="2000")) as server:
        head = request(b"", {"Content-Length": "2001", **KEYS.sign(b"")})
        assert server.send_bytes(head) == 413
        assert server.counts() == {"large": 1}


def test_a_body_that_grows_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    with serving(config_with(tmp_path, largest="2000")) as server:
        head = b"POST /webhooks HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"3e8\r\n" + b" " * 1000 + b"\r\n"
        assert server.send_bytes(head + 3 * chunk) == 413
        assert server.counts() == {"large": 1}


def test_the_largest_body_is_taken(tmp_path: Path) -> None:
    with serving(config_with(tmp_path, largest="2000")) as server:
        body = event().ljust(2000)
        assert server.post(body) == 200
        assert server.post(body + b" ") == 413


def test_a_body_that_comes_in_pieces_is_whole_at_the_end(server: ReceiverOnLoopback) -> None:
    data = request(event(), KEYS.sign(event()))
    with socket.create_connection(server.address, timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), 50):
            line.sendall(data[at : at + 50])
        assert status_of(line) == 200
    assert len(server.waiting()) == 1


def test_half_a_body_is_not_counted(server: ReceiverOnLoopback) -> None:
    data = request(event(), KEYS.sign(event()))
    with socket.create_connection(server.address, timeout=30) as line:
        line.sendall(data[:-10])
    assert server.send_event(webhookId="w2") == 200
    assert server.counts() == {"queued": 1}


def test_a_body_that_does_not_end_is_given_up(server: ReceiverOnLoopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "LONGEST", 0.05)
    assert server.send_bytes(request(event(), KEYS.sign(event()))[:-10]) == 408
    assert server.counts() == {"slow": 1}


def test_requests_on_one_connection_are_answered_in_order(server: ReceiverOnLoopback) -> None:
    with requests.Session() as session:
        for number in range(20):
            body = event(webhookId=f"w{number}", id=f"ann{number}")
            answer = session.post(f"http://{server.address}/webhooks", body, headers=KEYS.sign(body), timeout=30)
            assert (answer.status_code, answer.content) == (200, b"")
    assert len(server.waiting()) == 20


def test_events_are_put_off_while_the_queue_is_full_and_taken_later(tmp_path: Path) -> None:
    with serving(config_with(tmp_path, queue="2")) as server:
        assert [server.send_event(id=f"p{number}", webhookId=f"w{number}") for number in range(3)] == [200, 200, 503]
        assert server.send_event(id="p1", webhookId="w8") == 200  # it waits already, and takes no room
        assert server.counts() == {"queued": 3, "put_off": 1}
        with closing(StateFile.open(server.config.state.path)) as state, state.atomic() as db:
            db.execute("DELETE FROM hint")
        server.clock.time += minutes(5 * DAY)
        assert server.send_event(id="p2", webhookId="w2") == 200  # late, but on our own word
        assert server.send_event(id="p9", webhookId="w9") == 200
        assert server.counts()["late"] == 1
        assert [hint.record for hint in server.waiting()] == ["p2"]


def test_an_event_waits_for_another_writer_and_is_put_off_when_that_takes_too_long(
    server: ReceiverOnLoopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_writer, "PATIENCE", 0.05)
    with closing(StateFile.open(server.config.state.path)) as state:
        with state.atomic():
            assert server.send_event() == 503
        assert server.send_event() == 200
    assert server.counts() == {"put_off": 1, "queued": 1}
    assert len(server.waiting()) == 1


def test_no_event_is_acknowledged_while_the_disk_refuses_writes(
    server: ReceiverOnLoopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    result: list[str] = []
    monkeypatch.setattr(event_log, "error", lambda event, **_: result.append(event))
    assert server.send_event() == 200
    with closing(StateFile.open(server.config.state.path)) as state:
        state.db.execute("CREATE TRIGGER full BEFORE INSERT ON webhook BEGIN SELECT raise(ABORT, 'disk is full'); END")
        assert [server.send_event(webhookId="w2", id="bob"), server.send_event(webhookId="w3", id="cy")] == [503, 503]
        assert [hint.record for hint in server.waiting()] == ["ann"]
        state.db.execute("DROP TRIGGER full")
    assert server.send_event(webhookId="w2", id="bob") == 200
    assert [hint.record for hint in server.waiting()] == ["ann", "bob"]
    assert result == ["webhooks are put off: the state can't be written"]


def test_a_receiver_that_changes_its_address_answers_at_both_meanwhile(tmp_path: Path) -> None:
    config = config_with(tmp_path)
    with serving(config) as server:
        second = Listener(server.receiver, Address("127.0.0.1", 0), "webhooks.listen").start()
        try:
            bodies = [event(webhookId=f"w{number}", id=f"p{number}") for number in range(40)]
            places = [server.address, second.address] * 20
            with ThreadPoolExecutor(8) as pool:
                statuses = list(pool.map(lambda pair: post_to(*pair), zip(places, bodies, strict=True)))
        finally:
            second.stop()
        assert set(statuses) == {200}
        assert len(server.waiting()) == 40


def test_a_mistake_of_ours_is_logged_and_puts_events_off(
    server: ReceiverOnLoopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    result: list[object] = []
    monkeypatch.setattr(event_log, "error", lambda _event, reason: result.append(reason))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("ann@example.com")

    with monkeypatch.context() as patch:
        patch.setattr(WebhookQueue, "queue_events", broken)
        assert server.send_event() == 503
    assert server.send_event() == 200
    assert result == ["unexpected ZeroDivisionError: a mistake in growthsync, please report it"]


def post_to(address: Address, body: bytes) -> int:
    return requests.post(f"http://{address}/webhooks", body, headers=KEYS.sign(body), timeout=30).status_code


def test_another_config_counts_from_the_next_event_on(tmp_path: Path, server: ReceiverOnLoopback) -> None:
    other = SigningKeys()
    assert server.send_event() == 200
    server.config = config_with(tmp_path, ed25519_key=f'"{other.ed25519}"', path='"/hub"')
    body = event(webhookId="w2", id="bob")
    assert server.post(body) == 404
    assert server.post(body, path="/hub") == 401
    assert server.post(body, other.sign(body), path="/hub") == 200
    assert len(server.waiting()) == 2


def test_the_log_has_counts_and_nothing_else(server: ReceiverOnLoopback, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    def keep(_level: str, event: str, facts: object) -> None:
        lines.append(f"{event} {facts}")

    monkeypatch.setattr(batch_writer, "CLEAN_UP_INTERVAL", 0.01)
    with event_log.listening("debug", lambda: keep):
        assert server.send_event() == 200
        assert server.send_event(webhookId="w2", id="../") == 200
        assert server.post(event(), {}) == 401
        until(lambda: any(line.startswith("webhooks {'received': 3") for line in lines))
    assert not any("ann" in line or "bob" in line or "w1" in line for line in lines)
