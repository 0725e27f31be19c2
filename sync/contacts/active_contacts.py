"""Note which contacts may have new messages, where a system shows messages by contact alone.

Such a contact is new or changed, or its record says that a message was written since everything was listed last, or a
webhook reported it. It is noted durably, and dropped by the run that has carried its messages (sync.messages).
"""

from collections.abc import Collection, Mapping

from connectors.records import Raw
from state.cursors import COVERED
from state.intervals import reach
from state.webhook_hints import Hints
from sync.contacts.context import Context
from sync.rules.contact_codec import to_ms
from sync.rules.streams import MESSAGES
from sync.streams.connection import Side


def note_active_contacts(context: Context, side: Side, raws: Mapping[str, Raw], unchanged: Collection[str]) -> None:
    """Note those of the records of a page that may have new messages."""
    store = side.connector.message_store.by_contact if side.name in context.followed else None
    listed_ms = reach(context.tables.cursors.intervals(side.name, COVERED), 0)
    if store is None or listed_ms is None:
        return  # the messages of all contacts are read
    since_ms = listed_ms - round(context.connection.lookback.total_seconds() * 1000)
    active = (
        record_id for record_id, raw in raws.items()
        if record_id not in unchanged or (to_ms(store.active_at(raw)) or 0) >= since_ms
    )  # fmt: skip
    note_contacts(context, side, list(active))


def note_contacts(context: Context, side: Side, ids: Collection[str]) -> None:
    """Note that contacts may have new messages. The messages of one without a link are read once it has one."""
    if side.name not in context.followed or not ids:
        return
    linked = context.tables.links.by_record(side.name, list(ids))
    hints = Hints(context.state.db, context.connection.name, MESSAGES)
    with context.state.atomic() as transaction:
        hints.put_contacts(transaction, side.account, linked, context.run.now_ms())
