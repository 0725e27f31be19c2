"""A week of a daemon in virtual time: its streams, run as it plans them, while everything fails that can.

Several times a day one of the systems, or the network, is in trouble for an hour or more, and ends it again; contacts
go on all the time; and the daemon itself is stopped in the middle of a run and started again. What it has to show is
that it is back to its ordinary lag soon after each trouble, and at the end what every life has to show (`verdict`).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from connectors.http.rate_headers import RateLimit
from connectors.sandbox.faults import Fault, Kind
from sync.config.model import load
from sync.daemon.cancellation import Activity
from sync.daemon.stream import Stream
from sync.errors import Interrupted
from sync.notifications.sender import NotificationSender
from sync.operations.status import read_status
from tests.end_to_end.daemons import Passing
from tests.simulation.servers import TIMED_OUT, Agenda, Left, Right
from tests.simulation.world import SETTLE, Universe

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
RECOVERY: Final = 1.2 * HOUR
"""Seconds after which a daemon is back at work: an account that was down is tried again at least every hour."""
SLACK: Final = 600.0
"""Seconds that a run may take, slow servers and waits for a pace included."""
ALWAYS: Final = 1 << 30
PLENTY: Final = RateLimit(100, 10.0, 200_000)

Server = Left | Right
Ending = Callable[[], None]


def failing(kind: Kind, method: str = ".*", status: int = 503, **headers: str) -> Callable[[Universe, Server], Ending]:
    """Return a trouble in which each call of a method fails in one way."""

    def begin(_universe: Universe, server: Server) -> Ending:
        server.faults = [Fault(kind, method=method, times=ALWAYS, status=status, headers=headers)]

        def end() -> None:
            server.faults = []

        return end

    return begin


def down(_universe: Universe, server: Server) -> Ending:
    """The address refuses connections."""
    server.go_down()

    def end() -> None:
        server.start()

    return end


def slow(universe: Universe, _server: Server) -> Ending:
    """Every call takes up to a minute."""
    universe.road.slowest = 60.0

    def end() -> None:
        universe.road.slowest = 0.4

    return end


def spent(universe: Universe, _server: Server) -> Ending:
    """The daily allowance of GrowthHub runs out after a few calls."""
    right = universe.servers[1]
    right.rate = RateLimit(100, 10.0, 5)

    def end() -> None:
        right.rate = PLENTY
        right.throttled = 0  # who could have known

    return end


TROUBLES: Final = {
    "down": down,
    "slow": slow,
    "spent": spent,
    "reset": failing("reset_before"),
    "silent": failing("drop_before"),
    "deaf": failing("status_after", "POST|PUT|PATCH|DELETE", 502),
    "html": failing("html"),
    "errors": failing("status"),
    "timeouts": failing("status", status=TIMED_OUT),
    "throttled": failing("status", status=429, **{"Retry-After": "20"}),
    "expired": failing("status", status=401),
}


class Ended(Passing):
    """A wish to end that comes after so many steps; the clock stands still unless a user lets time pass."""

    def __init__(self, clock: Agenda, steps: int | None) -> None:
        super().__init__(clock)
        self._left = steps

    def check(self) -> None:
        """Count a step down."""
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.request()
        super().check()


@dataclass(slots=True)
class Week:
    """The daemon of a universe, and what it noticed. `every` is its interval; users act so many seconds apart."""

    universe: Universe
    chance: Random
    every: timedelta = timedelta(hours=1)
    apart: float = 2.0 * HOUR
    wrong: list[str] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """Bytes of the state file and of its log after each run."""
    _streams: dict[str, Stream] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _spent_until: float = 0.0
    _agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def lead(self, days: int = 7) -> None:
        """Simulate a week, and come to rest."""
        universe = self.universe
        universe.world.options |= {"every": f'"{round(self.every.total_seconds())}s"', "reconcile": '"1d"'}
        universe.world.contacts["max_changed"] = "1.0"
        universe.crowd.add(12)
        self._start()
        end = self._now() + days * DAY
        self._plan_troubles(end)
        self._plan_deeds(end)
        while self._now() < end:
            self._go_on()
        universe.calm()

    def _plan_troubles(self, end: float) -> None:
        at = self._now() + 4 * HOUR
        names = sorted(TROUBLES)
        while at < end - 6 * HOUR:
            if not names:
                names = sorted(TROUBLES)
            name = names.pop(self.chance.randrange(len(names)))
            lasting = self.chance.uniform(0.5, 3.0) * HOUR
            server = self.universe.servers[self.chance.randrange(2)]
            self._at(at, partial(self._begin, name, server, lasting))
            at += lasting + self.chance.uniform(3.0, 6.0) * HOUR + self.every.total_seconds()

    def _plan_deeds(self, end: float) -> None:
        at = self._now()
        while at < end:
            at += self.chance.expovariate(1.0 / self.apart)
            self._at(at, self._act)

    def _at(self, at: float, act: Callable[[], None]) -> None:
        """Let something happen then, or right after the run that is under way."""
        self._agenda.append((at, len(self._agenda), act))
        self._agenda.sort(reverse=True)

    def _act(self) -> None:
        self.universe.crowd.act()
        if self.universe.post is not None:
            self.universe.post.act()

    def _begin(self, name: str, server: Server, lasting: float) -> None:
        """Begin a trouble, and plan its end."""
        self.troubles[name] += 1
        finish = TROUBLES[name](self.universe, server)

        def end() -> None:
            finish()
            self._at(self._now() + self._recovery(name), partial(self._look, name))

        self._at(self._now() + lasting, end)

    def _recovery(self, name: str) -> float:
        """Return seconds after which all is to be well again: a spent allowance is renewed at the server's midnight."""
        seconds = RECOVERY + SLACK + self.every.total_seconds()
        if name == "spent":
            server_now = self.universe.clock.now() + self.universe.servers[1].clock_offset
            seconds += DAY - server_now.timestamp() % DAY
            self._spent_until = self._now() + seconds
        return seconds

    def _look(self, name: str) -> None:
        """Look at the lag of each stream."""
        if self._now() < self._spent_until - 1.0:
            return
        most = 1.1 * self.every.total_seconds() + SETTLE + SLACK
        for stream, lag in self.lags().items():
            if lag > most:
                self.wrong.append(f"{stream} lags {lag:.0f} s behind, {RECOVERY:.0f} s after the end of: {name}")

    def lags(self) -> dict[str, float]:
        """Return by how many seconds each stream is behind, by the clocks of the servers."""
        (shown,) = read_status(load(self.universe.world.config_path))["connections"]
        offsets = {"gg": self.universe.servers[0].clock_offset, "gh": self.universe.servers[1].clock_offset}
        now = self.universe.clock.now()
        return {
            f"{name} of {account}": (now + offsets[account] - datetime.fromisoformat(covered)).total_seconds()
            if covered
            else float("inf")
            for name, state in shown["streams"].items()
            for account, covered in state["covered_to"].items()
        }

    def _go_on(self) -> None:
        name = min(self._due, key=lambda each: self._due[each])
        if self._agenda and self._agenda[-1][0] <= max(self._due[name], self._now()):
            at, _, act = self._agenda.pop()
            self.universe.clock.sleep(max(0.0, at - self._now()))
            act()
            return
        self.universe.clock.sleep(max(0.0, self._due[name] - self._now()))
        began, stream = self._now(), self._streams[name]
        self.universe.busy = self.chance.random() < 0.2  # people act during these runs, too
        try:
            ended = stream.run()
        except Interrupted:
            self.runs["interrupted"] += 1
            self._start()
            return
        finally:
            self.universe.busy = False
            self.universe.ended(began)
        self.runs[ended.how] += 1
        self.sizes.append((self.universe.world.state_path.stat().st_size, self._log_size()))
        self._plan(name, stream, stream.conclude(ended).at)
        if self.chance.random() < 0.02:
            self._start()

    def _plan(self, name: str, stream: Stream, at: datetime | None) -> None:
        """Plan the next run, as the daemon does."""
        now = self.universe.clock.now()
        planned = now + self.every * self.chance.uniform(0.9, 1.1)
        at = at or min(filter(None, (planned, stream.reconcile_at())))
        self._due[name] = self._now() + max(1.0, (at - now).total_seconds())

    def _start(self) -> None:
        """Start the daemon, perhaps for no longer than to the middle of a run."""
        world = self.universe.world
        world.write_config()
        config, clock = load(world.config_path), self.universe.clock
        steps = self.chance.choice((None, None, 5, 20, 60))
        stop = Ended(clock, steps)
        self._streams = {
            name: Stream(
                config,
                config.connections["sales"],
                name,
                NotificationSender(config, clock),
                stop,
                clock,
                Activity(clock),
                clock.now(),
            )
            for name in ("contacts", *(("messages",) if self.universe.post is not None else ()))
        }
        self._due = dict.fromkeys(self._streams, self._now())

    def _log_size(self) -> int:
        log = self.universe.world.state_path.with_name("sync.db-wal")
        return log.stat().st_size if log.exists() else 0

    def _now(self) -> float:
        return self.universe.clock.monotonic()
