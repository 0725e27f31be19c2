"""systemd's own tools, where they are there; where not, the summary of the test run says so (tests/conftest.py)."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

HAS_TOOLS = shutil.which("systemd-analyze") is not None

needs_tools = pytest.mark.skipif(not HAS_TOOLS, reason="systemd-analyze is missing: the units are NOT checked")


def analyze(folder: Path, *arguments: str, user: bool = False) -> "subprocess.CompletedProcess[str]":
    """Ask systemd-analyze, as the manager of the system or of a user.

    The folder for sockets has a short name: an address of a socket has at most 108 bytes, and tests' folders are long.
    """
    with TemporaryDirectory(prefix="xdg") as runtime:
        return subprocess.run(  # noqa: S603 - a program of the system
            ["systemd-analyze", *(["--user"] if user else []), *arguments],  # noqa: S607 - wherever it is
            cwd=folder,
            env=os.environ | {"XDG_RUNTIME_DIR": runtime, "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def written(folder: Path, units: Mapping[str, str]) -> Path:
    """Write units into a folder."""
    folder.mkdir(exist_ok=True)
    for name, text in units.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def exposure(folder: Path, unit: str, *, user: bool) -> float:
    """Return how exposed a service is, from 0 to 10, without asking a manager that runs."""
    found = analyze(folder, "security", "--offline=true", f"./{unit}", user=user)
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", found.stdout)
    assert level, found.stdout + found.stderr
    return float(level[1])
