"""Read and write one wave of contacts at a system that takes many at once (R19, R34)."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from connectors.bulk import Outcome
from connectors.errors import ConnectorError
from connectors.records import Page
from state.links import Link
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.staged_records import memory_of
from sync.streams.connection import Side

AnswerPage = Page | ConnectorError

LAG: Final = timedelta(minutes=2)
"""How long before the horizon a list is read again at least: it may show a change late."""


def write_together(target: Side, write: Callable[[], list[Outcome]], count: int) -> list[Outcome]:
    """Write many contacts in one step; return what became of each. An error before the first call is that of all."""
    (outcomes,) = target.dispatcher.gather([write])
    return [outcomes] * count if isinstance(outcomes, ConnectorError) else outcomes


def pages_of_wave(
    context: Context, target: Side, records: Sequence[tuple[Staged, Link | None]]
) -> tuple[list[AnswerPage], frozenset[str]]:
    """Return each record as it is right before an update, or the error of its reading; and the ids that were not read.

    Where many are written at once, one search shows which of them changed since the run has read the side. The others
    are what this run has read, or what they were when both sides last agreed. A record of which neither is known is
    read by id.
    """
    bulk, horizon = target.connector.bulk, context.findings.horizons.get(target.account)
    if bulk is None or horizon is None:
        reads = [partial(target.connector.read_record, staged.id) for staged, _ in records]
        return target.dispatcher.gather(reads), frozenset()
    since = horizon - max(context.connection.lookback, LAG)
    (changed,) = target.dispatcher.gather([partial(bulk.changed_since, since)])
    if isinstance(changed, ConnectorError):
        return [changed] * len(records), frozenset()
    served_at = context.run.clock.now() + timedelta(seconds=target.connector.clock_offset())
    pages: list[AnswerPage] = []
    assumed = set()
    for staged, link in records:
        if staged.id in changed:
            pages.append(Page([changed[staged.id]], served_at))
        elif staged.contact is not None and staged.raw is not None:
            pages.append(Page([json.loads(staged.raw)], served_at))
        elif link is None or staged.contact is not None or link.side(target.name).digest is None:
            pages += target.dispatcher.gather([partial(target.connector.read_record, staged.id)])
        else:
            shadow, memory = context.mapping.shadow(link, target.name), memory_of(link, target)
            pages.append(Page([bulk.record_of(staged.id, shadow, memory)], served_at))
            assumed.add(staged.id)
    return pages, frozenset(assumed)
