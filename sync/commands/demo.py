"""`sync demo`: run two simulated systems on this machine and sync them."""

import sys

import click

from connectors.registry import FIRST_PAIR, kinds


@click.command()
@click.argument("system", required=False, type=click.Choice([one for one in kinds() if one not in FIRST_PAIR]))
@click.option("--keep", is_flag=True, help="Keep the folder with its config and state file.")
def demo(system: str | None, keep: bool) -> int:
    """Sync two simulated systems; needs no account. With SYSTEM, that one takes a place in a shorter demo."""
    from sync.demo import demo as run_demo
    from sync.demo import pair_demo
    from sync.errors import DONE, OPEN

    agreed = run_demo(keep, sys.stdout) if system is None else pair_demo(system, keep, sys.stdout)
    return DONE if agreed else OPEN
