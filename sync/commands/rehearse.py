"""`sync rehearse`: run the config against copies of both accounts and report what the real runs would do."""

from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show_json, show_lines
from sync.commands.verbosity import progress_shown


@click.command()
@click.option(
    "--people", "newest", type=click.IntRange(min=1), metavar="N", help="Only the N newest contacts of each account."
)
@click.option(
    "--connection", "connections", multiple=True, metavar="NAME", help="Only this connection; may be repeated."
)
@config_option
@json_option
def rehearse(newest: int | None, connections: tuple[str, ...], config_path: Path | None, as_json: bool) -> int:
    """Try the first runs on copies of both accounts, which are only read."""
    from sync.output.report import combined_code
    from sync.rehearsal import rehearse as rehearse_connections
    from sync.rehearsal.outcome import document
    from sync.text_output.rehearsal import rehearsal_lines

    config = open_config(config_path)
    with progress_shown() as progress:
        rehearsals = rehearse_connections(config, connections, newest, progress)
    if as_json:
        show_json(document(rehearsals))
    else:
        show_lines(rehearsal_lines(rehearsals))
    return combined_code(one.exit_code for one in rehearsals)
