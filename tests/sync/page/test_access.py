"""Who may ask for what: names of this machine, tokens, sessions, forms, other sites."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from itsdangerous.encoding import base64_decode, base64_encode

from sync.config.model import Config
from sync.page.middleware import LARGEST
from sync.page.sessions import LIFETIME
from tests.sync.page.client import State, Visitor
from tests.sync.page.conftest import TOKEN
from tests.sync.page.state_files import stored

PAGES = ("/", "/conflicts", "/conflicts/1", "/conflicts/1/person", "/failures", "/people", "/runs")
PROGRAMS = ("/metrics", "/api/status", "/api/conflicts", "/api/failures", "/api/runs")
WORDS = ("/healthz", "/readyz")
FORMS = ("/conflicts/1/resolve", "/failures/retry", "/failures/1/retry", "/failures/1/dismiss", "/people", "/leave")
ACTS = ("/api/conflicts/1/resolve", "/api/failures/retry", "/api/failures/1/retry", "/api/failures/1/dismiss")
BEARER = {"authorization": f"Bearer {TOKEN}"}


def come_in(visitor: Visitor, token: str = TOKEN) -> int:
    return visitor.send("/login", {"token": token}, "/login").status


def untouched(config: Config) -> bool:
    open_ones = stored(config, "SELECT 1 FROM conflict WHERE resolution IS NULL")
    return bool(open_ones) and not stored(config, "SELECT 1 FROM failure WHERE due_ms = 0 OR dismissed IS NOT NULL")


@pytest.mark.parametrize("path", [*PAGES, *PROGRAMS, *WORDS, "/page.css", "/icon.svg", "/nowhere", "/conflicts/99"])
def test_every_response_forbids_scripts_frames_and_copies(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.header("content-security-policy").split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy.keys() <= {"default-src", "style-src", "img-src", "form-action", "frame-ancestors", "base-uri"}
    assert "unsafe" not in answer.header("content-security-policy")
    assert answer.header("x-frame-options") == "DENY"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("referrer-policy") == "no-referrer"
    assert answer.header("cache-control") == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_script_and_loads_nothing_from_other_sites(visitor: Visitor, path: str) -> None:
    page = visitor.get(path).document
    assert not page.attributes("script")
    assert not page.attributes("style")
    assert not [one for _, one in page.tags if "style" in one or any(name.startswith("on") for name in one)]
    assert all(address.startswith(("/", "#")) for address in page.addresses)


@pytest.mark.parametrize("host", ["evil.example.com", "evil.example.com:8787", "", "127.0.0.1.example.com", "[::2]:1"])
def test_a_name_that_is_not_this_machines_is_refused(visitor: Visitor, host: str) -> None:
    visitor.host = host
    for path in ("/", "/conflicts", "/api/conflicts", "/metrics", "/healthz"):
        answer = visitor.get(path)
        assert answer.status == 421
        assert "ada" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8787", "localhost", "LOCALHOST:9999", "[::1]:8787"])
def test_every_name_of_this_machine_is_answered(visitor: Visitor, host: str) -> None:
    visitor.host = host
    assert visitor.get("/").status == 200


@pytest.mark.parametrize("path", [*PAGES, "/api/status", "/api/conflicts"])
def test_without_a_token_another_user_of_the_machine_sees_nothing(visitor: Visitor, path: str) -> None:
    visitor.state.ours = False
    answer = visitor.get(path)
    assert answer.status == 403
    assert "[status_page]" in answer.text
    assert [visitor.get(word).status for word in (*WORDS, "/metrics")] == [200, 200, 200]


@pytest.mark.parametrize("path", PAGES)
def test_with_a_token_browsers_are_redirected_to_the_login(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status, answer.header("location"), answer.body) == (303, "/login", b"")


@pytest.mark.parametrize(
    "shown", [{}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}, {"authorization": TOKEN}]
)
def test_with_a_token_programs_need_it(stranger: Visitor, shown: dict[str, str]) -> None:
    for path in PROGRAMS:
        answer = stranger.get(path, **shown)
        assert answer.status == 401
        assert answer.header("www-authenticate").startswith("Bearer")
        assert "sales" not in answer.text
        assert stranger.get(path, **BEARER).status == 200


@pytest.mark.parametrize("path", WORDS)
def test_health_checks_need_no_token_and_show_nothing_else(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status, answer.text) == (200, "ok\n")
    stranger.state.hanging, stranger.state.are_started = ("sales/contacts",), False
    answer = stranger.get(path)
    assert (answer.status, answer.text) == (503, "not ok\n")


def test_a_login_lasts_twelve_hours(stranger: Visitor) -> None:
    assert come_in(stranger, "wrong") == 403
    assert stranger.get("/").status == 303
    assert come_in(stranger) == 303
    assert stranger.get("/").status == stranger.get("/api/status").status == 200
    stranger.state.now += LIFETIME - 1
    assert stranger.get("/").status == 200
    stranger.state.now += 2
    assert stranger.get("/").status == 303


def test_a_session_is_hidden_from_scripts_and_other_sites_and_is_another_one_after_the_login(stranger: Visitor) -> None:
    before = stranger.get("/login").header("set-cookie")
    form = stranger.get("/login").document.field("form")
    after = stranger.send("/login", {"token": TOKEN, "form": form}).header("set-cookie")
    for cookie in (before, after):
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert before.partition(".")[0] != after.partition(".")[0]
    assert "Secure" not in after
    assert TOKEN not in after


@pytest.mark.parametrize(
    ("said", "secure"),
    [
        ({"host": "sync.example.com", "sec_fetch_site": "same-origin"}, True),
        ({"host": "sync.example.com", "x_forwarded_proto": "https"}, True),
        ({"host": "sync.example.com"}, False),
        ({"host": "localhost:8787", "sec_fetch_site": "same-origin"}, False),
    ],
)
def test_over_tls_the_session_cookie_is_restricted_to_tls(
    stranger: Visitor, said: dict[str, str], secure: bool
) -> None:
    answer = stranger.send("/login", {"token": TOKEN}, "/login", **said)
    assert answer.status == 303
    assert ("; Secure" in answer.header("set-cookie")) == secure


def test_a_logout_ends_the_session_even_for_a_kept_cookie(stranger: Visitor) -> None:
    come_in(stranger)
    kept = dict(stranger.cookies)
    assert stranger.send("/leave", {}).status == 303
    assert stranger.get("/").status == 303
    stranger.cookies = kept
    assert stranger.get("/").status == 303


def test_a_session_ends_with_another_token(stranger: Visitor, configured: Callable[[str], Config]) -> None:
    come_in(stranger)
    stranger.state.config = configured('listen = "0.0.0.0:8787"\ntoken = "another-token-of-letters"')
    assert stranger.get("/").status == 303
    assert stranger.get("/api/status", **BEARER).status == 401


@pytest.mark.parametrize("change", ["x{}", "{}x", "{}.", "", ".", "a.b.c.d", "a.1.1"])
def test_a_forged_session_is_refused(stranger: Visitor, change: str) -> None:
    come_in(stranger)
    (name,) = stranger.cookies
    stranger.cookies[name] = change.format(stranger.cookies[name])
    assert stranger.get("/").status == 303


def test_a_session_without_the_token_cannot_be_changed_into_one_with_it(stranger: Visitor) -> None:
    stranger.get("/login")
    (name,) = stranger.cookies
    payload, signature = stranger.cookies[name].split(".")
    session_id, ends_at, has_token, user = base64_decode(payload).decode().strip("[]").split(",")
    assert has_token == "false"
    forged = base64_encode(f"[{session_id},{ends_at},true,{user}]".encode()).decode()
    stranger.cookies[name] = f"{forged}.{signature}"
    assert stranger.get("/").status == 303


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
def test_a_form_without_the_token_of_its_session_changes_nothing(visitor: Visitor, token: str) -> None:
    visitor.get("/")
    for path in FORMS:
        answer = visitor.send(path, {"form": token, "side": "left", "why": "because", "who": "ada@example.com"})
        assert answer.status == 403
    assert untouched(visitor.state.config)


def test_the_form_of_one_session_is_of_no_use_in_another(visitor: Visitor) -> None:
    form = visitor.get("/conflicts").document.field("form")
    other = visitor.other()
    other.get("/")
    assert other.send("/conflicts/1/resolve", {"form": form, "side": "left"}).status == 403
    assert untouched(visitor.state.config)
    assert visitor.send("/conflicts/1/resolve", {"form": form, "side": "left"}).status == 303


@pytest.mark.parametrize(
    "said",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example.com"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:8787", "sec_fetch_site": "cross-site"},
    ],
)
def test_requests_from_pages_of_other_sites_change_and_read_nothing(visitor: Visitor, said: dict[str, str]) -> None:
    for path in FORMS:
        assert visitor.send(path, {"side": "left", "why": "because", "who": "x"}, **said).status == 403
    for path in ACTS:
        assert visitor.post(path, {"side": "left"}, **said).status == 403
    answer = visitor.get("/api/conflicts", **said)
    assert answer.status == 403
    assert "ada" not in answer.text
    assert untouched(visitor.state.config)


@pytest.mark.parametrize(
    "said", [{"origin": "null"}, {"origin": "http://127.0.0.1:8787"}, {"sec_fetch_site": "same-origin"}]
)
def test_requests_from_our_own_pages_are_accepted(visitor: Visitor, said: dict[str, str]) -> None:
    assert visitor.send("/conflicts/1/resolve", {"side": "left"}, **said).status == 303


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_the_api_refuses_what_another_site_could_make_a_browser_send(visitor: Visitor, kind: str) -> None:
    assert {visitor.post(path, {"side": "left"}, content_type=kind).status for path in ACTS} == {415}
    assert untouched(visitor.state.config)


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_not_read_to_its_end(visitor: Visitor, declared: bool) -> None:
    headers = {"content-length": str(LARGEST + 1) if declared else "0"}
    for path in (*FORMS, *ACTS):
        assert visitor.ask("POST", path, b"x" * (LARGEST + 1), headers).status == 413
    assert untouched(visitor.state.config)


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"a=1&" * 50])
def test_a_body_that_is_not_a_form_is_an_error(visitor: Visitor, body: bytes) -> None:
    assert visitor.ask("POST", "/people", body).status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_read_only_addresses_accept_only_get(visitor: Visitor, method: str) -> None:
    for path in ("/api/status", "/conflicts"):
        assert visitor.ask(method, path, b"{}", {"content-type": "application/json"}).status in (403, 405)


def test_a_bug_shows_no_details_to_the_browser(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("ada@example.com")

    monkeypatch.setattr("sync.page.pages.open_items.conflicts_of", fail)
    answer = visitor.get("/conflicts")
    assert answer.status == 500
    assert answer.header("cache-control") == "no-store"
    assert "ada" not in answer.text + "".join(capsys.readouterr())


def test_a_token_that_cannot_be_read_lets_no_request_in(stranger: Visitor, configured: Callable[[str], Config]) -> None:
    missing = State(configured('listen = "0.0.0.0:8787"\ntoken = "env:NO_SUCH_VARIABLE_HERE"'))
    visitor = Visitor(replace(missing), runner=stranger.runner)
    assert visitor.get("/").status == visitor.get("/api/status").status == 500
