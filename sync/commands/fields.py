"""`sync fields`: show every field of a connection, and propose fields that could be mapped (R47)."""

import sys
from pathlib import Path

import click

from sync.commands.invocation import config_option, json_option, open_config, show, show_lines, warn

connection_option = click.option(
    "--connection", "connections", multiple=True, metavar="NAME", help="Only this connection; may be repeated."
)


@click.group(invoke_without_command=True)
@connection_option
@click.option("--csv", "as_csv", is_flag=True, help="Print the table as CSV.")
@config_option
@json_option
@click.pass_context
def fields(
    context: click.Context, *, connections: tuple[str, ...], as_csv: bool, config_path: Path | None, as_json: bool
) -> int:
    """Show where each field is kept, where it travels, and what cannot be carried; writes nothing."""
    if context.invoked_subcommand is not None:
        return 0
    if as_csv and as_json:
        raise click.UsageError("give either --csv or --json")

    from sync.engine.field_places import read_fields
    from sync.operations.fields import fields_csv, fields_document
    from sync.text_output.fields import fields_lines

    document = fields_document(read_fields(open_config(config_path), warn, connections))
    if as_csv:
        show_lines(fields_csv(document))
    else:
        show(document, as_json, fields_lines)
    return 0


@fields.command()
@connection_option
@click.option("--write", is_flag=True, help="Add the proposed lines to the config file; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask before the config file is changed.")
@config_option
@json_option
def suggest(
    *, connections: tuple[str, ...], write: bool, yes: bool, config_path: Path | None, as_json: bool
) -> int:  # fmt: skip
    """Propose fields: places with the same name, or with values that agree among linked contacts."""
    from sync.engine.field_suggestions import suggest_fields
    from sync.operations.fields import suggestions_document, write_suggestions
    from sync.text_output.fields import suggestion_lines

    config = open_config(config_path)
    found = suggest_fields(config, warn, connections)
    document = suggestions_document(found, config)
    if write and found:
        if not yes:
            _ask(config.path, len(found))
        write_suggestions(config.path, found, config)
        document["written"] = str(config.path)
    show(document, as_json, suggestion_lines)
    return 0


def _ask(path: Path, count: int) -> None:
    """Ask before the config is changed. Raises UsageError without a terminal, Declined when the user answers no."""
    from sync.errors import Declined, UsageError

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("--write changes the config file and asks first; without a terminal, add --yes")
    if not click.confirm(f"Add {count} fields to {path}?", err=True):
        raise Declined
