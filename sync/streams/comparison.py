"""What `sync verify` reports of either stream from its open conflicts and failures."""

import json
from collections.abc import Iterator
from typing import Any, Final

from state.failures import Failure
from sync.output.formats import WHOLE
from sync.rules.streams import CONTACTS
from sync.streams.tables import Tables

Entry = dict[str, Any]
"""One object of the comparison that `sync verify --json` prints."""

DUPLICATE: Final = "double"
"""The operation of a failure that reports a second record of one contact, or a second copy of one message."""


def compared_links(tables: Tables) -> int:
    """Return how many pairs of records are compared: those that exist at both sides."""
    return tables.links.count_links() - tables.links.count_gone()


def open_conflicts(tables: Tables) -> Iterator[Entry]:
    """Yield the fields in conflict that wait for a decision; a decided one is among the values to be written."""
    for one in tables.conflicts.all_conflicts():
        if one.field != WHOLE and one.resolution is None:
            values = {"left": json.loads(one.left_value), "right": json.loads(one.right_value)}
            yield {"who": one.who, **about(tables), "field": one.field, **values}


def unlinked_failures(tables: Tables, side: str) -> Iterator[Failure]:
    """Yield the failures of records of a side that have no link, duplicates left out."""
    for failure in tables.failures.waiting_failures():
        is_listed = failure.side == side and failure.operation != DUPLICATE
        if is_listed and not tables.links.by_record(side, [failure.record_id]):
            yield failure


def duplicates(tables: Tables) -> Iterator[Entry]:
    """Yield the records that are second ones, with the ids of all of them."""
    for failure in tables.failures.waiting_failures():
        if failure.operation == DUPLICATE:
            ids = [failure.record_id, *(blocker.partition(":")[2] for blocker in failure.blockers)]
            account = tables.connection.side(failure.side).account
            yield {"account": account, "who": failure.who, **about(tables), "ids": ids}


def about(tables: Tables) -> Entry:
    """Return the key that names the stream; entries of contacts have none."""
    return {} if tables.stream == CONTACTS else {"stream": tables.stream}
