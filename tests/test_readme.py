"""What README.md and docs/state.md say is what the program does: commands, options, codes, tables, queries."""

import re
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from state.file import StateFile
from state.schema import TABLES
from sync import errors
from sync.cli import cli
from sync.commands.command_line import leaves
from sync.config.model import parse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STATE_PAGE = (ROOT / "docs" / "state.md").read_text(encoding="utf-8")
SPANS = re.compile(r"`([^`\n]+)`")
SHARED = {"--help", "-h", "-v", "--verbose", "-q", "--quiet"}
FENCES = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def command_lines(text: str) -> set[str]:
    """Return everything in a page that is to be typed and begins with `sync`."""
    spans = [span for span in SPANS.findall(FENCES.sub("", text)) if span.startswith("sync ")]
    blocks = re.findall(r"^    (?:\$ )?(sync .*)$", text, re.MULTILINE)
    return {line for line in (*spans, *blocks) if re.match(r"sync [a-z]", line)}


def find(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that the words name, and what is left of them."""
    command: click.Command = cli
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not (command.invoke_without_command and rest[0][0] == "-"):
        assert rest[0] in command.commands, f"there is no {rest[0]} in {words}"
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


def options_of(command: click.Command) -> set[str]:
    found = {name for parameter in command.params if isinstance(parameter, click.Option) for name in parameter.opts}
    return found | {"--help"}


def test_the_pages_name_commands() -> None:
    assert len(command_lines(README)) > 12
    assert "sync demo --keep" in command_lines(STATE_PAGE)


@pytest.mark.parametrize("line", sorted(command_lines(README) | command_lines(STATE_PAGE)))
def test_every_command_line_is_one_that_the_program_knows(line: str) -> None:
    command, rest = find(line.replace("[", "").replace("]", "").split())
    unknown = [word for word in rest if word.startswith("--") and word not in options_of(command)]
    assert not unknown, f"{line}: no option {unknown}"
    operands = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    assert operands or not [word for word in rest if word in ("ID", "1")], line


def test_every_command_and_every_option_is_in_the_readme() -> None:
    for path, command in leaves(cli, "sync"):
        assert f"`{path}" in README, f"{path} is not in README.md"
        for option in options_of(command) - SHARED:
            assert re.search(rf"{option}\b", README), f"{path} {option} is not in README.md"


def test_every_option_in_the_readme_is_one_of_a_command_or_of_pip_and_sqlite_utils() -> None:
    known = {option for _, command in leaves(cli, "sync") for option in options_of(command)} | options_of(cli)
    others = {"--constraint", "--counts", "--table"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README)) <= known | others


def test_the_options_that_run_and_plan_share_are_those_that_the_readme_names() -> None:
    sentence = README[README.index("`sync run` and `sync plan` take") : README.index("`WHEN` is a time")]
    shared, own = sentence.split("; `sync run` also")
    everywhere = SHARED | {"--config", "--json"}
    plan, run = (options_of(cli.commands[name]) - everywhere for name in ("plan", "run"))
    assert set(re.findall(r"--[a-z-]+", shared)) == plan & run
    assert set(re.findall(r"--[a-z-]+", own)) == run - plan


def test_every_command_but_three_takes_config_and_json() -> None:
    assert "Every command but `demo`, `sandbox` and `completion` takes `--config PATH` and `--json`" in README
    for path, command in leaves(cli, "sync"):
        has_both = {"--config", "--json"} <= options_of(command)
        assert has_both == (path not in ("sync demo", "sync sandbox", "sync completion")), path


def test_the_exit_codes_are_those_of_the_program() -> None:
    codes = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", README, re.MULTILINE) for code in row.split(",")}
    named = {errors.DONE, errors.OPEN, errors.WRONG_USE, errors.UNFINISHED, errors.GUARDED, errors.LOCKED}
    assert codes == named | {130, 143}


def test_the_config_in_the_readme_loads() -> None:
    (text,) = [body for kind, body in FENCES.findall(README) if kind == "toml"]
    assert set(parse(text, ROOT / "config.toml").connections) == {"sales"}
    example = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    for name, account in tomllib.loads(text)["accounts"].items():
        assert account.items() <= example["accounts"][name].items()


def test_everything_that_the_pages_link_to_is_there() -> None:
    for page, folder in ((README, ROOT), (STATE_PAGE, ROOT / "docs")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page):
            assert (folder / target).exists(), target


def test_the_make_targets_are_there() -> None:
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^    make (\w+)$", README, re.MULTILINE))
    assert targets >= {"demo", "test", "lint"}
    assert [target for target in targets if not re.search(rf"^{target}:", rules, re.MULTILINE)] == []


def test_the_first_screen_has_what_it_is_and_how_to_try_it() -> None:
    first = README.splitlines()[:20]
    assert "    make demo" in first
    assert "    make test" in first


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_the_state_is_documented_with_every_column(table: str, state_file: Path) -> None:
    section = re.search(rf"^### {table}\n(.*?)(?=^#|\Z)", STATE_PAGE, re.MULTILINE | re.DOTALL)
    assert section, f"{table} is not in docs/state.md"
    cells = re.findall(r"^\| (`.*?) \|", section[1], re.MULTILINE)
    documented = {name for cell in cells for name in SPANS.findall(cell)}
    with closing(sqlite3.connect(state_file)) as db:
        assert documented == {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def test_the_state_page_knows_no_table_that_is_not_there(state_file: Path) -> None:
    with closing(sqlite3.connect(state_file)) as db:
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(re.findall(r"^### (\w+)$", STATE_PAGE, re.MULTILINE)) == set(TABLES)
    added = {"_sqlite_migrations", "sqlite_sequence"}
    assert tables - set(TABLES) == added
    assert [name for name in added if f"`{name}`" not in STATE_PAGE] == []


@pytest.mark.parametrize("query", [body for kind, body in FENCES.findall(STATE_PAGE) if kind == "sql"])
def test_every_query_of_the_state_page_runs(query: str, state_file: Path) -> None:
    with closing(sqlite3.connect(state_file)) as db:
        assert db.execute(query).fetchall() == []


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^    sqlite-utils (.*)$", README + STATE_PAGE, re.MULTILINE))))
def test_every_sqlite_utils_line_runs(line: str, state_file: Path) -> None:
    import shlex

    from sqlite_utils.cli import cli as sqlite_utils

    words = [str(state_file) if word == "sync.db" else word for word in shlex.split(line)]
    result = CliRunner().invoke(sqlite_utils, words)
    assert result.exit_code == 0, result.output


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    """A state file with nothing in it yet."""
    path = tmp_path / "sync.db"
    StateFile.open(path).close()
    return path
