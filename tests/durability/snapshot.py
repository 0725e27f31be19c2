"""A whole world at one moment: what both servers hold, the time, and the state file with all that belongs to it."""

import shutil
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.durability.world import Stage

AT_LEFT = ("shelves", "companies", "_next_id", "users", "behaviour")
AT_RIGHT = (
    "_records", "_identities", "_index", "_made", "fields", "users", "quirks", "allow_duplicates",
    "_notes", "_conversations", "_messages", "_emails", "_export", "sends",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Put back as often as is wanted; a world that was put back is at the same time as when it was taken."""

    left: dict[str, Any]
    right: dict[str, Any]
    passed: float
    kept: Path

    @classmethod
    def taken(cls, world: Stage, kept: Path) -> Self:
        """Take one of a world in which no run is going on; the files are kept in the folder `kept`."""
        kept.mkdir()
        for file in state_files(world.folder):
            shutil.copy2(file, kept)
        left, right = vars(world.gg), vars(world.gh)
        return cls(
            deepcopy({name: left[name] for name in AT_LEFT}),
            deepcopy({name: right[name] for name in AT_RIGHT}),
            world.clock.monotonic(),
            kept,
        )

    def put_back(self, world: Stage) -> None:
        """Make the world what it was."""
        with world.gg.lock, world.gh.lock:
            vars(world.gg).update(deepcopy(self.left))
            vars(world.gh).update(deepcopy(self.right))
            for server in (world.gg, world.gh):
                server.calls.clear()
                limit, server.rate = server.rate, None
                server.rate = limit  # calls that were made later than the time to which it goes back, forgotten
        world.clock.go_back_to(self.passed)
        for file in state_files(world.folder):
            file.unlink()
        for file in self.kept.iterdir():
            shutil.copy2(file, world.folder)


def state_files(folder: Path) -> list[Path]:
    """Return the state file and what belongs to it, as far as it is there."""
    return sorted(folder.glob("sync.db*"))
