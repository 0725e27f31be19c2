"""Hands a document to a program of the user's, and puts up with whatever that does.

The program gets the document on its standard input and nothing else of ours: no secret from our environment, no
terminal, none of our output. When its time is over it is killed, with whatever it has started.
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
"""Seconds after which somebody who waits for the program looks whether to go on waiting."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command line, as a shell would take it apart; the folder it starts in; its time; variables kept from it."""

    command: str
    folder: Path
    time_limit: timedelta
    hidden: frozenset[str]
    clock: Clock
    is_stopping: Callable[[], bool] = lambda: False

    def tell(self, document: Mapping[str, Any]) -> str:
        """Hand it the document; return '' when it ended with 0, else what went wrong. Never raises an error."""
        try:
            process = self._start()
        except (OSError, ValueError) as error:
            return f"it can't be started ({getattr(error, 'strerror', None) or error})"
        try:
            return self._wait(process, json.dumps(document, ensure_ascii=False).encode() + b"\n")
        finally:
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
                content = None  # it is on its way
            else:
                return f"it ended with {process.returncode}" if process.returncode else ""
            if self.is_stopping():
                return "there was no time left for it"
            if self.clock.monotonic() >= deadline:
                return f"it took longer than {self.time_limit.total_seconds():g} s"
