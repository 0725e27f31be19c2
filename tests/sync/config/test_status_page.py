"""`[status_page]`: where it is, and the token of who may look."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.config.model import Config, parse
from sync.config.secret import SHORTEST_TOKEN, reveal_page_tokens, secret_variables
from sync.config.value_types import Address
from sync.errors import ConfigError
from sync.service.layout import references, service_of
from tests.sync.config_text import GOOD

FILE = Path("/home/ann/sync/config.toml")
LONG = "x" * SHORTEST_TOKEN


def config(*lines: str, path: Path = FILE) -> Config:
    return parse("\n".join([GOOD, "[status_page]", *lines]), path)


def test_by_itself_it_is_there_for_this_machine_and_was_not_requested() -> None:
    found = parse(GOOD, FILE).status_page
    assert (found.listen, found.token, found.is_asked_for) == (Address("127.0.0.1", 8787), None, False)
    assert reveal_page_tokens(parse(GOOD, FILE), print) == {}


def test_it_can_be_off_or_elsewhere() -> None:
    assert config('listen = "off"').status_page.listen is None
    assert config('listen = "[::1]:80"').status_page.listen == Address("::1", 80)
    assert config('listen = "localhost:8787"').status_page.is_asked_for


@given(st.ip_addresses().filter(lambda address: not address.is_loopback), st.integers(0, 65535))
def test_an_address_that_others_can_reach_needs_a_token(address: object, port: int) -> None:
    listen = str(Address(str(address), port))
    with pytest.raises(ConfigError, match=r"status_page: .*a token beside"):
        config(f'listen = "{listen}"')
    assert config(f'listen = "{listen}"', 'token = "env:X"').status_page.listen is not None


def test_the_token_is_a_secret_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGE_TOKEN_OF_TESTS", LONG)
    found = config('token = "env:PAGE_TOKEN_OF_TESTS"')
    assert reveal_page_tokens(found, print) == {LONG: ""}
    assert "PAGE_TOKEN_OF_TESTS" in secret_variables(found)
    secret = tmp_path / "token"
    secret.write_text(f"{LONG}\n")
    secret.chmod(0o600)
    assert reveal_page_tokens(config('token = "file:token"', path=tmp_path / "config.toml"), print) == {LONG: ""}
    assert LONG not in repr(config(f'token = "{LONG}"'))


@pytest.mark.parametrize(
    ("token", "reason"),
    [("env:NO_SUCH_VARIABLE_HERE", "is not set"), (LONG[:-1], "shorter than 16"), (f"{LONG} {LONG}", "holds spaces")],
)
def test_a_token_that_is_missing_or_can_be_guessed_is_reported_with_its_key(token: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=rf"status_page\.token: .*{reason}") as caught:
        reveal_page_tokens(config(f'token = "{token}"'), print)
    assert LONG[:-1] not in str(caught.value)


@pytest.mark.parametrize("token", ["12345678901234567", "[1]", "true"])
def test_no_complaint_shows_a_token_of_the_wrong_kind(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(f"token = {token}")
    assert token.strip("[]") not in str(caught.value).partition("status_page.token")[2]


def test_a_service_is_handed_the_token_too() -> None:
    found = config('token = "credential:page-token"')
    assert dict(references(found))["status_page.token"] == "credential:page-token"
    assert "page-token" in service_of(found, ("sync",)).credentials
