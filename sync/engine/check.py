"""`sync check`: try every account, and say what is wrong and how to mend it. Changes nothing unless it is told to."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

from connectors.clock import Clock, SystemClock
from connectors.connector import Cache, Connector, Finding
from connectors.errors import ConnectorError, LoginNeeded
from connectors.http.rate_limiter import MemoryCallLogStore
from state import connections
from state.call_log import SharedCallLog
from state.disk import raising_unwritable
from state.file import StateFile
from state.owed_values import owed_counts
from state.settings import Settings
from sync.config.model import Config
from sync.config.secret import reveal
from sync.engine.account_identity import confirm_identity
from sync.engine.accounts import Account, SharedResources, connect
from sync.engine.cell_checks import naming
from sync.engine.mappings import rules_of
from sync.engine.probe import probe, proven, remembered
from sync.oauth.token_sources import token_sources_of
from sync.oauth.token_status import token_findings
from sync.rules.contact_codec import STREAM, to_ms
from sync.rules.deletion import goes_towards

Checked = tuple[str, str, Sequence[Finding]]

LONGEST = 20
"""So many users are named."""


def check(
    config: Config,
    fix: bool,
    warn: Callable[[str], None],
    clock: Clock | None = None,
    *,
    names: Iterable[str] | None = None,
    probing: bool = False,
) -> list[Checked]:
    """Try every account that a connection uses, or those named; return its name, its connector and what was found.

    With `probing`, one invented contact is made at each account, changed and deleted again (R46).

    `warn` is told what is unwise about secrets. Raises ConfigError and StateError before anything is called.
    """
    used = dict.fromkeys(names or (name for one in config.connections.values() for name in (one.left, one.right)))
    credentials, time = reveal(config, used, warn), clock or SystemClock()
    token_sources = token_sources_of(config, used, warn, time)
    with raising_unwritable(config.state.path), naming(config.state.path), ExitStack() as stack:
        edges = replace(_edges(config, stack, time), token_sources=token_sources)
        accounts = [_connect(config, name, credentials, edges, stack) for name in used]
        if config.state.path.exists():
            _confirm(config, accounts)
        written = _written(config)
        checked = [_checked(config, account, fix, written, time, probing=probing) for account in accounts]
        owed = _owed(config)
        tokens = token_findings(config, used, token_sources, time)
        connectors = {account.connector.account: account.connector for account in accounts}
        return [
            (
                name,
                system,
                [
                    *tokens.get(name, ()),
                    *found,
                    *_owners(config, name, connectors),
                    *_debts(connectors[name], owed.get(name, {})),
                ],
            )
            for name, system, found in checked
        ]


def _edges(config: Config, stack: ExitStack, clock: Clock) -> SharedResources:
    """Share pace and settings with the runs where there is a state file, and make none where there is not."""
    if not config.state.path.exists():
        return SharedResources(MemoryCallLogStore(), clock, lambda _name: MemorySettings())
    state = StateFile.open(config.state.path)
    stack.callback(state.close)
    ledger = SharedCallLog(config.state.path)
    stack.callback(ledger.close)
    return SharedResources(ledger, clock, lambda name: _fresh(state, name, clock))


def _fresh(state: StateFile, account: str, clock: Clock) -> Cache:
    """Return the settings that runs use, emptied: a check is to see what is there now."""
    settings = Settings(state, account, lambda: to_ms(clock.now()) or 0)
    settings.forget_all()
    return settings


class MemorySettings:
    """Settings for one check, where there is no state file to keep them in."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str) -> Any | None:
        """Return the value, None when it is absent."""
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        """Remember a value."""
        self._values[key] = value

    def forget(self, key: str) -> None:
        """Drop a value."""
        self._values.pop(key, None)


def _connect(
    config: Config, name: str, credentials: Mapping[str, str], edges: SharedResources, stack: ExitStack
) -> Account:
    connection = next(one for one in config.connections.values() if name in (one.left, one.right))
    account = connect(name, config.accounts[name], credentials[name], connection, edges)
    stack.callback(account.close)
    return account


def _confirm(config: Config, accounts: Sequence[Account]) -> None:
    state = StateFile.open(config.state.path)
    try:
        for account in accounts:
            connector = account.connector
            confirm_identity(state, connector.account, connector.system, connector.identity())
    finally:
        state.close()


def _owed(config: Config) -> dict[str, Counter[str]]:
    """Return how many values wait for a place, by account and field, as the last runs have found it (R41)."""
    found: dict[str, Counter[str]] = {}
    if not config.state.path.exists():
        return found
    with closing(StateFile.open(config.state.path)) as state:
        for name in config.connections:
            known = connections.find_connection(state.db, name)
            if known is None:
                continue
            accounts = {"left": known.left_account, "right": known.right_account}
            for (side, field), number in owed_counts(state.db, known.id, STREAM).items():
                found.setdefault(accounts[side], Counter())[field] += number
    return found


def _debts(connector: Connector, owed: Mapping[str, int]) -> Iterator[Finding]:
    """Yield what waits for a place at an account, and what makes one."""
    if not owed:
        return
    values = ", ".join(f"{field} ({number:,})" for field, number in sorted(owed.items()))
    able = f"give the token the scope {connector.place_scope}" if connector.place_scope else "make the fields there"
    yield Finding(
        "every value of the other side has a place here",
        ok=False,
        problem=f"no place yet for {values}",
        mend=f"{able}, or make the custom fields by hand; the next `sync run` carries them, with no need of an edit",
        fatal=False,
    )


def _owners(config: Config, name: str, connectors: Mapping[str, Connector]) -> Iterator[Finding]:
    """Yield, for each connection of an account, which of its users are none at the other side.

    Nothing is asked for it: what the users of an account are was found out by its own check.
    """
    for connection in config.connections.values():
        sides = (connection.left, connection.right)
        if name not in sides or not connectors.keys() >= set(sides):
            continue
        left, right = (connectors[side] for side in sides)
        other = connectors[sides[name == connection.left]]
        rule = rules_of(connection, left, right).get("owner")
        if rule is not None and rule.to("right" if name == connection.left else "left"):
            yield from _partners(connectors[name], other)


def _partners(own: Connector, other: Connector) -> Iterator[Finding]:
    if not own.owner_emails or not other.owner_emails:  # one of them shows no users, which is a finding of its own
        return
    alone = sorted(own.owner_emails - other.owner_emails)
    shown = ", ".join([*alone[:LONGEST], *([f"{len(alone) - LONGEST} more"] if len(alone) > LONGEST else [])])
    yield Finding(
        f"users are users of {other.account} too, by e-mail, for the field owner",
        ok=not alone,
        problem=f"not there: {shown}" if alone else "",
        mend=f"add them at {other.account} with the same e-mail, or leave it: people of theirs keep their owner here "
        "and get none there"
        if alone
        else "",
        fatal=False,
    )


def _written(config: Config) -> frozenset[str]:
    """Return the accounts that any connection may write to."""
    found = set()
    for connection in config.connections.values():
        directions = {connection.contacts.direction}
        if connection.messages is not None:
            directions.add(connection.messages.direction)
        for side, account in (("left", connection.left), ("right", connection.right)):
            if any(goes_towards(direction, side) for direction in directions):
                found.add(account)
    return frozenset(found)


def _writing(config: Config, connector: Connector, clock: Clock, *, probing: bool) -> list[Finding]:
    """Return whether contacts may be written: by a probe, else by what the server tells and the last probe found."""
    if not config.state.path.exists():
        return list(probe(connector, clock)) if probing else [connector.check_writing()]
    with closing(StateFile.open(config.state.path)) as state:
        settings = Settings(state, connector.account, lambda: to_ms(clock.now()) or 0)
        if not probing:
            return proven(connector.check_writing(), settings.probed())
        found = list(probe(connector, clock))
        settings.keep_probed(remembered(found, clock.now()))
        return found


def _checked(
    config: Config, account: Account, fix: bool, written: frozenset[str], clock: Clock, *, probing: bool
) -> Checked:
    connector = account.connector
    try:
        findings = [*connector.check_account(fix)]
        works = all(finding.ok or not finding.fatal for finding in findings)
        if works and (probing or connector.account in written):
            findings += _writing(config, connector, clock, probing=probing)
    except LoginNeeded as error:
        findings = [
            Finding(
                "there is a token that works",
                ok=False,
                problem=error.message,
                mend="see the line above; then try again",
            )
        ]
    except ConnectorError as error:
        findings = [
            Finding("the account answers", ok=False, problem=error.message, mend="see the line above; then try again")
        ]
    return connector.account, connector.system, findings
