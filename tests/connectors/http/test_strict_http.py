"""What a server may send, and what is made of it: an answer, or an error that names the call; never a guess."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import AnswerTooLarge, ConnectorError, OutcomeUnknown, ServerTrouble, TransientError, Unreachable
from connectors.http.allowed_calls import AllowedCalls
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer, RateLimit
from tests.connectors.clocks import FakeClock
from tests.connectors.raw_server import RawServer, Script, json_answer

CALLS = AllowedCalls([("GET", "/notes"), ("GET", "/notes/1"), ("GET", "/notes/2")], [("PUT", "/notes")])
GOOD = json_answer(b'{"fine": true}')
FINE = Script([GOOD])


def wire_to(server: RawServer, clock: FakeClock | None = None, **options: Any) -> HttpClient:
    clock = clock or FakeClock()
    pace = Pacer(MemoryCallLogStore(), clock, RateLimit(100, 10.0), "hub")
    options = {"timeout": (1.0, 2.0), "patience": 3.0, "chance": lambda: 0.99, **options}
    return HttpClient("hub", server.url, {}, pace, calls=CALLS, clock=clock, **options)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer([FINE]) as running:
        yield running


def answered(server: RawServer, *pieces: bytes, close: bool = False, **options: Any) -> Any:
    """Return the body of one answer that comes so, or the error that it leads to; the next answer is always fine."""
    server.scripts = [Script(pieces, close=close)]
    wire = wire_to(server, **options)
    try:
        return wire.send_query("GET", "/notes").body
    except ConnectorError as error:
        return error if "GET /notes" in str(error) else str(error)
    finally:
        server.scripts = [FINE]
        assert wire.send_query("GET", "/notes").body == {"fine": True}
        wire.close()


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 199 \r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3 + b"HTTP/1.1 100\r\n\r\n",
    ],
)
@pytest.mark.parametrize("apart", [True, False])
def test_an_interim_answer_is_passed_over_and_shifts_no_answer(server: RawServer, interim: bytes, apart: bool) -> None:
    answers = [json_answer(b'{"id": %d}' % number) for number in (1, 2, 1)]
    server.scripts = [Script([interim, each] if apart else [interim + each], pause=0.02) for each in answers]
    wire = wire_to(server)
    shown = [wire.send_query("GET", f"/notes/{number}").body["id"] for number in (1, 2, 1)]
    assert shown == [1, 2, 1]
    assert server.accepted == 1
    wire.close()


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000]
)
def test_another_protocol_and_interim_answers_without_end_are_errors(server: RawServer, interim: bytes) -> None:
    assert isinstance(answered(server, interim + GOOD, close=True), Unreachable)


@pytest.mark.parametrize("rest", [GOOD, b"x", b"\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"])
@pytest.mark.parametrize("apart", [True, False])
def test_a_connection_with_bytes_left_over_is_not_used_again(server: RawServer, rest: bytes, apart: bool) -> None:
    answer = json_answer(b'{"id": 1}')
    server.scripts = [Script([answer, rest] if apart else [answer + rest]), FINE]
    wire = wire_to(server)
    assert wire.send_query("GET", "/notes/1").body == {"id": 1}
    if apart:
        _wait_for(lambda: len(server.requests) == 1)
    assert wire.send_query("GET", "/notes/2").body == {"fine": True}
    assert server.accepted == 2
    wire.close()


@pytest.mark.parametrize("value", ["14, 14", "14,14", "14\r\nContent-Length: 14", "014", "14\t"])
def test_a_length_that_is_named_twice_and_is_the_same_is_one_length(server: RawServer, value: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\n".encode()
    assert answered(server, head + b'{"fine": true}') == {"fine": True}


@pytest.mark.parametrize(
    "line",
    [
        "Content-Length: 12abc",
        "Content-Length: 14, 15",
        "Content-Length: 14\r\nContent-Length: 15",
        "Content-Length: -14",
        "Content-Length: +14",
        "Content-Length: 1e1",
        "Content-Length: 0x0e",
        "Content-Length: 1_4",
        "Content-Length: 14.0",
        "Content-Length: ",
        "Content-Length: 14 14",
        "Content-Length: NaN",
        "Content-Length: ٣",
        "Content-Length: " + "9" * 5000,
        "Content-Length: 14,",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: xchunked",
        "no header at all",
        "Content-Length : 14",
        ": 14",
    ],
)
def test_a_head_that_does_not_say_where_the_answer_ends_is_the_servers_trouble(server: RawServer, line: str) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + line.encode() + b"\r\n\r\n"
    assert isinstance(answered(server, head + b'{"fine": true}', close=True), TransientError)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 2OO OK\r\n\r\n",
        b"HTTP/1.1 99 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 -200 OK\r\n\r\n",
        b"HTTP/1.1 2_0 OK\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 204 No Content\r\nDate: Mon",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 200_000 + b"\r\n\r\n",
        b"\xff\xfe\x00" * 100,
        b"HTTP/1.1 103 Early Hints\r\nLink: x",
    ],
)
def test_a_head_that_is_broken_is_the_servers_trouble(server: RawServer, head: bytes) -> None:
    assert isinstance(answered(server, head, close=True), TransientError)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_in_chunks_is_read_with_extensions_and_trailers(server: RawServer) -> None:
    chunks = b'8;a=b\r\n{"fine":\r\n06 \r\n true}\r\n0\r\nX: y\r\n\r\n'
    assert answered(server, CHUNKED + chunks) == {"fine": True}


@pytest.mark.parametrize(
    "size", [b"-e", b"+e", b"0xe", b"1_4", b"", b"zz", b" e", b"e e", b"f" * 17, b"99999999", b"\xd9\xa3"]
)
def test_a_size_of_a_chunk_that_is_none_is_the_servers_trouble(server: RawServer, size: bytes) -> None:
    answer = CHUNKED + size + b'\r\n{"fine": true}\r\n0\r\n\r\n'
    assert isinstance(answered(server, answer, close=True), TransientError)


def test_an_answer_with_chunks_and_a_length_goes_by_its_chunks_and_ends_the_connection(server: RawServer) -> None:
    head = CHUNKED[:-2] + b"Content-Length: 3\r\n\r\n"
    server.scripts = [Script([head + b'e\r\n{"fine": true}\r\n0\r\n\r\n'])]
    wire = wire_to(server)
    for number in (1, 2):
        assert wire.send_query("GET", "/notes").body == {"fine": True}
        assert server.accepted == number
    wire.close()


def encoded(coding: str, body: bytes) -> bytes:
    return json_answer(body, f"Content-Encoding: {coding}")


@pytest.mark.parametrize(
    "answer",
    [
        encoded("gzip", b'{"fine": true}'),
        encoded("gzip", gzip.compress(b'{"fine": true}', mtime=0)[:-12]),
        encoded("gzip", b"\x1f\x8b" + b"\x00" * 30),
        encoded("deflate", zlib.compress(b'{"fine": true}')[3:]),
        encoded("br", b"\x8b\x06\x80fine\x03"),
        encoded("zstd", b"\x28\xb5\x2f\xfd\x00"),
        encoded("gzip, gzip, gzip, gzip, gzip, gzip, gzip", b"x" * 30),
        encoded("x-nothing", b"\x00\x01\x02"),
        json_answer(b'{"name": "\xff\xfe"}'),
        json_answer('{"name": "J\xf6rg"}'.encode("latin-1"), "Content-Type: application/json; charset=iso-8859-1"),
        json_answer('{"fine": true}'.encode("utf-16"), "Content-Type: application/json; charset=utf-16"),
        json_answer(b"[" * 100_000),
        json_answer(b"[" * 900 + b"]" * 900),
        json_answer(b'{"a":' * 500 + b"1" + b"}" * 500),
        json_answer(b'{"id": "a", "id": "b"}'),
        json_answer(b'{"contact": {"id": 1}, "contact": {"id": 2}}'),
        json_answer(b'{"fine": true'),
        json_answer(b'{"fine": true} {}'),
        json_answer(b"'fine'"),
    ],
)
def test_a_body_that_has_no_one_meaning_is_the_servers_trouble(server: RawServer, answer: bytes) -> None:
    assert isinstance(answered(server, answer, close=True), TransientError)


def test_numbers_that_no_database_holds_stay_text(server: RawServer) -> None:
    body = b'{"a": %s, "b": 1e999, "c": -Infinity, "d": NaN, "e": 9007199254740993, "f": 1.5}' % (b"9" * 5000)
    shown = answered(server, json_answer(body))
    assert shown == {"a": "9" * 5000, "b": "1e999", "c": "-Infinity", "d": "NaN", "e": 9007199254740993, "f": 1.5}


def test_a_key_that_is_given_twice_with_one_value_is_one_key(server: RawServer) -> None:
    assert answered(server, json_answer(b'{"a": 1, "a": 1}')) == {"a": 1}


@pytest.mark.parametrize(
    "line",
    [
        "Date: Mon, 01 Jan 0001 00:00:00 +2359",
        "Date: Fri, 31 Dec 9999 23:59:59 -2359",
        "Date: " + "9" * 5000,
        "Date: Thu, 99 Foo 20260 99:99:99 GMT",
        "X-RateLimit-Max: " + "9" * 5000,
        "X-RateLimit-Daily-Reset: " + "9" * 400,
        "X-RateLimit-Interval-Milliseconds: ²",
        "Retry-After: " + "9" * 5000,
        "Connection: keep-alive, close, \xff",
        "Location: http://[",
    ],
)
@pytest.mark.parametrize("status", ["200 OK", "429 Slow", "503 Down", "307 Moved"])
def test_a_header_out_of_its_mind_is_passed_over(server: RawServer, line: str, status: str) -> None:
    answer = json_answer(b"{}", status=status)
    head, _, body = answer.partition(b"\r\n\r\n")
    made = answered(server, head + b"\r\n" + line.encode("latin-1") + b"\r\n\r\n" + body)
    assert made == {} if status == "200 OK" else isinstance(made, TransientError)


def test_a_head_at_a_byte_a_second_ends_with_the_patience(server: RawServer) -> None:
    clock = FakeClock()
    head = b"HTTP/1.1 200 OK\r\nX: " + b"a" * 500
    server.scripts = [Script([bytes([each]) for each in head], before_piece=lambda: clock.pass_by(1.0), pause=0.001)]
    wire = wire_to(server, clock, patience=20.0)
    with pytest.raises((Unreachable, ServerTrouble), match="too slowly"):
        wire.send_query("GET", "/notes", splittable=True)
    assert clock.passed < 60.0
    wire.close()


@pytest.mark.parametrize("framing", [b"Content-Length: 600\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n258\r\n"])
def test_a_body_at_a_byte_a_second_ends_with_the_patience(server: RawServer, framing: bytes) -> None:
    clock = FakeClock()
    pieces = [b"HTTP/1.1 200 OK\r\n" + framing, *[b" "] * 600]
    server.scripts = [Script(pieces, before_piece=lambda: clock.pass_by(1.0), pause=0.001)]
    wire = wire_to(server, clock, patience=20.0)
    with pytest.raises((Unreachable, ServerTrouble), match="too slowly"):
        wire.send_query("GET", "/notes", splittable=True)
    assert clock.passed < 60.0
    with pytest.raises(OutcomeUnknown, match="too slowly"):
        wire.send_change("PUT", "/notes", json={}, repeatable=True)
    wire.close()


def test_a_large_answer_that_does_not_come_in_time_asks_for_less(server: RawServer) -> None:
    clock = FakeClock()
    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", *[b" " * 500_000] * 18]
    server.scripts = [Script(pieces, before_piece=lambda: clock.pass_by(4.0), pause=0.005)]
    wire = wire_to(server, clock, patience=20.0)
    with pytest.raises(AnswerTooLarge):
        wire.send_query("GET", "/notes", splittable=True)
    wire.close()


ANSWERS = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda answer, at, junk, cut: answer[:at] + junk + answer[at + cut :],
        st.sampled_from(
            [GOOD, CHUNKED + b'e\r\n{"fine": true}\r\n0\r\n\r\n', encoded("gzip", gzip.compress(GOOD, mtime=0))]
        ),
        st.integers(0, 90),
        st.one_of(
            st.binary(max_size=4), st.sampled_from([b"\r\n", b": ", b",", b";", b"\x00", b"HTTP/1.1 103 x\r\n\r\n"])
        ),
        st.integers(0, 4),
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=ANSWERS)
def test_no_bytes_end_in_anything_but_an_answer_or_an_error_that_names_the_call(
    server: RawServer, answer: bytes
) -> None:
    assert not isinstance(answered(server, answer, close=True), str)


def _wait_for(holds: Any) -> None:
    import time

    while not holds():
        time.sleep(0.001)
    time.sleep(0.02)
