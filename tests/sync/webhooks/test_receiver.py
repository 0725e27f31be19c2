"""The door as it stands on the network: real sockets, real signatures, a real state file."""

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
    House,
    config_with,
    event,
    minutes,
    opened,
    request,
    status_of,
)  # fmt: skip

DAY = 24 * 60
"""Minutes."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(config_with(tmp_path)) as one:
        yield one


def test_a_good_event_is_on_the_disk_when_it_is_answered_and_wakes_its_stream(house: House) -> None:
    assert house.tell() == 200
    (hint,) = house.waiting()
    assert (hint.account, hint.record, hint.contact, hint.gone) == ("growthhub", "ann", "", False)
    assert house.woken == [("sales", "contacts")]
    assert house.counts() == {"queued": 1}
    assert house.counters.snapshot().last_at == NOON


def test_nothing_of_what_an_event_shows_is_kept(house: House) -> None:
    assert house.tell(firstName="Ann-Example", phone="+12025550123") == 200
    with closing(sqlite3.connect(house.config.state.path)) as db:
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
def test_what_is_not_signed_is_refused_and_nothing_happens(house: House, headers: dict[str, str]) -> None:
    assert house.post(event(), headers) == 401
    assert house.post(b"no event at all", headers) == 401
    assert house.counts() == {"unsigned": 2}
    assert not house.config.state.path.exists() or house.waiting() == []
    assert house.woken == []


def test_the_old_signature_is_taken_where_its_key_is_known(tmp_path: Path) -> None:
    with opened(config_with(tmp_path, rsa_key=f'"{KEYS.rsa}"')) as house:
        assert house.post(event(), KEYS.sign_as_before(event())) == 200
    configs = [config_with(tmp_path), *(config_with(tmp_path, rsa_key=f'"{word}"') for word in ("off", "on"))]
    for config in configs:  # no key, no key, and GrowthHub's own
        with opened(config) as house:
            assert house.post(event(webhookId="w2"), KEYS.sign_as_before(event(webhookId="w2"))) == 401


def test_an_event_that_comes_again_is_answered_alike_and_queued_once(house: House) -> None:
    assert [house.tell(), house.tell()] == [200, 200]
    house.clock.time += minutes(9)
    assert house.tell() == 200
    assert house.counts() == {"queued": 1, "duplicate": 2}
    assert len(house.waiting()) == 1


def test_ids_are_known_after_a_restart(tmp_path: Path) -> None:
    for outcome in ("queued", "duplicate"):
        with opened(config_with(tmp_path)) as house:
            assert house.tell() == 200
            assert house.counts() == {outcome: 1}


@pytest.mark.parametrize("count", [-4 * DAY - 1, 4 * DAY + 1, -400 * DAY])
def test_an_event_of_another_time_is_of_no_use_and_is_not_sent_again(house: House, count: float) -> None:
    assert house.tell(timestamp=instant.render(NOON + minutes(count))) == 200
    assert house.counts() == {"late": 1}
    assert house.waiting() == []


@pytest.mark.parametrize("count", [-4 * DAY + 1, -3 * DAY, -60, -5.1, 0, 60, 4 * DAY - 1])
def test_an_event_within_the_window_is_taken_however_long_an_outage_kept_it(house: House, count: float) -> None:
    assert house.tell(timestamp=instant.render(NOON + minutes(count)), type="ContactDelete") == 200
    assert house.counts() == {"queued": 1}
    assert [hint.gone for hint in house.waiting()] == [True]


def test_the_window_is_what_the_config_says(tmp_path: Path) -> None:
    with opened(config_with(tmp_path, window='"5m"')) as house:
        assert house.tell(timestamp=instant.render(NOON - minutes(5.1))) == 200
        assert house.tell(timestamp=instant.render(NOON - minutes(4.9)), webhookId="w2") == 200
        assert house.counts() == {"late": 1, "queued": 1}


@pytest.mark.parametrize("stamp", ["the other day", "", None, [], {}, True])
def test_an_event_whose_time_cannot_be_read_is_a_hint_without_a_time(house: House, stamp: object) -> None:
    assert house.tell(timestamp=stamp) == 200
    assert house.counts() == {"queued": 1}
    assert [hint.event_ms for hint in house.waiting()] == [None]


def test_an_event_without_a_time_is_taken_and_known_by_its_id_or_else_by_its_body(house: House) -> None:
    bare = json.dumps({"type": "ContactUpdate", "locationId": LOCATION, "id": "bob"}).encode()
    named = json.dumps({"type": "ContactUpdate", "locationId": LOCATION, "id": "cy", "webhookId": "w"}).encode()
    assert [house.post(body) for body in (bare, bare, named, named + b" ")] == [200] * 4
    assert house.counts() == {"queued": 2, "duplicate": 2}
    assert {hint.event_ms for hint in house.waiting()} == {None}


@pytest.mark.parametrize(
    "said",
    [{"locationId": "elsewhere"}, {"type": "TaskCreate"}, {"type": "NoteCreate", "contactId": "ann"}],
    ids=["another location", "another kind", "a note"],
)  # fmt: skip
def test_what_is_of_no_interest_is_answered_and_counted_and_not_kept(house: House, said: dict[str, str]) -> None:
    assert house.tell(**said) == 200
    assert house.counts() == {"ignored": 1}
    assert not house.config.state.path.exists() or house.waiting() == []


def test_messages_are_hints(house: House) -> None:
    assert house.tell(type="InboundMessage", messageId="m1", contactId="ann") == 200
    assert house.tell(type="NoteDelete", id="n1", contactId="ann", webhookId="w2") == 200
    assert {(one.record, one.contact, one.gone) for one in house.waiting("messages")} == {
        ("message:m1", "ann", False), ("note:n1", "ann", True),
    }  # fmt: skip
    assert set(house.woken) == {("sales", "messages")}


def test_messages_are_of_no_interest_where_none_travel(tmp_path: Path) -> None:
    with opened(config_with(tmp_path, with_messages=False)) as house:
        assert house.tell(type="InboundMessage", messageId="m1", contactId="ann") == 200
        assert house.counts() == {"ignored": 1}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"type": "ContactUpdate"}', b"[" * 100_000])
def test_what_is_signed_and_no_event_is_counted_and_not_sent_again(house: House, body: bytes) -> None:
    assert house.post(body) == 200
    assert house.woken == []
    assert house.counts() == {"unreadable": 1}


def test_ids_of_odd_letters_harm_nobody(house: House) -> None:
    assert house.tell(webhookId="\ud800\0") == 200
    assert house.tell(id="../../etc", webhookId="w2") == 200
    assert house.tell() == 200


def test_only_posts_to_the_path_are_heard(house: House) -> None:
    body = event()
    assert house.say(request(body, KEYS.sign(body), method="GET")) == 405
    assert house.say(request(body, KEYS.sign(body), method="PUT")) == 405
    assert house.post(body, path="/") == 404
    assert house.post(body, path="/webhooks/") == 404
    assert house.counts() == {"no_post": 2, "misdirected": 2}


def test_a_body_that_is_said_to_be_too_large_is_not_waited_for(tmp_path: Path) -> None:
    with opened(config_with(tmp_path, largest="2000")) as house:
        head = request(b"", {"Content-Length": "2001", **KEYS.sign(b"")})
        assert house.say(head) == 413
        assert house.counts() == {"large": 1}


def test_a_body_that_grows_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    with opened(config_with(tmp_path, largest="2000")) as house:
        head = b"POST /webhooks HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"3e8\r\n" + b" " * 1000 + b"\r\n"
        assert house.say(head + 3 * chunk) == 413
        assert house.counts() == {"large": 1}


def test_the_largest_body_is_taken(tmp_path: Path) -> None:
    with opened(config_with(tmp_path, largest="2000")) as house:
        body = event().ljust(2000)
        assert house.post(body) == 200
        assert house.post(body + b" ") == 413


def test_a_body_that_comes_in_pieces_is_whole_at_the_end(house: House) -> None:
    data = request(event(), KEYS.sign(event()))
    with socket.create_connection(house.address, timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), 50):
            line.sendall(data[at : at + 50])
        assert status_of(line) == 200
    assert len(house.waiting()) == 1


def test_half_a_body_is_nothing(house: House) -> None:
    data = request(event(), KEYS.sign(event()))
    with socket.create_connection(house.address, timeout=30) as line:
        line.sendall(data[:-10])
    assert house.tell(webhookId="w2") == 200
    assert house.counts() == {"queued": 1}


def test_a_body_that_does_not_end_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "LONGEST", 0.05)
    assert house.say(request(event(), KEYS.sign(event()))[:-10]) == 408
    assert house.counts() == {"slow": 1}


def test_many_over_one_connection_are_answered_in_turn(house: House) -> None:
    with requests.Session() as session:
        for number in range(20):
            body = event(webhookId=f"w{number}", id=f"ann{number}")
            answer = session.post(f"http://{house.address}/webhooks", body, headers=KEYS.sign(body), timeout=30)
            assert (answer.status_code, answer.content) == (200, b"")
    assert len(house.waiting()) == 20


def test_when_the_queue_is_full_events_are_asked_to_come_again_and_do(tmp_path: Path) -> None:
    with opened(config_with(tmp_path, queue="2")) as house:
        assert [house.tell(id=f"p{number}", webhookId=f"w{number}") for number in range(3)] == [200, 200, 503]
        assert house.tell(id="p1", webhookId="w8") == 200  # it waits already, and takes no room
        assert house.counts() == {"queued": 3, "put_off": 1}
        with closing(StateFile.open(house.config.state.path)) as state, state.atomic() as db:
            db.execute("DELETE FROM hint")
        house.clock.time += minutes(5 * DAY)
        assert house.tell(id="p2", webhookId="w2") == 200  # late, but on our own word
        assert house.tell(id="p9", webhookId="w9") == 200
        assert house.counts()["late"] == 1
        assert [hint.record for hint in house.waiting()] == ["p2"]


def test_while_somebody_else_writes_an_event_waits_and_when_that_takes_too_long_it_is_put_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_writer, "PATIENCE", 0.05)
    with closing(StateFile.open(house.config.state.path)) as state:
        with state.atomic():
            assert house.tell() == 503
        assert house.tell() == 200
    assert house.counts() == {"put_off": 1, "queued": 1}
    assert len(house.waiting()) == 1


def test_while_the_disk_refuses_nothing_is_acknowledged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(event_log, "error", lambda event, **_: told.append(event))
    assert house.tell() == 200
    with closing(StateFile.open(house.config.state.path)) as state:
        state.db.execute("CREATE TRIGGER full BEFORE INSERT ON webhook BEGIN SELECT raise(ABORT, 'disk is full'); END")
        assert [house.tell(webhookId="w2", id="bob"), house.tell(webhookId="w3", id="cy")] == [503, 503]
        assert [hint.record for hint in house.waiting()] == ["ann"]
        state.db.execute("DROP TRIGGER full")
    assert house.tell(webhookId="w2", id="bob") == 200
    assert [hint.record for hint in house.waiting()] == ["ann", "bob"]
    assert told == ["webhooks are put off: the state can't be written"]


def test_a_door_that_is_moved_answers_at_both_places_meanwhile(tmp_path: Path) -> None:
    config = config_with(tmp_path)
    with opened(config) as house:
        second = Listener(house.reception, Address("127.0.0.1", 0), "webhooks.listen").start()
        try:
            bodies = [event(webhookId=f"w{number}", id=f"p{number}") for number in range(40)]
            places = [house.address, second.address] * 20
            with ThreadPoolExecutor(8) as pool:
                statuses = list(pool.map(lambda pair: post_to(*pair), zip(places, bodies, strict=True)))
        finally:
            second.stop()
        assert set(statuses) == {200}
        assert len(house.waiting()) == 40


def test_a_mistake_of_ours_is_told_and_puts_events_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(event_log, "error", lambda _event, reason: told.append(reason))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("ann@example.com")

    with monkeypatch.context() as patch:
        patch.setattr(WebhookQueue, "queue_events", broken)
        assert house.tell() == 503
    assert house.tell() == 200
    assert told == ["unexpected ZeroDivisionError: a mistake in growthsync, please report it"]


def post_to(address: Address, body: bytes) -> int:
    return requests.post(f"http://{address}/webhooks", body, headers=KEYS.sign(body), timeout=30).status_code


def test_another_config_counts_from_the_next_event_on(tmp_path: Path, house: House) -> None:
    other = SigningKeys()
    assert house.tell() == 200
    house.config = config_with(tmp_path, ed25519_key=f'"{other.ed25519}"', path='"/hub"')
    body = event(webhookId="w2", id="bob")
    assert house.post(body) == 404
    assert house.post(body, path="/hub") == 401
    assert house.post(body, other.sign(body), path="/hub") == 200
    assert len(house.waiting()) == 2


def test_the_log_tells_counts_and_nothing_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    def keep(_level: str, event: str, facts: object) -> None:
        lines.append(f"{event} {facts}")

    monkeypatch.setattr(batch_writer, "CLEAN_UP_INTERVAL", 0.01)
    with event_log.listening("debug", lambda: keep):
        assert house.tell() == 200
        assert house.tell(webhookId="w2", id="../") == 200
        assert house.post(event(), {}) == 401
        until(lambda: any(line.startswith("webhooks {'received': 3") for line in lines))
    assert not any("ann" in line or "bob" in line or "w1" in line for line in lines)
