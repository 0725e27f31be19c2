"""The rule of both streams for a record that was deleted on one side and edited on the other: a user decides (R24).

That is a conflict of the field `*`: its resolution is the side that the user chose.
"""

from state.conflicts import Conflict
from state.database import Transaction
from state.links import Link
from sync.output.formats import WHOLE
from sync.rules import shadow_codec
from sync.rules.merge_result import LEFT, OPPOSITE, RIGHT
from sync.streams.connection import Run
from sync.streams.tables import Tables


def decided_side(tables: Tables, link: Link) -> str | None:
    """Return the side that a user chose for a link that lost a record, None if there is no decision."""
    conflict = tables.conflicts.of_link(link.id).get(WHOLE)
    return None if conflict is None else conflict.resolution


def open_deletion_conflict(
    transaction: Transaction, tables: Tables, run: Run, link: Link, survivor: str, who: str,
    *, changed_ms: int | None = None,
) -> None:  # fmt: skip
    """Open the conflict of a link with an edited record on the side `survivor`; `changed_ms` is when it was edited."""
    shown = {survivor: shadow_codec.render("edited"), OPPOSITE[survivor]: shadow_codec.render(None)}
    times = {survivor: changed_ms, OPPOSITE[survivor]: None}
    conflict = Conflict(
        link.id, WHOLE, who, shown[LEFT], shown[RIGHT], times[LEFT], times[RIGHT], run.now_ms(), run.id
    )  # fmt: skip
    tables.conflicts.put_conflict(transaction, conflict)
