"""Notification commands: small scripts that store the documents they get, one JSON document per line."""

import json
import os
import sys
from pathlib import Path
from typing import Any

KEEPS = """\
#!{python}
import json, os, sys, time
document = json.load(sys.stdin)
with open({heard!r}, "a") as out:
    out.write(json.dumps([document, dict(os.environ), os.getcwd(), sys.argv[1:]]) + "\\n")
{then}
"""


def program(folder: Path, then: str = "") -> Path:
    """Write a script that stores its input in `heard` next to it, and then runs the given lines."""
    path = folder / "tell"
    path.write_text(KEEPS.format(python=sys.executable, heard=str(folder / "heard"), then=then), encoding="utf-8")
    path.chmod(0o755)
    return path


def heard(folder: Path) -> list[dict[str, Any]]:
    """Return the documents that the program has heard."""
    return [entry[0] for entry in entries(folder)]


def entries(folder: Path) -> list[Any]:
    """Return each document with the environment, the folder and the arguments that the program had."""
    kept = folder / "heard"
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []


def is_alive(pid: int) -> bool:
    """Return whether a process is there and not just waiting to be buried."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
