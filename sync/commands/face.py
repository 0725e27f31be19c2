"""What every command has in common: how it finds its config, and how it shows its result.

With `--json` standard output holds one JSON document and nothing else. Progress and questions go to standard
error in any case.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sync.config.model import Config

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The config file. Else $SYNC_CONFIG, ./config.toml, or the one in your config folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def open_config(path: Path | None) -> "Config":
    """Load the config file that the option, or else the environment, names. Raises ConfigError."""
    # Other packages may hook into pydantic: they have no business with credentials, and looking for them takes time.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from sync.config.model import find, load

    return load(find(path))


def warn(text: str) -> None:
    """Tell a person something, beside the result."""
    click.echo(f"warning: {text}", err=True)


def show(document: Mapping[str, Any], as_json: bool, lines: Callable[[Mapping[str, Any]], Iterable[str]]) -> None:
    """Print the result: the document as it is, or the lines that people read instead."""
    if as_json:
        show_json(document)
    else:
        show_lines(lines(document))


def show_json(document: Mapping[str, Any]) -> None:
    """Print a document piece by piece, so that a long one takes no memory."""
    for piece in json.JSONEncoder(ensure_ascii=False).iterencode(document):
        sys.stdout.write(piece)
    sys.stdout.write("\n")


def show_lines(lines: Iterable[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
