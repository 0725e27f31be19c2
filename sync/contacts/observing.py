"""The first half of a run: read what changed on a side, in windows, and stage it as the pages come.

Rules kept here:
- the server's own clock says where the horizon lies: the time of the first answer, less `settle` (R1);
- every gap in what is covered is read, each from `lookback` before its start; `[since, until)` is exact (R2);
- an observation older than the last answer that is held for that record is not believed, the record is read by id (R3);
- everybody seen goes into the identity index, those behind the horizon too (R7); only those before it are staged;
- who was forgotten is neither: counted as left out, and not kept in any way;
- a record whose digest is that of the last observation is not mapped: nothing about it can be new, unless it failed
  since and was changed back (R22).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.connector import Page, Raw, Window
from connectors.contact import Contact
from connectors.errors import ConnectorError, RecordGone
from state.cursors import COVERED, INDEXED, Cursors
from state.history import FOUND_DELETED, Entry
from state.intervals import Interval, IntervalSet, gaps, union
from state.links import Link
from state.stage import Staged
from sync.contacts.context import Context, Side
from sync.decisions import people
from sync.decisions.windows import ORIGIN, Bounds, cut_back, moment, reported, spans_of, window_of
from sync.reporting.spelling import WHOLE

CLOCK_GRAIN = timedelta(seconds=2)
"""A server's word of its time counts whole seconds, and two machines of one service differ a little."""


def observe(context: Context, side: Side, bounds: Bounds) -> IntervalSet:
    """Read and stage one side; return the spans that will be covered once all that was found there is dealt with."""
    context.progress.stage(f"reading {side.account}")
    spans = list(spans_of(bounds, context.cursors.get(side.name, COVERED)))
    covered = _read_spans(context, side, bounds, spans)
    horizon = context.horizons.get(side.account)
    if not bounds.exact and (again := future_again(context, context.cursors, side, horizon, covered)):
        spans += again
        covered += _read_spans(context, side, bounds, again)
    context.report.windows[side.account] = reported(bounds, sorted(spans), context.lookback, horizon)
    context.report.accounts[side.account].read = context.stage.count(side.name)
    return union(covered)


def _read_spans(context: Context, side: Side, bounds: Bounds, spans: Sequence[Interval]) -> list[Interval]:
    """Read spans; return what of them lies before the horizon."""
    covered: list[Interval] = []
    for start, end in spans:
        window = reachable(context, side, window_of(bounds, (start, end), context.lookback))
        horizon_ms = _read(context, side, window, exact=bounds.exact, stage=True)
        covered.append((start, min(end, horizon_ms)))
        _remember_indexed(context, side, start, horizon_ms, end)
    return covered


def reachable(context: Context, side: Side, window: Window) -> Window:
    """Return an open window that begins now at the latest: a cursor may reach past the server's clock (R43)."""
    now = context.clock.now() + timedelta(seconds=side.connector.clock_offset())
    if window.end is not None or window.start <= now:
        return window
    return Window(max(ORIGIN, now - context.lookback))


def future_again(
    context: Context, cursors: Cursors, side: Side, horizon: datetime | None, covered: Iterable[Interval]
) -> list[Interval]:
    """Cut cursors back that reach past the server's present; return what is to be read again because of that (R43)."""
    if horizon is None:
        return []
    present_ms = people.to_ms(horizon + context.settle + CLOCK_GRAIN) or 0
    kept = {kind: cut_back(cursors.get(side.name, kind), present_ms) for kind in (COVERED, INDEXED)}
    cut = [kind for kind in kept if kept[kind] != cursors.get(side.name, kind)]
    if not cut:
        return []
    context.progress.note(f"{side.account}: what was read reaches past the server's clock, so it is read again")
    with context.state.atomic():
        for kind in cut:
            cursors.put(side.name, kind, kept[kind])
    whole = (0, people.to_ms(horizon) or 0)
    return list(gaps(union(kept[COVERED], covered), whole))


def complete_index(context: Context, side: Side) -> None:
    """Read a side in full into the identity index, where that has not been done.

    Before anybody is created there (R7).
    """
    horizon_ms = people.to_ms(context.horizons[side.account]) or 0
    missing = gaps(context.cursors.get(side.name, INDEXED), (0, horizon_ms))
    for start, end in missing:
        context.progress.stage(f"reading everybody at {side.account} once")
        last = moment(end) if end < horizon_ms else None  # who changed behind the horizon is there, too
        _read(context, side, Window(moment(start), last), exact=False, stage=False)
        _remember_indexed(context, side, start, end, end)


def stage_by_id(context: Context, side: Side, record_id: str) -> Staged | None:
    """Read one record by id and stage it, whatever its time.

    None when it is gone, which is noted, or that of somebody who was forgotten.
    """
    return stage_by_ids(context, side, [record_id]).get(record_id)


def stage_by_ids(context: Context, side: Side, ids: Sequence[str]) -> dict[str, Staged]:
    """Read records by id, several at a time, as `stage_by_id` does; return those that were staged.

    Raises AuthError, TransientError.
    """
    pages = side.dispatcher.gather([partial(side.connector.get, record_id) for record_id in ids])
    found = {}
    for record_id, page in zip(ids, pages, strict=True):
        if isinstance(page, RecordGone):
            note_gone(context, side, record_id)
        elif isinstance(page, ConnectorError):
            raise page
        elif (staged := _stage(context, side, record_id, page)) is not None:
            found[record_id] = staged
    return found


def _stage(context: Context, side: Side, record_id: str, page: Page) -> Staged | None:
    raw = page.records[0]
    link = context.links.by_record(side.name, [record_id]).get(record_id)
    contact = side.connector.contact(raw, _memory(link, side))
    if link is None and context.is_forgotten(side, contact):
        return None
    staged = staged_record(context, side, raw, contact, link)
    with context.state.atomic():
        context.stage.put([staged])
        side.identities.put([people.known(contact)])
    return staged


def note_gone(context: Context, side: Side, record_id: str) -> None:
    """Remember that a record was asked for by id and does not exist: a deletion found (R22)."""
    with context.state.atomic():
        forget_gone(context, side, record_id)


def forget_gone(context: Context, side: Side, record_id: str) -> None:
    """Do what `note_gone` does, inside `atomic`.

    The survivor stays linked to it, and is neither deleted nor made again. Where both are gone, so is the link.
    """
    side.identities.drop(record_id)
    link = context.links.by_record(side.name, [record_id]).get(record_id)
    if link is not None and link.gone == side.name:
        return
    context.failures.close(side.name, record_id)
    if link is not None:
        _lose(context, side, link)


def _lose(context: Context, side: Side, link: Link) -> None:
    other = context.other(side)
    deletion = Entry(link.id, side.account, link.side(side.name).id, WHOLE, None, None, FOUND_DELETED)
    context.history.add([deletion], context.run, context.now_ms())
    context.conflicts.close(link.id, frozenset(context.conflicts.of_link(link.id)))
    context.failures.close(other.name, link.side(other.name).id)
    if link.gone is not None:
        context.links.remove(link.id)
        return
    link.gone = side.name
    context.links.save(link, context.run)


def staged_record(context: Context, side: Side, raw: Any, contact: Contact, link: Link | None) -> Staged:
    """Return a record as it is staged: as it came, too, where a plan is priced or a marker will be written to it."""
    wrote = link.side(side.name).wrote_ms if link else None
    wanted = context.dry or side.needs_marker(contact)
    return Staged(
        side.name,
        contact.id,
        json.dumps(raw, ensure_ascii=False, separators=(",", ":")) if wanted else None,
        people.encode(contact),
        side.connector.digest(raw),
        side.changed_ms(contact, wrote),
        link.id if link else None,
    )


def _read(context: Context, side: Side, window: Window, *, exact: bool, stage: bool) -> int:
    """Read a window page by page and return its horizon in milliseconds."""
    horizon: datetime | None = None
    for page in side.connector.read(window):
        if horizon is None:
            horizon = page.served_at - context.settle
            known = context.horizons.setdefault(side.account, horizon)
            context.horizons[side.account] = min(known, horizon)
        limits = _Limits(window.start if exact else None, horizon, window.end if exact else None)
        _take_page(context, side, page, limits, stage=stage)
        context.progress.advance(len(page.records))
    if horizon is None:
        raise AssertionError(f"{side.account}: a window without a single answer")
    return people.to_ms(horizon) or 0


@dataclass(frozen=True, slots=True)
class _Limits:
    """Which records of a page are dealt with: those before the horizon and, where the window is exact, within it."""

    start: datetime | None
    horizon: datetime
    end: datetime | None

    def admit(self, changed: datetime | None) -> bool:
        if changed is None:
            return True
        return (
            changed < self.horizon
            and (self.start is None or changed >= self.start)
            and (self.end is None or changed < self.end)
        )


def _take_page(context: Context, side: Side, page: Page, limits: _Limits, *, stage: bool) -> None:
    raws = {str(raw["id"]): raw for raw in page.records}
    old = _old_news(context, side, raws)
    news = {record_id: raw for record_id, raw in raws.items() if record_id not in old}
    links = context.links.by_record(side.name, list(news))
    records = [Staged(side.name, record_id, link=link_id) for record_id, link_id in old.items()]
    contacts: list[Contact] = []
    later: list[str] = []
    for record_id, raw in news.items():
        link = links.get(record_id)
        believed = _believed(context, side, raw, link)
        if believed is None:
            continue
        raw_now, contact = believed
        if link is None and context.is_forgotten(side, contact):
            is_new = limits.admit(contact.updated_at) and not context.stage.has(side.name, record_id)
            context.report.left_out += stage and is_new
            later.append(record_id)
            continue
        contacts.append(contact)
        if limits.admit(contact.updated_at):
            records.append(staged_record(context, side, raw_now, contact, link))
        else:
            later.append(record_id)
    _store(context, side, records, contacts, later) if stage else _store(context, side, [], contacts, [])


def _store(
    context: Context, side: Side, records: Iterable[Staged], contacts: Sequence[Contact], later: Sequence[str]
) -> None:
    with context.state.atomic():
        context.stage.put(records)
        context.stage.see(side.name, later)
        side.identities.put(people.known(contact) for contact in contacts)


def _old_news(context: Context, side: Side, raws: Mapping[str, Raw]) -> dict[str, int]:
    """Return the links of those of the records that show nothing new, by record id; a listed failure is never old."""
    failed = context.failures.of(side.name, list(raws))
    return {
        record_id: seen.link
        for record_id, seen in context.links.seen(side.name, list(raws)).items()
        if record_id not in failed
        and seen.digest is not None
        and seen.mapping == context.mapping
        and seen.gone != side.name
        and seen.digest == side.connector.digest(raws[record_id])
    }


def _believed(context: Context, side: Side, raw: Any, link: Link | None) -> tuple[Any, Contact] | None:
    """Map a record; where a list is not to be believed, ask for it by id.

    That is where it is older than what its server has answered before (R3), and where a name lost nothing but its
    capital letters: some lists show names in lower case.
    """
    contact = side.connector.contact(raw, _memory(link, side))
    if link is None or not (_is_stale(link, side, contact) or _is_lowered(context, link, side, contact)):
        return raw, contact
    try:
        raw = side.connector.get(contact.id).records[0]
    except RecordGone:
        note_gone(context, side, contact.id)
        return None
    return raw, side.connector.contact(raw, _memory(link, side))


def _memory(link: Link | None, side: Side) -> Any:
    text = link.side(side.name).memory if link else None
    return json.loads(text) if text else {}


def _remember_indexed(context: Context, side: Side, start: int, horizon_ms: int, end: int) -> None:
    with context.state.atomic():
        context.cursors.add(side.name, INDEXED, [(start, min(end, horizon_ms))])


def _is_stale(link: Link, side: Side, contact: Contact) -> bool:
    seen, updated = link.side(side.name).seen_ms, people.to_ms(contact.updated_at)
    return seen is not None and updated is not None and updated < seen


def _is_lowered(context: Context, link: Link, side: Side, contact: Contact) -> bool:
    base = context.base(link, side.name)
    names = ((base.get(name), contact.fields.get(name)) for name in ("first_name", "last_name"))
    return any(isinstance(agreed, str) and shown == agreed.lower() != agreed for agreed, shown in names)
