"""The tables of one stream of one connection, as one run reads and writes them.

History, conflicts and failures also write lines about single records to the log (sync.streams.audit_log).
"""

from dataclasses import dataclass, field

from state.conflicts import Conflicts
from state.cursors import Cursors
from state.failures import Failures
from state.file import StateFile
from state.history import History
from state.links import Links
from state.webhook_hints import Hints
from sync.streams.audit_log import logged_tables
from sync.streams.connection import ConnectionSides


@dataclass(slots=True)
class Tables:
    """What the state keeps of one stream. A `dry` run fills a copy of the state and writes no lines to the log."""

    state: StateFile
    connection: ConnectionSides
    stream: str
    dry: bool
    links: Links = field(init=False)
    conflicts: Conflicts = field(init=False)
    failures: Failures = field(init=False)
    history: History = field(init=False)
    cursors: Cursors = field(init=False)
    hints: Hints = field(init=False)

    def __post_init__(self) -> None:
        key = (self.state.db, self.connection.number, self.stream)
        accounts = {side.name: side.account for side in self.connection.sides}
        self.history, self.conflicts, self.failures = logged_tables(*key, accounts, dry=self.dry)
        self.links, self.cursors = Links(*key), Cursors(*key)
        self.hints = Hints(self.state.db, self.connection.name, self.stream)
