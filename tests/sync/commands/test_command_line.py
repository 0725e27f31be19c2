"""Options that stand anywhere, examples, completion, the version, -v and -q."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

import sync
from sync.cli import cli, main
from sync.commands.command_line import leaves, with_options_last
from sync.commands.completion import SHELLS, variable
from sync.commands.examples import EXAMPLES
from sync.commands.verbosity import is_quiet, is_verbose
from tests.sync.config_text import GOOD

ROOT = Path(__file__).parents[3]
BASH = """
{script}
COMP_WORDS=({words}); COMP_CWORD={place}
_growthsync_completion growthsync
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good config outside of the present folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("SYNC_CONFIG", raising=False)
    path = tmp_path / "elsewhere" / "config.toml"
    path.parent.mkdir()
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.mark.parametrize("place", range(3))
def test_config_and_json_may_stand_anywhere(place: int, config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--config", str(config_file), "--json"], ["--json", f"--config={config_file}"]):
        words = ["conflicts", "list"]
        assert main([*words[:place], *options, *words[place:]]) == 0
        assert capsys.readouterr().out == '{"conflicts": []}\n'


def test_an_option_before_a_group_with_a_command_of_its_own_reaches_the_inner_command() -> None:
    assert with_options_last(cli, ["fields", "-q", "--config", "a", "suggest", "--write"]) == [
        "fields", "suggest", "-q", "--config", "a", "--write"
    ]  # fmt: skip


def test_what_follows_the_command_stays_as_it_is() -> None:
    words = ["conflicts", "resolve", "7", "--value", "--json", "--", "-q"]
    assert with_options_last(cli, words) == words


def test_a_wrong_line_with_its_options_first_is_one_document_with_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", "nowhere.toml", "--json", "run"]) == 2
    assert capsys.readouterr().out.startswith('{"runs": [], "error": ')


@pytest.mark.parametrize("path", sorted(path for path, _ in leaves(cli, "sync")))
def test_every_command_has_an_example_in_its_help(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*path.split()[1:], "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"    {line}\n        {meaning}" in shown for line, meaning in EXAMPLES[path])


@pytest.mark.parametrize("line", sorted({line for examples in EXAMPLES.values() for line, _ in examples}))
def test_every_example_is_a_command_line_of_the_program(line: str) -> None:
    words = with_options_last(cli, shlex.split(line.partition(" > ")[0])[1:])
    command: click.Command = cli
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    command.make_context("sync", words, resilient_parsing=False)


def test_every_example_is_of_a_command() -> None:
    assert set(EXAMPLES) == {"sync", *(path for path, _ in leaves(cli, "sync"))}


def test_the_version_is_that_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"growthsync {sync.__version__}\n"


def called(name: str, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program under another name."""
    start = folder / name
    start.write_text(f"#!{sys.executable}\nfrom sync.__main__ import main\nmain()\n", encoding="utf-8")
    start.chmod(0o755)
    return subprocess.run(  # noqa: S603 - our own program
        [str(start), *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_hints_and_errors_name_the_program_as_it_was_called(tmp_path: Path) -> None:
    assert called("growthsync", tmp_path, "run", "--help").stdout.startswith("Usage: growthsync run ")
    assert "growthsync run --since 2d" in called("growthsync", tmp_path, "run", "--help").stdout
    assert "have one written by `growthsync init`" in called("growthsync", tmp_path, "status").stderr
    assert "have one written by `sync init`" in called("sync", tmp_path, "status").stderr
    assert "see `growthsync run --help`" in called("growthsync", tmp_path, "run", "--qzqzqz").stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_taught_to_complete_the_program(shell: str, tmp_path: Path) -> None:
    script = called("growthsync", tmp_path, "completion", shell).stdout
    assert variable("growthsync") in script
    assert "growthsync" in script
    if shutil.which(shell):
        path = tmp_path / "script"
        path.write_text(script, encoding="utf-8")
        assert subprocess.run([shutil.which(shell) or "", "-n", path], check=False).returncode == 0  # noqa: S603


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    script = called("growthsync", tmp_path, "completion", "bash").stdout
    for words, place, found in (("growthsync con", 1, ["conflicts"]), ("growthsync run --dr", 2, ["--dry-run"])):
        asked = subprocess.run(  # noqa: S603
            [shutil.which("bash") or "bash", "-c", BASH.format(script=script, words=words, place=place)],
            env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert asked.stdout.split() == found, asked.stderr


def test_v_and_q_are_known_to_a_command_until_it_ends() -> None:
    for flag, expected in (("-v", (True, False)), ("-q", (False, True))):
        with cli.commands["status"].make_context("status", [flag]):
            assert (is_verbose(), is_quiet()) == expected
    assert (is_verbose(), is_quiet()) == (False, False)


def test_v_and_q_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-v", "-q"]) == 2
    assert "give either -v or -q" in capsys.readouterr().err


def test_every_command_has_v_and_q_once() -> None:
    for path, command in leaves(cli, "sync"):
        names = [name for one in command.params for name in one.opts]
        assert (names.count("-v"), names.count("-q")) == (1, 1), path
