"""Build the streams of one run from the config, the accounts and the state."""

from connectors.clock import Clock
from state import connections
from state.companies import CompanyCache
from state.cursors import INDEXED
from state.file import StateFile
from state.identity_index import IdentityIndex
from state.intervals import reach
from state.message_staging import MessageStaging
from state.settings import Settings
from state.staging import Staging
from sync.config.model import Connection
from sync.contacts.context import Context, Enrichment, MappingInForce
from sync.contacts.sync_policy import SyncPolicy
from sync.engine.accounts import Account
from sync.engine.mappings import mapping_in_force, rules_of
from sync.engine.options import RunOptions
from sync.engine.pair_limits import carries_messages
from sync.engine.probe import learned_never_empty
from sync.engine.run import RunScope
from sync.messages.context import MessageContext, fingerprint
from sync.output.progress import Progress
from sync.output.report import RunReport
from sync.output.stream_report import Counts, StreamReport
from sync.rules.conflict_policy import winner_by_policy
from sync.rules.streams import CONTACTS, MESSAGES
from sync.streams.connection import SIDE_NAMES, ConnectionSides, Run, Side

Accounts = tuple[Account, Account]


def build_scope(
    options: RunOptions, connection: Connection, accounts: Accounts, *,
    state: StateFile, staging: Staging, report: RunReport, clock: Clock, progress: Progress,
    configured: frozenset[str],
) -> RunScope:  # fmt: skip
    """Return the streams of one run. Raises StateError when the state knows the connection with other accounts.

    `configured` are the names of all connections of the config.
    """
    run = Run(report.run, options.command, options.dry_run, clock, progress)
    contacts = _contacts(run, connection, accounts, state, staging, configured)
    messages = _messages(contacts, connection, accounts) if MESSAGES in options.streams else None
    return RunScope(contacts, messages, with_contacts=CONTACTS in options.streams)


def _contacts(
    run: Run, connection: Connection, accounts: Accounts, state: StateFile, staging: Staging, configured: frozenset[str]
) -> Context:
    rules = rules_of(connection, accounts[0].connector, accounts[1].connector)
    with state.atomic() as transaction:
        number = connections.connection_id(transaction, connection.name, connection.left, connection.right)
        kinds = {account.connector.account: account.connector.system for account in accounts}
        table, in_force = mapping_in_force(transaction, number, rules, connection, kinds)
    left, right = (_side(state, number, name, account) for name, account in zip(SIDE_NAMES, accounts, strict=True))
    sides = ConnectionSides(connection.name, number, left, right, connection.settle, connection.lookback, configured)
    # The clocks of the servers are known after the first answers; until then a policy leaves conflicts to users.
    mapping = MappingInForce(in_force, rules, table, winner_by_policy("manual", (0.0, 0.0)))
    contacts = Context(run, sides, mapping, connection.contacts, state, staging, _empty_report(accounts), SyncPolicy())
    contacts.followed = _followed(connection, accounts)
    contacts.enrichment = _enrichment(contacts) if connection.contacts.enrich else None
    cursors = contacts.tables.cursors
    contacts.findings.first = {
        side.account: reach(cursors.intervals(side.name, INDEXED), 0) is None for side in sides.sides
    }
    return contacts


def _messages(contacts: Context, connection: Connection, accounts: Accounts) -> MessageContext | None:
    """Return the messages stream, None where there are none; after a change of its settings it reads all again."""
    settings = connection.messages
    if settings is None or not carries_messages(accounts[0].connector, accounts[1].connector):
        return None
    deletes = settings.deletes or connection.contacts.deletes
    messages = MessageContext(contacts, settings, deletes, _empty_report(accounts), MessageStaging(contacts.state))
    wanted = fingerprint(settings)
    if messages.tables.settings.fingerprint() != wanted:
        with contacts.state.atomic() as transaction:
            messages.tables.settings.set_up(transaction, wanted)
    return messages


def _followed(connection: Connection, accounts: Accounts) -> frozenset[str]:
    """Return the sides whose messages travel and are read contact by contact."""
    left, right = (account.connector for account in accounts)
    if connection.messages is None or not carries_messages(left, right):
        return frozenset()
    stores = zip(SIDE_NAMES, (left.message_store, right.message_store), strict=True)
    return frozenset(name for name, store in stores if store.by_contact is not None)


def _enrichment(context: Context) -> Enrichment:
    """Return which side looks companies up for the other: the config allows one side that can and one that cannot."""
    source = next(side for side in context.connection.sides if side.connector.companies is not None)
    return Enrichment(source, context.connection.other(source), CompanyCache(context.state.db, source.account))


def _empty_report(accounts: Accounts) -> StreamReport:
    return StreamReport({account.connector.account: Counts() for account in accounts})


def _side(state: StateFile, connection: int, name: str, account: Account) -> Side:
    identities = IdentityIndex(state.db, connection, name)
    probed = Settings(state, account.connector.account, lambda: 0).probed()
    never_empty = learned_never_empty(account.connector.never_empty, probed) if "clears" in probed else None
    return Side(name, account.connector.account, account.connector, identities, account.dispatcher, never_empty)
