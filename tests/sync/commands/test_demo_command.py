import io
from typing import TextIO, cast

import click
from rich.console import Console

from sync.cli import cli
from sync.commands.demo import NamingStream


def test_what_the_demo_prints_names_the_program_as_it_was_called() -> None:
    out = io.StringIO()
    with click.Context(cli, info_name="growthsync"):
        stream = cast("TextIO", NamingStream(out))
        stream.write("$ sync run\n")
        Console(file=stream, force_terminal=False).print("then: sync undo RUN")
    assert out.getvalue() == "$ growthsync run\nthen: growthsync undo RUN\n"
    assert not stream.isatty()
