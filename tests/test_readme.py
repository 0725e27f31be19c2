"""What README.md and docs/ say is what the program does: commands, options, codes, config keys, tables, queries."""

import re
import sqlite3
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from state.file import StateFile
from state.schema import TABLES
from sync import errors
from sync.cli import cli
from sync.commands.command_line import leaves
from sync.config.model import parse, tables

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md", *DOCS.rglob("*.md"))
}
README = PAGES["README.md"]
COMMANDS = PAGES["docs/commands.md"]
STATE_PAGE = PAGES["docs/state.md"]
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
    assert len(command_lines(COMMANDS)) > 12
    assert len(command_lines(README)) > 6
    assert "sync demo --keep" in command_lines(STATE_PAGE)


@pytest.mark.parametrize("line", sorted(set().union(*map(command_lines, PAGES.values()))))
def test_every_command_line_is_one_that_the_program_knows(line: str) -> None:
    command, rest = find(line.replace("[", "").replace("]", "").split())
    unknown = [word for word in rest if word.startswith("--") and word not in options_of(command)]
    assert not unknown, f"{line}: no option {unknown}"
    operands = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    assert operands or not [word for word in rest if word in ("ID", "1")], line


def test_every_command_and_every_option_is_in_the_page_about_commands() -> None:
    for path, command in leaves(cli, "sync"):
        assert f"`{path}" in COMMANDS, f"{path} is not in docs/commands.md"
        for option in options_of(command) - SHARED:
            assert re.search(rf"{option}\b", COMMANDS), f"{path} {option} is not in docs/commands.md"


def test_every_option_in_the_readme_is_one_of_a_command_or_of_pip_and_sqlite_utils() -> None:
    known = {option for _, command in leaves(cli, "sync") for option in options_of(command)} | options_of(cli)
    others = {"--constraint", "--counts", "--table"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README)) <= known | others


def test_the_options_that_run_and_plan_share_are_those_that_the_readme_names() -> None:
    sentence = COMMANDS[COMMANDS.index("`sync run` and `sync plan` take") : COMMANDS.index("`WHEN` is a time")]
    shared, own = sentence.split("; `sync run` also")
    everywhere = SHARED | {"--config", "--json"}
    plan, run = (options_of(cli.commands[name]) - everywhere for name in ("plan", "run"))
    assert set(re.findall(r"--[a-z-]+", shared)) == plan & run
    assert set(re.findall(r"--[a-z-]+", own)) == run - plan


def test_every_command_but_three_takes_config_and_json() -> None:
    assert "Every command but `demo`, `sandbox` and `completion` takes `--config PATH` and `--json`" in COMMANDS
    for path, command in leaves(cli, "sync"):
        has_both = {"--config", "--json"} <= options_of(command)
        assert has_both == (path not in ("sync demo", "sync sandbox", "sync completion")), path


def test_the_exit_codes_are_those_of_the_program() -> None:
    codes = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", COMMANDS, re.MULTILINE) for code in row.split(",")}
    named = {errors.DONE, errors.OPEN, errors.WRONG_USE, errors.UNFINISHED, errors.GUARDED, errors.LOCKED}
    assert codes == named | {130, 143}


def test_the_config_of_the_first_sync_loads() -> None:
    (text,) = [body for kind, body in FENCES.findall(PAGES["docs/connect.md"]) if kind == "toml"]
    assert set(parse(text, ROOT / "config.toml").connections) == {"sales"}
    example = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    for name, account in tomllib.loads(text)["accounts"].items():
        assert account.items() <= example["accounts"][name].items()


@pytest.mark.parametrize("name", PAGES)
def test_everything_that_a_page_links_to_is_there(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", FENCES.sub("", PAGES[name])):
        assert ((ROOT / name).parent / target).exists(), target


def test_each_page_is_in_the_manual() -> None:
    manual = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r": (\S+\.md)$", manual, re.MULTILINE)
    assert sorted(listed) == sorted(name.removeprefix("docs/") for name in PAGES if name.startswith("docs/"))


def config_examples() -> Iterator[tuple[str, str]]:
    """Yield each part of a config file in the pages, fenced or indented, with the name of its page."""
    for name, page in PAGES.items():
        fenced = [body for kind, body in FENCES.findall(page) if kind == "toml" and "--8<--" not in body]
        blocks = re.findall(r"^ {4}.*\n(?:(?: {4}.*)?\n)*", FENCES.sub("", page), re.MULTILINE)
        indented = [block for block in blocks if re.match(r" {4}\[[a-z]", block)]
        yield from ((name, textwrap.dedent(body)) for body in (*fenced, *indented))


@pytest.mark.parametrize(("name", "text"), sorted(config_examples()))
def test_each_config_key_in_the_pages_is_one_that_the_program_knows(name: str, text: str) -> None:
    assert unknown_keys(tomllib.loads(text)) == [], name


def unknown_keys(data: Mapping[str, Any], place: tuple[str, ...] = ()) -> list[str]:
    """Return the keys of a part of a config that are in no table of the program."""
    known = tables()
    unknown: list[str] = []
    for key, value in data.items():
        path = (*place, "*" if place in (("accounts",), ("connections",)) else key)
        if path[:1] == ("accounts",) and len(path) == 3:
            is_known = any(key in keys for table, keys in known.items() if table.startswith("accounts.*."))
        else:
            is_known = (
                "*" in path[-1]
                or path[:-1] == ("connections", "*", "contacts", "fields")
                or (key in known[".".join(path[:-1])])
            )
        if not is_known:
            unknown.append(".".join((*place, key)))
        elif isinstance(value, dict) and ".".join(path) in {*known, "accounts", "connections"} | {
            "accounts.*", "connections.*.contacts.fields"
        }:  # fmt: skip
            unknown += unknown_keys(value, path)
    return unknown


def test_the_check_of_config_keys_sees_a_key_that_does_not_exist() -> None:
    assert unknown_keys({"connections": {"sales": {"contacts": {"conflict": "newest"}}}}) == [
        "connections.*.contacts.conflict"
    ]
    assert unknown_keys({"accounts": {"mine": {"tokn": "x"}}, "stat": {}}) == ["accounts.*.tokn", "stat"]


def test_the_make_targets_are_there() -> None:
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = r"^    make (\w+)$|`make (\w+)[^`]*`"
    targets = {one or other for page in PAGES.values() for one, other in re.findall(named, page, re.MULTILINE)}
    assert targets >= {"demo", "test", "lint"}
    assert [target for target in targets if not re.search(rf"^{target}:", rules, re.MULTILINE)] == []


def test_the_readme_is_short_and_begins_with_what_it_is_and_how_to_try_it() -> None:
    lines = README.splitlines()
    assert len(lines) <= 120
    first = "\n".join(lines[:30])
    for words in ("GoHighLevel, LeadConnector", "Not yet tried on a live account", "    make demo", "    make test"):
        assert words in first, words


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


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^    sqlite-utils (.*)$", STATE_PAGE, re.MULTILINE))))
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
