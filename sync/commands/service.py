"""`sync service`: install growthsync as a service of this machine, under systemd."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.commands.invocation import config_option, json_option, open_config, show, warn

if TYPE_CHECKING:
    from sync.service.install import Installation
    from sync.service.units import Scope


@click.group()
def service() -> None:
    """Run growthsync as a service of this machine."""


@service.command()
@click.option("--user", "user", is_flag=True, help="A service of your user; the default, except for root.")
@click.option("--system", "system", is_flag=True, help="A service of the system, which runs as a user of its own.")
@click.option("--timer", is_flag=True, help="Timers that start runs, instead of a daemon.")
@click.option("--print", "only_print", is_flag=True, help="Show the units and write nothing.")
@config_option
@json_option
def install(*, user: bool, system: bool, timer: bool, only_print: bool, config_path: Path | None, as_json: bool) -> int:
    """Write systemd units that run every connection on its schedule."""
    if user and system:
        raise click.UsageError("give either --user or --system")
    config = open_config(config_path)

    from sync.errors import ConfigError
    from sync.service.install import installation
    from sync.text_output.state import installation_lines

    scope: Scope = "system" if system or (os.geteuid() == 0 and not user) else "user"
    found = installation(config, scope, timer=timer)
    if found.complaints and not only_print:
        raise ConfigError(*found.complaints)
    for complaint in found.complaints:
        warn(complaint)
    if not only_print:
        _write(found)
    files = [{"path": str(path), "content": text} for path, text in found.files.items()]
    show({"files": files, "written": not only_print, "next": list(found.steps)}, as_json, installation_lines)
    return 0


def _write(found: "Installation") -> None:
    from sync.errors import UsageError
    from sync.service.install import write

    try:
        write(found.files)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written ({error.strerror}); see it with --print") from None
