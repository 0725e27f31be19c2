"""Write the man page, and the page of the manual about all commands, from the commands themselves.

`python -m sync.commands.man_page docs` writes both into a folder; `make recording` does. A test compares them with the
program, so that neither can go out of date.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from sync import __version__
from sync.cli import cli
from sync.commands.command_line import leaves
from sync.commands.examples import EXAMPLES
from sync.errors import CODES

PROGRAM: Final = "growthsync"
MAN_PAGE: Final = "growthsync.1"
REFERENCE: Final = "reference/commands.md"
SUMMARY: Final = "keep the contacts of two CRM systems the same, in both directions"
FILES: Final = {
    "./config.toml": "The config file, unless --config or SYNC_CONFIG names another one.",
    "~/.config/growthsync/config.toml": "The config file, where there is none in the present folder.",
    "sync.db": "The state file, beside the config file unless the config says otherwise.",
}
VARIABLES: Final = {
    "SYNC_CONFIG": "The path of the config file.",
    "NO_COLOR": "If it is set, there are no colours.",
    "TZ": "The zone in which times are shown.",
}


def man_page() -> str:
    """Return the man page as roff."""
    return "\n".join(_roff()) + "\n"


def reference() -> str:
    """Return the page about all commands as Markdown."""
    return "\n".join(_markdown())


def main(folder: Path) -> None:
    """Write both pages into a folder."""
    for name, text in ((MAN_PAGE, man_page()), (REFERENCE, reference())):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _roff() -> Iterator[str]:
    yield f'.TH GROWTHSYNC 1 "" "growthsync {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"{PROGRAM}, sync \\- {SUMMARY}"
    yield ".SH SYNOPSIS"
    yield f".B {PROGRAM}"
    yield "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]..."
    yield ".SH DESCRIPTION"
    yield _escaped(
        f"{PROGRAM} and sync are one program under two names. The manual has the rest: docs/ of the project."
    )
    for title, names in cli.sections.items():
        yield f'.SH "{title.upper()}"'
        for name in names:
            for path, command in leaves(cli.commands[name], name):
                yield from _roff_command(path, command)
    for title, rows in (("EXIT STATUS", _codes()), ("FILES", FILES), ("ENVIRONMENT", VARIABLES)):
        yield f'.SH "{title}"'
        for term, meaning in rows.items():
            yield from (".TP", f".B {_escaped(term)}", _escaped(meaning))
    yield ".SH EXAMPLES"
    for line, meaning in EXAMPLES["sync"]:
        yield from (".TP", f".B {_escaped(_named(line))}", _escaped(meaning))


def _roff_command(path: str, command: click.Command) -> Iterator[str]:
    yield f'.SS "{PROGRAM} {_escaped(_usage(path, command))}"'
    yield _escaped(_help(command))
    for names, meaning in _options(command):
        yield from (".TP", f".B {_escaped(names)}", _escaped(meaning))


def _markdown() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield "The program writes this page (`make recording`). `growthsync` and `sync` are one program under two names."
    yield "`--config`, `--json`, `-v` and `-q` may stand anywhere on the line."
    for title, names in cli.sections.items():
        yield from ("", f"## {title}")
        for name in names:
            for path, command in leaves(cli.commands[name], name):
                yield from _markdown_command(path, command)
    yield from ("", "## Exit codes", "", "| code | meaning |", "|---|---|")
    yield from (f"| {code} | {meaning} |" for code, meaning in _codes().items())
    yield ""


def _markdown_command(path: str, command: click.Command) -> Iterator[str]:
    yield from ("", f"### sync {path}", "", _help(command), "", "```sh", f"sync {_usage(path, command)}", "```", "")
    yield from ("| option | meaning |", "|---|---|")
    yield from (f"| `{names.replace('|', chr(92) + '|')}` | {meaning} |" for names, meaning in _options(command))
    yield from ("", "```sh")
    yield from (text for line, meaning in EXAMPLES[f"sync {path}"] for text in (f"# {meaning}", line))
    yield "```"


def _usage(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    return " ".join([path, *command.collect_usage_pieces(context)])


def _help(command: click.Command) -> str:
    return " ".join((command.help or "").replace("\b", "").split())


def _options(command: click.Command) -> Iterator[tuple[str, str]]:
    context = click.Context(command)
    for one in command.get_params(context):
        record = one.get_help_record(context)
        if record is not None and "--help" not in one.opts:
            yield record[0], " ".join(record[1].split())


def _codes() -> dict[str, str]:
    return {", ".join(map(str, codes)): meaning for codes, meaning in CODES.items()}


def _named(line: str) -> str:
    return line.replace("sync ", f"{PROGRAM} ", 1)


def _escaped(text: str) -> str:
    """Return a text in which roff sees no command and no hyphen."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    main(Path(sys.argv[1]))
