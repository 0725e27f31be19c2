"""`sync check`: whether every account works, and has what the mapping needs."""

from pathlib import Path

import click

from sync.commands.face import config_option, json_option, open_config, show


@click.command()
@click.option("--fix", is_flag=True, help="Make what is missing and can be made, like custom fields.")
@config_option
@json_option
def check(fix: bool, config_path: Path | None, as_json: bool) -> int:
    """Try every account: credentials, scopes, custom fields."""
    from dataclasses import asdict

    from sync.errors import DONE, UNFINISHED
    from sync.faces.tables import check_lines
    from sync.runs.checking import check as try_accounts

    results = try_accounts(open_config(config_path), fix, lambda line: click.echo(line, err=True))
    broken = any(finding.fatal and not finding.ok for _, _, findings in results for finding in findings)
    accounts = [
        {
            "account": account,
            "connector": connector,
            "ok": all(finding.ok or not finding.fatal for finding in findings),
            "findings": [asdict(finding) for finding in findings],
        }
        for account, connector, findings in results
    ]
    show({"accounts": accounts}, as_json, check_lines)
    return UNFINISHED if broken else DONE
