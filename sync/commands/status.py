"""`sync status`: show the progress of each connection, without any call and without taking the lock."""

import sys
import time
from pathlib import Path
from typing import Final

import click

from sync.commands.invocation import config_option, json_option, open_config, show

WATCH_SECONDS: Final = 2.0
CLEAR: Final = "\x1b[H\x1b[2J"
"""Moves the cursor of a terminal to its beginning, and clears it."""


@click.command()
@click.option("--watch", is_flag=True, help="Show it again every two seconds, until Ctrl-C.")
@config_option
@json_option
def status(*, watch: bool, config_path: Path | None, as_json: bool) -> int:
    """Show the progress of every connection, and what is open."""
    if watch and as_json:
        raise click.UsageError("--watch is for people; with --json, call `status` as often as you need it")
    from sync.operations.status import read_status
    from sync.text_output.state import status_lines

    config = open_config(config_path)
    while watch:
        document = read_status(config)
        click.echo(CLEAR, nl=False)
        show(document, False, status_lines)
        sys.stdout.flush()
        time.sleep(WATCH_SECONDS)
    show(read_status(config), as_json, status_lines)
    return 0
