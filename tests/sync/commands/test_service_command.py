import json
from pathlib import Path

import pytest

from sync.cli import main
from tests.sync.config_text import GOOD


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    path = tmp_path / "config.toml"
    path.write_text(GOOD.replace('[connections.sales.messages]\ndirection = "both"\n', ""), encoding="utf-8")
    monkeypatch.setenv("SYNC_CONFIG", str(path))
    return tmp_path


def test_print_shows_the_units_and_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install", "--user", "--print"]) == 0
    out = capsys.readouterr().out
    assert f"# {home}/.config/systemd/user/growthsync.service" in out
    assert "Type=notify" in out
    assert "# next: systemctl --user daemon-reload" in out
    assert not (home / ".config").exists()


def test_install_writes_the_units_and_says_what_is_next(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install", "--user", "--timer"]) == 0
    folder = home / ".config" / "systemd" / "user"
    assert {path.name for path in folder.iterdir()} == {
        "growthsync@.service", "growthsync@sales.timer", "growthsync-failed@.service"
    }  # fmt: skip
    out = capsys.readouterr().out
    assert f"wrote {folder / 'growthsync@.service'}" in out
    assert "next: systemctl --user enable --now growthsync@sales.timer" in out


def test_with_json_the_units_are_one_document(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install", "--user", "--print", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert not document["written"]
    assert [Path(file["path"]).name for file in document["files"]] == [
        "growthsync.service",
        "growthsync-failed@.service",
    ]
    assert "[Service]" in document["files"][0]["content"]


def test_a_config_that_a_service_of_the_system_cannot_use_is_refused_but_its_units_are_shown(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["service", "install", "--system"]) == 2
    assert "can only write below /var/lib/growthsync" in capsys.readouterr().err
    assert main(["service", "install", "--system", "--print"]) == 0
    shown = capsys.readouterr()
    assert "DynamicUser=yes" in shown.out
    assert "warning: " in shown.err


def test_user_and_system_exclude_each_other(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install", "--system", "--user"]) == 2
    assert "either --user or --system" in capsys.readouterr().err


def test_units_that_cannot_be_written_are_an_error_with_its_place(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".config").write_text("in the way", encoding="utf-8")
    assert main(["service", "install", "--user"]) == 2
    assert "cannot be written" in capsys.readouterr().err
