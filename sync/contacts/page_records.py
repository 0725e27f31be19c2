"""Stage the records of one page of a list, and put them into the identity index (R3, R7, R22).

Rules kept here:
- every record that a page shows goes into the identity index; only those before the horizon are staged (R7);
- a record that cannot be read goes there with what it still shows, so that its contact is not created again (R42);
- a record that is dated ahead of its server's clock is staged by each run, since its time proves nothing (R43);
- an erased contact is counted as left out, and nothing of it is kept;
- a system that can only list shows no time that counts: whatever shows something new is staged (R32);
- a record with the digest of its last observation is not mapped: it shows nothing new, unless it failed since (R22).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.contact import Contact
from connectors.errors import RecordGone
from connectors.records import Page, Raw, Window
from state.indexed_contact import IndexedContact
from state.links import Link
from state.staging import Staged
from sync.contacts.active_contacts import note_active_contacts
from sync.contacts.context import AHEAD, Context
from sync.contacts.list_rows import believed_row
from sync.contacts.staged_records import memory_of, note_gone, staged_record
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.record_boundary import confirm_identified, confirm_usable, storable


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Which records of a page are staged: those before the horizon and, where the window is exact, within it.

    A record with a date past `ahead` was not changed just now. No horizon would ever reach it, so each run stages it.
    """

    start: datetime | None
    horizon: datetime
    end: datetime | None
    ahead: datetime | None

    def admit(self, changed: datetime | None) -> bool:
        """Say whether a record that was changed at that time is staged."""
        if changed is None or (self.ahead is not None and changed > self.ahead):
            return True
        return (
            changed < self.horizon
            and (self.start is None or changed >= self.start)
            and (self.end is None or changed < self.end)
        )


def take_page(
    context: Context, side: Side, page: Page, window: Window, horizon: datetime, *, exact: bool, stage: bool
) -> None:
    """Index the records of a page and, with `stage`, stage them. What is wrong with a record is listed."""
    limits = _limits(side, page, window, horizon, exact=exact)
    context.boundary.note_page(side, page, context.run.progress.note)
    raws = {str(raw["id"]): raw for raw in page.records}
    unchanged = _unchanged(context, side, raws)
    unchanged_records = [Staged(side.name, record_id, link=link_id) for record_id, link_id in unchanged.items()]
    taken = _Taken(limits, stage, unchanged_records)
    if stage:
        note_active_contacts(context, side, raws, unchanged)
    news = {record_id: raw for record_id, raw in raws.items() if record_id not in unchanged}
    links = context.tables.links.by_record(side.name, [storable(record_id) for record_id in news])
    for record_id, raw in news.items():
        with context.boundary.around(side, record_id, who=_name(side, record_id, raw)):
            _take_or_outline(context, side, raw, links.get(record_id), taken)
    _store(context, side, taken)


def _limits(side: Side, page: Page, window: Window, horizon: datetime, *, exact: bool) -> PageLimits:
    if side.connector.lists_only:
        # No time of such a record says when it changed, so each one that shows something new is staged (R32).
        return PageLimits(None, datetime.max.replace(tzinfo=UTC), None, None)
    ahead = None if exact else page.served_at + AHEAD
    return PageLimits(window.start if exact else None, horizon, window.end if exact else None, ahead)


@dataclass(slots=True)
class _Taken:
    """What a page has shown: records to be staged, contacts to be indexed, ids that are left for a later horizon."""

    limits: PageLimits
    stage: bool
    records: list[Staged]
    contacts: list[Contact] = field(default_factory=list)
    later: list[str] = field(default_factory=list)


def _take_or_outline(context: Context, side: Side, raw: Raw, link: Link | None, taken: _Taken) -> None:
    """Take one record in; one that cannot be read is indexed by what it shows, so that no double is created."""
    try:
        _take(context, side, raw, link, taken)
    except Exception:
        index_outline(context, side, raw, link)
        raise


def _take(context: Context, side: Side, raw: Raw, link: Link | None, taken: _Taken) -> None:
    """Take one record in. Raises what is wrong with it."""
    record_id, limits = str(raw["id"]), taken.limits
    try:
        row = believed_row(context, side, raw, link, memory_of(link, side))
    except RecordGone:
        note_gone(context, side, record_id)
        return
    if row is None:
        taken.records.append(Staged(side.name, record_id, link=link.id if link else None))
        return
    confirm_usable(row.contact)
    if link is None and context.is_forgotten(side, row.contact):
        is_new = limits.admit(row.contact.updated_at) and not context.staging.has_record(side.name, record_id)
        context.report.left_out += taken.stage and is_new
        taken.later.append(record_id)
        return
    if link is None:
        confirm_identified(row.contact)
    staged = staged_record(context, side, row.raw, row.contact, link, digest=row.digest)
    taken.contacts.append(row.contact)
    if limits.admit(row.contact.updated_at):
        taken.records.append(staged)
    else:
        taken.later.append(record_id)


def _name(side: Side, record_id: str, raw: Raw) -> str:
    """Return a name for a record that may not be understood at all: its e-mail address if it shows one."""
    shown = raw.get("email")
    return shown if isinstance(shown, str) and shown else f"{side.account}:{record_id}"


def _store(context: Context, side: Side, taken: _Taken) -> None:
    with context.state.atomic() as transaction:
        if taken.stage:
            context.staging.put_records(transaction, taken.records)
            context.staging.mark_shown(transaction, side.name, taken.later)
        side.identities.put_contacts(transaction, (contact_codec.index_entry(contact) for contact in taken.contacts))


def _unchanged(context: Context, side: Side, raws: Mapping[str, Raw]) -> dict[str, int]:
    """Return the links of the records that show nothing new, by record id; a listed failure always counts as new."""
    ids = [storable(record_id) for record_id in raws]
    failed = context.tables.failures.of_records(side.name, ids)
    return {
        record_id: seen.link
        for record_id, seen in context.tables.links.seen_records(side.name, ids).items()
        if record_id not in failed
        and seen.digest is not None
        and seen.mapping == context.mapping.number
        and seen.gone != side.name
        and seen.digest == _digest(side, raws[record_id])
    }


def _digest(side: Side, raw: Raw) -> bytes | None:
    """Return the digest of a record, None if it cannot be worked with."""
    try:
        return side.connector.digest(raw)
    except Exception:  # noqa: BLE001 - the boundary that comes next reports it with the record's name
        return None


def index_outline(context: Context, side: Side, raw: Raw, link: Link | None) -> None:
    """Put what identifies an unreadable record into the identity index, unless its contact was erased."""
    try:
        contact = side.connector.to_outline(raw)
        shown = _storable(contact_codec.index_entry(contact))
        if link is None and context.is_forgotten(side, contact):
            return
    except Exception:  # noqa: BLE001 - the record is listed for a reason of its own; this adds what it still shows
        return
    (before,) = side.identities.by_id([shown.id]) or [shown]
    with context.state.atomic() as transaction:
        side.identities.put_contacts(transaction, [united(before, shown)])


def united(before: IndexedContact, shown: IndexedContact) -> IndexedContact:
    """Return what is known of a record that shows only `shown` now; the rest is as it was before."""
    return replace(
        shown,
        email=shown.email or before.email,
        name=shown.name or before.name,
        phones=shown.phones or before.phones,
        marker=shown.marker or before.marker,
        is_marker_bare=shown.is_marker_bare if shown.marker else before.is_marker_bare,
        created_ms=shown.created_ms or before.created_ms,
        more_emails=shown.more_emails or before.more_emails,
    )


def _storable(known: IndexedContact) -> IndexedContact:
    """Return it as a file can hold it."""
    return replace(
        known,
        id=storable(known.id),
        email=storable(known.email) if known.email else None,
        name=storable(known.name),
        phones=tuple(map(storable, known.phones)),
        more_emails=tuple(map(storable, known.more_emails)),
    )
