"""What the whole command line shares: sections of the help, options that may stand anywhere, the program's name.

Commands are plain click commands. `complete` adds to each of them what all have, so that no command can forget it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from sync.commands.examples import EXAMPLES
from sync.commands.verbosity import verbosity_options
from sync.output.program_name import as_called

FLAGS: Final = ("--json", "-v", "--verbose", "-q", "--quiet")
CONFIG: Final = "--config"
WHOLE_SENTENCE: Final = 1000
"""The characters to which click shortens the line of a command: lines are broken instead."""


class CalledContext(click.Context):
    """A context with help that names the program as it was called."""

    def get_help(self) -> str:
        """Return the help of the command."""
        root = self.find_root()
        commands = root.command.commands if isinstance(root.command, click.Group) else {}
        return as_called(super().get_help(), root.info_name or "", commands)


class SectionedGroup(click.Group):
    """List the commands in sections, in the order in which a new user needs them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sections: Mapping[str, Sequence[str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which they were added."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write a list for each section."""
        longest = max(map(len, self.commands))
        for title, names in self.sections.items():
            rows = [(name.ljust(longest), self.commands[name].get_short_help_str(WHOLE_SENTENCE)) for name in names]
            with formatter.section(title):
                formatter.write_dl(rows)


def complete(command: click.Command, path: str = "sync") -> None:
    """Add to a command, and to those below it, what all commands have: -v, -q, examples."""
    command.context_class = CalledContext
    if path in EXAMPLES:
        command.epilog = "\n".join(["\b", "Examples:", *map(_example, EXAMPLES[path])])
    if not isinstance(command, click.Group) or command.invoke_without_command:
        command.params += verbosity_options()
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            complete(inner, f"{path} {name}")


def with_options_last(root: click.Group, given: Sequence[str]) -> list[str]:
    """Return the arguments with those options behind the command that every command has, wherever they stood."""
    command: click.Command = root
    words: list[str] = []
    moved: list[str] = []
    rest = list(given)
    while rest:
        taken = _shared(rest)
        if taken:
            moved += rest[:taken]
            del rest[:taken]
        elif isinstance(command, click.Group) and rest[0] in command.commands:
            command = command.commands[rest[0]]
            words.append(rest.pop(0))
        else:
            break
    return [*words, *moved, *rest]


def leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield each command that does something, with the words that call it."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from leaves(inner, f"{path} {name}")


def _shared(rest: Sequence[str]) -> int:
    """Return how many of the first arguments are an option that every command has."""
    if rest[0] == CONFIG and len(rest) > 1:
        return 2
    return int(rest[0] in FLAGS or rest[0].startswith(f"{CONFIG}="))


def _example(example: tuple[str, str]) -> str:
    line, meaning = example
    return f"  {line}\n      {meaning}"
