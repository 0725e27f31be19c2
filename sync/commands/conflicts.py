"""`sync conflicts`: show and settle fields that changed on both sides (R15)."""

from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show


@click.group()
def conflicts() -> None:
    """Show and settle fields that changed on both sides."""


@conflicts.command("list")
@config_option
@json_option
def list_(config_path: Path | None, as_json: bool) -> int:
    """List the open conflicts."""
    from sync.operations import open_items
    from sync.text_output.open_items import conflict_lines

    show(open_items.conflicts(open_config(config_path)), as_json, conflict_lines)
    return 0


@conflicts.command("show")
@click.argument("conflict_id", metavar="ID", type=click.IntRange(min=1))
@config_option
@json_option
def show_(conflict_id: int, config_path: Path | None, as_json: bool) -> int:
    """Show one conflict: both values, their times, and how to settle it."""
    from sync.operations import open_items
    from sync.text_output.open_items import one_conflict_lines

    show(open_items.conflict(open_config(config_path), conflict_id), as_json, one_conflict_lines)
    return 0


@conflicts.command()
@click.argument("conflict_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--left", is_flag=True, help="Use the left side's value on both sides.")
@click.option("--right", is_flag=True, help="Use the right side's value on both sides.")
@click.option("--value", metavar="V", help="Use this value on both sides.")
@config_option
@json_option
def resolve(
    *, conflict_id: int, left: bool, right: bool, value: str | None, config_path: Path | None, as_json: bool
) -> int:
    """Settle one conflict; the next run writes it."""
    if left + right + (value is not None) != 1:
        raise click.UsageError("give exactly one of --left, --right and --value V")

    from sync.operations import open_items
    from sync.text_output.open_items import resolved_lines

    side = None if value is not None else "left" if left else "right"
    show(open_items.resolve(open_config(config_path), conflict_id, side=side, value=value), as_json, resolved_lines)
    return 0
