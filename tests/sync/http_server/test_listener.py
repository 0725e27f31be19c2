import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sync.config.value_types import Address
from sync.errors import ConfigError
from sync.http_server.listener import Listener


def greet(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("well")


def listener_at(address: Address) -> Listener:
    return Listener(Starlette(routes=[Route("/", greet)]), address, "status_page.listen")


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = listener_at(Address("127.0.0.1", 0)).start()
    yield one
    one.stop()


def test_it_answers_at_its_address_and_does_not_name_its_software(listener: Listener) -> None:
    answer = requests.get(f"http://{listener.address}/", timeout=10)
    assert (answer.status_code, answer.text) == (200, "well")
    assert "server" not in answer.headers


def test_it_answers_no_request_after_stop(listener: Listener) -> None:
    address = listener.address
    listener.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{address}/", timeout=10)


def test_its_address_is_free_after_stop(listener: Listener) -> None:
    listener.stop()
    again = listener_at(listener.address).start()
    try:
        assert requests.get(f"http://{again.address}/", timeout=10).text == "well"
    finally:
        again.stop()


def test_the_second_half_of_a_response_is_not_delayed(listener: Listener) -> None:
    assert listener._socket is not None
    assert listener._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    with closing(socket.create_connection(listener.address)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_an_address_in_use_is_an_error_with_its_config_key() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(
            ConfigError, match=rf"status_page\.listen: growthsync cannot listen at {address}: Address already in use; "
        ):
            listener_at(address).start()
