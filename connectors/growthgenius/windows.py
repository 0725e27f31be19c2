"""Decide whether an answer is complete, and where to split a window. No I/O.

GrowthGenius documents no paging, no order and no maximum for its windows. So an answer counts only as far as it proves
itself, and a window that is not proven complete is split (R43):

- an answer is one moment of the server: if it is complete, no record was missed;
- an answer that says so itself (`partial_results_only`, `partial_results_limit`, `total_entries`) is not complete;
- without pagination, a count at which servers like to cut (100, 1000, ...) is doubted: the window is split off-centre,
  so that the parts show other counts;
- parts overlap by a millisecond, the precision of the documented times, because it is not documented whether the ends
  of a window belong to it;
- where to split follows from the times that were seen. Times are milliseconds since 1970 here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from math import ceil

from connectors.growthgenius.envelope import Listing
from connectors.values import instant

CAPS = frozenset({25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000})
"""Counts at which servers cut a list without saying so."""

CUSTOMARY_LIMIT = 10_000
"""The documented `partial_results_limit`.

A total of exactly this counts as cut, with or without a limit in the answer.
"""

PAGE_SIZE = 200
"""The documented maximum of `per_page`."""

LARGEST_PAGED = 30_000
"""The most entries to read in pages as one window: their ids are held in memory, and one edit spoils them all."""

CHUNK = 20_000
"""The number of entries per window when a larger window is cut by time."""

MOST_CHUNKS = 50

OFF_CENTRE = 0.45
OVERLAP = 1
NARROWEST = 4
GRACE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A window as it is asked for: milliseconds since 1970, both ends given."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{instant.render(self.first)} to {instant.render(self.last)}"

    @property
    def first(self) -> datetime:
        """The start as a moment."""
        return instant.from_ms(self.start)

    @property
    def last(self) -> datetime:
        """The end as a moment."""
        return instant.from_ms(self.end)


class WindowProof(Enum):
    """What an answer proves about its window."""

    COMPLETE = "complete"
    PAGED = "paged"  # there are more pages
    PARTIAL = "partial"  # cut, by the server's own words
    DOUBTFUL = "doubtful"  # whole, or cut at a round count or at its limit


def proof_of(answer: Listing, largest: int) -> WindowProof:
    """Say what a first answer proves. `largest` is the largest complete answer without pagination so far."""
    count = answer.rows
    if answer.partial:
        return WindowProof.PAGED if count < (answer.limit or 0) <= (answer.total or 0) else WindowProof.PARTIAL
    if answer.limit is not None and count >= answer.limit:
        return WindowProof.DOUBTFUL
    if answer.total is not None:
        return WindowProof.COMPLETE if count >= answer.total else WindowProof.PAGED
    if answer.pages is not None:
        return WindowProof.COMPLETE if answer.pages <= 1 else WindowProof.PARTIAL
    if answer.single and count:
        return WindowProof.DOUBTFUL
    return WindowProof.DOUBTFUL if count in CAPS and count >= largest else WindowProof.COMPLETE


def page_count(answer: Listing) -> int:
    """Return how many pages a paged listing has, from its first page."""
    total, size = answer.total or 0, answer.per_page or len(answer.records)
    return max(answer.pages or 0, ceil(total / size) if size else 0)


def readable(answer: Listing) -> int:
    """Return how many entries of such a listing may be read page by page as one window."""
    limits = [LARGEST_PAGED]
    if answer.limit is not None:
        limits.append(answer.limit - 1)
    if answer.total == CUSTOMARY_LIMIT:
        limits.append(CUSTOMARY_LIMIT - 1)
    return max(1, min(limits))


def past_of(span: Span, served_at: datetime) -> Span | None:
    """Return the part of a window that is past at `served_at`, None where it is not worth a call.

    An edit can only take records out of it, because the server stamps them with a later time.
    """
    end = instant.to_ms(served_at - GRACE)
    return Span(span.start, end) if end - span.start >= NARROWEST else None


def after(span: Span, past: Span) -> Span:
    """Return what is left of a window after its past, with an overlap."""
    return Span(past.end - OVERLAP, span.end)


def sample_pages(answer: Listing) -> list[int]:
    """Return the numbers of the pages at which a large listing is to be cut into chunks."""
    pages, chunks = page_count(answer), _chunks(answer)
    reachable = max(1, (answer.limit or answer.total or 0) // (answer.per_page or PAGE_SIZE))
    return sorted({min(reachable, ceil(pages * part / chunks)) for part in range(1, chunks)})


def cut(span: Span, answer: Listing, times: Sequence[int]) -> list[Span]:
    """Return the window cut into chunks at the quantiles of the times on the sample pages, oldest first.

    That is right for a listing in order of time, where each page shows its surroundings, and for any other order, where
    the pages are a plain sample. One chunk comes back where no time shows where to cut.
    """
    ordered = sorted(time for time in times if span.start + NARROWEST < time < span.end - NARROWEST)
    chunks = _chunks(answer)
    borders = sorted({ordered[len(ordered) * part // chunks] for part in range(1, chunks)}) if ordered else []
    starts = [span.start, *(border - OVERLAP for border in borders)]
    return [Span(start, end) for start, end in zip(starts, [*borders, span.end], strict=True)]


def split(span: Span, times: Sequence[int]) -> tuple[Span, Span] | None:
    """Return a window in two, older part first, or None when it cannot be split further.

    Each part is shorter than the window, and where times were seen, neither holds all of them.
    """
    border = _border(span, sorted(time for time in times if span.start <= time < span.end))
    if border is None:
        return None
    return Span(span.start, border), Span(border - OVERLAP, span.end)


def _border(span: Span, seen: Sequence[int]) -> int | None:
    if not seen:
        width = span.end - span.start
        return span.start + int(width * OFF_CENTRE) if width > NARROWEST else None
    first, last = seen[0], seen[-1]
    if last - first > 2 * OVERLAP:
        middle = seen[int(len(seen) * OFF_CENTRE)]
        return middle if middle - first >= 2 * OVERLAP else next(time for time in seen if time - first >= 2 * OVERLAP)
    if first - span.start > 3 * OVERLAP:
        return first - OVERLAP
    return last + 2 * OVERLAP if span.end - last > 3 * OVERLAP else None


def _chunks(answer: Listing) -> int:
    """Return the number of parts for a large listing: two where its later pages are out of reach.

    There are MOST_CHUNKS at most, because an absurd total must not cost a call per chunk. A part that is still too
    large is cut again.
    """
    total = answer.total or 0
    return min(MOST_CHUNKS, max(2, ceil(total / CHUNK))) if answer.limit is None or total < answer.limit else 2
