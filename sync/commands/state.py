"""`sync state`: back up and repair the state file."""

from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show


@click.group()
def state() -> None:
    """Back up and repair the state file."""


@state.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@config_option
@json_option
def backup(path: Path, config_path: Path | None, as_json: bool) -> int:
    """Write a consistent copy of the state file to PATH, also during a run."""
    from sync.operations.state_access import back_up
    from sync.text_output.state import backup_lines

    show(back_up(open_config(config_path), path), as_json, backup_lines)
    return 0


@state.command()
@config_option
@json_option
def repair(config_path: Path | None, as_json: bool) -> int:
    """Delete damaged cells of the state file that runs can read again; never change links and shadows.

    Exits with 1 where something is damaged that only a backup can restore.
    """
    from sync.operations.state_repair import repair as repaired
    from sync.text_output.state import repair_lines

    document = repaired(open_config(config_path))
    show(document, as_json, repair_lines)
    return 1 if document["left"] else 0
