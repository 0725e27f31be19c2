"""Starts commands through the launcher: each in a process of its own, killed right before a step where asked."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from tests.end_to_end.world import ROOT, Timeline


class CommandWorld(Protocol):
    """A world that commands run in."""

    @property
    def clock(self) -> Timeline:
        """Return its clock."""

    @property
    def folder(self) -> Path:
        """Return its folder."""

    @property
    def config_path(self) -> Path:
        """Return where its config file is."""

    def renew_allowance(self) -> None:
        """Prepare for a command."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; `code` is negative for a signal, `steps` are the durable steps that it took."""

    code: int
    out: str
    err: str
    steps: tuple[str, ...]

    @property
    def document(self) -> Any:
        """Return the one JSON document on standard output."""
        return json.loads(self.out)


class Launcher:
    """One process that has imported the program, and forks for each command."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("launcher.py")
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(script)],
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run_command(
        self,
        world: CommandWorld,
        *arguments: str,
        kill_at: int | None = None,
        full_at: int | None = None,
        skip: float = 2.0,
    ) -> Ended:
        """Let `skip` seconds pass in the world, and run a command.

        It is killed right before the step `kill_at`, or its disk is full from the step `full_at` on.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        world.clock.skip(skip)
        world.renew_allowance()
        wanted: dict[str, Any] = {
            "arguments": [*arguments, "--config", str(world.config_path)],
            "shift": (world.clock.now() - datetime.now(UTC)).total_seconds(),
            "folder": str(world.folder),
            "kill_at": kill_at,
            "full_at": full_at,
        }
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ended(answer["code"], answer["out"], answer["err"], tuple(answer["steps"]))


@lru_cache(maxsize=1)
def shared_launcher() -> Launcher:
    """Return the launcher of this process, which ends with it: its start takes two seconds."""
    return Launcher()
