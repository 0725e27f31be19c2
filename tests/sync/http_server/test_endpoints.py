import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sync.config.value_types import Address
from sync.errors import ConfigError
from sync.http_server.endpoints import Endpoint, Endpoints
from sync.output import event_log

ANY = Address("127.0.0.1", 0)


def config(**addresses: Address) -> Any:
    return SimpleNamespace(addresses=addresses)


def endpoint(name: str) -> Endpoint:
    def greet(_request: object) -> PlainTextResponse:
        return PlainTextResponse(name)

    return Endpoint(name, lambda given: given.addresses.get(name), lambda: Starlette(routes=[Route("/", greet)]))  # type: ignore[attr-defined] # the stand-in above


@pytest.fixture
def endpoints() -> Iterator[Endpoints]:
    both = Endpoints([endpoint("page"), endpoint("webhooks")])
    yield both
    both.close()


def greeting(address: Address) -> str:
    return requests.get(f"http://{address}/", timeout=10).text


def test_each_endpoint_that_the_config_names_is_open_and_no_other(endpoints: Endpoints) -> None:
    endpoints.open(config(page=ANY))
    assert {key: greeting(address) for key, address in endpoints.addresses().items()} == {"page": "page"}


def test_an_endpoint_with_the_same_address_survives_a_reload(endpoints: Endpoints) -> None:
    endpoints.open(config(page=ANY))
    before = endpoints.addresses()["page"]
    endpoints.open(config(page=ANY, webhooks=ANY))
    assert endpoints.addresses()["page"] == before
    assert greeting(endpoints.addresses()["webhooks"]) == "webhooks"


def test_an_endpoint_that_the_config_no_longer_names_is_closed(endpoints: Endpoints) -> None:
    endpoints.open(config(page=ANY))
    before = endpoints.addresses()["page"]
    endpoints.open(config())
    assert endpoints.addresses() == {}
    with pytest.raises(requests.ConnectionError):
        greeting(before)


def test_an_address_in_use_refuses_the_config_and_changes_no_endpoint(endpoints: Endpoints) -> None:
    endpoints.open(config(page=ANY))
    before = endpoints.addresses()
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        busy = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(ConfigError, match="webhooks: "):
            endpoints.open(config(webhooks=busy))
    assert endpoints.addresses() == before
    assert greeting(before["page"]) == "page"


def test_a_default_address_in_use_is_skipped_until_a_reload_finds_it_free() -> None:
    lines: list[tuple[str, str, Any]] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        busy = Address("127.0.0.1", taken.getsockname()[1])
        unasked = replace(endpoint("page"), is_asked_for=lambda _config: False)
        endpoints = Endpoints([unasked, endpoint("webhooks")])
        with event_log.listening("info", lambda: lambda level, event, facts: lines.append((level, event, facts))):
            endpoints.open(config(page=busy, webhooks=ANY))
        assert endpoints.addresses().keys() == {"webhooks"}
        ((level, event, facts),) = lines
        assert (level, event, facts["key"]) == ("warning", "not listening", "page")
        assert str(busy) in facts["reason"]
    endpoints.open(config(page=busy, webhooks=ANY))
    assert greeting(endpoints.addresses()["page"]) == "page"
    endpoints.close()


def test_all_are_closed_at_the_end(endpoints: Endpoints) -> None:
    endpoints.open(config(page=ANY, webhooks=ANY))
    addresses = endpoints.addresses()
    endpoints.close()
    for address in addresses.values():
        with pytest.raises(requests.ConnectionError):
            greeting(address)
