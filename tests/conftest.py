"""What all tests share: where they write, how long Hypothesis searches, and which programs they need."""

import gc
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.new_state_files import copy_new_files
from tests.thorough import THOROUGH

MEMORY = Path("/dev/shm")  # noqa: S108 - each test has its own folder in it
ENOUGH = 1 << 30
"""Free bytes below which a folder in memory is not used: in some containers it has 64 MB."""


def _memory_is_usable() -> bool:
    """Return whether tests can write and execute files in memory, and whether there is enough of it."""
    if not os.access(MEMORY, os.W_OK):
        return False
    found = os.statvfs(MEMORY)
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= ENOUGH


# A state file waits for the disk at each commit (5 ms and more), which took most of the suite's time. In memory the
# same calls return at once. Child processes inherit TMPDIR.
if "TMPDIR" not in os.environ and _memory_is_usable():
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None  # read TMPDIR again

# Containers often forbid bytecode. Then each worker of pytest-xdist compiles all tests, and each child process the
# whole program: 25 seconds and 2 seconds of computing. Git ignores the caches.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

os.environ["TZ"] = "UTC"  # times are shown in the zone of the machine
time.tzset()

# Machines differ in speed: no deadline. One commit has one verdict: `make test` tries the same examples each time, and
# the random search is that of THOROUGH=1, `make fuzz` and `make soak`.
settings.register_profile("ci", deadline=None, max_examples=30, derandomize=True, database=None)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("thorough" if THOROUGH else "ci")


@pytest.fixture(autouse=True)
def _seeded_waits() -> None:
    """Have the waits between the tries of a call, which are drawn at random, be the same in each run of the suite."""
    random.seed(0)


NEEDED = {
    "systemd-analyze": "the units were not checked; install the package systemd",
    "chromium": "the status page was not tested in a browser; install the package chromium",
}


@pytest.fixture(autouse=True, scope="session")
def new_state_files() -> Iterator[None]:
    """Copy new state files, which need not be migrated each time."""
    with pytest.MonkeyPatch.context() as patch:
        copy_new_files(patch)
        yield


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of garbage collection, which otherwise visits it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Report what could not be tested on this machine."""
    for program, what in NEEDED.items():
        if shutil.which(program) is None:
            terminalreporter.write_line(f"NOT TESTED: {program} is missing, {what}", red=True, bold=True)
