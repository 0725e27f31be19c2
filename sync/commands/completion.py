"""`sync completion`: print a script that lets a shell complete commands and options."""

import os
import re
from collections.abc import Mapping

import click
from click.shell_completion import get_completion_class, shell_complete

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> int:
    """Print the completion script of a shell, for the name under which you called the program."""
    root = context.find_root()
    program = root.info_name or ""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    # The script is built as click builds it; click would also start bash, only to ask for its version.
    names = kind(root.command, {}, program, variable(program))
    click.echo(names.source_template % names.source_vars())
    return 0


def variable(program: str) -> str:
    """Return the environment variable by which a shell asks for completions."""
    return f"_{re.sub(r'[^A-Z0-9]', '_', program.upper())}_COMPLETE"


def answer_shell(root: click.Group, program: str, environment: Mapping[str, str] = os.environ) -> int | None:
    """Answer a shell that asks for completions, and return the exit code; None where none asks."""
    instruction = environment.get(variable(program))
    return shell_complete(root, {}, program, variable(program), instruction) if instruction else None
