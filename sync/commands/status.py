"""`sync status`: show the progress of each connection, without any call and without taking the lock."""

from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show


@click.command()
@config_option
@json_option
def status(config_path: Path | None, as_json: bool) -> int:
    """Show the progress of every connection, and what is open."""
    from sync.operations.status import read_status
    from sync.text_output.state import status_lines

    show(read_status(open_config(config_path)), as_json, status_lines)
    return 0
