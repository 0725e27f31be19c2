"""`sync demo` and `sync sandbox`: run two simulated systems on this machine, and sync them or let the user do it."""

import sys
from typing import Any, TextIO, cast

import click

from connectors.registry import FIRST_PAIR, kinds
from sync.commands.invocation import named


class NamingStream:
    """A stream on which hints and commands name the program as it was called."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text."""
        return self._stream.write(named(text))

    def __getattr__(self, name: str) -> Any:
        """Return what else the stream has."""
        return getattr(self._stream, name)


@click.command()
@click.argument("system", required=False, type=click.Choice([one for one in kinds() if one not in FIRST_PAIR]))
@click.option("--keep", is_flag=True, help="Then keep both systems and the status page running until Ctrl-C.")
def demo(system: str | None, keep: bool) -> int:
    """Sync two simulated systems; needs no account. With SYSTEM, that one takes a place in a shorter demo."""
    from sync.demo import demo as run_demo
    from sync.demo import pair_demo
    from sync.errors import DONE, OPEN

    out = cast("TextIO", NamingStream(sys.stdout))
    agreed = run_demo(keep, out) if system is None else pair_demo(system, keep, out)
    return DONE if agreed else OPEN


@click.command()
def sandbox() -> int:
    """Run two simulated systems and the status page until Ctrl-C, for you to sync them."""
    from sync.demo import sandbox as run_sandbox
    from sync.errors import DONE

    run_sandbox(cast("TextIO", NamingStream(sys.stdout)))
    return DONE
