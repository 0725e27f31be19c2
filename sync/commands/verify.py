"""`sync verify`: compare both sides in full and write nothing."""

from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show
from sync.commands.verbosity import progress_shown


@click.command()
@click.option(
    "--connection", "connections", multiple=True, metavar="NAME", help="Only this connection; may be repeated."
)
@config_option
@json_option
def verify(connections: tuple[str, ...], config_path: Path | None, as_json: bool) -> int:
    """Compare both sides in full and report whether they agree; write nothing."""
    from sync.engine.options import RunOptions
    from sync.engine.runner import run_connections
    from sync.output.report import verification, verification_code
    from sync.text_output.runs import verify_lines

    options = RunOptions(connections=connections, dry_run=True, unguarded=True, whole=True, compared=True)
    config = open_config(config_path)
    with progress_shown() as progress:
        reports = run_connections(config, options, progress, None)
    show(verification(reports), as_json, verify_lines)
    return verification_code(reports)
