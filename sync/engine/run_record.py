"""Record in the state that a run began, and how it ended: its report, its counts, and how far its streams are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from state import daily_counts, history
from state.approvals import drop_approval
from state.connections import all_connections
from state.database import Transaction
from state.progress import is_begun, note_comparison, note_end
from state.queries import has_completed_run
from sync.contacts.context import Context
from sync.engine.account_identity import remember_identity
from sync.engine.metrics import counted
from sync.engine.options import RunOptions
from sync.output.report import RunReport


@dataclass(frozen=True, slots=True)
class RunBeginning:
    """What was known when a run began: whether it is the first of its connection, and the streams without a link."""

    is_first: bool
    fresh_streams: frozenset[str]


def begin_run(context: Context, report: RunReport) -> RunBeginning:
    """Record that a run has begun."""
    connection = context.connection.number
    with context.state.atomic() as transaction:
        is_first = not has_completed_run(transaction, connection)
        history.begin_run(transaction, report.run, connection, context.run.now_ms(), report.undoes or None)
    fresh = (stream for stream in report.asked if not is_begun(context.state.db, connection, stream))
    return RunBeginning(is_first, frozenset(fresh))


def end_run(
    context: Context, report: RunReport, status: str, options: RunOptions, beginning: RunBeginning, keep: timedelta
) -> None:
    """Record how a run ended, and delete history that is older than `keep`."""
    connection, now_ms = context.connection.number, context.run.now_ms()
    with context.state.atomic() as transaction:
        _note_progress(transaction, context, report.asked, status, options, beginning)
        if context.findings.horizons.keys() == {side.account for side in context.connection.sides}:
            _remember_accounts(transaction, context)
        document = json.dumps(_without_plan(report.to_json()), ensure_ascii=False)
        if status in ("ok", "partial") and not report.undoes:
            drop_approval(transaction, connection)
        history.end_run(transaction, report.run, now_ms, status, document)
        counts = counted(report, status, context.run.clock.now())
        daily_counts.add_counts(transaction, connection, now_ms, counts)
    before_ms = context.run.now_ms() - round(keep.total_seconds() * 1000)
    with context.state.atomic() as transaction:
        history.prune_history(transaction, connection, before_ms)
        daily_counts.fold_old_days(transaction, connection, before_ms)


def _note_progress(
    transaction: Transaction,
    context: Context,
    streams: Sequence[str],
    status: str,
    options: RunOptions,
    beginning: RunBeginning,
) -> None:
    """Note when each stream last ended, and was last compared in full (R24)."""
    has_range = options.since is not None or options.until is not None
    for stream in streams:
        key = (transaction, context.connection.number, stream, context.run.now_ms())
        # The first run of a stream reads everything, unless it was given a range.
        is_comparison = options.whole or (stream in beginning.fresh_streams and not has_range)
        if status in ("ok", "partial"):
            note_end(*key)
        if status in ("ok", "partial", "guarded") and is_comparison:
            note_comparison(*key)


def _remember_accounts(transaction: Transaction, context: Context) -> None:
    """Store the identity of both accounts, which have answered (R28)."""
    for side in context.connection.sides:
        connector = side.connector
        sides = {
            connection.id: name
            for connection in all_connections(transaction)
            if (name := connection.side_of(side.account)) is not None
        }
        remember_identity(transaction, side.account, connector.system, connector.identity(), sides)


def _without_plan(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the state keeps of a report: the history names the contacts of a plan or an undo."""
    return document | {name: [] for name in ("plan", "left_alone") if name == "plan" or name in document}
