from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ServerTrouble
from connectors.growthhub.allowed_calls import CALLS, GuardedClient
from connectors.growthhub.client import BASE_URL
from connectors.growthhub.oauth import LONGEST, GrowthHubTokenEndpoint, tokens_of
from connectors.growthhub.sandbox.oauth import CHOSEN, CLIENT_ID, CLIENT_SECRET, CODE_LIFE
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.http.call import Reply
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer
from connectors.oauth import GrantRefused, TokenEndpoint, Tokens
from connectors.sandbox.base import Call, Headers
from connectors.sandbox.faults import Fault
from tests.connectors.clocks import FakeClock
from tests.connectors.growthhub.recording import player

ACCESS, REFRESH = "ab12dc0ae1234a7898f9ff06d4f69gh", "xy34dc0ae1234a4858f9ff06d4f66ba"
LOCATION = "l1C08ntBrFjLS0elLIYU"
MESSAGES = ("conversations/message.readonly", "conversations/message.write")


def endpoint_at(url: str, secret: str) -> TokenEndpoint:
    clock = FakeClock()
    wire = HttpClient("gh", url, {}, Pacer(MemoryCallLogStore(), clock, None, "gh"), calls=CALLS, clock=clock)
    return GrowthHubTokenEndpoint(GuardedClient(wire), CLIENT_ID, secret)


@contextmanager
def replayed(name: str) -> Iterator[TokenEndpoint]:
    endpoint = endpoint_at(BASE_URL, "invented-client-secret")
    with player().use_cassette(f"{name}.yaml") as cassette:
        yield endpoint
        assert cassette.all_played
    endpoint.close()


def reply(body: Any) -> Reply:
    return Reply(200, body, datetime(2026, 1, 1, tzinfo=UTC), {})


def test_a_documented_answer_to_a_code_is_understood() -> None:
    with replayed("token_for_a_code") as endpoint:
        found = endpoint.exchange("invented-code", "http://127.0.0.1:8789/callback", "Location")
    assert found == Tokens(ACCESS, REFRESH, 86399.0, MESSAGES, "Location", LOCATION, LOCATION)


def test_an_answer_of_v3_says_the_same() -> None:
    with replayed("token_in_v3") as endpoint:
        found = endpoint.refresh("invented-refresh", "Location")
    assert found == Tokens(ACCESS, REFRESH, 86399.0, MESSAGES, "Location", LOCATION, LOCATION)


def test_a_companys_token_gives_the_locations_as_documented() -> None:
    with replayed("location_token") as endpoint:
        found = endpoint.location_token("invented-company-token", "tDtDnQdgm2LXpyiqYvZ6", LOCATION)
    assert (found.access_token, found.refresh_token, found.location_id) == (ACCESS, None, LOCATION)


def test_a_refusal_in_free_text_is_a_refusal() -> None:
    with replayed("refresh_refused") as endpoint, pytest.raises(GrantRefused) as caught:
        endpoint.refresh("invented-refresh", "Location")
    assert caught.value.reason.endswith("it answered 400: Location is not active")
    assert (caught.value.unauthorised, caught.value.bad_client) == (False, False)


def test_a_wrong_secret_is_distinguished_and_nothing_secret_is_in_any_message() -> None:
    with GrowthHubSandbox() as hub:
        with pytest.raises(GrantRefused) as caught:
            endpoint_at(hub.url, secret="wrong-secret-0815").refresh("refresh-of-a-user-1", "Location")
        assert (caught.value.unauthorised, caught.value.bad_client) == (True, True)
        endpoint = endpoint_at(hub.url, secret=CLIENT_SECRET)
        echo = {"error": "invalid_grant", "error_description": f"refresh-of-a-user-1 of {CLIENT_SECRET} is dead"}
        hub.faults.append(Fault("status", status=400, body=echo))
        with pytest.raises(GrantRefused) as dead:
            endpoint.refresh("refresh-of-a-user-1", "Location")
        for word in ("wrong-secret-0815", "refresh-of-a-user-1", CLIENT_SECRET):
            assert word not in f"{caught.value} {dead.value}"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=404, body={"message": "Cannot POST /oauth/token"}),
        Fault("status", status=200, body={"message": "well"}),
        Fault("hang", times=None, delay=0.01),
    ],
    ids=["no such endpoint", "no token", "no answer"],
)
def test_what_is_no_refusal_may_pass(fault: Fault) -> None:
    with GrowthHubSandbox() as hub:
        hub.faults.append(fault)
        with pytest.raises(ServerTrouble):
            endpoint_at(hub.url, secret=CLIENT_SECRET).refresh("r", "Location")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("access_token", "accessToken", "refresh_token", "expires_in", "expiresIn", "scope", "locationId", "userType")


@given(body=st.dictionaries(st.sampled_from(KEYS), json_values) | json_values)
def test_whatever_is_answered_is_a_token_that_a_header_can_carry_or_none(body: object) -> None:
    found = tokens_of(reply(body))
    if found is None:
        return
    assert isinstance(body, Mapping)
    for text in (found.access_token, found.refresh_token or "r"):
        assert text.isascii()
        assert text.isprintable()
        assert text.strip() == text
        assert text
    assert found.lifetime is None or 0 < found.lifetime <= LONGEST


def test_a_code_is_good_once_for_its_own_address_and_not_for_ever() -> None:
    clock = FakeClock()
    asked = {"client_id": CLIENT_ID, "response_type": "code", "scope": "x", "redirect_uri": "http://127.0.0.1:9/back"}
    with GrowthHubSandbox(now=clock.now) as hub, closing(endpoint_at(hub.url, secret=CLIENT_SECRET)) as endpoint:
        hub.oauth.redirect_uris.add(asked["redirect_uri"])

        def code() -> str:
            call = Call("GET", CHOSEN, {**asked, "as": "Location"}, Headers({}), None, clock.now())
            served = hub.oauth.answer(call)
            assert served is not None
            return parse_qs(urlsplit(served.headers["Location"]).query)["code"][0]

        once = code()
        tokens = endpoint.exchange(once, asked["redirect_uri"], "Location")
        assert hub.oauth.accepts(tokens.access_token, clock.now())
        late = code()
        clock.pass_by(CODE_LIFE.total_seconds())
        for used, address in ((once, asked["redirect_uri"]), (code(), "elsewhere"), (late, asked["redirect_uri"])):
            with pytest.raises(GrantRefused, match="authorization code is invalid"):
                endpoint.exchange(used, address, "Location")
