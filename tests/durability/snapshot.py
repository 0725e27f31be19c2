"""A whole world at one moment: the records of both servers, the time, and the state file with its log."""

import shutil
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.durability.world import KillWorld


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot can be restored any number of times; the clock of the world goes back with it."""

    servers: tuple[dict[str, Any], ...]
    passed: float
    kept: Path

    @classmethod
    def taken(cls, world: KillWorld, kept: Path) -> Self:
        """Take a snapshot between two runs; its files are kept in the folder `kept`."""
        kept.mkdir()
        for file in state_files(world.folder):
            shutil.copy2(file, kept)
        servers = tuple(deepcopy({name: vars(part)[name] for name in names}) for part, names in world.remembered())
        return cls(servers, world.clock.monotonic(), kept)

    def restore(self, world: KillWorld) -> None:
        """Restore the world."""
        with world.gg.lock, world.gh.lock:
            for (part, _), then in zip(world.remembered(), self.servers, strict=True):
                vars(part).update(deepcopy(then))
            for server in (world.gg, world.gh):
                server.calls.clear()
                limit, server.rate = server.rate, None
                server.rate = limit  # forget the calls that are later than the restored time
        world.clock.go_back_to(self.passed)
        for file in state_files(world.folder):
            file.unlink()
        for file in self.kept.iterdir():
            shutil.copy2(file, world.folder)


def state_files(folder: Path) -> list[Path]:
    """Return the state file and the files of SQLite beside it."""
    return sorted(folder.glob("sync.db*"))
