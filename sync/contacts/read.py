"""The first half of a run: read what changed on a side, in windows, and stage it as the pages come.

Rules kept here:
- the server's own clock says where the horizon lies: the time of the first answer, less `settle` (R1);
- every gap in what is covered is read, each from `lookback` before its start; `[since, until)` is exact (R2);
- an observation older than the last answer that is held for that record is not believed, the record is read by id (R3);
- everybody seen goes into the identity index, those behind the horizon too (R7); only those before it are staged;
- a record that is dated ahead of its server's clock is staged by each run, and its time tells nothing;
- who was forgotten is neither: counted as left out, and not kept in any way;
- a record whose digest is that of the last observation is not mapped: nothing about it can be new, unless it failed
  since and was changed back (R22).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from connectors.connector import Page, Raw, Window
from connectors.contact import Contact
from connectors.errors import ConnectorError, OtherRecord, RecordGone
from state.intervals import IntervalSet
from state.links import Link
from state.staging import Staged
from sync.contacts.context import AHEAD, AHEAD_MS, Context
from sync.contacts.gone_records import is_merge_target, note_gone
from sync.contacts.list_rows import believed
from sync.contacts.unreadable_records import index_outline
from sync.rules import contact_codec
from sync.rules.conflict_policy import correct, finer
from sync.rules.windows import ORIGIN, ReadRange
from sync.streams.connection import OWN_WRITE_MS, Side
from sync.streams.record_boundary import confirm_workable, storable
from sync.streams.windows import WindowReader


def observe(context: Context, side: Side, read_range: ReadRange) -> IntervalSet:
    """Read and stage one side; return the spans that are covered once every record found there is dealt with."""
    context.run.progress.begin_step(f"reading {side.account}")
    stage_page = partial(_take_page, context, side, exact=read_range.exact, stage=True)
    covered, context.report.windows[side.account] = _reader(context, side).read_range(read_range, stage_page)
    context.report.accounts[side.account].read = context.staging.count_records(side.name)
    return covered


def complete_index(context: Context, side: Side) -> None:
    """Read a side in full into the identity index, where that has not been done, before a contact is created there."""
    reader = _reader(context, side)
    for window in reader.unindexed_windows():
        context.run.progress.begin_step(f"reading all contacts at {side.account} once")
        reader.read_window(window, partial(_take_page, context, side, exact=False, stage=False))


def index_all(context: Context, side: Side) -> None:
    """Read a side in full into the identity index, whatever was read of it before."""
    context.run.progress.begin_step(f"reading all contacts at {side.account} again")
    index_page = partial(_take_page, context, side, exact=False, stage=False)
    _reader(context, side).read_window(Window(ORIGIN), index_page)


def _reader(context: Context, side: Side) -> WindowReader:
    """Return what reads the contacts of a side in windows."""
    return WindowReader(
        context.run, context.tables, context.boundary, context.findings.horizons, context.connection.lookback,
        side, side.connector.read_window,
    )  # fmt: skip


def stage_by_id(context: Context, side: Side, record_id: str) -> Staged | None:
    """Read one record by id and stage it, whatever its time.

    None when it is gone, which is noted, or that of a contact who was forgotten. Raises what is wrong with it, for the
    boundary around whatever asks for it.
    """
    (page,) = side.dispatcher.gather([partial(side.connector.read_record, record_id)])
    return _taken(context, side, record_id, page)


def stage_by_ids(context: Context, side: Side, ids: Sequence[str]) -> dict[str, Staged]:
    """Read records by id, several at a time, as `stage_by_id` does; return those that were staged.

    What is wrong with one of them is listed. Raises AuthError, TransientError.
    """
    pages = side.dispatcher.gather([partial(side.connector.read_record, record_id) for record_id in ids])
    found = {}
    for record_id, page in zip(ids, pages, strict=True):
        with context.boundary.around(side, record_id):
            staged = _taken(context, side, record_id, page)
            if staged is not None:
                found[record_id] = staged
    return found


def _taken(context: Context, side: Side, record_id: str, page: Page | ConnectorError) -> Staged | None:
    """Stage the answer to a question for one record. Raises what the answer says that is wrong."""
    if isinstance(page, RecordGone) or (
        isinstance(page, OtherRecord) and is_merge_target(context, side, record_id, page)
    ):
        note_gone(context, side, record_id)
        return None
    if isinstance(page, ConnectorError):
        raise page
    return _stage(context, side, record_id, page)


def _stage(context: Context, side: Side, record_id: str, page: Page) -> Staged | None:
    raw = page.records[0]
    link = context.tables.links.by_record(side.name, [record_id]).get(record_id)
    contact = side.connector.to_contact(raw, _memory(link, side))
    if link is None and context.is_forgotten(side, contact):
        return None
    confirm_workable(contact)
    staged = staged_record(context, side, raw, contact, link)
    with context.state.atomic() as transaction:
        context.staging.put_records(transaction, [staged])
        side.identities.put_contacts(transaction, ([contact_codec.index_entry(contact)]))
    return staged


def staged_record(
    context: Context, side: Side, raw: Any, contact: Contact, link: Link | None, *, digest: bytes | None = None
) -> Staged:
    """Return a record as it is staged: as it came, too, where a plan is priced or a marker will be written to it.

    `digest` is what it is to be remembered by, that of the record where it is not given.
    """
    wrote = link.side(side.name).wrote_ms if link else None
    wanted = context.run.dry or side.needs_marker(contact)
    return Staged(
        side.name,
        contact.id,
        json.dumps(raw, ensure_ascii=False, separators=(",", ":")) if wanted else None,
        contact_codec.encode(contact),
        side.connector.digest(raw) if digest is None else digest,
        finer(_changed_ms(context, side, contact, wrote), _heard_ms(context, side, contact, wrote)),
        link.id if link else None,
    )


def _changed_ms(context: Context, side: Side, contact: Contact, wrote_ms: int | None) -> int | None:
    """Return when a person changed a record, on our clock; None as well where its date lies in the future."""
    shown = contact_codec.to_ms(contact.updated_at)
    if shown is not None and shown > side.server_now_ms(context.run.clock) + AHEAD_MS:
        return None
    return side.changed_ms(contact, wrote_ms)


def _heard_ms(context: Context, side: Side, contact: Contact, wrote_ms: int | None) -> int | None:
    """Return when a webhook said that a record was changed, on our clock; None where it may be the echo of our write.

    Events may be sent late, so for `settle` after our write none tells of a person's edit; no edit is of the future.
    """
    event_ms = context.tables.hints.event_ms(side.account, contact.id)
    if event_ms is None or event_ms > side.server_now_ms(context.run.clock):
        return None
    echo_ms = max(OWN_WRITE_MS, round(context.connection.settle.total_seconds() * 1000))
    if wrote_ms is not None and event_ms <= wrote_ms + echo_ms:
        return None
    return contact_codec.to_ms(correct(contact_codec.from_ms(event_ms), side.connector.clock_offset()))


@dataclass(frozen=True, slots=True)
class _Limits:
    """Which records of a page are dealt with: those before the horizon and, where the window is exact, within it.

    What is dated past `ahead` was not changed just now: no horizon would reach it, so it is dealt with by each run.
    """

    horizon: datetime
    start: datetime | None
    end: datetime | None
    ahead: datetime | None

    def admit(self, changed: datetime | None) -> bool:
        if changed is None or (self.ahead is not None and changed > self.ahead):
            return True
        return (
            changed < self.horizon
            and (self.start is None or changed >= self.start)
            and (self.end is None or changed < self.end)
        )


def _take_page(
    context: Context, side: Side, page: Page, window: Window, horizon: datetime, *, exact: bool, stage: bool
) -> None:
    bounds = (window.start, window.end, None) if exact else (None, None, page.served_at + AHEAD)
    limits = _Limits(horizon, *bounds)
    context.boundary.take(side, page, context.run.progress.note)
    raws = {str(raw["id"]): raw for raw in page.records}
    old = _old_news(context, side, raws)
    old_records = [Staged(side.name, record_id, link=link_id) for record_id, link_id in old.items()]
    taken = _Taken(limits, stage, old_records)
    news = {record_id: raw for record_id, raw in raws.items() if record_id not in old}
    links = context.tables.links.by_record(side.name, [storable(record_id) for record_id in news])
    for record_id, raw in news.items():
        with context.boundary.around(side, record_id, who=_name(side, record_id, raw)):
            _take_or_outline(context, side, raw, links.get(record_id), taken)
    _store(context, side, taken)


@dataclass(slots=True)
class _Taken:
    """What a page has shown: what is staged, who goes into the index, and whose turn comes with a later horizon."""

    limits: _Limits
    stage: bool
    records: list[Staged]
    contacts: list[Contact] = field(default_factory=list)
    later: list[str] = field(default_factory=list)


def _take_or_outline(context: Context, side: Side, raw: Raw, link: Link | None, taken: _Taken) -> None:
    """Take one record in; one that cannot be read is indexed by what it shows, so that no second one is created."""
    try:
        _take(context, side, raw, link, taken)
    except Exception:
        index_outline(context, side, raw, link)
        raise


def _take(context: Context, side: Side, raw: Raw, link: Link | None, taken: _Taken) -> None:
    """Take one record in. Raises what is wrong with it."""
    record_id, limits = str(raw["id"]), taken.limits
    try:
        row = believed(context, side, raw, link, _memory(link, side))
    except RecordGone:
        note_gone(context, side, record_id)
        return
    if row is None:
        taken.records.append(Staged(side.name, record_id, link=link.id if link else None))
        return
    confirm_workable(row.contact)
    if link is None and context.is_forgotten(side, row.contact):
        is_new = limits.admit(row.contact.updated_at) and not context.staging.has_record(side.name, record_id)
        context.report.left_out += taken.stage and is_new
        taken.later.append(record_id)
        return
    staged = staged_record(context, side, row.raw, row.contact, link, digest=row.digest)
    taken.contacts.append(row.contact)
    if limits.admit(row.contact.updated_at):
        taken.records.append(staged)
    else:
        taken.later.append(record_id)


def _name(side: Side, record_id: str, raw: Raw) -> str:
    """Name a record that may not be understood at all: by its e-mail address if it shows one."""
    shown = raw.get("email")
    return shown if isinstance(shown, str) and shown else f"{side.account}:{record_id}"


def _store(context: Context, side: Side, taken: _Taken) -> None:
    with context.state.atomic() as transaction:
        if taken.stage:
            context.staging.put_records(transaction, taken.records)
            context.staging.mark_shown(transaction, side.name, taken.later)
        side.identities.put_contacts(transaction, (contact_codec.index_entry(contact) for contact in taken.contacts))


def _old_news(context: Context, side: Side, raws: Mapping[str, Raw]) -> dict[str, int]:
    """Return the links of those of the records that show nothing new, by record id; a listed failure is never old."""
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
    """Return the digest of a record, None of one that cannot be worked with: that shows when it is taken in."""
    try:
        return side.connector.digest(raw)
    except Exception:  # noqa: BLE001 - it is told with the record's name by the boundary that comes next
        return None


def _memory(link: Link | None, side: Side) -> Any:
    text = link.side(side.name).memory if link else None
    return json.loads(text) if text else {}
