"""Count calls in fixed spans of time: a server that opens an hour or a day with the first call in it (R5).

Rules kept here:
- the server's span opened before its answer came, so it ends at the latest one length after that answer;
- a call that starts counts at once, whether or not its answer ever comes. The server's own count wins where it is
  higher, because another client calls too;
- a count far below ours means that the server has opened another span: then that count holds. It is believed only
  where no call was started after that answer, because each process reports its answers with its next call;
- a spent span of a day or longer ends the run (AllowanceSpent); a shorter one is waited for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.http.rate_headers import SpanUsage

DAY: Final = 86_400.0
"""Seconds. A span of this length is an allowance that ends a run when it is spent."""
LATE: Final = 15.0
"""Seconds that a first call may be under way before the server opens the span."""
SLACK: Final = 16
"""Answers may come in another order than the server counted: by so many calls at most."""
MARGIN: Final = 1.0
"""Seconds kept on top of a span, for clocks that round."""


@dataclass(slots=True)
class FixedSpan:
    """One span: its length in seconds, the calls it allows, those made, and when it ends at the latest.

    `opened_at` is when its first call started here, `begun_at` its last one.
    """

    seconds: float
    calls: int
    used: int = 0
    ends_at: float = 0.0
    opened_at: float = 0.0
    begun_at: float = 0.0

    def begin(self, now: float) -> None:
        """Count a call that starts now."""
        if now >= self.ends_at:
            self.used, self.ends_at, self.opened_at = 0, now + self.seconds + LATE + MARGIN, now
        self.used += 1
        self.begun_at = now

    def learn(self, usage: SpanUsage, ended: float) -> None:
        """Take over what the answer to a call says."""
        self.calls = usage.calls
        # The answer to a call of the span before says nothing of this one.
        if ended < self.opened_at:
            return
        latest = ended + self.seconds + MARGIN
        if usage.used + SLACK < self.used and ended >= self.begun_at:
            self.used, self.ends_at = usage.used, latest
        self.used, self.ends_at = max(self.used, usage.used), min(self.ends_at or latest, latest)

    def spent_until(self, now: float) -> float | None:
        """Return when a spent span ends, None while calls are left."""
        return self.ends_at if self.used >= self.calls and now < self.ends_at else None


@dataclass(slots=True)
class FixedSpans:
    """All spans of one account, by their length."""

    spans: dict[float, FixedSpan]

    @classmethod
    def loaded(cls, rows: Iterable[Sequence[float]]) -> "FixedSpans":
        """Return the spans that `dumped` wrote."""
        return cls({row[0]: FixedSpan(row[0], int(row[1]), int(row[2]), *row[3:]) for row in rows})

    def dumped(self) -> list[list[float]]:
        """Return the spans as JSON."""
        return [
            [each.seconds, each.calls, each.used, each.ends_at, each.opened_at, each.begun_at]
            for each in self.spans.values()
        ]

    def expect(self, limits: Iterable[tuple[float, int]]) -> None:
        """Use these limits until an answer states others."""
        if not self.spans:
            self.spans = {seconds: FixedSpan(seconds, calls) for seconds, calls in limits}

    def begin(self, now: float) -> None:
        """Count a call that starts now."""
        for span in self.spans.values():
            span.begin(now)

    def learn(self, usages: Iterable[SpanUsage], ended: float) -> None:
        """Take over what the answer to a call says."""
        for usage in usages:
            span = self.spans.setdefault(usage.seconds, FixedSpan(usage.seconds, usage.calls))
            span.learn(usage, ended)

    def wait(self, now: float) -> float:
        """Return the seconds until a span shorter than a day has calls left again, 0.0 for now."""
        ends = (span.spent_until(now) for span in self.spans.values() if span.seconds < DAY)
        return max((at - now for at in ends if at is not None), default=0.0)

    def spent_until(self, now: float) -> float | None:
        """Return when a spent day is renewed, None while calls are left."""
        ends = [span.spent_until(now) for span in self.spans.values() if span.seconds >= DAY]
        return max((at for at in ends if at is not None), default=None)

    def day(self) -> FixedSpan | None:
        """Return the count of the day, None where the account has none."""
        return next((span for span in self.spans.values() if span.seconds >= DAY), None)

    def reason(self, now: float) -> str | None:
        """Return why the next call has to wait, None where it does not."""
        spent = [span for span in self.spans.values() if span.spent_until(now) is not None]
        return f"all {spent[0].calls} calls in {spent[0].seconds:g} seconds are made" if spent else None

    def shift(self, step: float) -> None:
        """Move all times by some seconds, because the clock was set."""
        for span in self.spans.values():
            span.ends_at += step
            span.opened_at += step
            span.begun_at += step
