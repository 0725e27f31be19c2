"""`sync undo`: restore what a run overwrote, where it did not change since (R26)."""

from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config
from sync.commands.run import run_and_show, unguarded_option


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--created", is_flag=True, help="Also delete the contacts that the run created.")
@click.option("--dry-run", is_flag=True, help="Write nothing, and show what would be written.")
@unguarded_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@json_option
def undo(
    *, run: str, created: bool, dry_run: bool, unguarded: bool, yes: bool, config_path: Path | None, as_json: bool
) -> int:
    """Restore what a run overwrote, on both sides, where it did not change since."""
    config = open_config(config_path)

    from sync.engine.options import RunOptions
    from sync.operations.undo import connection_of

    options = RunOptions(
        connections=(connection_of(config, run),),
        dry_run=dry_run,
        unguarded=unguarded,
        priced=dry_run,
        undoes=run,
        streams=("contacts",),
        created=created,
    )
    return run_and_show(config, options, as_json=as_json, ask=not yes)
