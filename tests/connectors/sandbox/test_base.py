import http.client
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from connectors.sandbox.base import Call, RateLimit, Sandbox, SandboxResponse
from connectors.sandbox.faults import Fault
from tests.connectors.clocks import FakeClock


class Echo(Sandbox):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.effects = 0

    def handle(self, call: Call) -> SandboxResponse:
        if call.path == "/bug":
            raise ZeroDivisionError
        self.effects += call.method == "POST"
        return SandboxResponse(200, {"path": call.path, "query": call.query, "body": call.body}, {"X-Own": "yes"})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def echo(clock: FakeClock) -> Iterator[Echo]:
    with Echo(now=clock.now) as running:
        yield running


@pytest.fixture
def client(echo: Echo) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(echo.url.removeprefix("http://"), timeout=5)
    yield connection
    connection.close()


def ask(client: http.client.HTTPConnection, method: str = "GET", path: str = "/", **options: Any) -> tuple[Any, Any]:
    client.request(method, path, **options)
    response = client.getresponse()
    return response, response.read()


def test_a_call_arrives_decoded(client: http.client.HTTPConnection, echo: Echo) -> None:
    ask(client, "POST", "/a%2Fb?q=x%2By&e=", body='{"n": [1]}', headers={"Content-Type": "application/json"})
    call = echo.calls[0]
    assert (call.method, call.path, call.query, call.body) == ("POST", "/a%2Fb", {"q": "x+y", "e": ""}, {"n": [1]})
    assert call.headers["CONTENT-type"] == "application/json"
    assert "Host" in dict(call.headers) or "host" in call.headers


def test_one_connection_carries_many_calls(client: http.client.HTTPConnection, echo: Echo) -> None:
    ask(client)
    first = client.sock
    ask(client, "POST", "/x", body="{}")
    assert client.sock is first
    assert len(echo.calls) == 2


def test_every_answer_has_the_date_of_the_servers_own_clock(
    client: http.client.HTTPConnection, echo: Echo, clock: FakeClock
) -> None:
    echo.clock_offset = timedelta(minutes=-7)
    response, _ = ask(client)
    assert parsedate_to_datetime(response.headers["Date"]) == clock.now() - timedelta(minutes=7)
    assert response.headers["X-Own"] == "yes"


def test_a_bug_is_answered_with_500_and_raised_at_the_end(clock: FakeClock) -> None:
    echo = Echo(now=clock.now).start()
    client = http.client.HTTPConnection(echo.url.removeprefix("http://"))
    assert ask(client, path="/bug")[0].status == 500
    client.close()
    with pytest.raises(ZeroDivisionError):
        echo.stop()


def test_stopping_leaves_no_thread_and_frees_the_port(clock: FakeClock) -> None:
    before = threading.active_count()
    echo = Echo(now=clock.now).start()
    url = echo.url
    idle = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    echo.faults = [Fault("late", delay=60.0)]
    client = http.client.HTTPConnection(url.removeprefix("http://"))
    with pytest.raises(ConnectionError):
        ask(client)
    echo.stop()
    assert threading.active_count() == before
    with echo:
        assert echo.url == url
    idle.close()


def test_a_limit_is_a_sliding_window_and_shown_in_headers(
    client: http.client.HTTPConnection, echo: Echo, clock: FakeClock
) -> None:
    echo.rate = RateLimit(2, 10.0, daily=5)
    echo.retry_after = "seconds"
    ask(client)
    clock.pass_by(6.0)
    response, _ = ask(client)
    assert response.headers["X-RateLimit-Remaining"] == "0"
    assert response.headers["X-RateLimit-Interval-Milliseconds"] == "10000"
    assert response.headers["X-RateLimit-Daily-Remaining"] == "3"
    refused, _ = ask(client)
    assert (refused.status, refused.headers["Retry-After"], echo.throttled) == (429, "4", 1)
    clock.pass_by(4.0)
    assert ask(client)[0].status == 200
    assert ask(client)[0].status == 429


def test_a_spent_day_is_renewed_at_midnight(client: http.client.HTTPConnection, echo: Echo, clock: FakeClock) -> None:
    echo.rate = RateLimit(100, 10.0, daily=1)
    assert ask(client)[0].status == 200
    refused, _ = ask(client)
    assert refused.status == 429
    clock.pass_by(int(refused.headers["x-ratelimit-daily-reset"]) / 1000)
    assert clock.now() == datetime(2026, 3, 5, tzinfo=UTC)
    assert ask(client)[0].status == 200


def test_a_fault_waits_for_its_call_and_strikes_so_often(client: http.client.HTTPConnection, echo: Echo) -> None:
    echo.faults = [Fault("status", method="POST", path="^/a", skip=1, times=2, status=418)]
    asked = [("GET", "/a"), ("POST", "/b"), ("POST", "/a"), ("POST", "/a"), ("POST", "/a"), ("POST", "/a")]
    assert [ask(client, *each)[0].status for each in asked] == [200, 200, 200, 418, 418, 200]


def test_a_late_effect_comes_once(client: http.client.HTTPConnection, echo: Echo) -> None:
    echo.faults = [Fault("late", delay=60.0)]
    with pytest.raises(ConnectionError):
        ask(client, "POST", "/")
    assert echo.effects == 0
    echo.deliver_late()
    echo.deliver_late()
    assert echo.effects == 1


def test_a_cut_answer_ends_before_what_it_promised(client: http.client.HTTPConnection, echo: Echo) -> None:
    echo.faults = [Fault("cut")]
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(client, "POST", "/")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(cut.value.partial)
    assert echo.effects == 1


def test_calls_are_forgotten_when_they_are_not_wanted(clock: FakeClock) -> None:
    with Echo(now=clock.now, keep_calls=False) as echo:
        client = http.client.HTTPConnection(echo.url.removeprefix("http://"))
        ask(client)
        client.close()
        assert not echo.calls
