"""Write what `sync check --probe` found at each account, so that a user can attach it to an issue.

The report holds names of systems, what was tried, and fixed words: no person, no name of an account, no secret.
"""

import platform
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from state.file import StateFile
from state.settings import Settings
from sync import __version__
from sync.config.model import Config
from sync.errors import UsageError
from sync.output.text import aligned


def write_report(path: Path, config: Config) -> None:
    """Write the report. Raises UsageError where the file can't be written."""
    try:
        path.write_text("\n".join(report_lines(config)) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--report {path}: it can't be written ({error.strerror})") from error


def report_lines(config: Config) -> Iterator[str]:
    """Yield the report: the version, and a table of trials for each account that was probed."""
    yield f"growthsync {__version__}, Python {platform.python_version()}, {platform.system()}"
    with closing(StateFile.open(config.state.path)) as state:
        for number, (name, options) in enumerate(config.accounts.items(), 1):
            probed = Settings(state, name, lambda: 0).probed()
            if "trials" not in probed:
                continue
            yield ""
            yield f"account {number}: {options.connector}, probed on {probed['at'][:10]}"
            rows = [(one["what"], one["found"], _verdict(one["as_assumed"])) for one in probed["trials"]]
            yield from aligned([("TRIED", "FOUND", "VERDICT"), *rows])


def _verdict(as_assumed: bool | None) -> str:
    return {True: "as assumed", False: "otherwise", None: "not tried"}[as_assumed]
