"""Commands of `sync` in processes of their own, with the methods of `subprocess.Popen` that tests use."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).parents[2]
TAKES = 60.0
"""Seconds after which a command that was started has an id."""


@lru_cache(maxsize=1)
def _server() -> socket.socket:
    """Start the process that forks; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.fork_server"],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
        )
    return ours


class ForkedCommand:
    """A command that runs. `returncode` is the exit code, None until it is known to have ended."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int | IO[str] = subprocess.PIPE,
    ) -> None:
        self.returncode: Any = None
        self._waiting = threading.Lock()
        self._reports, theirs = os.pipe()
        pipes = [_pipe(stdin, "w"), _pipe(stdout, "r"), _pipe(subprocess.PIPE, "r")]
        self.stdin, self.stdout, self.stderr = (stream for _, stream in pipes)
        wanted = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
        files = [*(file for file, _ in pipes), theirs]
        socket.send_fds(_server(), [json.dumps(wanted).encode()], files)
        for file in files:
            os.close(file)
        self.pid = int(self._report(time.monotonic() + TAKES))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        with self._waiting:
            is_reported = self.returncode is None and bool(select.select([self._reports], [], [], 0)[0])
        return self.wait() if is_reported else self.returncode

    def wait(self, timeout: float = 3600.0) -> int:
        """Wait for its end, and return the exit code. Raises TimeoutExpired."""
        with self._waiting:  # another thread may wait as well
            if self.returncode is None:
                self.returncode = int(self._report(time.monotonic() + timeout))
                os.close(self._reports)
            return int(self.returncode)

    def communicate(self, text: str | None = None, timeout: float = 3600.0) -> tuple[str, str]:
        """Write to standard input, read both outputs to their end, and wait for the end. Raises TimeoutExpired."""
        if self.stdin is not None:
            self.stdin.write(text or "")
            self.stdin.close()
        deadline, read = time.monotonic() + timeout, {}
        outputs = {"out": self.stdout, "err": self.stderr}
        threads = [
            threading.Thread(target=lambda name, stream: read.update({name: stream.read()}), args=one, daemon=True)
            for one in outputs.items()
            if one[1] is not None and not one[1].closed
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                raise subprocess.TimeoutExpired("sync", timeout)
        self.wait(max(0.0, deadline - time.monotonic()))
        return read.get("out", ""), read.get("err", "")

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                # It may have ended since.
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power loss would."""
        self.send_signal(signal.SIGKILL)

    def _report(self, deadline: float) -> str:
        """Return the next line of the pipe."""
        line = b""
        while not line.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._reports], [], [], left)[0]:
                raise subprocess.TimeoutExpired("sync", left)
            part = os.read(self._reports, 1)
            assert part, "the process that starts commands has ended"
            line += part
        return line.decode()


def _pipe(wanted: int | IO[str], mode: str) -> tuple[int, IO[str] | None]:
    """Return the file descriptor for the command, and our end of it where it is a pipe."""
    if not isinstance(wanted, int):
        return os.dup(wanted.fileno()), None
    if wanted == subprocess.DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    read, write = os.pipe()
    ours, theirs = (read, write) if mode == "r" else (write, read)
    return theirs, open(ours, mode, encoding="utf-8")  # noqa: PTH123 - its user closes it
