"""What of a run lasts longer than its report: how far it has brought its streams in time (R24)."""

from collections.abc import Sequence

from state.database import Transaction
from state.progress import is_begun, note_comparison, note_end
from sync.contacts.context import Context
from sync.engine.options import RunOptions


def fresh_streams(context: Context, streams: Sequence[str]) -> frozenset[str]:
    """Return the streams of which nothing is linked yet, so that nothing can have been deleted either."""
    return frozenset(one for one in streams if not is_begun(context.state.db, context.connection.number, one))


def note_progress(
    transaction: Transaction,
    context: Context,
    streams: Sequence[str],
    status: str,
    options: RunOptions,
    fresh: frozenset[str],
) -> None:
    """Note how a run of these streams ended.

    A stream that was `fresh` when the run began is read in full anyway, unless the run was given bounds.
    """
    bounded = options.since is not None or options.until is not None
    for stream in streams:
        where = (transaction, context.connection.number, stream, context.run.now_ms())
        if status in ("ok", "partial"):
            note_end(*where)
        if status in ("ok", "partial", "guarded") and (options.whole or (stream in fresh and not bounded)):
            note_comparison(*where)
