"""`sync demo`: both systems on this machine, filled with people, synced before your eyes."""

import sys

import click


@click.command()
@click.option("--keep", is_flag=True, help="Leave the folder with its config and state file for a look.")
def demo(keep: bool) -> int:
    """See it work; needs no account."""
    from sync.demo import demo as tell
    from sync.errors import DONE, OPEN

    return DONE if tell(keep, sys.stdout) else OPEN
