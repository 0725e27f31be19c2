"""`sync forget`: erase a person from the state, and keep runs from taking them up again; and the end of that."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show


@click.command()
@click.argument("who", metavar="WHO")
@click.option("--lift", "lifted", is_flag=True, help="Let somebody who was forgotten be taken up again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@json_option
def forget(*, who: str, lifted: bool, yes: bool, config_path: Path | None, as_json: bool) -> int:
    """Erase one person from the state and its history; neither account is written to."""
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
    """Return what asks on a terminal whether a contact may be erased, and raises Declined at a no."""
    from sync.errors import Declined

    def confirm(ids: str) -> None:
        if not click.confirm(f"Erase all that is remembered of {ids}? This cannot be taken back.", err=True):
            raise Declined

    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return confirm if ask and on_terminal else lambda _ids: None
