"""`sync check`: test whether every account works and has what the mapping needs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.commands.invocation import config_option, json_option, open_config, show, tell
from sync.commands.verbosity import is_quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.connector import Finding
    from sync.config.model import Config


def _ask(config: "Config") -> None:
    """Ask before a probe. Raises UsageError without a terminal, Declined when the user answers no."""
    from sync.engine.probe import TAG
    from sync.errors import Declined, UsageError

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("--probe writes to your accounts and asks first; without a terminal, add --yes")
    names = dict.fromkeys(name for one in config.connections.values() for name in (one.left, one.right))
    accounts = ", ".join(names)
    tell([f"growthsync creates, changes and deletes one invented contact at example.com in each of {accounts}."])
    tell([f"The contact has the tag {TAG}. A workflow that starts for every new contact may start for it."])
    if not click.confirm("Try this?", err=True):
        raise Declined


def _tell(line: str) -> None:
    tell([line])


def _write_report(path: Path, config: "Config") -> None:
    from sync.operations.probe_report import write_report

    write_report(path, config)
    tell([f"wrote {path}: it names no person and no secret, so that you can attach it to an issue"])


def _ignore(_line: str) -> None:
    """Do nothing."""


@click.command()
@click.option("--fix", is_flag=True, help="Create what is missing and can be created, such as custom fields.")
@click.option("--probe", "probing", is_flag=True, help="Create one invented contact in each account, and delete it.")
@click.option("--yes", is_flag=True, help="Do not ask before a probe.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="Write what a probe found, without people."
)
@config_option
@json_option
def check(*, fix: bool, probing: bool, yes: bool, report: Path | None, config_path: Path | None, as_json: bool) -> int:
    """Test every account: credentials, scopes, custom fields."""
    from sync.engine.check import check as try_accounts
    from sync.errors import DONE, UNFINISHED
    from sync.text_output.accounts import check_lines

    if report is not None and not probing:
        raise click.UsageError("--report writes what a probe found: give --probe, too")
    config = open_config(config_path)
    if probing and not yes:
        _ask(config)
    results = try_accounts(config, fix, _tell, probing=probing, tell=_ignore if is_quiet() else _tell)
    if report is not None:
        _write_report(report, config)
    show({"accounts": [_document(*one) for one in results]}, as_json, check_lines)
    broken = any(finding.fatal and not finding.ok for _, _, findings in results for finding in findings)
    return UNFINISHED if broken else DONE


def _document(account: str, connector: str, findings: "Sequence[Finding]") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "account": account,
        "connector": connector,
        "ok": all(finding.ok or not finding.fatal for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }
