import base64
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from connectors.errors import LoginNeeded, ServerTrouble
from connectors.growthhub.oauth import SCOPES
from connectors.growthhub.sandbox.oauth import CLIENT_ID, CLIENT_SECRET
from connectors.growthhub.sandbox.server import COMPANY, GrowthHubSandbox
from connectors.growthhub.system import GrowthHubAccount
from connectors.oauth import Tokens
from connectors.sandbox.faults import Fault
from state.errors import StateUnwritable
from state.file import StateFile
from state.tokens import TokenStore
from sync.config.model import Config, parse
from sync.errors import ConfigError
from sync.oauth.encryption import Key
from sync.oauth.grant import granted
from sync.oauth.token_refresh import AGAIN_MS, RefreshingTokenSource
from sync.oauth.token_sources import TokenSources
from sync.oauth.token_store import GrantStore
from sync.rules.contact_codec import to_ms
from tests.connectors.clocks import FakeClock

DAY = 86_399.0
KEY = base64.b64encode(b"k" * 32).decode()
CONFIG = """\
[state]
token_key = "env:TOKEN_KEY"
[accounts.gg]
connector = "growthgenius"
api_key = "k"
user_id = 78
[accounts.gh]
connector = "growthhub"
client_id = "{client_id}"
client_secret = "{secret}"
{company}
location_id = "{location}"
base_url = "{url}"
[connections.sales]
left = "gg"
right = "gh"
"""


class LoggedInAccount:
    """An account that a user has logged in to, and what a run needs of it."""

    def __init__(self, folder: Path, company: str = "") -> None:
        self.clock = FakeClock()
        self.hub = GrowthHubSandbox(now=self.clock.now)
        self.folder = folder
        self.company = company

    def begin(self) -> None:
        StateFile.open(self.config.state.path).close()
        scopes = " ".join((*SCOPES, "oauth.write"))
        self.log_in(self.hub.oauth.grant(scopes, self.clock.now(), "Company" if self.company else "Location"))

    @property
    def config(self) -> Config:
        company = f'company_id = "{self.company}"' if self.company else ""
        text = CONFIG.format(
            client_id=CLIENT_ID, secret=CLIENT_SECRET, company=company, location=self.hub.location_id, url=self.hub.url
        )
        return parse(text, self.folder / "config.toml")

    @property
    def account(self) -> GrowthHubAccount:
        found = self.config.accounts["gh"]
        assert isinstance(found, GrowthHubAccount)
        return found

    def log_in(self, result: Any, lifetime: float | None = DAY) -> None:
        tokens = Tokens(
            result["access_token"],
            result["refresh_token"],
            lifetime,
            SCOPES,
            None,
            self.hub.location_id,
            self.company or None,
        )
        now_ms = self.now_ms()
        self.store().write_grant(granted(tokens, CLIENT_ID, self.hub.location_id, self.company or None, now_ms), now_ms)

    def store(self, key: str = KEY, account: GrowthHubAccount | None = None) -> GrantStore:
        return TokenSources(self.config, Key(key), self.clock).store("gh", account or self.account)

    def bearer(self, secret: str = CLIENT_SECRET) -> RefreshingTokenSource:
        return TokenSources(self.config, Key(KEY), self.clock).token_source("gh", self.account, secret)

    def opens(self, token: str) -> bool:
        return self.hub.oauth.accepts(token, self.clock.now())

    def calls(self) -> list[str]:
        return [call.path for call in self.hub.calls]

    def now_ms(self) -> int:
        return to_ms(self.clock.now()) or 0


@pytest.fixture
def login(tmp_path: Path) -> Iterator[LoggedInAccount]:
    login = LoggedInAccount(tmp_path)
    with login.hub:
        login.begin()
        yield login


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[LoggedInAccount]:
    login = LoggedInAccount(tmp_path, COMPANY)
    with login.hub:
        login.begin()
        yield login


def test_a_good_token_costs_no_call(login: LoggedInAccount) -> None:
    bearer = login.bearer()
    assert bearer.token() == bearer.token()
    assert login.opens(bearer.token())
    assert login.calls() == []


def test_a_token_is_renewed_before_it_expires_and_the_next_process_has_it(login: LoggedInAccount) -> None:
    first = login.bearer()
    old = first.token()
    login.clock.pass_by(DAY - 200)
    new = first.token()
    assert new != old
    assert login.opens(new)
    assert login.bearer().token() == new
    assert login.calls() == ["/oauth/token"]


def test_a_refresh_token_is_used_once_and_the_next_one_the_next_time(login: LoggedInAccount) -> None:
    bearer = login.bearer()
    for _ in range(3):
        login.clock.pass_by(DAY)
        assert login.opens(bearer.token())
    assert len(login.calls()) == 3


def test_a_server_that_keeps_its_refresh_token_is_asked_with_the_same_again(login: LoggedInAccount) -> None:
    login.hub.oauth.keeps_refresh = True
    for _ in range(2):
        login.clock.pass_by(DAY)
        assert login.opens(login.bearer().token())
    sent = [call.body["refresh_token"] for call in login.hub.calls]
    assert len(sent) == 2
    assert len(set(sent)) == 1


def test_answers_in_the_spelling_of_v3_are_understood(login: LoggedInAccount) -> None:
    login.hub.oauth.camel_case = True
    for _ in range(2):
        login.clock.pass_by(DAY)
        assert login.opens(login.bearer().token())


def test_a_new_token_is_on_disk_before_any_call_uses_it(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    bearer, kept = login.bearer(), list[str]()
    write = GrantStore.write_grant

    def watched(store: GrantStore, grant: Any, now_ms: int) -> None:
        assert "token" not in kept
        write(store, grant, now_ms)
        stored = login.store().read_grant()
        assert stored is not None
        kept.append(stored.lease.token)

    with patch.object(GrantStore, "write_grant", watched):
        assert bearer.token() == kept[0]


def test_a_refused_token_leads_to_another_one_and_a_scope_does_not(login: LoggedInAccount) -> None:
    bearer = login.bearer()
    old = bearer.token()
    login.clock.pass_by(120)
    assert bearer.another(old, "it answered 401: The token is not authorized for this scope.") is None
    new = bearer.another(old, "it answered 401: Invalid JWT")
    assert new is not None
    assert login.opens(new)
    assert bearer.another(new, "it answered 401: Invalid JWT") is None
    assert len(login.calls()) == 1


def test_a_token_that_another_process_has_renewed_is_taken_over(login: LoggedInAccount) -> None:
    mine, other = login.bearer(), login.bearer()
    old = mine.token()
    login.clock.pass_by(DAY)
    new = other.token()
    assert mine.another(old, "it answered 401: Invalid JWT") == new
    assert len(login.calls()) == 1


def test_many_threads_and_several_processes_together_renew_once(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    login.hub.latency = 0.05
    bearers, found = [login.bearer() for _ in range(3)], list[str]()
    threads = [threading.Thread(target=lambda one=one: found.append(one.token())) for one in bearers for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 9
    assert len(set(found)) == 1
    assert login.hub.oauth.refreshes == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", path="/oauth/token", status=503, times=2),
        Fault("status", path="/oauth/token", status=429, times=2, headers={"Retry-After": "30"}),
        Fault("html", path="/oauth/token", times=2),
        Fault("reset_before", path="/oauth/token", times=2),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_an_endpoint_that_is_down_for_a_moment_is_asked_again(login: LoggedInAccount, fault: Fault) -> None:
    login.clock.pass_by(DAY)
    login.hub.faults.append(replace(fault))
    assert login.opens(login.bearer().token())
    assert len(login.calls()) == 3


def test_an_endpoint_that_stays_down_is_a_trouble_that_passes(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    login.hub.faults.append(Fault("status", path="/oauth/token", status=502, times=None))
    bearer = login.bearer()
    with pytest.raises(ServerTrouble, match=r"gh: .*POST /oauth/token: it answered 502"):
        bearer.token()
    login.hub.faults.clear()
    assert login.opens(bearer.token())


def test_while_the_token_at_hand_is_good_an_endpoint_that_is_down_stops_no_call(login: LoggedInAccount) -> None:
    bearer = login.bearer()
    old = bearer.token()
    login.clock.pass_by(DAY - 290)
    login.hub.faults.append(Fault("status", path="/oauth/token", status=502, times=None))
    assert bearer.token() == old
    asked = len(login.calls())
    assert bearer.token() == old
    assert len(login.calls()) == asked
    login.hub.faults.clear()
    login.clock.pass_by(AGAIN_MS / 1000)
    assert bearer.token() != old


def test_an_answer_that_is_lost_costs_the_grant_and_that_is_said(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    login.hub.faults.append(Fault("drop_after", path="/oauth/token"))
    with pytest.raises(LoginNeeded) as caught:
        login.bearer().token()
    assert "it answered 400: Invalid grant: refresh token is invalid (invalid_grant)" in str(caught.value)
    assert "log in again: sync auth login gh" in str(caught.value)


def test_a_renewal_that_was_cut_off_is_named_as_the_cause(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    login.store().note_renewal(login.now_ms())
    login.hub.oauth.revoke()
    with pytest.raises(LoginNeeded, match=r"a renewal was interrupted at 2026-03-05T05:06:06\+00:00"):
        login.bearer().token()


@pytest.mark.parametrize("end", ["revoked", "inactive"])
def test_a_dead_grant_is_reported_with_its_reason_and_the_command_that_fixes_it(
    login: LoggedInAccount, end: str
) -> None:
    login.clock.pass_by(DAY)
    login.hub.oauth.revoke()
    login.hub.oauth.active = end != "inactive"
    reason = {"revoked": "refresh token is invalid", "inactive": "Location is not active"}[end]
    with pytest.raises(LoginNeeded, match=rf"^gh: .*it answered 400: .*{reason}.*: sync auth login gh$"):
        login.bearer().token()


def test_an_app_that_is_unknown_is_reported_as_such(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    with pytest.raises(LoginNeeded, match=r"Invalid client credentials.*correct client_id and client_secret") as caught:
        login.bearer(secret="another-secret-0815").token()
    assert "another-secret-0815" not in str(caught.value)


def test_what_was_stored_meanwhile_is_taken_when_a_refresh_is_refused(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    login.hub.oauth.revoke()
    handle: Callable[..., Any] = login.hub.handle

    def slower(call: Any) -> Any:
        served = handle(call)
        login.log_in(login.hub.oauth.grant("", login.clock.now()))
        return served

    with patch.object(login.hub, "handle", slower):
        assert login.opens(login.bearer().token())


def test_a_disk_that_takes_nothing_is_found_out_before_the_refresh_token_is_used_up(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    with patch.object(TokenStore, "note_renewal", side_effect=StateUnwritable("full")), pytest.raises(StateUnwritable):
        login.bearer().token()
    assert login.calls() == []
    assert login.opens(login.bearer().token())


def test_a_disk_that_is_full_at_the_worst_moment_is_reported_with_what_it_cost(login: LoggedInAccount) -> None:
    login.clock.pass_by(DAY)
    full = patch.object(TokenStore, "store_token", side_effect=StateUnwritable("full"))
    with full, pytest.raises(StateUnwritable, match=r"could not be stored.*free some space, then.*sync auth login gh"):
        login.bearer().token()


def test_without_a_login_and_with_a_token_of_another_login_the_command_is_named(login: LoggedInAccount) -> None:
    elsewhere = login.account.model_copy(update={"location_id": "another"})
    with pytest.raises(
        LoginNeeded, match=r"its token is for the location .*, not for another; log in: sync auth login gh"
    ):
        login.store(account=elsewhere).read_valid_grant()
    with pytest.raises(LoginNeeded, match="its token is for the app"):
        login.store(account=login.account.model_copy(update={"client_id": "app-2"})).read_valid_grant()
    with pytest.raises(LoginNeeded, match=f"for the company none, not for {COMPANY}"):
        login.store(account=login.account.model_copy(update={"company_id": COMPANY})).read_valid_grant()
    login.store().remove_grant()
    with pytest.raises(LoginNeeded, match="no token yet; log in: sync auth login gh"):
        login.bearer().token()


def test_a_wrong_key_is_one_line_with_the_command_that_fixes_it(login: LoggedInAccount) -> None:
    wrong = base64.b64encode(b"w" * 32).decode()
    with pytest.raises(ConfigError) as caught:
        login.store(wrong).read_grant()
    (line,) = caught.value.lines
    assert line.startswith("state.token_key: the token of account gh in ")
    assert line.endswith("put the right key back, or log in again: sync auth login gh")
    assert wrong not in line


def test_a_grant_that_cannot_be_renewed_ends(login: LoggedInAccount) -> None:
    login.log_in({"access_token": "a-1", "refresh_token": None})
    bearer = login.bearer()
    assert bearer.token() == "a-1"
    login.clock.pass_by(DAY)
    with pytest.raises(LoginNeeded, match="cannot be renewed; log in: sync auth login gh"):
        bearer.token()


def test_a_company_gives_the_token_of_its_location_and_both_are_renewed(agency: LoggedInAccount) -> None:
    bearer = agency.bearer()
    first = bearer.token()
    assert agency.opens(first)
    assert agency.bearer().token() == first
    assert agency.calls() == ["/oauth/locationToken"]
    agency.clock.pass_by(DAY)
    second = bearer.token()
    assert second != first
    assert agency.opens(second)
    assert agency.calls() == ["/oauth/locationToken", "/oauth/token", "/oauth/locationToken"]


def test_a_companys_token_that_is_refused_is_renewed_first(agency: LoggedInAccount) -> None:
    agency.hub.oauth.expire()
    assert agency.opens(agency.bearer().token())
    assert agency.calls() == ["/oauth/locationToken", "/oauth/token", "/oauth/locationToken"]


def test_a_location_that_its_company_has_closed_uses_up_no_refresh_token(agency: LoggedInAccount) -> None:
    agency.hub.oauth.active = False
    with pytest.raises(LoginNeeded, match=r"Location is not active.*sync auth login gh"):
        agency.bearer().token()
    assert agency.calls() == ["/oauth/locationToken"]


def test_a_kill_between_both_tokens_of_a_company_costs_one_call_more(agency: LoggedInAccount) -> None:
    agency.bearer().token()
    agency.clock.pass_by(DAY)
    agency.hub.faults.append(Fault("status", path="/oauth/locationToken", status=503, times=None))
    with pytest.raises(ServerTrouble):
        agency.bearer().token()
    agency.hub.faults.clear()
    assert agency.opens(agency.bearer().token())
    assert agency.hub.oauth.refreshes == 1
