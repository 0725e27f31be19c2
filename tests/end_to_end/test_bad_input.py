"""Exit 2: one clear line, and nothing called. Exit 3: an account refused us, and nothing is lost."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.end_to_end import mirror
from tests.end_to_end.world import ROOT, World

Spoil = Callable[[World], tuple[str, ...]]


def _option(key: str, value: str) -> Spoil:
    def spoil(world: World) -> tuple[str, ...]:
        world.options[key] = value
        return ("run",)

    return spoil


def _contacts(key: str, value: str) -> Spoil:
    def spoil(world: World) -> tuple[str, ...]:
        world.contacts[key] = value
        return ("run",)

    return spoil


def _account(key: str, value: str) -> Spoil:
    def spoil(world: World) -> tuple[str, ...]:
        world.accounts["gg"][key] = value
        return ("run",)

    return spoil


def _state(content: bytes) -> Spoil:
    def spoil(world: World) -> tuple[str, ...]:
        world.state_path.write_bytes(content)
        return ("run",)

    return spoil


def _newer(world: World) -> tuple[str, ...]:
    assert world.run().exit_code == 0
    world.gg.calls.clear()
    world.gh.calls.clear()
    db = sqlite3.connect(world.state_path)
    db.execute("PRAGMA user_version = 999")
    db.close()
    return ("run",)


def _foreign(world: World) -> tuple[str, ...]:
    db = sqlite3.connect(world.state_path)
    db.execute("CREATE TABLE theirs (id)")
    db.close()
    return ("run",)


def _arguments(*arguments: str) -> Spoil:
    return lambda _world: arguments


SPOILT: dict[str, tuple[Spoil, str]] = {
    "an unknown key": (_option("settel", '"1s"'), r"settel.*settle"),
    "an unknown key among contacts": (_contacts("conflict", '"newest"'), r"conflict.*conflicts"),
    "an unknown field": (_contacts("fields", '{ titel = { direction = "both" } }'), r"titel.*title"),
    "a wrong type": (_option("settle", "[]"), r"settle"),
    "a wrong choice": (_contacts("conflicts", '"latest"'), r"conflicts.*newest"),
    "an unknown account": (_option("left", '"growthgenius"'), rf"{mirror.side('left')}.*growthgenius.*gg"),
    "left that is right": (_option("left", '"gh"'), r"right"),
    "a missing secret": (_account("api_key", '"env:NO_SUCH_SECRET"'), r"api_key.*NO_SUCH_SECRET"),
    "a secret in no file": (_account("api_key", '"file:no-such-file"'), r"no-such-file"),
    "a state file that is no database": (_state(b"not a database, " * 100), r"sync\.db"),
    "a newer state file": (_newer, r"sync\.db.*newer"),
    "a database of another program": (_foreign, r"sync\.db.*another program"),
    "a bad --since": (_arguments("run", "--since", "yesterweek"), "yesterweek"),
    "a bad --until": (_arguments("plan", "--until", "2026-13-01"), "2026-13-01"),
    "--until before --since": (_arguments("run", "--since", "2026-02-01", "--until", "2026-01-01"), r"--until"),
    "an unknown connection": (_arguments("run", "--connection", "slaes"), r"slaes.*sales"),
    "an unknown option": (_arguments("run", "--sincee", "2d"), r"--sincee"),
    "an unknown conflict": (_arguments("conflicts", "resolve", "7", "--left"), r"7"),
    "an unknown failure": (_arguments("failures", "retry", "7"), r"7"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_bad_input_is_one_clear_line_and_nothing_is_called(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from sync.cli import main

    spoil, message = SPOILT[name]
    arguments = spoil(world)
    world.write_config()
    code = main([*arguments, "--config", str(world.config_path)])
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1, said.err
    assert re.search(message, said.err), said.err
    assert world.gg.calls == world.gh.calls == []


def test_bad_input_of_a_process_is_reported_in_its_document_too(live_world: World) -> None:
    world = live_world
    world.options["settel"] = '"1s"'
    finished = world.sync("run", "--json")
    assert finished.code == 2
    assert finished.document["runs"] == []
    assert "settel" in finished.document["error"]
    assert world.gg.calls == world.gh.calls == []


def test_a_missing_config_file_is_reported(live_world: World) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "sync", "run", "--config", "none.toml"],
        cwd=live_world.folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(live_world.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert "none.toml" in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_wrong_key_is_exit_3_and_the_next_run_with_the_right_one_does_it_all(world: World, account: str) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    covered = world.rows("SELECT * FROM cursor WHERE kind = 'covered'")
    world.gg.edit(ann, company_name="Acme")
    world.gh.add(firstName="Bob", email="bob@example.com")
    world.accounts[account] = {"api_key": '"wrong"'} if account == "gg" else {"token": '"wrong"'}
    report = world.run()
    assert report.exit_code == 3
    assert account in report.errors[0]
    assert "sync check" in report.errors[0]
    assert world.rows("SELECT * FROM cursor WHERE kind = 'covered'") == covered
    assert len(world.gg.people()) == 1

    world.accounts[account] = {}
    assert world.run().exit_code == 0
    assert world.at_right(ann)["companyName"] == "Acme"
    assert len(world.gg.people()) == len(world.gh.people()) == 2


def test_a_key_that_is_revoked_in_the_middle_of_the_writes_loses_nothing(world: World) -> None:
    for number in range(12):
        world.gg.add(first_name="Ann", email=f"person{number}@example.com")
    token, count = world.gh.token, 0

    def revoke(call: object) -> None:
        nonlocal count
        count += getattr(call, "method", "") == "POST" and str(getattr(call, "path", "")).endswith("/contacts/")
        if count == 5:
            world.gh.token = "another"

    world.gh.before_answer = revoke
    world.write_config()
    world.accounts["gh"] = {"token": f'"{token}"'}
    report = world.run()
    assert report.exit_code == 3
    assert 0 < len(world.gh.people()) < 12
    world.gh.before_answer, world.gh.token = None, token
    assert world.run().exit_code == 0
    assert len(world.gh.people()) == 12
    assert len(world.links()) == 12


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_an_account_that_is_down_is_exit_3_after_its_patience_and_nothing_is_lost(world: World, account: str) -> None:
    world.gg.add(first_name="Ann", email="ann@example.com")
    world.write_config()
    server = world.gg if account == "gg" else world.gh
    server.stop()
    began = world.clock.monotonic()
    report = world.run()
    assert report.exit_code == 3
    assert world.clock.monotonic() - began < 60
    server.start()
    assert world.run().exit_code == 0
    assert len(world.gh.people()) == 1


def test_no_secret_is_in_output_state_or_errors(live_world: World) -> None:
    world = live_world
    world.gg.api_key, world.gh.token = "gg-secret-7f3a", "pit-secret-9c1b"
    world.gg.add(first_name="Ann", email="ann@example.com")
    finished = [world.sync("run", "--json"), world.sync("status", "--json"), world.sync("check")]
    world.gg.api_key, world.gh.token = "other-1", "other-2"
    world.accounts = {"gg": {"api_key": '"gg-secret-7f3a"'}, "gh": {"token": '"pit-secret-9c1b"'}}
    finished.append(world.sync("run", "--json"))
    assert [each.code for each in finished] == [0, 0, 0, 3]
    json.loads(finished[-1].out)
    said = "".join(each.out + each.err for each in finished).encode()
    kept = b"".join(path.read_bytes() for path in world.folder.iterdir() if path.name != "config.toml")
    for secret in (b"gg-secret-7f3a", b"pit-secret-9c1b"):
        assert secret not in said
        assert secret not in kept


def test_the_state_files_are_readable_by_their_owner_alone(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", email="ann@example.com")
    modes: dict[str, int] = {}

    def look(_call: object) -> None:
        for path in world.folder.glob("sync.db*"):
            modes[path.name] = path.stat().st_mode & 0o777

    world.gh.before_answer = look
    os.umask(os.umask(0o022))
    assert world.sync("run").code == 0
    assert {"sync.db", "sync.db-wal", "sync.db-shm"} <= modes.keys()
    assert set(modes.values()) == {0o600}
