"""Write plans into files and read them again: CSV for people, and saved plans for `run --plan`.

Both hold personal data, so that only their owner may read them.
"""

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from sync.config.model import Config
from sync.engine.saved_plan import SavedPlans, read_plans
from sync.errors import UsageError
from sync.operations.approvals import confirm_connection
from sync.output.report import RunReport

COLUMNS: Final = ("connection", "account", "operation", "who", "field", "old", "new")
FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![\d\s().-]*$)")
"""What a spreadsheet would run as a formula; a phone number and an amount are none."""


def save_csv(path: Path, reports: Iterable[RunReport]) -> None:
    """Write every planned field, a line each, with a heading. Raises UsageError where the file can't be written."""
    with _private(path) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for report in reports:
            for one in report.changes:
                cells = (report.connection, one.account, one.operation, one.who, one.field, one.old, one.new)
                writer.writerow([_cell(cell) for cell in cells])


def save_plans(path: Path, reports: Iterable[RunReport]) -> None:
    """Write the plans of some runs, one JSON object a line. Raises UsageError where the file can't be written."""
    with _private(path) as file:
        for report in reports:
            for one in report.saved:
                file.write(json.dumps(one, ensure_ascii=False) + "\n")


def load_plans(path: Path, config: Config) -> SavedPlans:
    """Return the plans of a file. Raises UsageError where it holds none, and NotThere for an unknown connection."""
    try:
        with path.open(encoding="utf-8") as file:
            saved = read_plans(file)
    except OSError as error:
        raise UsageError(f"--plan {path}: can't be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, UnboundLocalError) as error:
        raise UsageError(
            f"--plan {path}: it is no plan of this release; save one with: growthsync plan --save"
        ) from error
    for name in saved.plans:
        confirm_connection(config, name)
    return saved


def _cell(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else "; ".join(map(str, value))
    return f"'{text}" if FORMULA.match(text) else text


@contextmanager
def _private(path: Path) -> Iterator[TextIO]:
    """Open a new file that only its owner may read; an existing one is replaced as a whole."""
    draft = path.with_name(f".{path.name}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError(f"{path}: can't be written ({error.strerror})") from error
