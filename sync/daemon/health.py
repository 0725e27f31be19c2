"""Check from outside whether a daemon is running and healthy, for containers, which have no watchdog."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from state.heartbeat import last_heartbeat

LATEST: Final = timedelta(minutes=2)
"""A healthy daemon updates its lock about a dozen times in this span."""


def health(state_path: Path) -> tuple[bool, str]:
    """Return whether a daemon on this state file is healthy, and a sentence that explains it."""
    seen = last_heartbeat(state_path)
    if seen is None:
        return False, "no daemon is running; start it with: sync daemon"
    age = datetime.now(UTC) - seen
    if age > LATEST:
        return False, f"the daemon has not been healthy for {int(age.total_seconds())} s; see its log"
    return True, "the daemon is healthy"
