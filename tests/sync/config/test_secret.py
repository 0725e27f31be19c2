import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from sync.config.model import Config, parse
from sync.config.secret import reveal
from sync.errors import ConfigError
from tests.sync.config_text import GOOD

SECRET = "pit-invented-0000"


def config(folder: Path, reference: str) -> Config:
    path = folder / "config.toml"
    path.write_text(GOOD.replace("env:GROWTHHUB_TOKEN", reference), encoding="utf-8")
    path.chmod(0o600)
    return parse(path.read_text(encoding="utf-8"), path)


def secret(folder: Path, reference: str, warn: Callable[[str], None] = pytest.fail) -> str:
    return reveal(config(folder, reference), ["growthhub"], warn)["growthhub"]


def complaint(folder: Path, reference: str) -> str:
    with pytest.raises(ConfigError) as caught:
        secret(folder, reference)
    (line,) = caught.value.lines
    assert line.startswith(f"{folder / 'config.toml'}: accounts.growthhub.token: ")
    return line


def private(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str | None]:
    """Stand in for the desktop's keyring, which is not there where tests run."""
    entries: dict[tuple[str, str], str | None] = {}

    class KeyringError(Exception):
        pass

    def get_password(service: str, user: str) -> str | None:
        if service == "locked":
            raise KeyringError(SECRET)
        return entries.get((service, user))

    module, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    module.get_password = get_password  # type: ignore[attr-defined]
    errors.KeyringError = KeyringError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return entries


def test_the_environment_holds_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_TESTS", f" {SECRET}\n")
    assert secret(tmp_path, "env:TOKEN_OF_TESTS") == SECRET


def test_a_file_beside_the_config_holds_a_secret(tmp_path: Path) -> None:
    private(tmp_path / "token", f"{SECRET}\n")
    assert secret(tmp_path, "file:token") == SECRET
    assert secret(tmp_path, f"file:{tmp_path / 'token'}") == SECRET


def test_a_credential_that_systemd_hands_to_a_service_holds_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private(tmp_path / "hub-token", f"{SECRET}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret(tmp_path, "credential:hub-token") == SECRET
    assert "there is no file" in complaint(tmp_path, "credential:other")
    assert "credential:NAME" in complaint(tmp_path, "credential:../hub-token")


def test_a_credential_outside_a_service_is_refused_with_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert "sync service install --print" in complaint(tmp_path, "credential:hub-token")


def test_the_keyring_holds_a_secret(tmp_path: Path, keyring: dict[tuple[str, str], str | None]) -> None:
    keyring["growthsync", "ann"] = SECRET
    assert secret(tmp_path, "keyring:growthsync/ann") == SECRET


def test_anything_else_is_the_secret_itself(tmp_path: Path) -> None:
    assert secret(tmp_path, SECRET) == SECRET
    assert secret(tmp_path, "user:1234") == "user:1234"


@pytest.mark.skipif(os.name != "posix", reason="other systems have other permissions")
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_that_others_can_read_is_warned_of_and_taken(tmp_path: Path, mode: int) -> None:
    warnings: list[str] = []
    private(tmp_path / "token", SECRET).chmod(mode)
    assert secret(tmp_path, "file:token", warnings.append) == SECRET
    loaded = config(tmp_path, SECRET)
    loaded.path.chmod(mode)
    assert reveal(loaded, ["growthhub"], warnings.append) == {"growthhub": SECRET}
    assert [warning.split()[0] for warning in warnings] == [str(tmp_path / "token"), str(tmp_path / "config.toml")]
    assert all("chmod 600" in warning and SECRET not in warning for warning in warnings)


def test_a_variable_that_is_not_set_is_named_with_how_to_set_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKEN_OF_TESTS", raising=False)
    assert "export TOKEN_OF_TESTS=" in complaint(tmp_path, "env:TOKEN_OF_TESTS")
    monkeypatch.setenv("TOKEN_OF_TESTS", "  ")
    assert "TOKEN_OF_TESTS is not set" in complaint(tmp_path, "env:TOKEN_OF_TESTS")


@pytest.mark.parametrize(
    ("content", "words"), [(None, "there is no file"), ("\n", "is empty"), ("two words", "spaces")]
)
def test_a_file_without_a_secret_is_reported(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        private(tmp_path / "token", content)
    assert words in complaint(tmp_path, "file:token")


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in complaint(tmp_path, "file:folder")
    assert "is not a text" in complaint(tmp_path, "file:binary")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("growthsync", "keyring:SERVICE/USER"),
        ("/x", "keyring:SERVICE/USER"),
        ("a/b", "keyring set a b"),
        ("locked/b", "KeyringError"),
    ],
)
@pytest.mark.usefixtures("keyring")
def test_a_keyring_without_the_entry_is_reported(tmp_path: Path, entry: str, words: str) -> None:
    assert words in complaint(tmp_path, f"keyring:{entry}")


def test_a_missing_keyring_package_is_reported_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert 'pip install "growthsync[keyring]"' in complaint(tmp_path, "keyring:a/b")


@pytest.mark.parametrize(
    "wrong", [f"{SECRET} {SECRET}", f"env:{SECRET} x", f"env:{SECRET}", f"{SECRET}é", f"{SECRET}\\n"]
)
def test_no_complaint_shows_a_secret(tmp_path: Path, wrong: str) -> None:
    assert SECRET not in complaint(tmp_path, wrong)


def test_every_account_without_its_secret_is_reported_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROWTHGENIUS_API_KEY", raising=False)
    with pytest.raises(ConfigError) as caught:
        reveal(config(tmp_path, "file:nowhere"), ["growthgenius", "growthhub"], pytest.fail)
    assert [line.split(": ")[1] for line in caught.value.lines] == [
        "accounts.growthgenius.api_key",
        "accounts.growthhub.token",
    ]
