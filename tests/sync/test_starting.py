"""What a command loads before it can answer: most of the time that a user waits for it (G4 of the benchmarks)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from state.file import StateFile
from sync.config.model import load
from tests.sync.config_text import GOOD

ROOT = Path(__file__).parents[2]
LOADED = "import json, sys; from sync.cli import main; main(sys.argv[1:]); print(json.dumps(sorted(sys.modules)))"
HEAVY = {
    "requests",
    "urllib3",
    "sqlite_utils",
    "rich",
    "phonenumbers",
    "pendulum",
    "filelock",
    "concurrent.futures",
    "cryptography",
}
OURS = {
    "sync.engine.runner",
    "sync.output.report",
    "connectors.connector",
    "connectors.http.client",
    "connectors.http.rate_limiter",
} | {
    "sync.rules.messages",
    "sync.rules.translation",
    "state.companies",
}


def loaded(folder: Path, *arguments: str) -> set[str]:
    """Return the names of the modules that a command has loaded by its end."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", LOADED, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "SYNC_CONFIG": str(folder / "config.toml")},
    )
    return set(json.loads(ended.stdout.splitlines()[-1]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good config file, and a state file."""
    config = tmp_path / "config.toml"
    config.write_text(GOOD, encoding="utf-8")
    StateFile.open(load(config).state.path).close()
    return tmp_path


def test_status_loads_nothing_that_calls_or_runs_or_makes_a_state_file(folder: Path) -> None:
    found = loaded(folder, "status")
    assert found & (OURS | HEAVY) == set()
    assert {"sync.operations.status", "pydantic"} <= found


def test_help_does_not_even_load_what_reads_the_config_file(folder: Path) -> None:
    assert loaded(folder, "--help") & (OURS | HEAVY | {"pydantic", "sqlite3", "sync.config.model"}) == set()
