"""`sync conflicts`: show and settle fields that changed on both sides (R15)."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from sync.commands.invocation import check_connections, config_option, json_option, open_config, show


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
@click.argument("conflict_id", metavar="[ID]", type=click.IntRange(min=1), required=False)
@click.option("--all", "all_", is_flag=True, help="Settle every open conflict, but for those about deletions.")
@click.option("--field", metavar="FIELD", help="Settle every open conflict about this field.")
@click.option(
    "--connection", "connections", multiple=True, metavar="NAME", help="With --all or --field: only this connection."
)
@click.option("--left", is_flag=True, help="Use the left side's value on both sides.")
@click.option("--right", is_flag=True, help="Use the right side's value on both sides.")
@click.option("--newest", is_flag=True, help="Use the value of the record that was edited last, where that is known.")
@click.option("--value", metavar="V", help="Use this value on both sides; for one conflict.")
@click.option("--yes", is_flag=True, help="Do not ask before many conflicts are settled.")
@config_option
@json_option
def resolve(
    *,
    conflict_id: int | None,
    all_: bool,
    field: str | None,
    connections: tuple[str, ...],
    left: bool,
    right: bool,
    newest: bool,
    value: str | None,
    yes: bool,
    config_path: Path | None,
    as_json: bool,
) -> int:
    """Settle one conflict, or many; the next run writes it. The history keeps who settled what, and when."""
    if left + right + newest + (value is not None) != 1:
        raise click.UsageError("give exactly one of --left, --right, --newest and --value V")
    if (conflict_id is not None) + all_ + (field is not None) != 1:
        raise click.UsageError("give exactly one of an ID, --all and --field FIELD")
    if conflict_id is None and value is not None:
        raise click.UsageError("--value V is for one conflict: give its ID")
    if connections and conflict_id is not None:
        raise click.UsageError("--connection is for --all and --field")

    from sync.engine.approval import user_name
    from sync.operations import decisions, open_items
    from sync.text_output.open_items import resolved_lines, settled_lines

    side = "left" if left else "right" if right else decisions.NEWEST
    config = open_config(config_path)
    if conflict_id is not None:
        given = None if value is not None else side
        show(open_items.resolve(config, conflict_id, side=given, value=value), as_json, resolved_lines)
        return 0
    check_connections(config, connections)
    ask = _question(side, ask=not yes)
    document = decisions.settle_many(config, field, connections, side, user_name(), ask)
    show(document, as_json, settled_lines)
    return 0


def _question(side: str, *, ask: bool) -> Callable[[int, int], None]:
    """Return a function that asks once on a terminal before many conflicts are settled; it raises Declined."""
    from sync.errors import Declined

    def confirm(settled: int, left_open: int) -> None:
        rest = f" ({left_open:,} more stay open)" if left_open else ""
        words = "the value that was edited last" if side == "newest" else f"the value of the {side} side"
        if settled and not click.confirm(f"Settle {settled:,} conflicts with {words}{rest}?", err=True):
            raise Declined

    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return confirm if ask and on_terminal else lambda _settled, _left_open: None
