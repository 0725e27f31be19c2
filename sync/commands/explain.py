"""`sync explain`: show what the state file knows about one contact, without any call."""

from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show


@click.command()
@click.argument("who", metavar="WHO")
@click.argument("field", metavar="[FIELD]", required=False)
@config_option
@json_option
def explain(who: str, field: str | None, config_path: Path | None, as_json: bool) -> int:
    """Show the history of one contact: e-mail address, phone number, or ACCOUNT:ID."""
    from sync.errors import DONE, OPEN
    from sync.operations.explain import explain as look_up
    from sync.text_output.timeline import explanation_lines

    document = look_up(open_config(config_path), who, field)
    show(document, as_json, explanation_lines)
    return DONE if document["people"] else OPEN
