"""What a person asked of one run, beyond what the config file says."""

from dataclasses import dataclass
from datetime import datetime

from sync.output.formats import time_text


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The command line of `sync run`. Times are aware UTC; `connections` empty means all of the config file.

    `since` and `until` bound `[since, until)` (R2). `unguarded` lets this one run pass the guard (R25).
    `undoes` is a run to be undone (R26), `created` whether the people whom it created are to be deleted then.
    `whole` reads both sides in full, which alone shows deletions (R24). Only a dry run has, if it is asked for, the
    plan's changes and cost in its report (`priced`), or what both sides disagree about (`compared`).
    `streams` are those that run, where the config has them; `deep` looks at the copies of messages that everybody has.
    """

    since: datetime | None = None
    until: datetime | None = None
    connections: tuple[str, ...] = ()
    dry_run: bool = False
    unguarded: bool = False
    whole: bool = False
    compared: bool = False
    priced: bool = False
    streams: tuple[str, ...] = ("contacts", "messages")
    deep: bool = False
    undoes: str = ""
    created: bool = False

    @property
    def command(self) -> str:
        """Return the command that asks for it, without what lets it pass the guard, or keeps it from writing."""
        if self.undoes:
            return f"sync undo {self.undoes}{' --created' if self.created else ''}"
        words = ["sync reconcile" if self.whole else "sync run"]
        words += [f"--since {time_text(self.since)}"] if self.since else []
        words += [f"--until {time_text(self.until)}"] if self.until else []
        words += [f"--stream {self.streams[0]}"] if len(self.streams) == 1 else []
        words += ["--deep"] if self.whole and self.deep else []
        return " ".join(words)
