"""Whether a daemon is there and well, as it is seen from outside: for containers, which have no watchdog."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from state.heartbeat import seen_well

LATEST: Final = timedelta(minutes=2)
"""A daemon that is well shows it a dozen times in so long."""


def health(state_path: Path) -> tuple[bool, str]:
    """Say whether a daemon on this state file is well, and in words what is seen."""
    seen = seen_well(state_path)
    if seen is None:
        return False, "no daemon is there; start it with: sync daemon"
    age = datetime.now(UTC) - seen
    if age > LATEST:
        return False, f"the daemon has not shown for {int(age.total_seconds())} s that it is well; see its log"
    return True, "the daemon is well"
