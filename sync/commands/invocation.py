"""Find the config and print the result: what all commands share.

With `--json`, standard output holds one JSON document and nothing else. Progress and questions always go to standard
error.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from unicodedata import category

import click

from sync.output.program_name import as_called

if TYPE_CHECKING:
    from sync.config.model import Config

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The config file. By default $SYNC_CONFIG, ./config.toml, or the one in your config folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def open_config(path: Path | None) -> "Config":
    """Load the config file that the option, or else the environment, names. Raises ConfigError."""
    # Plugins of pydantic would see credentials, and the search for them takes time.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from sync.config.model import find, load

    config = load(find(path))
    for line in config.warnings:
        warn(line)
    return config


def check_connections(config: "Config", names: Iterable[str]) -> None:
    """Refuse a connection that the config does not have. Raises UsageError."""
    from sync.config.value_types import suggest
    from sync.errors import UsageError

    for name in names:
        if name not in config.connections:
            known = suggest(name, config.connections)
            raise UsageError(f"--connection {name}: {config.path} has no such connection; allowed is {known}")


def warn(text: str) -> None:
    """Print a warning on standard error."""
    tell([f"warning: {text}"])


def tell(lines: Iterable[str]) -> None:
    """Print lines on standard error, as `show_lines` does on standard output."""
    _write_lines(lines, sys.stderr)


def named(text: str) -> str:
    """Return a text with hints that name the program as it was called."""
    context = click.get_current_context(silent=True)
    root = None if context is None else context.find_root()
    if root is None or not isinstance(root.command, click.Group):
        return text
    return as_called(text, root.info_name or "", root.command.commands)


def show(document: Mapping[str, Any], as_json: bool, lines: Callable[[Mapping[str, Any]], Iterable[str]]) -> None:
    """Print the result: the document as JSON, or as lines of text."""
    if as_json:
        show_json(document)
    else:
        show_lines(lines(document))


def show_json(document: Mapping[str, Any]) -> None:
    """Print a document piece by piece, so that a long one needs little memory."""
    for piece in json_pieces(document, sys.stdout):
        sys.stdout.write(piece)
    sys.stdout.write("\n")


def json_pieces(document: Mapping[str, Any], stream: TextIO) -> Iterator[str]:
    """Yield a document as JSON that the stream can encode.

    Without UTF-8 every character outside ASCII is escaped, so that none is lost. On a terminal all unprintable
    characters are escaped; elsewhere only lone surrogates, which UTF-8 cannot encode.
    """
    is_utf8 = (stream.encoding or "utf-8").lower().replace("_", "-") in ("utf-8", "utf8")
    is_shown = stream.isatty()
    for piece in json.JSONEncoder(ensure_ascii=not is_utf8).iterencode(document):
        if piece.isprintable():
            yield piece
        else:
            yield "".join(one if _is_safe(one, is_shown=is_shown) else json.dumps(one)[1:-1] for one in piece)


def _is_safe(character: str, *, is_shown: bool) -> bool:
    return character.isprintable() or not (is_shown or category(character) == "Cs")


def show_lines(lines: Iterable[str]) -> None:
    """Print lines as they come; on a terminal in colour, and no wider than it."""
    _write_lines(lines, sys.stdout)


def _write_lines(lines: Iterable[str], stream: TextIO) -> None:
    if stream.isatty():
        from sync.output.terminal import write_on_terminal

        write_on_terminal(map(named, lines), stream)
        return
    stream.writelines(f"{named(line)}\n" for line in lines)
