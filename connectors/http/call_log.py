"""The log of an account's calls, shared by its processes, and the waits that follow from it (R5).

Rules kept here:
- a server counts a call at some time between its start and its end. So a call may start when all but `calls - 1` of
  those before it ended at least one interval ago: then no interval holds more than `calls`;
- a call that has not ended counts as ending now, or OVERDUE after its start if its process seems to have died;
- calls that the server counted and that are not ours belong to another client. As many as it made in the busiest of the
  last intervals are left to it;
- a server that counts in fixed spans as well (hour, day) has those counts beside (connectors.http.fixed_spans);
- the limit in the rate headers is used within bounds (connectors.http.rate_headers). An interval of more than a minute
  may be a mistake, so a call tries again after the documented interval.
Ends are kept in steps of a two-hundredth of the interval, so that the log stays small. Times are wall-clock seconds
since 1970, because several processes compare them. `at` is when the log was last written: a log from the future was
written before the clock was set back, and is shifted to now.
"""

import json
from dataclasses import dataclass, field
from typing import Final

from connectors.http.call_times import CallTimes, Moments
from connectors.http.fixed_spans import FixedSpans
from connectors.http.rate_headers import LONGEST_DAY, MOST_CALLS, RateHeaders, RateLimit, is_plausible
from connectors.http.retry import INTERVAL, LONGEST, MINUTE

OVERDUE: Final = 15.0
REMEMBERED: Final = 3
"""The number of intervals for which another client's calls are kept."""
UNKNOWN_RESET: Final = 3600.0
"""Seconds until a spent daily allowance is tried again, where the server does not say when it is renewed."""
DAY: Final = 86400
CLOCK_SLACK: Final = 1.0
"""Seconds by which the clocks of two threads or processes of one machine may differ."""
STEPS: Final = 200

_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call that ended: when, and what its answer said."""

    key: int
    at: float
    said: RateHeaders | None = None


@dataclass(slots=True)
class Daily:
    """What is left of the daily allowance: the server's number less the calls started since."""

    limit: int | None
    remaining: int
    renewed_at: float


@dataclass(slots=True)
class CallLog:
    """All that is known of an account's calls: starts of those under way by key, and ends of the others."""

    under_way: dict[int, float] = field(default_factory=dict)
    ended: CallTimes = field(default_factory=CallTimes)
    foreign: Moments = field(default_factory=list)
    limit: RateLimit | None = None
    hold: float = 0.0
    daily: Daily | None = None
    next_key: int = 1
    day: int = 0
    today: int = 0
    at: float = 0.0
    spans: FixedSpans = field(default_factory=lambda: FixedSpans({}))

    def set_clock(self, now: float) -> None:
        """Shift the log to now where it is from the future, because the clock was set back since.

        Every wait keeps its length. Without this a call would wait for as long as the clock was set back by.
        """
        step = now - self.at
        if self.at and step < -CLOCK_SLACK:
            self.under_way = {key: began + step for key, began in self.under_way.items()}
            self.ended.shift(step)
            self.foreign = [(at + step, calls) for at, calls in self.foreign]
            self.hold += step
            self.spans.shift(step)
            if self.daily is not None:
                self.daily.renewed_at += step
        self.at = now
        self._forget_nonsense(now)

    def _forget_nonsense(self, now: float) -> None:
        """Drop implausible limits: an older release stored whatever a header claimed."""
        if self.limit is not None and not is_plausible(self.limit):
            self.limit = None
        if not self.hold <= now + LONGEST:
            self.hold = 0.0
        if self.daily is not None and not self.daily.renewed_at <= now + LONGEST_DAY:
            self.daily = None
        self.foreign = [(at, calls) for at, calls in self.foreign if 0 < calls <= MOST_CALLS]

    def begin(self, now: float) -> int:
        """Add a call that starts now and return its key."""
        key = self.next_key
        self.next_key += 1
        self.under_way[key] = now
        self.count(now, 1)
        self.spans.begin(now)
        if self.daily is not None:
            self.daily.remaining = max(0, self.daily.remaining - 1)
        return key

    def count(self, now: float, calls: int) -> None:
        """Add to the number of calls of the day (UTC)."""
        today = int(now // DAY)
        self.day, self.today = today, calls + (self.today if self.day == today else 0)

    def end(self, ended: EndedCall, ceiling: RateLimit | None = None) -> None:
        """Record the end of a call, and learn from its answer."""
        began = self.under_way.pop(ended.key, None)
        step = min(self._intervals(ceiling)) / STEPS
        if began is not None and step:
            self.ended.add(ended.at, step)
        if ended.said is not None:
            self._learn_limit(ended.said)
            self._learn_foreign(ended.said, ended.at if began is None else began, ended.at)
            self._learn_daily(ended.said, ended.at)
            self.spans.learn(ended.said.spans, ended.at)

    def wait(self, now: float, ceiling: RateLimit | None = None) -> float:
        """Return the seconds until the next call may start, 0.0 for now. `ceiling` is a limit from the config."""
        return max(self._wait(now, ceiling), self.spans.wait(now))

    def _wait(self, now: float, ceiling: RateLimit | None) -> float:
        if self._is_far_from_limits(ceiling):
            return max(0.0, self.hold - now)
        own = sorted(self.ended.moments(now) + [(min(now, began + OVERDUE), 1) for began in self.under_way.values()])
        waits = [self.hold - now]
        if ceiling is not None:
            waits.append(slot_in(own, ceiling.calls, ceiling, now))
        if self.limit is not None:
            ours = max(1, self.limit.calls - share_left(busiest(self.foreign, self.limit.interval)))
            wait = slot_in(own, ours, self.limit, now)
            wait = max(wait, slot_in(sorted(own + self.foreign), self.limit.calls, self.limit, now))
            if self.limit.interval > MINUTE:
                wait = min(wait, own[-1][0] + INTERVAL - now if own else 0.0)
            waits.append(wait)
        return max(0.0, *waits)

    def reason(self, now: float) -> str:
        """Return why the next call has to wait."""
        if spent := self.spans.reason(now):
            return spent
        if self.hold > now or self.limit is None:
            return "the server asked to wait"
        return f"its limit is {self.limit.calls} calls in {self.limit.interval:g} seconds"

    def _is_far_from_limits(self, ceiling: RateLimit | None) -> bool:
        """Say whether no limit could be reached even if every call in the log had just ended."""
        own = self.ended.total() + len(self.under_way)
        foreign = sum(calls for _, calls in self.foreign)
        limits = [limit.calls for limit in (self.limit, ceiling) if limit is not None]
        return not limits or own + 2 * share_left(foreign) < min(limits)

    def spent_until(self, now: float) -> float | None:
        """Return when a spent daily allowance is renewed, None when calls are left."""
        spent = self.spans.spent_until(now)
        if spent is not None or self.daily is None or self.daily.remaining > 0 or self.daily.renewed_at <= now:
            return spent
        return self.daily.renewed_at

    def tidy(self, now: float, ceiling: RateLimit | None = None) -> None:
        """Drop what is too old to matter, and shift to now what is ahead of it because a clock was set back."""
        interval = max(self._intervals(ceiling))
        oldest = now - interval - 1.0
        self.under_way = {key: min(now, began) for key, began in self.under_way.items() if began + OVERDUE > oldest}
        self.ended.tidy(oldest, now + interval / STEPS)
        self.foreign = [(min(now, at), n) for at, n in self.foreign if at > now - REMEMBERED * interval - 1.0]

    def _intervals(self, ceiling: RateLimit | None) -> list[float]:
        return [each.interval for each in (self.limit, ceiling) if each is not None] or [0.0]

    def _learn_limit(self, said: RateHeaders) -> None:
        calls = said.calls or (self.limit.calls if self.limit else None)
        interval = said.interval or (self.limit.interval if self.limit else None)
        if calls and interval:
            self.limit = RateLimit(calls, interval, said.daily)

    def _learn_foreign(self, said: RateHeaders, began: float, ended: float) -> None:
        if self.limit is None or said.calls is None or said.remaining is None:
            return
        start = began - self.limit.interval - self.limit.margin
        known = self.ended.total() - self.ended.by(start)
        known += sum(1 for each in self.under_way.values() if each <= ended)
        known += sum(calls for at, calls in self.foreign if at > start)
        strange = said.calls - said.remaining - known
        if strange > 0:
            self.foreign.append((ended, strange))

    def _learn_daily(self, said: RateHeaders, ended: float) -> None:
        if said.daily_remaining is None:
            return
        under_way = sum(1 for began in self.under_way.values() if began > ended - OVERDUE)
        renewed_at = ended + (UNKNOWN_RESET if said.reset is None else said.reset)
        self.daily = Daily(said.daily, max(0, said.daily_remaining - under_way), renewed_at)

    def dumped(self) -> str:
        """Return the log as text: a line of ends, and JSON for the rest."""
        rest = _ENCODER.encode(
            {
                "under_way": list(self.under_way.items()),
                "foreign": self.foreign,
                "limit": self.limit and [self.limit.calls, self.limit.interval, self.limit.daily],
                "hold": self.hold,
                "daily": self.daily and [self.daily.limit, self.daily.remaining, self.daily.renewed_at],
                "next_key": self.next_key,
                "day": self.day,
                "today": self.today,
                "at": self.at,
                "spans": self.spans.dumped(),
            }
        )
        return f"{self.ended.dumped()}\n{rest}"

    @classmethod
    def loaded(cls, text: str) -> "CallLog":
        """Read the log from its text, an empty one from "". Until schema 2 the ends were in the JSON too."""
        if not text:
            return cls()
        ends, _, rest = ("", "", text) if text.startswith("{") else text.partition("\n")
        found = json.loads(rest)
        return cls(
            dict(found["under_way"]),
            CallTimes(dict(zip(*found["ended"], strict=True))) if "ended" in found else CallTimes.loaded(ends),
            [(at, calls) for at, calls in found["foreign"]],
            RateLimit(*found["limit"]) if found["limit"] else None,
            found["hold"],
            Daily(*found["daily"]) if found["daily"] else None,
            found["next_key"],
            found["day"],
            found["today"],
            found.get("at", 0.0),
            FixedSpans.loaded(found.get("spans", ())),
        )


def slot_in(ends: Moments, calls: int, limit: RateLimit, now: float) -> float:
    """Return the seconds until one more call may start, if no interval may hold more than `calls`. `ends` ascend."""
    for at, count in reversed(ends):
        calls -= count
        if calls <= 0:
            return at + limit.interval + limit.margin - now
    return 0.0


def share_left(strange: int) -> int:
    """Return how many calls to leave to another client that made `strange` calls. Its calls are seen late."""
    return strange + strange // 20 + 1 if strange else 0


def busiest(moments: Moments, interval: float) -> int:
    """Return the largest number of calls in any one interval. The moments ascend."""
    most = within = first = 0
    for moment, calls in moments:
        within += calls
        while moments[first][0] <= moment - interval:
            within -= moments[first][1]
            first += 1
        most = max(most, within)
    return most
