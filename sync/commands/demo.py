"""`sync demo` and `sync sandbox`: run two simulated systems on this machine, and sync them or let the user do it."""

import sys

import click

from connectors.registry import FIRST_PAIR, kinds


@click.command()
@click.argument("system", required=False, type=click.Choice([one for one in kinds() if one not in FIRST_PAIR]))
@click.option("--keep", is_flag=True, help="Then keep both systems and the status page running until Ctrl-C.")
def demo(system: str | None, keep: bool) -> int:
    """Sync two simulated systems; needs no account. With SYSTEM, that one takes a place in a shorter demo."""
    from sync.demo import demo as run_demo
    from sync.demo import pair_demo
    from sync.errors import DONE, OPEN

    agreed = run_demo(keep, sys.stdout) if system is None else pair_demo(system, keep, sys.stdout)
    return DONE if agreed else OPEN


@click.command()
def sandbox() -> int:
    """Run two simulated systems and the status page until Ctrl-C, for you to sync them."""
    from sync.demo import sandbox as run_sandbox
    from sync.errors import DONE

    run_sandbox(sys.stdout)
    return DONE
