"""`sync sandbox` as a user has it: a process with servers, daemon and page, and commands in another terminal."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from sync.cli import main

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def test_a_user_approves_the_first_run_of_a_sandbox_and_ends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sync", "sandbox"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    ) as running:  # fmt: skip
        try:
            assert running.stdout is not None
            told = "".join(iter(running.stdout.readline, "Ctrl-C ends it.\n"))
            (config,) = tmp_path.glob("growthsync-demo-*/config.toml")
            (page,) = re.findall(r"The status page: (http://\S+)", told)
            assert main(["approve", "sales", "--yes", "--config", str(config)]) == 0
            assert main(["run", "--config", str(config)]) in (0, 1, 75)  # the daemon may be faster
            assert "created" in capsys.readouterr().out + main_text(page)
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 0
    assert list(tmp_path.iterdir()) == []


def main_text(page: str) -> str:
    """Return the overview of the status page, asked for until it listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(page, timeout=PATIENCE) as answer:  # noqa: S310 - our own page on this machine
                return str(answer.read().decode())
        except URLError:
            assert time.monotonic() < deadline, "the page does not listen"
            time.sleep(0.05)
