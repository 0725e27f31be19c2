import socket
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import UsageError
from sync.oauth.redirect_server import NotAnAnswer, RedirectResult, RedirectServer, is_local, read_answer, read_pasted
from tests.sync.oauth.ports import free_port

STATE = "state-of-this-login"


def visit(address: str, **query: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{address}?{urlencode(query)}", timeout=60) as answer:  # noqa: S310 - on loopback
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_an_answer_with_another_state_is_refused_and_the_right_one_is_waited_for() -> None:
    address = f"http://127.0.0.1:{free_port()}/callback"
    with RedirectServer(address, STATE) as callback:
        assert visit(address, code="forged", state="another")[0] == 400
        assert visit(address, code="forged")[0] == 400
        assert visit(address, state=STATE)[0] == 400
        assert visit(address.replace("/callback", "/favicon.ico"))[0] == 404
        status, page = visit(address, code="c-1", state=STATE)
        assert callback.wait(60) == RedirectResult("c-1")
    assert status == 200
    assert "close this page" in page
    assert "c-1" not in page


def test_a_consent_that_was_not_given_is_reported_and_shown_without_markup() -> None:
    address = f"http://127.0.0.1:{free_port()}/"
    with RedirectServer(address, STATE) as callback:
        _, page = visit(address, error="access_denied", error_description="<script>alert(1)</script>", state=STATE)
        answer = callback.wait(60)
    assert answer == RedirectResult(error="access_denied: <script>alert(1)</script>")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_connection_on_which_nothing_comes_blocks_no_other() -> None:
    port = free_port()
    with RedirectServer(f"http://localhost:{port}/callback", STATE) as callback:
        with socket.create_connection(("127.0.0.1", port)):
            assert visit(f"http://127.0.0.1:{port}/callback", code="c-2", state=STATE)[0] == 200
        assert callback.wait(60) == RedirectResult("c-2")


def test_no_answer_is_none() -> None:
    with RedirectServer(f"http://127.0.0.1:{free_port()}/callback", STATE) as callback:
        assert callback.wait(0.01) is None


def test_a_port_that_is_taken_is_reported_with_what_to_do() -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}/callback: the port cannot be used.*--paste"):
            RedirectServer(f"http://127.0.0.1:{port}/callback", STATE)


@pytest.mark.parametrize(
    "text",
    [
        "c-3",
        "  c-3\n",
        f"https://example.com/back?code=c-3&state={STATE}",
        "https://example.com/back?code=c-3",
        f"code=c-3&state={STATE}",
    ],
)
def test_a_code_or_the_whole_address_may_be_pasted(text: str) -> None:
    assert read_pasted(text, STATE) == RedirectResult("c-3")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "two words",
        "https://example.com/back",
        "https://example.com/back?code=c-3&state=another",
        "kö",
        "state=x&code=c",
    ],
)
def test_what_answers_nothing_or_another_login_is_refused(text: str) -> None:
    with pytest.raises(NotAnAnswer):
        read_pasted(text, STATE)


def test_a_refusal_may_be_pasted_too() -> None:
    assert read_pasted("https://example.com/back?error=access_denied", STATE) == RedirectResult(error="access_denied")


@given(code=st.text(min_size=1), state=st.text(min_size=1), other=st.text())
def test_whatever_the_code_and_the_state_are_they_come_back_together_or_not_at_all(
    code: str, state: str, other: str
) -> None:
    assert read_answer(urlencode({"code": code, "state": state}), state) == RedirectResult(code)
    if other != state:
        with pytest.raises(NotAnAnswer):
            read_answer(urlencode({"code": code, "state": other}), state)


def test_only_an_address_on_this_machine_is_waited_at() -> None:
    assert is_local("http://127.0.0.1:8789/callback")
    assert not is_local("https://example.com/callback")
