"""`sync approve`, `sync pause` and `sync resume`: the answers of a user to a connection (R45)."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.commands.invocation import config_option, json_option, open_config, show, tell
from sync.commands.verbosity import progress_shown

if TYPE_CHECKING:
    from sync.config.model import Config
    from sync.output.proposal import Proposal


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@json_option
def approve(*, name: str, yes: bool, config_path: Path | None, as_json: bool) -> int:
    """Show what a waiting run of a connection would do, and let it write that.

    The first run of a connection waits for this in a daemon, and so does each run that the guard has stopped. Where
    no run waits, the plan of the next run is made first.
    """
    from sync.engine.approval import user_name
    from sync.operations import approvals
    from sync.text_output.proposal import approval_lines

    config = open_config(config_path)
    proposal = approvals.waiting_proposal(config, name) or _plan(config, name)
    _show_and_ask(proposal, ask=not yes)
    show(approvals.approve(config, name, proposal.run, user_name()), as_json, approval_lines)
    return 0


@click.command()
@click.argument("name")
@config_option
@json_option
def pause(*, name: str, config_path: Path | None, as_json: bool) -> int:
    """Let no run of a connection start by itself, until `resume`."""
    from sync.engine.approval import user_name
    from sync.operations import approvals
    from sync.text_output.proposal import pause_lines

    show(approvals.pause(open_config(config_path), name, user_name()), as_json, pause_lines)
    return 0


@click.command()
@click.argument("name")
@config_option
@json_option
def resume(*, name: str, config_path: Path | None, as_json: bool) -> int:
    """End the pause of a connection."""
    from sync.operations import approvals
    from sync.text_output.proposal import pause_lines

    show(approvals.resume(open_config(config_path), name), as_json, pause_lines)
    return 0


def _plan(config: "Config", name: str) -> "Proposal":
    """Let the next run of a connection make its plan and wait. Raises NotThere where nothing would wait."""
    from sync.engine.options import RunOptions
    from sync.engine.runner import run_connections
    from sync.errors import NotThere
    from sync.operations import approvals

    if not approvals.is_first(config, name):
        raise NotThere(
            f"{name}: no run waits for approval, and its first run is done; "
            f"see what the next one would do: growthsync plan --connection {name}"
        )
    with progress_shown() as progress:
        (report,) = run_connections(config, RunOptions(connections=(name,), waits=True), progress, None)
    found = approvals.waiting_proposal(config, name)
    if found is None:
        problem = "; ".join([*report.errors, *filter(None, (report.locked,))]) or "it is approved already"
        raise NotThere(f"{name}: no plan waits for approval: {problem}")
    return found


def _show_and_ask(proposal: "Proposal", *, ask: bool) -> None:
    """Show a plan on standard error and, on a terminal, ask. Raises Declined."""
    from sync.errors import Declined
    from sync.text_output.proposal import proposal_lines

    tell(proposal_lines(proposal))
    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if ask and on_terminal and not click.confirm("Write this?", err=True):
        raise Declined
