"""Write the state file of the schema that is in force, and its world: `python -m tests.old_states.write_state`.

It is to be done once, at the last commit under a schema, right before the next migration is written (README.md).
"""

import sys
import tempfile
from pathlib import Path

from state.schema import VERSION
from tests.durability.launch import shared_launcher
from tests.durability.world import KillWorld
from tests.end_to_end.world import START
from tests.old_states.events import SETTLE, Telling
from tests.old_states.kept import KeptState


def main() -> int:
    """Tell the story, and keep its end."""
    kept = KeptState.of(VERSION)
    if kept.folder.exists():
        sys.stderr.write(f"{kept.folder} is there already; a state file that was released never changes\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        world = KillWorld.create(Path(folder, "world"), start=START)
        world.folder.mkdir()
        world.options = {"settle": f'"{SETTLE}"', "lookback": '"10m"'}
        world.contacts = {"deletes": '"ignore"', "conflicts": '"newest"'}
        with world.gg, world.gh:
            kept.keep(world, Telling(world, shared_launcher(), Path(folder)).tell())
    sys.stdout.write(f"{kept.folder}: schema {VERSION}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
