"""Rows of a list that show a record after it was deleted: a search index lags behind the records (R3).

The record of such a row has no link any more, since its pair is gone on both sides. It would be created on the other
side again, so it is read by id before anything is decided about it.
"""

from collections.abc import Sequence

from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.read_by_id import stage_by_ids
from sync.streams.connection import Side


def without_deleted(context: Context, side: Side, page: Sequence[Staged]) -> list[Staged]:
    """Return the unlinked rows of a page without records that were deleted and are still gone.

    A record that exists again is returned as it was read by id.
    """
    doubted = context.tables.history.deleted_records(side.account, [staged.id for staged in page])
    if not doubted:
        return list(page)
    found = stage_by_ids(context, side, sorted(doubted))
    return [found.get(staged.id, staged) for staged in page if staged.id not in doubted or staged.id in found]
