import shlex
import sys
from pathlib import Path

import pytest

from sync.config.model import Config, parse
from sync.service.install import installation
from sync.service.layout import Service, references, service_of
from sync.service.units import Scope, daemon_units, folder_of, timer_units
from tests.sync.config_text import GOOD, with_line
from tests.sync.service.systemd import analyze, exposure, needs_tools, written

SYSTEM = Path("/etc/growthsync/config.toml")
HANDED = 'path = "/var/lib/growthsync/sync.db"'


def config(text: str = GOOD, path: Path = SYSTEM) -> Config:
    handed = text.replace("env:GROWTHGENIUS_API_KEY", "credential:key").replace(
        "env:GROWTHHUB_TOKEN", "credential:token"
    )
    return parse(handed.replace("[state]\n", f"[state]\n{HANDED}\n"), path)


def service(found: Config | None = None) -> Service:
    return service_of(found or config(), (sys.executable, "-m", "sync"))


def unit(units: dict[str, str], name: str) -> dict[str, list[str]]:
    """Return the settings of a unit; one may stand there several times."""
    settings: dict[str, list[str]] = {}
    for line in units[name].splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            settings.setdefault(key, []).append(value)
    return settings


def test_a_daemon_unit_notifies_readiness_and_health() -> None:
    found = unit(daemon_units(service(), "system"), "growthsync.service")
    command = shlex.split(found["ExecStart"][0])
    assert command == [sys.executable, "-m", "sync", "daemon", "--config", str(SYSTEM)]
    assert found["Type"] == ["notify"]
    assert found["WatchdogSec"] == ["120"]
    assert found["Restart"] == ["on-failure"]
    assert found["OnFailure"] == ["growthsync-failed@%N.service"]
    assert found["WantedBy"] == ["multi-user.target"]


def test_secrets_are_credentials_and_in_no_unit() -> None:
    found = unit(daemon_units(service(), "system"), "growthsync.service")
    assert found["LoadCredential"] == [f"{name}:%E/growthsync/credentials/{name}" for name in ("key", "token")]
    assert "EnvironmentFile" not in found
    from_environment = service_of(parse(GOOD, SYSTEM), ("sync",))
    assert "EnvironmentFile=-%E/growthsync/environment" in daemon_units(from_environment, "user")["growthsync.service"]
    inline = parse(GOOD.replace("env:GROWTHHUB_TOKEN", "pit-invented-secret"), SYSTEM)
    units = daemon_units(service_of(inline, ("sync",)), "user") | timer_units(service_of(inline, ("sync",)), "user")
    assert not [name for name, text in units.items() if "pit-invented" in text]


def test_a_service_of_the_system_writes_to_its_state_and_one_of_a_user_to_the_folder_of_it() -> None:
    system = unit(daemon_units(service(), "system"), "growthsync.service")
    assert (system["User"], system["DynamicUser"], system["StateDirectory"]) == (
        ["growthsync"],
        ["yes"],
        ["growthsync"],
    )
    assert "ReadWritePaths" not in system
    user = unit(daemon_units(service(), "user"), "growthsync.service")
    assert user["ReadWritePaths"] == ["/var/lib/growthsync"]
    assert "DynamicUser" not in user
    assert user["WantedBy"] == ["default.target"]


def test_with_timers_each_connection_is_run_on_its_own_schedule() -> None:
    second = GOOD + '\n[connections.support]\nleft = "growthgenius"\nright = "growthhub"\ncron = "30 6 * * 1"\n'
    units = timer_units(service(config(second)), "system")
    assert set(units) == {
        "growthsync@.service", "growthsync-failed@.service", "growthsync@sales.timer", "growthsync@support.timer"
    }  # fmt: skip
    run = unit(units, "growthsync@.service")
    assert shlex.split(run["ExecStart"][0])[3:] == [
        "run", "--config", str(SYSTEM), "--scheduled", "--connection", "%i"
    ]  # fmt: skip
    assert run["Type"] == ["oneshot"]
    assert run["SuccessExitStatus"] == ["1 75"]
    every, cron = unit(units, "growthsync@sales.timer"), unit(units, "growthsync@support.timer")
    assert (every["OnUnitActiveSec"], every["RandomizedDelaySec"], every["OnActiveSec"]) == (["300s"], ["30s"], ["0"])
    assert cron["OnCalendar"] == ["Mon *-*-* 06:30:00 UTC"]
    assert cron["Persistent"] == ["yes"]


@pytest.mark.parametrize("path", ["/srv/two words/c.toml", "/srv/50%/c.toml", '/srv/"quoted"/$HOME/c.toml'])
def test_every_path_is_quoted_for_systemd(path: str) -> None:
    command = unit(daemon_units(service(config(path=Path(path))), "system"), "growthsync.service")["ExecStart"][0]
    assert shlex.split(command)[-1].replace("%%", "%").replace("$$", "$") == path


def test_units_of_a_user_belong_into_the_users_config() -> None:
    assert folder_of("system", {}) == Path("/etc/systemd/system")
    assert folder_of("user", {"HOME": "/home/ann"}) == Path("/home/ann/.config/systemd/user")
    assert folder_of("user", {"HOME": "/home/ann", "XDG_CONFIG_HOME": "/x"}) == Path("/x/systemd/user")


def test_problems_of_a_system_service_are_reported_before_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.service.install.this_program", lambda: ("/opt/growthsync/bin/growthsync",))
    assert installation(config(), "system", timer=False).complaints == ()
    found = parse(GOOD.replace("env:GROWTHHUB_TOKEN", "pit-invented-secret"), Path("/home/ann/config.toml"))
    complaints = installation(found, "system", timer=False).complaints
    words = ("hidden from a service", "can only write below /var/lib/growthsync", "accounts.growthhub.token")
    assert len(complaints) == len(words)
    assert all(word in line for word, line in zip(words, complaints, strict=True))
    assert "pit-invented" not in str(complaints)
    assert installation(found, "user", timer=False).complaints == ()


def test_the_next_steps_are_named() -> None:
    system = installation(config(), "system", timer=False).steps
    assert system[-2:] == ("systemctl daemon-reload", "systemctl enable --now growthsync.service")
    assert "/etc/growthsync/credentials/token" in system[1]
    user = installation(config(), "user", timer=True).steps
    assert "systemctl --user enable --now growthsync@sales.timer" in user
    assert user[-1].startswith("loginctl enable-linger")


def test_every_secret_of_a_config_is_found() -> None:
    assert dict(references(config())) == {
        "accounts.growthgenius.api_key": "credential:key", "accounts.growthhub.token": "credential:token"
    }  # fmt: skip


def test_the_secrets_of_oauth_are_credentials_too() -> None:
    app = 'client_id = "app-1"\nclient_secret = "credential:client-secret"'
    text = GOOD.replace('token = "env:GROWTHHUB_TOKEN"', app)
    found = parse(
        text.replace("[state]", '[state]\ntoken_key = "credential:token-key"'), Path("/etc/growthsync/c.toml")
    )
    assert dict(references(found)).keys() >= {"state.token_key", "accounts.growthhub.client_secret"}
    unit = installation(found, "system", timer=False).files[Path("/etc/systemd/system/growthsync.service")]
    for name in ("client-secret", "token-key"):
        assert f"LoadCredential={name}:%E/growthsync/credentials/{name}" in unit


KINDS = [("system", False), ("system", True), ("user", False), ("user", True)]


@needs_tools
@pytest.mark.parametrize(("scope", "timer"), KINDS)
def test_systemd_accepts_the_units(scope: Scope, timer: bool, tmp_path: Path) -> None:
    found = config(with_line("connections.sales", 'cron = "*/20 6-18 13 * fri"'))
    units = timer_units(service(found), scope) if timer else daemon_units(service(found), scope)
    folder = written(tmp_path / "units", units)
    names = ["growthsync@sales.timer", "growthsync@sales.service"] if timer else ["growthsync.service"]
    for name in [*names, "growthsync-failed@growthsync.service"]:
        found_by = analyze(folder, "verify", "--man=no", f"./{name}", user=scope == "user")
        assert (found_by.returncode, found_by.stdout, found_by.stderr) == (0, "", "")


@needs_tools
@pytest.mark.parametrize(("scope", "timer"), KINDS)
def test_a_service_is_hardly_exposed(scope: Scope, timer: bool, tmp_path: Path) -> None:
    units = timer_units(service(), scope) if timer else daemon_units(service(), scope)
    folder = written(tmp_path / "units", units)
    services = [name for name in units if name.endswith(".service")]
    assert len(services) == 2
    for name in services:
        assert exposure(folder, name, user=scope == "user") < 2.0
