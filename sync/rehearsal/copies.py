"""Copy the accounts of connections into sandboxes. The accounts are only read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest
from typing import Final

from connectors import registry
from connectors.account_options import AccountOptions
from connectors.clock import Clock
from connectors.connector import Connector
from connectors.errors import RecordGone
from connectors.http.rate_limiter import CallLogStore, MemoryCallLogStore, RateLimit
from connectors.records import Page, Raw, Window
from connectors.sandbox.rehearsal import RehearsalServer
from state.call_log import SharedCallLog
from state.file import StateFile
from state.settings import Settings
from sync.config.model import Config, Connection
from sync.config.secret import reveal
from sync.engine.account_identity import confirm_identity
from sync.engine.accounts import Account, SharedResources, connect
from sync.errors import UsageError
from sync.oauth.token_sources import token_sources_of
from sync.output.privacy import hide
from sync.output.progress import Progress
from sync.rehearsal.clock import RehearsalClock
from sync.rules.contact_codec import to_ms
from sync.rules.windows import ORIGIN

FIRST_SPAN: Final = timedelta(days=1)
"""How far back the newest contacts are looked for at first. Each span before is twice as long."""


@dataclass(slots=True)
class CopiedAccount:
    """The copy of one account. `unread` counts the rows that could not be read. `limit` is that of the account."""

    server: RehearsalServer
    limit: RateLimit | None
    read: int = 0
    unread: int = 0

    @property
    def reached_by(self) -> tuple[AccountOptions, str]:
        """Return the account with the address of the copy, and its credential."""
        return self.server.reached_by()


@dataclass(frozen=True, slots=True)
class AccountCopier:
    """Copies accounts. `newest` is how many contacts of each, the newest first, None for all."""

    config: Config
    newest: int | None
    progress: Progress
    clock: Clock
    rehearsal_clock: RehearsalClock
    credentials: Mapping[str, str] = field(default_factory=dict)

    def copy_account(self, name: str, account: Account) -> CopiedAccount:
        """Return the copy of an account. Raises ConnectorError, and UsageError where there is no sandbox for it."""
        options, connector = self.config.accounts[name], account.connector
        build = registry.system(options.connector).rehearsal
        if build is None:
            raise UsageError(f"account {name}: there is no sandbox of {connector.system}, so it cannot be rehearsed")
        copy = CopiedAccount(build(options, account.wire, self.rehearsal_clock), account.limit)
        self.progress.begin_step(f"reading {name}")
        copy.server.copy_settings()
        for raw in self._records(copy, connector):
            copy.server.put_record(raw)
        copy.read = copy.server.count_records()
        if self.newest is not None or self.config.state.path.exists() or connector.unlisted:
            # Links and source ids lead to records that were not copied, and a list may show less of a record.
            copy.server.first_reads.fetch_record = _fetcher(connector)
        return copy

    def _records(self, copy: CopiedAccount, connector: Connector) -> Iterator[Raw]:
        if self.newest is None:
            yield from self._window(copy, connector, Window(ORIGIN))
            return
        if connector.lists_only:  # each reading is one of everything (R32)
            yield from nlargest(self.newest, self._window(copy, connector, Window(ORIGIN)), key=copy.server.changed_ms)
            return
        left = self.newest
        for window in windows_back(self.clock.now()):
            found = {str(raw["id"]): raw for raw in self._newest(copy, connector, window, left)}
            yield from found.values()
            left -= len(found)
            if left <= 0:
                return

    def _newest(self, copy: CopiedAccount, connector: Connector, window: Window, count: int) -> list[Raw]:
        # A page may hold records outside its window, which another window shows again.
        first, last = to_ms(window.start) or 0, to_ms(window.end)
        shown = ((copy.server.changed_ms(raw), raw) for raw in self._window(copy, connector, window))
        within = ((at, raw) for at, raw in shown if first <= at and (last is None or at < last))
        return [raw for _, raw in nlargest(count, within, key=lambda pair: pair[0])]

    def _window(self, copy: CopiedAccount, connector: Connector, window: Window) -> Iterator[Raw]:
        page: Page
        for page in connector.read_window(window):
            copy.unread += len(page.unread)
            self.progress.advance(len(page.records))
            yield from page.records


def windows_back(now: datetime) -> Iterator[Window]:
    """Yield windows that go back in time from the present to 1970, each twice as long as the one before."""
    end, span = None, FIRST_SPAN
    start = now
    while start > ORIGIN:
        start = max(ORIGIN, start - span) if start - ORIGIN > span else ORIGIN
        yield Window(start, end)
        end, span = start, span * 2


def _fetcher(connector: Connector) -> Callable[[str], Raw | None]:
    def fetch(record_id: str) -> Raw | None:
        try:
            return next(iter(connector.read_record(record_id).records), None)
        except RecordGone:
            return None

    return fetch


@contextmanager
def copied_accounts(
    config: Config, chosen: Sequence[Connection], newest: int | None, progress: Progress, clock: Clock,
    rehearsal_clock: RehearsalClock,
) -> Iterator[dict[str, CopiedAccount]]:  # fmt: skip
    """Yield the copies of the accounts of these connections, by name, while their servers run.

    Raises ConfigError, StateError and UsageError before any call is made, and ConnectorError.
    """
    names = list(dict.fromkeys(name for one in chosen for name in (one.left, one.right)))
    credentials = reveal(config, names, progress.note)
    hide(credentials.values())
    copier = AccountCopier(config, newest, progress, clock, rehearsal_clock, credentials)
    with ExitStack() as stack:
        accounts = _connected(copier, chosen, names, stack)
        copies = {name: copier.copy_account(name, account) for name, account in accounts.items()}
        for copy in copies.values():
            stack.enter_context(copy.server.running)
        yield copies


def _connected(
    copier: AccountCopier, chosen: Sequence[Connection], names: Sequence[str], stack: ExitStack
) -> dict[str, Account]:
    """Connect the accounts so that they can only be read. Raises StateError where one is another than before (R28)."""
    config, clock = copier.config, copier.clock
    state = StateFile.open_copy(config.state.path)
    stack.callback(state.close)
    shared = SharedResources(
        _call_log(config, stack), clock, lambda name: Settings(state, name, lambda: to_ms(clock.now()) or 0),
        token_sources_of(config, names, copier.progress.note, clock), copier.progress.note, config.accounts,
        config.connections, read_only=True,
    )  # fmt: skip
    accounts = {}
    for name in names:
        connection = next(one for one in chosen if name in (one.left, one.right))
        account = connect(name, config.accounts[name], copier.credentials[name], connection, shared)
        stack.callback(account.close)
        confirm_identity(state, name, account.connector.system, account.connector.identity())
        accounts[name] = account
    return accounts


def _call_log(config: Config, stack: ExitStack) -> CallLogStore:
    """Return the call log that all processes share (R5); a rehearsal creates no state file for it."""
    if not config.state.path.exists():
        return MemoryCallLogStore()
    call_log = SharedCallLog(config.state.path)
    stack.callback(call_log.close)
    return call_log
