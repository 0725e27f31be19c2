"""The progress of a rehearsed run: its notes say that they are about the rehearsal, where nothing real is created."""

from dataclasses import dataclass

from sync.output.progress import Progress


@dataclass(frozen=True, slots=True)
class RehearsedProgress:
    """Passes everything on to the progress of the command."""

    progress: Progress

    def begin_step(self, text: str, total: int | None = None) -> None:
        """Begin a step."""
        self.progress.begin_step(f"rehearsal: {text}", total)

    def advance(self, count: int = 1) -> None:
        """Record that so many more records are done."""
        self.progress.advance(count)

    def note(self, text: str) -> None:
        """Show a sentence."""
        self.progress.note(f"rehearsal: {text}")
