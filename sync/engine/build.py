"""Put together what one run works with: both sides, the rules in force, the state behind them, its streams."""

from connectors.clock import Clock
from state import connections
from state.companies import CompanyCache
from state.cursors import INDEXED, Cursors
from state.file import StateFile
from state.identity_index import IdentityIndex
from state.intervals import reach
from state.message_staging import MessageStaging
from state.staging import Staging
from sync.config.model import Connection
from sync.contacts.context import Context
from sync.contacts.enrichment import Enrichment
from sync.contacts.mapping_in_force import MappingInForce
from sync.contacts.sync_policy import SyncPolicy
from sync.engine.accounts import Account
from sync.engine.mappings import mapping_in_force, rules_of
from sync.engine.options import RunOptions
from sync.engine.run import RunScope
from sync.messages.context import MessageContext, fingerprint
from sync.output.progress import Progress
from sync.output.report import Counts, RunReport, StreamReport
from sync.rules import contact_codec, messages
from sync.rules.conflict_policy import winner_by_policy
from sync.streams.connection import ConnectionSides, Side
from sync.streams.run import Run

Accounts = tuple[Account, Account]


def assemble(
    options: RunOptions, connection: Connection, accounts: Accounts, *,
    state: StateFile, stage: Staging, report: RunReport, clock: Clock, progress: Progress,
) -> RunScope:  # fmt: skip
    """Return what one run is about. Raises StateError when the connection is another one than the state knows."""
    left, right = accounts
    rules = rules_of(connection, left.connector, right.connector)
    with state.atomic() as transaction:
        number = connections.connection_id(transaction, connection.name, connection.left, connection.right)
        table, in_force = mapping_in_force(transaction, number, rules, connection)
    sides = ConnectionSides(
        connection.name,
        number,
        _side(state, number, "left", left),
        _side(state, number, "right", right),
        connection.settle,
        connection.lookback,
    )
    context = Context(
        Run(report.run, options.command, options.dry_run, clock, progress),
        sides,
        MappingInForce(in_force, rules, table, winner_by_policy("manual", (0.0, 0.0))),
        connection.contacts,
        state,
        stage,
        _empty(accounts),
        SyncPolicy(),
    )
    context.enrichment = _enrichment(context) if connection.contacts.enrich else None
    cursors = Cursors(state.db, number, contact_codec.STREAM)
    context.findings.first = {
        side.account: reach(cursors.intervals(side.name, INDEXED), 0) is None for side in context.connection.sides
    }
    with_messages = messages.STREAM in options.streams and connection.messages is not None
    message_context = _messages(context, connection, accounts) if with_messages else None
    return RunScope(context, message_context, with_people=contact_codec.STREAM in options.streams)


def _messages(context: Context, connection: Connection, accounts: Accounts) -> MessageContext:
    settings = connection.messages
    if settings is None:
        raise AssertionError(f"{connection.name}: no table of messages")
    deletes = settings.deletes or connection.contacts.deletes
    message_context = MessageContext(context, settings, deletes, _empty(accounts), MessageStaging(context.state))
    wanted = fingerprint(settings)
    if message_context.tables.settings.fingerprint() != wanted:
        with context.state.atomic() as transaction:
            message_context.tables.settings.set_up(transaction, wanted)
    return message_context


def _enrichment(context: Context) -> Enrichment:
    """Return who looks companies up for whom: the config has seen to it that one side can and the other cannot."""
    source = next(side for side in context.connection.sides if side.connector.companies is not None)
    return Enrichment(source, context.connection.other(source), CompanyCache(context.state.db, source.account))


def _empty(accounts: Accounts) -> StreamReport:
    return StreamReport({account.connector.account: Counts() for account in accounts})


def _side(state: StateFile, connection: int, name: str, account: Account) -> Side:
    identities = IdentityIndex(state.db, connection, name)
    return Side(name, account.connector.account, account.connector, identities, account.dispatcher)
