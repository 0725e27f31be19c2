import gzip
import random
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from connectors.errors import (
    AllowanceSpent,
    AnswerTooLarge,
    AuthError,
    CallRefused,
    ConnectorError,
    OutcomeUnknown,
    RecordGone,
    RecordRefused,
    ServerTrouble,
    Unreachable,
)
from connectors.http.allowed_calls import AllowedCalls
from connectors.http.call import Reply
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer, RateLimit
from connectors.sandbox.base import Call, Sandbox, SandboxResponse
from connectors.sandbox.faults import Fault, Kind
from tests.connectors.clocks import FakeClock

EVERY_CALL = AllowedCalls([("GET", "/.*"), ("POST", "/.*")], [("POST", "/.*"), ("PUT", "/.*")])
SECRET = "s3cr3t+key/42=="


class Notebook(Sandbox):
    """Keeps what is posted; shows what it was asked."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.notes: list[Any] = []

    def handle(self, call: Call) -> SandboxResponse:
        if call.method == "POST" and call.path == "/notes":
            self.notes.append(call.body)
            return SandboxResponse(201, {"id": len(self.notes)})
        if call.path == "/big":
            return SandboxResponse(200, {"filler": "x" * 3_000_000})
        if call.path == "/nothing":
            return SandboxResponse(204)
        return SandboxResponse(200, {"query": call.query, "notes": len(self.notes), "seen": dict(call.headers)})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Notebook]:
    with Notebook(now=clock.now) as running:
        yield running


MakeWire = Callable[..., HttpClient]


@pytest.fixture
def make(server: Notebook, clock: FakeClock) -> Iterator[MakeWire]:
    made: list[HttpClient] = []

    def make_wire(**given: Any) -> HttpClient:
        options: dict[str, Any] = dict(given)
        base_url = options.pop("base_url", server.url)
        pace = Pacer(MemoryCallLogStore(), clock, options.pop("limit", None), "hub")
        draw = random.Random(7).random  # noqa: S311 (the same each time)
        options = {"calls": EVERY_CALL, "clock": clock, "secrets": [SECRET], "chance": draw, **options}
        made.append(HttpClient("hub", base_url, {"Authorization": f"Bearer {SECRET}"}, pace, **options))
        return made[-1]

    yield make_wire
    for each in made:
        each.close()


@pytest.fixture
def wire(make: MakeWire) -> HttpClient:
    return make()


def post(wire: HttpClient) -> Reply:
    return wire.send_change("POST", "/notes", json={"text": "hello"}, repeatable=False)


def put(wire: HttpClient) -> Reply:
    return wire.send_change("PUT", "/notes/1", json={"text": "hello"}, repeatable=True)


def get(wire: HttpClient) -> Reply:
    return wire.send_query("GET", "/notes")


def posts(server: Notebook) -> int:
    return sum(call.method == "POST" for call in server.calls)


def test_a_reply_carries_the_decoded_body_and_the_servers_own_time(wire: HttpClient, server: Notebook) -> None:
    server.clock_offset = timedelta(hours=3)
    reply = wire.send_query("GET", "/notes", params={"email": "ann+1@example.com", "q": "a b"})
    assert reply.body["query"] == {"email": "ann+1@example.com", "q": "a b"}
    assert reply.served_at == server.server_now()


def test_headers_of_the_account_and_of_the_call_both_arrive(wire: HttpClient) -> None:
    seen = wire.send_query("GET", "/notes", headers={"Version": "2021-07-28"}).body["seen"]
    assert seen["authorization"] == f"Bearer {SECRET}"
    assert seen["version"] == "2021-07-28"
    assert seen["user-agent"].startswith("growthsync/")


def test_an_empty_body_is_none(wire: HttpClient) -> None:
    assert wire.send_query("GET", "/nothing").body is None


def test_a_form_is_sent_as_a_form(wire: HttpClient, server: Notebook) -> None:
    wire.send_change("POST", "/notes", form={"code": "a+b&c"}, repeatable=False)
    assert server.notes == [{"code": "a+b&c"}]


def test_a_call_counts_once_by_kind_and_its_repetitions_as_retries(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("status", status=503, times=2)]
    get(wire)
    post(wire)
    traffic = wire.traffic
    assert (traffic.reads, traffic.writes, traffic.retries, traffic.throttled) == (1, 1, 2, 0)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "drop_before", "drop_after", "html", "cut", "status"])
@pytest.mark.parametrize("ask", [get, put])
def test_what_is_safe_to_repeat_is_repeated(
    wire: HttpClient, server: Notebook, kind: Kind, ask: Callable[[HttpClient], Reply]
) -> None:
    server.faults = [Fault(kind, times=2)]
    assert ask(wire).status == 200
    assert len(server.calls) == 3


@pytest.mark.parametrize(
    ("kind", "effects"),
    [
        ("reset_before", 0),
        ("drop_before", 0),
        ("html", 0),
        ("status", 0),
        ("reset_after", 1),
        ("drop_after", 1),
        ("html_after", 1),
        ("cut", 1),
        ("status_after", 1),
    ],
)
def test_a_create_whose_answer_never_came_is_unknown_and_not_repeated(
    wire: HttpClient, server: Notebook, kind: Kind, effects: int
) -> None:
    server.faults = [Fault(kind)]
    with pytest.raises(OutcomeUnknown):
        post(wire)
    assert posts(server) == 1
    assert len(server.notes) == effects


@pytest.mark.parametrize("kind", ["status", "reset_after", "drop_after", "html_after", "cut", "status_after"])
def test_what_may_overwrite_an_edit_is_not_sent_again_by_itself(wire: HttpClient, server: Notebook, kind: Kind) -> None:
    server.faults = [Fault(kind)]
    with pytest.raises(OutcomeUnknown):
        wire.send_change("PUT", "/notes/1", json={"text": "hello"}, repeatable=True, overwrites=True)
    assert [call.method for call in server.calls] == ["PUT"]


def test_what_may_overwrite_an_edit_is_sent_again_where_it_surely_was_not_carried_out(
    wire: HttpClient, server: Notebook
) -> None:
    server.faults = [Fault("status", status=429, headers={"Retry-After": "1"})]
    assert wire.send_change("PUT", "/notes/1", json={"text": "hello"}, repeatable=True, overwrites=True).status == 200


def test_a_late_effect_leaves_a_create_unknown(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("late", delay=60.0)]
    with pytest.raises(OutcomeUnknown):
        post(wire)
    assert not server.notes
    server.deliver_late()
    assert len(server.notes) == 1


def test_a_create_that_gets_no_answer_in_time_is_unknown(make: MakeWire, server: Notebook) -> None:
    server.faults = [Fault("hang_after", delay=30.0)]
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        post(make(timeout=(1.0, 0.05)))
    assert len(server.notes) == 1


def test_a_create_is_repeated_when_no_server_listened(make: MakeWire, server: Notebook, clock: FakeClock) -> None:
    def comes_back() -> float:
        if len(clock.slept) == 2:
            server.start()
        return 0.5

    server.stop()
    wire = make(chance=comes_back)
    assert post(wire).status == 201
    assert len(server.notes) == 1
    assert wire.traffic.retries == 3


def test_a_kept_connection_that_the_server_closed_costs_a_create_nothing(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("close_after")]
    get(wire)
    for _ in range(5000):
        if server.connections:
            time.sleep(0.001)
    assert not server.connections
    assert post(wire).status == 201
    assert posts(server) == 1


def test_no_server_listening_is_unreachable_after_the_patience(make: MakeWire, clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match=rf"hub: 127\.0\.0\.1:{port}, GET /notes: connection refused"):
        get(make(base_url=f"http://127.0.0.1:{port}"))
    assert 10.0 < clock.passed <= 20.0


def test_a_long_row_of_calls_to_a_dead_server_costs_the_patience_once(
    wire: HttpClient, server: Notebook, clock: FakeClock
) -> None:
    server.faults = [Fault("reset_before", times=None)]
    for _ in range(10):
        with pytest.raises(Unreachable):
            get(wire)
    assert clock.passed <= 20.0


def test_an_answer_renews_the_patience(wire: HttpClient, server: Notebook, clock: FakeClock) -> None:
    server.faults = [Fault("status", path="/broken", times=None)]
    with pytest.raises(ServerTrouble):
        wire.send_query("GET", "/broken")
    get(wire)
    calls = len(server.calls)
    with pytest.raises(ServerTrouble):
        wire.send_query("GET", "/broken")
    assert len(server.calls) - calls > 3


def test_nonsense_to_the_end_is_server_trouble_with_the_reason(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("html", times=None)]
    with pytest.raises(ServerTrouble, match=r"HTML page \(502 Bad Gateway\) \(tried \d+ times\)"):
        get(wire)


def test_a_cut_off_body_is_not_mistaken_for_json(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("cut", times=None)]
    with pytest.raises(ServerTrouble, match="broke off"):
        get(wire)


def test_an_update_that_may_have_taken_effect_is_unknown_when_the_patience_ends(
    wire: HttpClient, server: Notebook
) -> None:
    server.faults = [Fault("status", status=500), Fault("reset_before", times=None)]
    with pytest.raises(OutcomeUnknown):
        put(wire)
    assert len(server.calls) > 3


def test_an_update_that_no_server_took_is_unreachable(make: MakeWire, server: Notebook) -> None:
    server.stop()
    with pytest.raises(Unreachable):
        put(make())


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("ask", [get, put, post])
def test_retry_after_is_obeyed_however_long_and_costs_no_patience(
    wire: HttpClient,
    server: Notebook,
    clock: FakeClock,
    form: Literal["seconds", "date"],
    ask: Callable[[HttpClient], Reply],
) -> None:
    server.clock_offset = timedelta(hours=-7)
    server.retry_after = form
    server.rate = RateLimit(1, 3000.0)
    server.foreign_calls(1)
    assert ask(wire).status in {200, 201}
    assert server.throttled == wire.traffic.throttled == 1
    assert 3000.0 <= clock.passed <= 3002.0


@pytest.mark.parametrize("value", ["3155760000", "9" * 400, "-5", "NaN", "Infinity", "Mon, 01 Jan 9999 00:00:00 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_that_is_absurd_is_ignored(
    wire: HttpClient, server: Notebook, clock: FakeClock, value: str, status: int
) -> None:
    server.faults = [Fault("status", status=status, headers={"Retry-After": value})]
    assert get(wire).status == 200
    assert clock.passed <= 11.0


def test_a_dead_proxy_is_named_as_such(make: MakeWire) -> None:
    with pytest.raises(Unreachable, match=r"the proxy of the environment.*lets no call through: .*refused"):
        get(make(proxies={"http": "http://someone:pass@127.0.0.1:9"}))


def test_a_429_that_says_nothing_waits_for_its_interval(wire: HttpClient, server: Notebook, clock: FakeClock) -> None:
    server.rate = RateLimit(1, 4.0)
    server.foreign_calls(1)
    post(wire)
    assert 4.0 <= clock.passed <= 5.1
    assert len(server.notes) == 1


def test_a_429_without_any_rate_header_waits_ten_seconds(wire: HttpClient, server: Notebook, clock: FakeClock) -> None:
    server.faults = [Fault("status", status=429)]
    get(wire)
    assert 10.0 <= clock.passed <= 11.0


def test_a_server_that_says_429_for_ever_is_not_called_forever(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("status", status=429, headers={"Retry-After": "5"}, times=None)]
    with pytest.raises(ServerTrouble, match="429"):
        post(wire)
    assert not server.notes


def test_a_503_that_says_when_holds_the_whole_account(wire: HttpClient, server: Notebook, clock: FakeClock) -> None:
    server.faults = [Fault("status", status=503, headers={"Retry-After": "100"})]
    with pytest.raises(OutcomeUnknown):
        post(wire)
    get(wire)
    assert clock.passed >= 100.0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthError),
        (403, AuthError),
        (404, RecordGone),
        (410, RecordGone),
        (400, RecordRefused),
        (422, RecordRefused),
    ],
)
@pytest.mark.parametrize("ask", [get, put, post])
def test_refusals_are_not_repeated(
    wire: HttpClient, server: Notebook, status: int, kind: type[ConnectorError], ask: Callable[[HttpClient], Reply]
) -> None:
    server.faults = [Fault("status", status=status, body={"message": ["email is wrong", "phone is wrong"]})]
    with pytest.raises(kind, match="email is wrong; phone is wrong"):
        ask(wire)
    assert len(server.calls) == 1


def test_a_refusal_keeps_the_servers_words_status_and_body(wire: HttpClient, server: Notebook) -> None:
    body = {"message": "duplicate", "meta": {"contactId": "c1"}}
    server.faults = [Fault("status", status=400, body=body)]
    with pytest.raises(RecordRefused) as refused:
        post(wire)
    assert (refused.value.messages, refused.value.status, refused.value.body) == (("duplicate",), 400, body)


def test_not_found_is_recognised_by_the_status_whatever_the_body_is(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("status", status=404, body=b"<html><title>Not here</title></html>", times=None)]
    with pytest.raises(RecordGone, match="Not here"):
        get(wire)


def test_a_body_over_the_limit_is_too_large(make: MakeWire) -> None:
    with pytest.raises(AnswerTooLarge):
        make(body_limit=1_000_000).send_query("GET", "/big")


def test_a_packed_body_over_the_limit_is_too_large(make: MakeWire, server: Notebook) -> None:
    bomb = gzip.compress(b'"' + b"x" * 5_000_000 + b'"')
    server.faults = [Fault("status", status=200, body=bomb, headers={"Content-Encoding": "gzip"})]
    with pytest.raises(AnswerTooLarge):
        make(body_limit=1_000_000).send_query("GET", "/notes")


def test_a_connection_left_unread_is_not_used_again(make: MakeWire) -> None:
    wire = make(body_limit=1_000_000)
    with pytest.raises(AnswerTooLarge):
        wire.send_query("GET", "/big")
    assert get(wire).body["notes"] == 0


def test_413_on_a_read_asks_for_less_and_on_a_write_refuses_the_record(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("status", status=413, times=None)]
    with pytest.raises(AnswerTooLarge):
        get(wire)
    with pytest.raises(RecordRefused):
        put(wire)


def test_a_splittable_read_that_takes_too_long_asks_for_less_at_once(make: MakeWire, server: Notebook) -> None:
    server.faults = [Fault("hang", delay=30.0, times=None)]
    with pytest.raises(AnswerTooLarge):
        make(timeout=(1.0, 0.05)).send_query("POST", "/search", json={}, splittable=True)
    assert len(server.calls) == 1


def test_another_read_that_takes_too_long_is_repeated(make: MakeWire, server: Notebook) -> None:
    server.faults = [Fault("hang", delay=30.0)]
    assert get(make(timeout=(1.0, 0.05))).status == 200


def test_a_redirect_within_the_server_is_followed_with_the_credentials(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("status", path="/old", status=308, headers={"Location": "/notes"}, body=None)]
    assert wire.send_query("GET", "/old").body["seen"]["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_server_is_refused_and_gets_no_credentials(
    wire: HttpClient, server: Notebook, status: int
) -> None:
    with Notebook() as stranger:
        server.faults = [Fault("status", status=status, headers={"Location": f"{stranger.url}/notes"}, body=None)]
        with pytest.raises(ServerTrouble, match="another server"):
            get(wire)
        assert not stranger.calls


def test_redirects_in_a_circle_end(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("status", status=307, headers={"Location": "/notes"}, body=None, times=None)]
    with pytest.raises(ServerTrouble, match="307"):
        get(wire)
    assert len(server.calls) == 6


LISTED = AllowedCalls([("GET", "/notes"), ("POST", "/search")], [("POST", "/notes"), ("PUT", "/notes/1")])


@pytest.mark.parametrize("status", [301, 307, 308])
@pytest.mark.parametrize("place", ["/send", "/notes", "/notes/2", "/notes?user_id=2", "notes/../send"])
@pytest.mark.parametrize("ask", [put, post])
def test_a_write_is_never_sent_to_another_address(
    wire: HttpClient, server: Notebook, ask: Callable[[HttpClient], Reply], status: int, place: str
) -> None:
    server.faults = [Fault("status", status=status, headers={"Location": place}, body=None)]
    with pytest.raises(CallRefused, match=f"answered {status}.*sent to no other address"):
        ask(wire)
    assert len(server.calls) == 1
    assert not server.notes


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place",
    ["/send", "/", "/notes/", "/notes/..", "/NOTES", "/n%6ftes", "/notes;x", "http://[", "/\xe9", "/notes%00"],
)
def test_a_question_is_not_sent_to_an_address_that_the_connector_does_not_list(
    make: MakeWire, server: Notebook, status: int, place: str
) -> None:
    server.faults = [Fault("status", status=status, headers={"Location": place}, body=None)]
    with pytest.raises(ServerTrouble, match=f"answered {status}, pointing to"):
        get(make(calls=LISTED))
    assert len(server.calls) == 1


def test_a_search_is_not_turned_into_a_write_by_a_redirect(make: MakeWire, server: Notebook) -> None:
    server.faults = [Fault("status", status=307, headers={"Location": "/notes"}, body=None)]
    with pytest.raises(ServerTrouble, match="no question of this connector"):
        make(calls=LISTED).send_query("POST", "/search", json={})
    assert not server.notes


@pytest.mark.parametrize("path", ["/send", "/notes/2", "/notes/..", "/notes/%2e%2e/send", "/notes/1/"])
def test_a_call_that_is_not_listed_never_leaves(make: MakeWire, server: Notebook, path: str) -> None:
    wire = make(calls=LISTED)
    with pytest.raises(CallRefused, match="not among what this connector may change"):
        wire.send_change("PUT", path, json={}, repeatable=True)
    with pytest.raises(CallRefused, match="not among what this connector may ask"):
        wire.send_query("GET", path)
    assert not server.calls


def test_a_create_answered_with_see_other_is_unknown(wire: HttpClient, server: Notebook) -> None:
    server.faults = [Fault("status_after", status=303, headers={"Location": "/notes/1"}, body=None)]
    with pytest.raises(OutcomeUnknown):
        post(wire)
    assert len(server.notes) == 1


def test_netrc_does_not_replace_the_credentials(
    make: MakeWire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert get(make()).body["seen"]["authorization"] == f"Bearer {SECRET}"


def test_the_proxy_of_the_environment_is_read_once(
    make: MakeWire, server: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    wire = make(base_url="http://api.example.com")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert get(wire).status == 200
    assert server.calls[0].path == "http://api.example.com/notes"


def trouble(status: int) -> Fault:
    said = f"who is {SECRET}? Bearer {SECRET}; api_key=abcdefghijkl12345; pit-12345678-aaaa"
    return Fault("status", status=status, body={"message": said, "echo": [SECRET]}, times=None)


LEAKS: Mapping[str, tuple[Fault, Callable[[HttpClient], Reply], type[ConnectorError]]] = {
    "auth": (trouble(401), get, AuthError),
    "gone": (trouble(404), get, RecordGone),
    "refused": (trouble(422), post, RecordRefused),
    "trouble": (trouble(500), get, ServerTrouble),
    "unknown": (trouble(500), post, OutcomeUnknown),
    "too large": (trouble(413), get, AnswerTooLarge),
    "throttled": (trouble(429), get, ServerTrouble),
    "page": (Fault("status", status=200, body=f"<html><title>{SECRET}".encode(), times=None), get, ServerTrouble),
    "redirect": (
        Fault("status", status=307, headers={"Location": f"http://other.example.com/?key={SECRET}"}, times=None),
        get,
        ServerTrouble,
    ),
}


@pytest.mark.parametrize("case", LEAKS)
def test_no_error_carries_a_secret(wire: HttpClient, server: Notebook, case: str) -> None:
    fault, ask, kind = LEAKS[case]
    server.faults = [fault]
    with pytest.raises(kind) as caught:
        ask(wire)
    shown = f"{caught.value} {caught.value!r} {vars(caught.value)} {caught.value.__cause__}"
    for leak in (SECRET, "abcdefghijkl12345", "pit-12345678", "s3cr3t"):
        assert leak not in shown


def test_an_unreachable_address_with_a_secret_in_its_path_shows_none(make: MakeWire, server: Notebook) -> None:
    server.stop()
    with pytest.raises(Unreachable) as caught:
        make().send_query("GET", f"/{SECRET}", params={"key": SECRET})
    assert "s3cr3t" not in f"{caught.value} {vars(caught.value)}"


def test_a_header_that_cannot_be_sent_is_named_without_its_value(clock: FakeClock) -> None:
    pace = Pacer(MemoryCallLogStore(), clock, None, "hub")
    with pytest.raises(ValueError, match="Authorization") as caught:
        HttpClient("hub", "http://127.0.0.1:1", {"Authorization": f"Bearer {SECRET}\n"}, pace, calls=EVERY_CALL)
    assert SECRET not in str(caught.value)


def test_the_clock_offset_is_measured_from_the_answers(wire: HttpClient, server: Notebook, clock: FakeClock) -> None:
    assert wire.clock_offset() == 0.0
    server.clock_offset = timedelta(seconds=90.3)
    for _ in range(20):
        get(wire)
        clock.pass_by(0.37)
    assert wire.clock_offset() == pytest.approx(90.3, abs=0.1)


def test_a_daily_allowance_that_ends_makes_an_update_under_way_unknown(wire: HttpClient, server: Notebook) -> None:
    server.rate = RateLimit(100, 10.0, daily=1)
    server.faults = [Fault("status_after", status=500)]
    with pytest.raises(OutcomeUnknown, match="daily allowance"):
        put(wire)
    with pytest.raises(AllowanceSpent):
        put(wire)
    assert len(server.calls) == 1


def test_halves_of_characters_and_nan_do_not_get_through(wire: HttpClient, server: Notebook) -> None:
    body = b'{"name": "Ann \\ud83d", "ok": "\\ud83d\\ude00", "lines": "a\\nb", "score": NaN}'
    server.faults = [Fault("status", status=200, body=body)]
    assert get(wire).body == {"name": "Ann \ufffd", "ok": "\U0001f600", "lines": "a\nb", "score": "NaN"}


class Turnstile(Notebook):
    """Lets in who has the token of the day."""

    good = "token-2"

    def handle(self, call: Call) -> SandboxResponse:
        if call.headers.get("authorization") != f"Bearer {self.good}":
            return SandboxResponse(401, {"message": f"Invalid JWT {call.headers.get('authorization')}"})
        return super().handle(call)


class Book:
    """An authority with tokens to give, one after the other."""

    mend = "ask for another"

    def __init__(self, *tokens: str, failing: ConnectorError | None = None) -> None:
        self.tokens = list(tokens)
        self.failing = failing
        self.asked: list[str] = []

    def token(self) -> str:
        if self.failing is not None:
            raise self.failing
        return self.tokens[0]

    def another(self, refused: str, said: str) -> str | None:
        self.asked.append(f"{refused}: {said}")
        assert self.tokens.pop(0) == refused
        return self.tokens[0] if self.tokens else None


@pytest.fixture
def turnstile(clock: FakeClock) -> Iterator[Turnstile]:
    with Turnstile(now=clock.now) as running:
        yield running


def test_a_call_that_is_answered_401_is_made_once_more_with_another_token_whatever_it_does(
    turnstile: Turnstile, make: MakeWire
) -> None:
    book = Book("token-1", "token-2")
    wire = make(base_url=turnstile.url, token_source=book)
    assert wire.send_change("POST", "/notes", json={"a": 1}, repeatable=False).status == 201
    assert turnstile.notes == [{"a": 1}]
    assert wire.send_query("GET", "/").body["seen"]["authorization"] == "Bearer token-2"
    assert len(book.asked) == 1
    assert (wire.traffic.writes, wire.traffic.retries) == (1, 1)


def test_a_second_401_is_reported_with_what_fixes_it_and_without_the_token(
    turnstile: Turnstile, make: MakeWire
) -> None:
    wire = make(base_url=turnstile.url, token_source=Book("token-0", "token-1", "token-2"))
    with pytest.raises(AuthError, match=r"Invalid JWT.*revoked: ask for another, then run `sync check`") as caught:
        wire.send_query("GET", "/")
    assert "token-" not in str(caught.value)
    assert len(turnstile.calls) == 2


def test_where_another_token_does_not_help_the_refusal_stands(turnstile: Turnstile, make: MakeWire) -> None:
    wire = make(base_url=turnstile.url, token_source=Book("token-1"))
    with pytest.raises(AuthError):
        wire.send_query("GET", "/")
    assert len(turnstile.calls) == 1


def test_after_another_token_a_call_is_retried_as_ever(turnstile: Turnstile, make: MakeWire) -> None:
    turnstile.faults.append(Fault("status", status=503, skip=1, times=2))
    book = Book("token-1", "token-2")
    assert make(base_url=turnstile.url, token_source=book).send_query("GET", "/").status == 200
    assert (len(turnstile.calls), len(book.asked)) == (4, 1)


def test_a_write_that_may_have_taken_effect_stays_unknown_where_no_token_is_left_to_try_again(
    turnstile: Turnstile, make: MakeWire
) -> None:
    turnstile.faults.append(Fault("reset_after"))
    book = Book("token-2")
    wire = make(base_url=turnstile.url, token_source=book)
    send = wire._transport.send

    def once(request: Any) -> Any:
        book.failing = Unreachable("hub", "the token endpoint is down")
        return send(request)

    wire._transport.send = once  # type: ignore[method-assign] # the endpoint fails from here on
    with pytest.raises(OutcomeUnknown, match="the token endpoint is down; it may have taken effect"):
        wire.send_change("PUT", "/notes", json={}, repeatable=True)
    with pytest.raises(Unreachable):
        wire.send_change("PUT", "/notes", json={}, repeatable=True)
