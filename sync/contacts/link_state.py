"""What a link keeps of its records besides the shadow: memory, digest, times, unmapped values, holds.

A hold keeps a difference that an undo has created on purpose, until the next edit of the field (R26). A set is held
element by element, as it is merged: it is held for as long as its sides differ.
"""

import json
from collections.abc import Collection, Iterable

from connectors.connector import WriteResult
from connectors.contact import SET_FIELDS, Contact
from state.database import Transaction
from state.holds import Hold
from state.links import Link, LinkSide
from sync.contacts.context import AHEAD_MS, Context
from sync.contacts.pair_update import PairUpdate
from sync.output.formats import WHOLE
from sync.rules import contact_codec, kept_times
from sync.rules.merge_result import SideView
from sync.rules.shadow_update import ShadowPair


def set_shown(context: Context, end: LinkSide, contact: Contact) -> None:
    """Set what the connector remembers of a record, and its values that mean nothing on the other side."""
    end.memory = memory_text(contact.memory)
    end.unmapped = unmapped_text(context, contact)


def memory_text(memory: object) -> str | None:
    """Return the memory of a record as a link keeps it, None if it is empty."""
    return json.dumps(memory) if memory else None


def unmapped_text(context: Context, contact: Contact) -> str | None:
    """Return what a record shows that means nothing on the other side, as a link keeps it (R17)."""
    found = {name: text for name, text in contact.unmapped.items() if name in context.mapping.rules}
    return json.dumps(found, ensure_ascii=False) if found else None


def own_times(shown: Contact, answer: WriteResult) -> tuple[int | None, int | None]:
    """Return the update time that the answer shows, and the latest time at which the write took effect (R3, R14).

    Both are milliseconds since 1970 by the server's clock.
    """
    served = contact_codec.to_ms(answer.served_at) or 0
    updated = contact_codec.to_ms(shown.updated_at)
    if updated is not None and served and updated > served + AHEAD_MS:
        updated = served  # the record's date is wrong; with it, a later edit would look older than this write
    return updated, served if answer.edited else max(served, updated or 0)


def keep_times(context: Context, job: PairUpdate, link: Link, shadows: ShadowPair, written: Contact | None) -> None:
    """Keep, for the fields that still wait, when each side was changed before our own write (R40).

    `written` is what the target shows after a write. Without a write, only times that are kept already are updated.
    """
    target, source = link.side(job.target.name), link.side(job.source.name)
    if written is None and target.kept is None and source.kept is None:
        return
    to, come = job.target_view, job.source_view
    shown = to.now if written is None else context.mapping.travelling(written.fields)
    after = SideView(shown, shadows.target), SideView(come.now, shadows.source)
    waiting = kept_times.open_fields(context.mapping.rules, *after)
    settled = job.result.touched - waiting
    ends = ((job.target, to, shown, job.target_staged), (job.source, come, come.now, job.source_staged))
    for side, view, now, staged in ends:
        if staged is None or staged.contact is None:
            # The record was not looked at, so a field that waited there still waits.
            context.keep(link, side, kept_times.without(context.kept(link, side), settled))
        else:
            context.keep(link, side, kept_times.of_view(view, waiting, now))


def hold(transaction: Transaction, context: Context, link: Link, names: Iterable[str]) -> None:
    """Hold those of the fields in which both sides differ now, and release the others."""
    for name in names:
        if _differs(context, link, name):
            context.tables.holds.put_hold(transaction, Hold(link.id, name, context.run.now_ms(), context.run.id))
        else:
            context.tables.holds.end_holds(transaction, link.id, [name])


def release(
    transaction: Transaction, context: Context, link: Link, touched: Collection[str], *, back: bool = False
) -> None:
    """Release the fields that were edited since, or that do not travel any more.

    `back` says that a record exists again that was gone, so that the pair as a whole is released.
    """
    held = context.tables.holds.of_link(link.id).keys()
    over = [
        name for name in held - {WHOLE} if name not in context.mapping.rules or _is_over(context, link, name, touched)
    ]
    context.tables.holds.end_holds(transaction, link.id, [*over, WHOLE] if back else over)


def _is_over(context: Context, link: Link, name: str, touched: Collection[str]) -> bool:
    return name in touched and (name not in SET_FIELDS or not _differs(context, link, name))


def _differs(context: Context, link: Link, name: str) -> bool:
    left, right = (context.mapping.shadow(link, side.name).get(name) for side in context.connection.sides)
    return name in context.mapping.rules and not context.mapping.rules[name].same(left, right)
