"""Put together what one run works with: both sides, the rules in force, the state behind them, its streams."""

from connectors.clock import Clock
from state import connections
from state.companies import KnownCompanies
from state.cursors import INDEXED, Cursors
from state.file import StateFile
from state.identity_index import Identities
from state.intervals import reach
from state.message_staging import MessageStage
from state.staging import Stage
from sync.config.model import Connection
from sync.contacts.context import Context, Side
from sync.contacts.enrichment import Enrichment
from sync.engine.accounts import Account
from sync.engine.mappings import mapping_in_force, rules_of
from sync.engine.options import RunOptions
from sync.engine.run import RunScope
from sync.messages.context import MessageContext, fingerprint
from sync.output.progress import Progress
from sync.output.report import Counts, RunReport, StreamReport
from sync.rules import contact_codec, messages
from sync.rules.conflict_policy import judge

Accounts = tuple[Account, Account]


def assemble(
    options: RunOptions, connection: Connection, accounts: Accounts, *,
    state: StateFile, stage: Stage, report: RunReport, clock: Clock, progress: Progress,
) -> RunScope:  # fmt: skip
    """Return what one run is about. Raises StateError when the connection is another one than the state knows."""
    left, right = accounts
    rules = rules_of(connection, left.connector, right.connector)
    with state.atomic() as transaction:
        number = connections.connection_id(transaction, connection.name, connection.left, connection.right)
        table, in_force = mapping_in_force(transaction, number, rules, connection)
    context = Context(
        run=report.run,
        name=connection.name,
        connection=number,
        state=state,
        stage=stage,
        left=_side(state, number, "left", left),
        right=_side(state, number, "right", right),
        rules=rules,
        table=table,
        mapping=in_force,
        settings=connection.contacts,
        settle=connection.settle,
        lookback=connection.lookback,
        judge=judge("manual", (0.0, 0.0)),
        clock=clock,
        progress=progress,
        report=_empty(accounts),
        dry=options.dry_run,
        command=options.command,
    )
    context.enrichment = _enrichment(context) if connection.contacts.enrich else None
    cursors = Cursors(state.db, number, contact_codec.STREAM)
    context.first = {side.account: reach(cursors.intervals(side.name, INDEXED), 0) is None for side in context.sides}
    with_messages = messages.STREAM in options.streams and connection.messages is not None
    letters = _messages(context, connection, accounts) if with_messages else None
    return RunScope(context, letters, with_people=contact_codec.STREAM in options.streams)


def _messages(context: Context, connection: Connection, accounts: Accounts) -> MessageContext:
    settings = connection.messages
    if settings is None:
        raise AssertionError(f"{connection.name}: no table of messages")
    deletes = settings.deletes or connection.contacts.deletes
    letters = MessageContext(context, settings, deletes, _empty(accounts), MessageStage(context.state))
    wanted = fingerprint(settings)
    if letters.streams.fingerprint() != wanted:
        with context.state.atomic() as transaction:
            letters.streams.set_up(transaction, wanted)
    return letters


def _enrichment(context: Context) -> Enrichment:
    """Return who looks companies up for whom: the config has seen to it that one side can and the other cannot."""
    source = next(side for side in context.sides if side.connector.companies is not None)
    return Enrichment(source, context.other(source), KnownCompanies(context.state.db, source.account))


def _empty(accounts: Accounts) -> StreamReport:
    return StreamReport({account.connector.account: Counts() for account in accounts})


def _side(state: StateFile, connection: int, name: str, account: Account) -> Side:
    identities = Identities(state.db, connection, name)
    return Side(name, account.connector.account, account.connector, identities, account.dispatcher)
