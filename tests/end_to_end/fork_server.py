"""Start commands of `sync` as forks of one process that has imported the program: imports take most of a short run.

The control socket is file descriptor 0. Each message is one JSON object: `arguments`, `folder` and `environment`. With
it come four file descriptors: standard input, output and error of the command, and a pipe. The pipe gets the process
id as a line, and the exit code as another when the process has ended (negative for a signal).
"""

import json
import os
import select
import socket
import sys
import time
from contextlib import suppress
from typing import Any

from sync.__main__ import main
from tests.durability.launcher import import_all

LONGEST = 1 << 20
"""Bytes of a message."""
MANY = 256
"""More files than are open here."""


def serve(control: socket.socket) -> None:
    """Start commands, and report how they end, until the other end of the socket is closed."""
    pipes: dict[int, tuple[int, int]] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), *pipes], [], [])
        for ended in (one for one in ready if one in pipes):
            _report(ended, *pipes.pop(ended))
        if control.fileno() in ready:
            message, files, _, _ = socket.recv_fds(control, LONGEST, 4)
            if not message:
                return
            child, pipe = _start(json.loads(message), files)
            pipes[os.pidfd_open(child)] = (child, pipe)


def _start(wanted: dict[str, Any], files: list[int]) -> tuple[int, int]:
    child = os.fork()
    if child == 0:
        _become(wanted, files)
        _run()
    for file in files[:3]:
        os.close(file)
    os.write(files[3], f"{child}\n".encode())
    return child, files[3]


def _report(ended: int, child: int, pipe: int) -> None:
    os.close(ended)
    _, status = os.waitpid(child, 0)
    with suppress(BrokenPipeError):
        # The test that started it may not wait for it any more.
        os.write(pipe, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os.close(pipe)


def _become(wanted: dict[str, Any], files: list[int]) -> None:
    """Make this process what a shell would have started: its own streams, folder, variables and arguments."""
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.closerange(3, MANY)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    time.tzset()
    sys.argv = ["sync", *wanted["arguments"]]
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - they last as long as the process
    sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115


def _run() -> None:
    code: object = 1
    try:
        main()
    except SystemExit as end:
        code = end.code
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                code = code or 120  # as Python does where its last output cannot be written
        os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    import_all()
    serve(socket.socket(fileno=0))
