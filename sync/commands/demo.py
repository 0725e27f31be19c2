"""`sync demo`: both systems on this machine, filled with people, synced before your eyes."""

import sys

import click


@click.command()
@click.option("--keep", is_flag=True, help="Leave both sandboxes running afterwards, with a config file for them.")
def demo(keep: bool) -> int:
    """See it work; needs no account."""
    from sync.demo import demo as play

    play(keep, sys.stdout)
    return 0
