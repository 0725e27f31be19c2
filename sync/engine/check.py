"""`sync check`: try every account, and report what is wrong and what fixes it. Changes nothing without `--fix`."""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import replace
from urllib.parse import urlsplit

from connectors.clock import Clock, SystemClock
from connectors.connector import Connector, Finding
from connectors.errors import ConnectorError, LoginNeeded
from state.disk import raising_unwritable
from state.file import StateFile
from state.settings import Settings
from sync.config.model import Config, Connection
from sync.config.secret import reveal
from sync.engine.account_findings import owed_findings, owed_values, owner_findings, written_accounts
from sync.engine.account_identity import confirm_identity
from sync.engine.accounts import Account, SharedResources, connect
from sync.engine.check_resources import shared_resources
from sync.engine.field_places import connected, field_findings
from sync.engine.pair_limits import pair_findings
from sync.engine.probe import Probe, probe, proven, remembered
from sync.engine.waiting_notice import Wait, telling_while_waiting
from sync.oauth.token_sources import token_sources_of
from sync.oauth.token_status import token_findings
from sync.rules.contact_codec import to_ms
from sync.streams.cell_checks import raising_damage

CheckedAccount = tuple[str, str, Sequence[Finding]]
"""The name of an account, the kind of its system, and what was found."""


def check(
    config: Config,
    fix: bool,
    warn: Callable[[str], None],
    clock: Clock | None = None,
    *,
    names: Iterable[str] | None = None,
    probing: bool = False,
    tell: Callable[[str], None] = lambda _line: None,
    wait: Wait = threading.Event.wait,
) -> list[CheckedAccount]:
    """Try every account that a connection uses, or the named ones. `tell` hears of an account that is slow to answer.

    With `probing`, one invented contact is created at each account, changed and deleted again (R46). `warn` shows what
    is unwise about secrets. Raises ConfigError and StateError before any call is made.
    """
    used = dict.fromkeys(names or (name for one in config.connections.values() for name in (one.left, one.right)))
    credentials, time = reveal(config, used, warn), clock or SystemClock()
    token_sources = token_sources_of(config, used, warn, time)
    with raising_unwritable(config.state.path), raising_damage(config.state.path), ExitStack() as stack:
        shared = replace(
            shared_resources(config, stack, time), token_sources=token_sources,
            accounts=config.accounts, connections=config.connections,
        )  # fmt: skip
        accounts = [_connect(config, name, credentials, shared, stack) for name in used]
        _confirm_identities(config, accounts)
        written = written_accounts(config)
        tried = {}
        for account in accounts:
            with _telling(config, account.connector.account, tell, wait):
                tried[account.connector.account] = _try_account(config, account, fix, written, time, probing=probing)
        tokens = token_findings(config, used, token_sources, time)
        connectors = {account.connector.account: account.connector for account in accounts}
        about_both = _findings_about_both(config, connectors)
        working = {name for name, found in tried.items() if all(one.ok or not one.fatal for one in found)}
    about_fields = _findings_about_fields(config, working, time)
    return [
        (name, connector.system, [*tokens.get(name, ()), *tried[name], *about_both[name], *about_fields[name]])
        for name, connector in connectors.items()
    ]


def _telling(config: Config, name: str, tell: Callable[[str], None], wait: Wait) -> AbstractContextManager[None]:
    """Report an account that is slow to answer, with its host."""
    host = urlsplit(config.accounts[name].base_url).hostname
    return telling_while_waiting(f"{name} ({host})", tell, wait)


def _connect(
    config: Config, name: str, credentials: Mapping[str, str], shared: SharedResources, stack: ExitStack
) -> Account:
    connection = next(one for one in config.connections.values() if name in (one.left, one.right))
    account = connect(name, config.accounts[name], credentials[name], connection, shared)
    stack.callback(account.close)
    return account


def _confirm_identities(config: Config, accounts: Sequence[Account]) -> None:
    if not config.state.path.exists():
        return
    with closing(StateFile.open(config.state.path)) as state:
        for account in accounts:
            connector = account.connector
            confirm_identity(state, connector.account, connector.system, connector.identity())


def _try_account(
    config: Config, account: Account, fix: bool, written: frozenset[str], clock: Clock, *, probing: bool
) -> list[Finding]:
    """Call the account; where the last call cannot be made, that is a finding too."""
    connector = account.connector
    try:
        findings = [*connector.check_account(fix)]
        works = all(finding.ok or not finding.fatal for finding in findings)
        if works and (probing or connector.account in written):
            findings += _write_findings(config, connector, clock, probing=probing)
    except ConnectorError as error:
        what = "there is a token that works" if isinstance(error, LoginNeeded) else "the account answers"
        return [Finding(what, ok=False, problem=error.message, mend="see the line above; then try again")]
    return findings


def _write_findings(config: Config, connector: Connector, clock: Clock, *, probing: bool) -> list[Finding]:
    """Return whether contacts may be written: by a probe, else by what the server shows and the last probe found."""
    if not (probing or config.state.path.exists()):
        return [connector.check_writing()]
    with closing(StateFile.open(config.state.path)) as state:
        settings = Settings(state, connector.account, lambda: to_ms(clock.now()) or 0)
        if not probing:
            return proven(connector.check_writing(), settings.probed())
        kept = Probe()
        found = list(probe(connector, clock, kept))
        settings.keep_probed(remembered(found, clock.now(), kept))
        return [*found, *_lag_findings(config, connector.account, kept.lag_seconds)]


def _lag_findings(config: Config, account: str, lag_seconds: float | None) -> list[Finding]:
    """Return the connections of an account with a `settle` that is shorter than its search is late."""
    return [
        Finding(
            f"settle of {connection.name} is long enough", ok=False,
            problem=f"a search shows a new contact after {lag_seconds:g} s",
            mend=f'set settle = "{round(2 * lag_seconds)}s" under [connections.{connection.name}]', fatal=False,
        )
        for connection in config.connections.values()
        if account in (connection.left, connection.right) and lag_seconds and lag_seconds > _settle_of(connection)
    ]  # fmt: skip


def _settle_of(connection: Connection) -> float:
    """Return the seconds that a connection gives its accounts to show a change."""
    return connection.settle.total_seconds()


def _findings_about_both(config: Config, connectors: dict[str, Connector]) -> dict[str, list[Finding]]:
    """Return, by account, the findings that depend on the other account of a connection."""
    owed = owed_values(config)
    return {
        name: [
            *owner_findings(config, name, connectors),
            *owed_findings(connector, owed.get(name, {})),
            *pair_findings(config, name, connectors),
        ]
        for name, connector in connectors.items()
    }


def _findings_about_fields(config: Config, working: Collection[str], clock: Clock) -> dict[str, list[Finding]]:
    """Return, by account, what is wrong with the fields that the config names, where both accounts work (R47)."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for connection in config.connections.values():
        if connection.contacts.fields and {connection.left, connection.right} <= {*working}:
            with connected(config, connection, lambda _line: None, clock) as (left, right):
                for name, findings in field_findings(connection, left, right).items():
                    found[name] += findings
    return found
