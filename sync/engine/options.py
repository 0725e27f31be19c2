"""What a user asked of one run, beyond the config file."""

from dataclasses import dataclass
from datetime import datetime

from sync.engine.saved_plan import SavedPlans
from sync.output.formats import time_text
from sync.rules.windows import ReadRange


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The command line of `sync run`. Times are aware UTC; `connections` empty means all of the config file.

    `since` and `until` bound `[since, until)` (R2). `unguarded` lets this one run pass the guard (R25).
    `undoes` is a run to undo (R26), `created` whether the contacts that it created are deleted then.
    `whole` reads both sides in full, which alone shows deletions (R24). The report of a dry run may have the planned
    changes and their cost (`priced`), or the differences between both sides (`compared`).
    A first run that `waits` stores its plan for the user and writes nothing until the user approves it (R45).
    A dry run that `saves` keeps what it would write; `saved` are such plans, and the run carries out nothing else.
    Where no `lists` are due, of a system that can only list is read what webhooks reported (R32).
    `streams` are those that run, where the config has them; `deep` reads the copies of messages of all linked contacts.
    """

    since: datetime | None = None
    until: datetime | None = None
    connections: tuple[str, ...] = ()
    dry_run: bool = False
    unguarded: bool = False
    whole: bool = False
    lists: bool = True
    compared: bool = False
    priced: bool = False
    streams: tuple[str, ...] = ("contacts", "messages")
    deep: bool = False
    waits: bool = False
    saves: bool = False
    saved: SavedPlans | None = None
    undoes: str = ""
    created: bool = False

    @property
    def read_range(self) -> ReadRange:
        """Return what the run reads."""
        return ReadRange(self.since, self.until, whole=self.whole, hinted=not self.compared, lists=self.lists)

    @property
    def command(self) -> str:
        """Return the command that asks for the run, without `--unguarded` and `--dry-run`."""
        if self.undoes:
            return f"sync undo {self.undoes}{' --created' if self.created else ''}"
        words = ["sync reconcile" if self.whole else "sync run"]
        words += [f"--since {time_text(self.since)}"] if self.since else []
        words += [f"--until {time_text(self.until)}"] if self.until else []
        words += [f"--stream {self.streams[0]}"] if len(self.streams) == 1 else []
        words += ["--deep"] if self.whole and self.deep else []
        return " ".join(words)
