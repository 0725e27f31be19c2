"""GrowthHub opened by OAuth, through the real command line: logins, renewals in mid-run, kills, dead grants."""

import base64
import json
import re
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from connectors.growthhub.sandbox.oauth import CHOSEN, CLIENT_SECRET
from connectors.sandbox.base import Call
from sync.cli import main
from sync.oauth.encryption import Key
from tests.end_to_end.daemons import started
from tests.end_to_end.forked_command import ForkedCommand
from tests.end_to_end.oauth_world import KEY, browse, grant_store, kept, log_in, use_oauth
from tests.end_to_end.world import Finished, World

TOKEN = "/oauth/token"


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> Request | None:
        return None


def consented(world: World, address: str) -> str:
    """Consent as a user with a browser that then shows an address that it can't open; return that address."""
    try:
        build_opener(_Stay).open(f"{world.gh.url}{CHOSEN}?{urlsplit(address).query}&as=Location", timeout=60)
    except HTTPError as error:
        return str(error.headers["Location"])
    raise AssertionError("there was no redirect")


def pasted(world: World, what: Callable[[str], str], *arguments: str) -> Finished:
    """Log in by pasting what is made of the consent address."""
    process = world.start("auth", "login", "gh", "--paste", *arguments, stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stderr is not None
    shown = ""
    while not (found := re.search(r"^  (http\S+)$", shown, re.MULTILINE)):
        line = process.stderr.readline()
        assert line, shown
        shown += line
    out, err = process.communicate(what(found[1]) + "\n", timeout=60)
    return Finished(process.returncode, out, shown + err)


def expire(world: World) -> None:
    """Let the token at hand be too old, by the server's clock and by ours."""
    world.gh.oauth.expire()
    grant = kept(world)
    grant_store(world).write_grant(replace(grant, lease=replace(grant.lease, got_ms=0, expires_ms=1)), 0)


def refreshes(world: World) -> int:
    return sum(call.path == TOKEN and call.body["grant_type"] == "refresh_token" for call in world.gh.calls)


def secrets_of(world: World) -> list[str]:
    """Return every token that the server has ever given, the client's secret and the key."""
    given = [f"{kind}-{number:06d}-of-the-sandbox" for kind in ("code", "access", "refresh") for number in range(1, 30)]
    return [*given, CLIENT_SECRET, KEY]


def assert_nothing_is_shown(world: World, *ended: Finished) -> None:
    result = "".join(f"{one.out}{one.err}" for one in ended)
    files = b"".join(path.read_bytes() for path in world.folder.glob("sync.db*"))
    for secret in secrets_of(world):
        assert secret not in result
        assert secret.encode() not in files
        assert base64.b64encode(secret.encode()).rstrip(b"=") not in files


def test_a_login_in_a_browser_opens_the_account_and_the_browser_of_another_user_does_not(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", email="ann@example.com")
    use_oauth(world)
    before = world.sync("run", "--json")
    assert before.code == 3
    assert "gh: it has no token yet; log in: sync auth login gh" in before.run["errors"]

    browse(world, "forged")
    login = world.process("auth", "login", "gh", "--json")
    assert login.code == 0, login.err
    assert "forged: 400" in login.err
    (result,) = login.document["accounts"]
    assert (result["state"], result["refreshable"], result["location_id"]) == ("good", True, world.gh.location_id)
    assert result["missing_scopes"] == []

    run = world.sync("run", "--json")
    assert run.code == 0, run.err
    assert [one["email"] for one in world.gh.people()] == ["ann@example.com"]
    assert_nothing_is_shown(world, before, login, run)


@pytest.mark.parametrize("whole", [True, False], ids=["the whole address", "the code alone"])
def test_a_login_by_pasting(live_world: World, whole: bool) -> None:
    world = live_world
    use_oauth(world)

    def what(address: str) -> str:
        back = consented(world, address)
        return back if whole else parse_qs(urlsplit(back).query)["code"][0]

    login = pasted(world, what, "--json")
    assert login.code == 0, login.err
    assert world.gh.oauth.accepts(kept(world).lease.token, world.clock.now())
    assert_nothing_is_shown(world, login)


def test_an_answer_to_another_login_is_refused_when_it_is_pasted(live_world: World) -> None:
    use_oauth(live_world)
    login = pasted(live_world, lambda _: "http://127.0.0.1/callback?code=c&state=forged", "--json")
    assert login.code == 2
    assert "log in again: sync auth login gh --paste" in login.document["error"]
    assert [call.path for call in live_world.gh.calls] == []


def test_what_is_not_given_or_not_for_this_location_is_not_kept(live_world: World) -> None:
    world = live_world
    use_oauth(world)
    browse(world, "no")
    declined = world.process("auth", "login", "gh", "--json")
    assert declined.code == 3
    assert "the consent was not given (access_denied); log in again: sync auth login gh" in declined.document["error"]

    browse(world, "Company")
    company = world.process("auth", "login", "gh")
    assert company.code == 3
    assert f"not for location {world.gh.location_id}" in company.err
    assert "set company_id where the company consents" in company.err

    world.environment["BROWSER"] = "true"
    late = world.process("auth", "login", "gh", "--wait", "1")
    assert late.code == 3
    assert "no answer came from the consent page" in late.err
    assert world.rows("SELECT * FROM token") == []
    assert_nothing_is_shown(world, declined, company, late)


def test_another_location_under_the_same_name_is_refused_before_anything_is_asked(live_world: World) -> None:
    world = live_world
    use_oauth(world)
    log_in(world)
    assert world.sync("run").code == 0
    world.accounts["gh"]["location_id"] = '"another"'
    with world.calls() as calls:
        for command in (("run",), ("auth", "login", "gh")):
            ended = world.sync(*command)
            assert ended.code == 2, ended.err
            assert "was written for growthhub" in ended.err
    assert calls.counts == (0, 0)


def test_a_company_consents_for_its_location(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", email="ann@example.com")
    use_oauth(world, company=True)
    login = world.process("auth", "login", "gh")
    assert login.code == 0, login.err
    assert "of company" in login.out
    assert world.sync("run").code == 0
    assert len(world.gh.people()) == 1


def test_status_and_check_show_the_token_and_logout_takes_it_away(live_world: World) -> None:
    world = live_world
    use_oauth(world)
    world.gh.oauth.granted = "contacts.readonly contacts.write locations.readonly"
    assert world.process("auth", "login", "gh").code == 0
    status = world.sync("auth", "status", "--json")
    (result,) = status.document["accounts"]
    assert result["missing_scopes"] == [
        "locations/customFields.readonly", "locations/customFields.write", "users.readonly"
    ]  # fmt: skip
    check = world.sync("check", "--json")
    gh = next(one for one in check.document["accounts"] if one["account"] == "gh")
    problems = {finding["what"]: finding["problem"] for finding in gh["findings"] if not finding["ok"]}
    assert "missing: locations/customFields.readonly" in problems["the consent has every scope that is asked for"]
    assert any(one["what"].startswith("token good until 20") and one["ok"] for one in gh["findings"])
    assert gh["ok"]

    assert world.sync("auth", "logout", "gh", "--json").document == {"account": "gh", "removed": True}
    gone, after = world.sync("auth", "status"), world.sync("check")
    assert gone.out == "gh: it has no token yet; log in: sync auth login gh\n"
    assert after.code == 3
    assert "sync auth login gh" in after.out
    assert_nothing_is_shown(world, status, check, gone, after)


def test_a_token_that_ends_in_the_middle_of_a_run_is_renewed_and_no_contact_is_created_twice(world: World) -> None:
    use_oauth(world)
    log_in(world)
    emails = sorted(f"p{number}@example.com" for number in range(4))
    for email in emails:
        world.gg.add(first_name="Ann", email=email)
    creates = 0

    def ends(call: Call) -> None:
        nonlocal creates
        if call.method == "POST" and call.path == "/contacts/":
            creates += 1
            if creates == 2:
                world.clock.skip(120)
                world.gh.oauth.expire()

    world.gh.before_answer = ends
    assert world.run().exit_code == 0
    assert sorted(one["email"] for one in world.gh.people()) == emails
    assert (creates, refreshes(world)) == (5, 1)
    world.clock.skip(2 * 86_400)
    assert world.run().exit_code == 0
    assert refreshes(world) == 2


def test_a_dry_run_that_renews_keeps_what_it_got(world: World) -> None:
    use_oauth(world)
    log_in(world)
    assert world.run().exit_code == 0
    world.clock.skip(2 * 86_400)
    before = world.tables_of_state("allowance", "token")
    assert world.run(dry_run=True).exit_code == 0
    assert world.tables_of_state("allowance", "token") == before
    assert refreshes(world) == 1
    assert world.run().exit_code == 0
    assert refreshes(world) == 1


def test_two_processes_that_find_the_token_too_old_renew_it_once(live_world: World) -> None:
    world = live_world
    use_oauth(world)
    log_in(world)
    expire(world)
    world.gh.latency = 0.2
    first, second = world.start("check"), world.start("check", write_config=False)
    for process in (first, second):
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
    assert refreshes(world) == 1


def killed_at(world: World, wanted: Callable[[Call], bool], after: bool) -> None:
    """Start a run, and kill it when a call comes, or right after what that call does at the server."""
    come = threading.Event()
    answer = world.gh.handle
    processes = list[ForkedCommand]()

    def kill(call: Call) -> object:
        if not wanted(call):
            return answer(call)
        served = answer(call) if after else None
        come.wait(60)
        processes[0].send_signal(signal.SIGKILL)
        processes[0].wait(60)
        return served or answer(call)

    world.gh.handle = kill  # type: ignore[assignment, method-assign] # for the length of this run
    processes.append(world.start("run"))
    come.set()
    processes[0].communicate(timeout=60)
    del world.gh.handle
    assert processes[0].returncode == -signal.SIGKILL


def test_killed_before_the_new_token_is_stored_a_login_is_requested_and_fixes_it(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", email="ann@example.com")
    use_oauth(world)
    log_in(world)
    expire(world)
    killed_at(world, lambda call: call.path == TOKEN, after=True)

    dead = world.sync("run", "--json")
    assert dead.code == 3
    (error,) = dead.run["errors"]
    assert error.startswith("gh: ")
    assert "a renewal was interrupted at" in error
    assert error.endswith("log in again: sync auth login gh")
    assert world.process("auth", "login", "gh").code == 0
    assert world.sync("run").code == 0
    assert len(world.gh.people()) == 1
    assert_nothing_is_shown(world, dead)


def test_killed_once_the_new_token_is_stored_the_next_run_goes_on_with_it(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", email="ann@example.com")
    use_oauth(world)
    log_in(world)
    expire(world)
    killed_at(world, lambda call: call.path == "/contacts/search", after=False)
    assert refreshes(world) == 1
    assert world.sync("run").code == 0
    assert refreshes(world) == 1
    assert len(world.gh.people()) == 1


def test_a_dead_grant_ends_with_3_and_the_command_and_spoils_nothing_that_is_known(live_world: World) -> None:
    world = live_world
    use_oauth(world)
    log_in(world)
    world.gh.add_field("Job Title", "TEXT")
    world.gg.add(first_name="Ann", email="ann@example.com", title="CEO")
    assert world.sync("run").code == 0
    world.gg.edit(str(world.gg.people()[0]["id"]), title="Chair")
    world.gh.oauth.revoke()
    expire(world)
    dead = world.sync("run", "--json")
    assert dead.code == 3
    assert dead.run["errors"][0].endswith("log in again: sync auth login gh")
    assert world.process("auth", "login", "gh").code == 0
    assert world.sync("run").code == 0
    assert "Chair" in json.dumps(world.gh.people())
    assert_nothing_is_shown(world, dead)


def test_a_wrong_key_is_reported_before_anything_is_called(live_world: World) -> None:
    world = live_world
    use_oauth(world)
    log_in(world)
    wrong = base64.b64encode(b"w" * 32).decode()
    for text, words in ((wrong, "log in again: sync auth login gh"), ("made up", "openssl rand -base64 32")):
        (world.folder / "token-key").write_text(text.replace(" ", "-"), encoding="utf-8")
        ended = world.sync("daemon" if text == wrong else "run")
        assert ended.code == 2, ended.err
        assert words in ended.err.splitlines()[-1]
        assert text not in ended.err
    assert [call for call in world.gh.calls if not call.path.startswith("/oauth")] == []
    (world.folder / "token-key").write_text(wrong, encoding="utf-8")
    (result,) = world.sync("auth", "status", "--json").document["accounts"]
    assert result["state"] == "unreadable"
    assert world.process("auth", "login", "gh").code == 0
    assert [row["key"] for row in world.rows("SELECT key FROM token")] == [Key(wrong).name]


def test_a_daemon_renews_by_itself_and_its_log_shows_no_secret(live_world: World) -> None:
    world = live_world
    world.options["every"] = '"1s"'
    world.tables += '\n[log]\nlevel = "debug"\n'
    use_oauth(world)
    log_in(world)
    expire(world)
    with started(world) as daemon:
        daemon.wait("token renewed", account="gh")
        daemon.wait_for_runs(1)
        world.gh.oauth.revoke()
        grant_store(world).remove_grant()
        failed = daemon.wait("run ended", status="failed")
        assert daemon.stop() == 0
    assert failed["connection"] == "sales"
    assert_nothing_is_shown(world, Finished(0, "", json.dumps(daemon.lines)))


def test_an_account_with_a_fixed_token_and_a_stranger_cannot_log_in(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.write_config()
    commands = (["login", "gh"], ["logout", "ghh"], ["status"])
    config = ("--config", str(world.config_path))
    results = [(main(["auth", *command, *config]), *capsys.readouterr()) for command in commands]
    (fixed, _, uses_none), (stranger, _, meant), (looked, result, _) = results
    assert (fixed, stranger, looked) == (2, 2, 0)
    assert "account gh does not use OAuth" in uses_none
    assert "did you mean gh?" in meant
    assert result == "no account uses OAuth\n"
