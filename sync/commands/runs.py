"""`sync runs`: show what ran, and what it changed."""

from pathlib import Path

import click

from sync.commands.invocation import check_connections, config_option, json_option, open_config, show


@click.command()
@click.option(
    "--connection", "connections", multiple=True, metavar="NAME", help="Only this connection; may be repeated."
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="Show the last N runs."
)
@click.option("--idle", is_flag=True, help="Show runs that changed nothing, too.")
@config_option
@json_option
def runs(*, connections: tuple[str, ...], limit: int, idle: bool, config_path: Path | None, as_json: bool) -> int:
    """Show the last runs and what each of them changed, the latest first; makes no calls."""
    from sync.operations.run_list import list_runs
    from sync.text_output.run_list import run_list_lines

    config = open_config(config_path)
    check_connections(config, connections)
    show(list_runs(config, connections, limit, idle=idle), as_json, run_list_lines)
    return 0
