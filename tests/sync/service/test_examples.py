"""The examples under deploy/ are what the program makes of deploy/config.toml. No container was ever built of them."""

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from sync.config.model import load
from sync.service.__main__ import examples
from sync.service.container import PROGRAM
from sync.service.layout import ETC, STATE, UID
from tests.sync.service.systemd import exposure, needs_tools

DEPLOY = Path(__file__).parents[3] / "deploy"


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, with lines that go on joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], " ".join(line.split()[1:])) for line in lines]


def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_the_examples_equal_what_the_program_generates() -> None:
    made = examples(DEPLOY)
    there = {path for path in DEPLOY.rglob("*") if path.is_file() and path.name != "config.toml"}
    assert there == set(made), "write them again: python -m sync.service deploy"
    for path, text in made.items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: write it again: python -m sync.service deploy"


def test_the_config_of_the_examples_holds_no_secret_and_keeps_its_state_where_services_do() -> None:
    config = load(DEPLOY / "config.toml")
    assert config.state.path == STATE / "sync.db"
    assert {account.secret[1].get_secret_value().partition(":")[0] for account in config.accounts.values()} == {
        "credential"
    }


def test_the_container_runs_the_daemon_and_not_as_root() -> None:
    steps = instructions()
    last = {name: value for name, value in steps if name not in ("RUN", "COPY")}
    assert [name for name, _ in steps].count("FROM") == 2
    assert last["USER"] == f"{UID}:{UID}"
    assert last["ENTRYPOINT"] == f'["{PROGRAM}"]'
    assert last["CMD"] == '["daemon"]'
    assert last["VOLUME"] == str(STATE)
    assert f'"{PROGRAM}", "daemon", "--healthcheck"' in last["HEALTHCHECK"]
    environment = dict(word.split("=", 1) for word in shlex.split(last["ENV"]))
    assert environment["SYNC_CONFIG"] == str(ETC / "config.toml")
    assert environment["CREDENTIALS_DIRECTORY"] == "/run/secrets"


def test_what_the_image_copies_is_there_and_installs_what_was_tested() -> None:
    run = " ".join(value for name, value in instructions() if name == "RUN")
    assert "--constraint /src/constraints.txt /src" in run
    assert (DEPLOY.parent / "constraints.txt").exists()


def test_the_container_may_write_to_its_state_alone_and_has_no_rights() -> None:
    (service,) = compose()["services"].values()
    assert service["read_only"] is True
    assert service["user"] == f"{UID}:{UID}"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    mounts = [mount.split(":") for mount in service["volumes"]]
    assert [mount[1] for mount in mounts if "ro" not in mount] == [str(STATE)]
    assert [mount[1] for mount in mounts if "ro" in mount] == [str(ETC / "config.toml")]


def test_the_container_gets_every_secret_of_the_config() -> None:
    document = compose()
    (service,) = document["services"].values()
    names = re.findall(r"credential:([\w-]+)", (DEPLOY / "config.toml").read_text(encoding="utf-8"))
    assert service["secrets"] == names
    assert {name: secret["file"] for name, secret in document["secrets"].items()} == {
        name: f"./credentials/{name}" for name in names
    }


@needs_tools
def test_the_example_units_are_hardly_exposed() -> None:
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        assert exposure(path.parent, path.name, user=False) < 2.0
