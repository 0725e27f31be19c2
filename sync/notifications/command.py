"""Run the user's notification command with a document on its standard input, and survive whatever it does.

The command gets nothing else: no secret from the environment, no terminal, none of the output. After its time limit it
is killed together with all processes that it started.
"""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from connectors.clock import Clock

SLICE: Final = 0.2
"""Seconds between two checks whether to wait on for the command."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command line, split as a shell would; its working folder; its time limit; the variables hidden from it."""

    command: str
    folder: Path
    time_limit: timedelta
    hidden: frozenset[str]
    clock: Clock
    is_stopping: Callable[[], bool] = lambda: False

    def run_with(self, document: Mapping[str, Any]) -> str:
        """Run the command with the document; return '' when it exits with 0, otherwise the reason. Raises no error."""
        try:
            process = self._start()
        except (OSError, ValueError) as error:
            return f"it cannot be started ({getattr(error, 'strerror', None) or error})"
        try:
            return self._wait(process, json.dumps(document, ensure_ascii=False).encode() + b"\n")
        finally:
            # Children of the command may still run; all of them share its process group.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - the user's own program
            shlex.split(self.command),
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name not in self.hidden},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _wait(self, process: "subprocess.Popen[bytes]", content: bytes | None) -> str:
        deadline = self.clock.monotonic() + self.time_limit.total_seconds()
        while True:
            try:
                process.communicate(content, timeout=SLICE)
            except subprocess.TimeoutExpired:
                content = None  # the document is being written already
            else:
                return f"it exited with {process.returncode}" if process.returncode else ""
            if self.is_stopping():
                return "growthsync is stopping"
            if self.clock.monotonic() >= deadline:
                return f"it took longer than {self.time_limit.total_seconds():g} s"
