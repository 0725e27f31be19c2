"""What all tests share. Machines differ in speed, so no example of Hypothesis has a deadline."""

import shutil
from typing import Any

from hypothesis import settings

settings.register_profile("suite", deadline=None, max_examples=50)
settings.load_profile("suite")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say aloud what could not be tested on this machine."""
    if shutil.which("systemd-analyze") is None:
        terminalreporter.write_line(
            "NOT TESTED: systemd-analyze is missing, so nobody checked the units; install the package systemd",
            red=True,
            bold=True,
        )
