"""One run, as both streams see it: its id, its clock, and where a person may watch it."""

from dataclasses import dataclass

from connectors.clock import Clock
from sync.output.progress import Progress
from sync.rules import contact_codec


@dataclass(frozen=True, slots=True)
class Run:
    """A run. `command` is what a person typed to start it, `dry` tells that it writes nothing (R27)."""

    id: str
    command: str
    dry: bool
    clock: Clock
    progress: Progress

    def now_ms(self) -> int:
        """Return our own time in milliseconds since 1970, UTC."""
        return contact_codec.to_ms(self.clock.now()) or 0
