"""Put together what one run works with: both sides, the rules in force, the state behind them, its streams."""

from collections.abc import Mapping

from connectors.clock import Clock
from state import connections
from state.cursors import INDEXED, Cursors
from state.file import StateFile
from state.identity import Identities
from state.intervals import reach
from state.message_stage import MessageStage
from state.stage import Stage
from sync.config.model import Connection
from sync.contacts.context import Context, Side
from sync.decisions import mapping, messages, people
from sync.decisions.newest import judge
from sync.messages.context import MessageContext, fingerprint
from sync.reporting.progress import Progress
from sync.reporting.report import Counts, RunReport, StreamReport
from sync.runs.accounts import Account
from sync.runs.options import RunOptions
from sync.runs.run import Work

Accounts = tuple[Account, Account]


def assemble(
    options: RunOptions, connection: Connection, accounts: Accounts, *,
    state: StateFile, stage: Stage, report: RunReport, clock: Clock, progress: Progress,
) -> Work:  # fmt: skip
    """Return what one run is about. Raises StateError when the connection is another one than the state knows."""
    left, right = accounts
    rules = _rules(connection, left, right)
    with state.atomic() as db:
        number = connections.connection_id(db, connection.name, connection.left, connection.right)
        table, in_force = _mapping_in_force(state, number, rules, _settings(connection))
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
    cursors = Cursors(state.db, number, people.STREAM)
    context.first = {side.account: reach(cursors.get(side.name, INDEXED), 0) is None for side in context.sides}
    with_messages = messages.STREAM in options.streams and connection.messages is not None
    letters = _messages(context, connection, accounts) if with_messages else None
    return Work(context, letters, with_people=people.STREAM in options.streams)


def _messages(context: Context, connection: Connection, accounts: Accounts) -> MessageContext:
    settings = connection.messages
    if settings is None:
        raise AssertionError(f"{connection.name}: no table of messages")
    deletes = settings.deletes or connection.contacts.deletes
    letters = MessageContext(context, settings, deletes, _empty(accounts), MessageStage(context.state))
    wanted = fingerprint(settings)
    if letters.streams.fingerprint() != wanted:
        with context.state.atomic():
            letters.streams.set_up(wanted)
    return letters


def _empty(accounts: Accounts) -> StreamReport:
    return StreamReport({account.connector.account: Counts() for account in accounts})


def _rules(connection: Connection, left: Account, right: Account) -> dict[str, mapping.FieldRule]:
    places = [mapping.Places(one.connector.mapped, one.connector.read_only) for one in (left, right)]
    directions = {name: option.direction for name, option in connection.contacts.fields.items()}
    return mapping.rules(places[0], places[1], connection.contacts.direction, directions)


def _mapping_in_force(
    state: StateFile, connection: int, rules: mapping.Rules, settings: Mapping[str, object]
) -> tuple[dict[int, tuple[str, ...]], int]:
    """Return the fields of every mapping there was, and the number of the one in force, made when it is new (R18).

    A field that has moved to another place since is none of the present fields: what it held there was never agreed on.
    """
    wanted = mapping.fingerprint(rules, settings)
    housed = mapping.housed(rules, settings)
    known = connections.mappings(state.db, connection)
    number = max(known, default=0)
    if not known or known[number][0] != wanted:
        number = connections.add_mapping(state.db, connection, wanted, tuple(housed))
        known = connections.mappings(state.db, connection)
    table = {key: tuple(housed.get(each, f"{each}, moved") for each in fields) for key, (_, fields) in known.items()}
    return table, number


def _settings(connection: Connection) -> dict[str, object]:
    """Return what else of the config decides who and what is carried."""
    contacts = connection.contacts
    places = {name: dict(option.places) for name, option in contacts.fields.items() if option.places}
    return {"create": contacts.create, "only": contacts.only.model_dump(), "places": places}


def _side(state: StateFile, connection: int, name: str, account: Account) -> Side:
    identities = Identities(state.db, connection, name)
    return Side(name, account.connector.account, account.connector, identities, account.dispatcher)
