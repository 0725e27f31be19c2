"""Where `sync plan` writes a plan beside the terminal."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.commands.invocation import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.output.report import RunReport


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """Where a plan is written beside the terminal, and whether the terminal shows all of it."""

    csv: Path | None = None
    save: Path | None = None
    everything: bool = True


NO_FILES = PlanFiles()


def write_files(files: PlanFiles, reports: "Sequence[RunReport]") -> None:
    """Write the plan into the files that the user named, and say where. Raises UsageError."""
    if files.csv is None and files.save is None:
        return
    from sync.operations.plan_files import save_csv, save_plans

    if files.csv is not None:
        save_csv(files.csv, reports)
        click.echo(f"wrote {files.csv}", err=True)
    if files.save is not None:
        save_plans(files.save, reports)
        tell([f"wrote {files.save}; carry out exactly this with: sync run --plan {files.save}"])
