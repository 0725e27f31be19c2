"""`sync forget`: erase a contact from the state and exclude it from later runs, or end that."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show


@click.command()
@click.argument("who", metavar="WHO")
@click.option("--lift", "lifted", is_flag=True, help="Sync a forgotten contact again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@json_option
def forget(*, who: str, lifted: bool, yes: bool, config_path: Path | None, as_json: bool) -> int:
    """Erase one contact from the state and its history; writes to neither account."""
    from sync.errors import DONE, OPEN
    from sync.operations import forget as forget_operation
    from sync.text_output.state import forgotten_lines, lifted_lines

    config = open_config(config_path)
    if lifted:
        document = forget_operation.lift(config, who)
        show(document, as_json, lifted_lines)
        return DONE if document["lifted"] else OPEN
    document = forget_operation.forget(config, who, _question(ask=not yes))
    show(document, as_json, forgotten_lines)
    return DONE if document["forgotten"] else OPEN


def _question(*, ask: bool) -> Callable[[str], None]:
    """Return a function that asks on a terminal before a contact is erased, and raises Declined after a no."""
    from sync.errors import Declined

    def confirm(ids: str) -> None:
        if not click.confirm(f"Erase everything that the state knows about {ids}? This cannot be undone.", err=True):
            raise Declined

    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return confirm if ask and on_terminal else lambda _ids: None
