"""One run, as both streams see it: its id, its clock and its progress."""

from dataclasses import dataclass

from connectors.clock import Clock
from sync.output.progress import Progress
from sync.rules import contact_codec


@dataclass(frozen=True, slots=True)
class Run:
    """A run. `command` is the command that started it; a `dry` run writes nothing (R27)."""

    id: str
    command: str
    dry: bool
    clock: Clock
    progress: Progress

    def now_ms(self) -> int:
        """Return our own time in milliseconds since 1970."""
        return contact_codec.to_ms(self.clock.now()) or 0
