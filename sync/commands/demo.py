"""`sync demo`: run two simulated systems on this machine and sync them."""

import sys

import click


@click.command()
@click.option("--keep", is_flag=True, help="Keep the folder with its config and state file.")
def demo(keep: bool) -> int:
    """Sync two simulated systems; needs no account."""
    from sync.demo import demo as run_demo
    from sync.errors import DONE, OPEN

    return DONE if run_demo(keep, sys.stdout) else OPEN
