"""What all tests share. Machines differ in speed, so no example of Hypothesis has a deadline."""

import shutil
from typing import Any

from hypothesis import settings

settings.register_profile("suite", deadline=None, max_examples=50)
settings.load_profile("suite")

NEEDED = {
    "systemd-analyze": "so nobody checked the units; install the package systemd",
    "chromium": "so nobody looked at the status page; install the package chromium",
}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say aloud what could not be tested on this machine."""
    for program, what in NEEDED.items():
        if shutil.which(program) is None:
            terminalreporter.write_line(f"NOT TESTED: {program} is missing, {what}", red=True, bold=True)
