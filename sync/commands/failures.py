"""`sync failures`: show, retry and dismiss records that could not be synced (R22)."""

from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show


@click.group()
def failures() -> None:
    """Show and settle records that could not be synced."""


@failures.command("list")
@config_option
@json_option
def list_(config_path: Path | None, as_json: bool) -> int:
    """List the open failures, each with its reason."""
    from sync.operations import open_items
    from sync.text_output.open_items import failure_lines

    show(open_items.failures(open_config(config_path)), as_json, failure_lines)
    return 0


@failures.command()
@click.argument("failure_id", metavar="[ID]", type=click.IntRange(min=1), required=False)
@click.option("--all", "all_", is_flag=True, help="Retry all failures.")
@config_option
@json_option
def retry(failure_id: int | None, all_: bool, config_path: Path | None, as_json: bool) -> int:
    """Let the next run retry a failure, although nothing has changed."""
    if all_ == (failure_id is not None):
        raise click.UsageError("give either an ID or --all")

    from sync.operations import open_items
    from sync.text_output.open_items import retried_lines

    show(open_items.retry(open_config(config_path), failure_id), as_json, retried_lines)
    return 0


@failures.command()
@click.argument("failure_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--why", required=True, metavar="TEXT", help="The reason; it is kept in the history.")
@config_option
@json_option
def dismiss(failure_id: int, why: str, config_path: Path | None, as_json: bool) -> int:
    """Remove one failure from the list until its record changes."""
    if not why.strip():
        raise click.UsageError("--why needs a reason")

    from sync.operations import open_items
    from sync.text_output.open_items import dismissed_lines

    show(open_items.dismiss(open_config(config_path), failure_id, why.strip()), as_json, dismissed_lines)
    return 0
