"""One world under one seed: its physics, its contacts, its troubles, its runs, and how it is brought to rest.

Every decision is drawn from the seed, and time is virtual, so that the same seed leads to the same trace.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.growthhub.sandbox.server import Quirks
from connectors.sandbox.base import Call, Fault, RateLimit
from connectors.sandbox.faults import Kind
from sync.output.report import RunReport
from tests.end_to_end.world import World, is_write
from tests.simulation.contact_observer import Diary, plain
from tests.simulation.message_observer import shown_by
from tests.simulation.message_traffic import APART, PATHS, Post, post_law
from tests.simulation.people import Crowd
from tests.simulation.servers import TIMED_OUT, Agenda, Left, Right, Road, one_after_the_other, skewed

STARTS = (
    datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 6, 50, tzinfo=UTC),  # ten minutes before New York puts its clocks forward
    datetime(2026, 11, 1, 5, 50, tzinfo=UTC),  # ten minutes before it puts them back
    datetime(2027, 12, 31, 23, 58, tzinfo=UTC),
)
SETTLE = 60.0
LAG = 25.0
LATE = 30.0
DAY = 90_000.0
JUST_MADE = 2.5
"""Seconds in which no user edits what a run just created: no time would separate such an edit from the create."""
KINDS: tuple[Kind, ...] = (
    "reset_before",
    "reset_after",
    "drop_before",
    "drop_after",
    "html",
    "html_after",
    "cut",
    "status",
    "status_after",
    "late",
)
METHODS = ("GET", "POST", "PUT|PATCH", "DELETE|POST", ".*")


@dataclass(slots=True)
class Physics:
    """What holds in a world from its beginning to its end. `furnished`: the custom fields are there from the start, and
    no call has to create them. `deaf` are fields that a server does not take."""

    policy: str
    lookback: str
    deletes: str
    behaviour: Behaviour
    quirks: Quirks
    rewrites: tuple[frozenset[str], frozenset[str]]
    allow_duplicates: bool
    furnished: bool = True
    deaf: frozenset[str] = frozenset()


def physics(chance: Random) -> Physics:
    """Draw the laws of a world."""
    pick = chance.choice
    page_size = pick((None, None, 7, 50))
    behaviour = Behaviour(
        lists=pick(("flat", "flat", "wrapped", "bare")) if page_size is None else pick(("flat", "wrapped")),
        page_size=page_size,
        order=pick(("updated", "updated_desc", "id", "shuffled" if page_size is None else "id")),
        cap=pick((None, None, 100)) if page_size is None else None,
        says_partial=page_size is None,
        ends=pick(("half_open", "inclusive", "exclusive", "start_exclusive")),
        omits_null=pick((False, False, True)),
        answers=pick(("full", "full", "mini", "empty", "id")),
        bodies=pick(("wrapped", "wrapped", "flat", "both")),
        complains=pick((False, True)),
        clearing=pick(("null", "null", "blank")),
        ignored=pick((frozenset(), frozenset(), frozenset({"city"}), frozenset({"title", "state"}))),
        zone=pick(("America/New_York", "UTC", "Asia/Kolkata")),
        coarse=pick((False, True)),
        ids=pick(("int", "uuid", "hex")),
    )
    if behaviour.lists == "bare":
        behaviour.says_partial = False
        behaviour.cap = None
    quirks = Quirks(
        index_lag=pick((0.0, 3.0, LAG)),
        largest_page=pick((500, 100)),
        total=pick((True, True, True)),  # an answer without one proves nothing (R43)
        search_after=pick((True, True, False)),
        company_in_put=pick((True, True, False)),
        ignores_clears=pick((False, False, False, True)),
        tags_echo=pick((False, True)),
        drops=pick((frozenset(), frozenset(), frozenset({"contact.industry"}), frozenset({"city"}))),
        put_lacks=pick((frozenset(), frozenset({"tags", "city"}))),
    )
    deaf = {*behaviour.ignored, *({"industry"} if "contact.industry" in quirks.drops else quirks.drops)}
    if not quirks.company_in_put:
        deaf.add("company")
    return Physics(
        policy=pick(("newest", "newest", "left", "right", "manual")),
        lookback=pick(("0s", "10m")),
        deletes=pick(("ignore", "ignore", "propagate")),
        behaviour=behaviour,
        quirks=quirks,
        rewrites=(pick((frozenset(), frozenset({"company_name"}))), pick((frozenset(), frozenset({"city"})))),
        allow_duplicates=pick((False, True)),
        furnished=pick((True, True, False)),
        deaf=frozenset(deaf),
    )


@dataclass(slots=True)
class Universe:
    """A world to break. Use it as a context manager; `folder` is empty and its own.

    `apart` are fields that have a verdict of their own; `origins` are the records that calls created others from.
    With `messages` its users write to each other as well; the life of a seed without them is another one.
    """

    seed: int
    folder: Path
    letters: bool = False
    post: Post | None = field(init=False, default=None)
    chance: Random = field(init=False)
    clock: Agenda = field(init=False)
    road: Road = field(init=False)
    law: Physics = field(init=False)
    world: World = field(init=False)
    diary: Diary = field(init=False)
    crowd: Crowd = field(init=False)
    creates: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    reports: list[RunReport] = field(default_factory=list)
    partners: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    origins: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    busy: bool = False
    looked_at: set[tuple[str, str]] = field(default_factory=set)
    fresh: dict[tuple[str, str], float] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self.chance = Random(self.seed)  # noqa: S311 - a world to repeat, no secret
        self.law = physics(self.chance)
        self.clock = Agenda(self.chance.choice(STARTS))
        self.road = Road(self.clock, Random(self.chance.randrange(2**32)))  # noqa: S311
        self._stack.enter_context(one_after_the_other(self.clock))
        state = random.getstate()
        self._stack.callback(random.setstate, state)
        random.seed(self.seed)
        left = Left(now=self.clock.now, clock_offset=skewed(self.chance), behaviour=self.law.behaviour, seed=self.seed)
        right = Right(
            now=self.clock.now,
            clock_offset=skewed(self.chance),
            allow_duplicates=self.law.allow_duplicates,
            rate=RateLimit(self.chance.choice((20, 100)), 10.0, 200_000),
        )
        right.quirks = self.law.quirks
        left.rewrites, right.rewrites = self.law.rewrites
        left.road = right.road = self.road
        self.road.before, self.road.late, self.road.made = self._meanwhile, self._late, self._made
        right.add_user("dev@example.com")
        for name in ("Job Title", "Custom1", "Industry", "Custom9"):
            if self.law.furnished:
                right.add_field(name)
        self._stack.enter_context(left)
        self._stack.enter_context(right)
        self.world = World(self.folder, self.clock, left, right)  # type: ignore[arg-type]
        self.world.options = {"settle": f'"{SETTLE:.0f}s"', "lookback": f'"{self.law.lookback}"'}
        self.world.contacts = {"conflicts": f'"{self.law.policy}"', "deletes": f'"{self.law.deletes}"'}
        self.diary = Diary()
        self.crowd = self._crowd()
        if self.letters:
            self._open_post()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

    @property
    def servers(self) -> tuple[Left, Right]:
        """Return both servers."""
        return self.world.gg, self.world.gh  # type: ignore[return-value]

    @property
    def began(self) -> float:
        """Return when the virtual clock stood at 0, in seconds since 1970."""
        return self.clock.now().timestamp() - self.clock.monotonic()

    def people(self, count: int) -> None:
        """Let users do so many things, some time apart."""
        for _ in range(count):
            self.clock.skip(self.chance.choice((0.002, 0.5, 2.5, 7.0, 40.0)))
            self.crowd.act()
            if self.post is not None:
                self.post.act()

    def trouble(self) -> None:
        """Let things go wrong at some calls from now on."""
        for server in self.servers:
            server.faults = [self._fault() for _ in range(self.chance.randrange(4))]

    def run(self, *, whole: bool = False) -> RunReport:
        """Carry out a run, while users go on."""
        began = self.clock.monotonic()
        self.busy = True
        try:
            skip = self.chance.choice((0.0, 2.0, SETTLE, 2 * SETTLE, 4000.0))
            report = self.world.run(skip=skip, unguarded=True, whole=whole)
        finally:
            self.busy = False
        self.reports.append(report)
        self.ended(began)
        return report

    def quiet_run(self, skip: float = 2 * SETTLE, *, whole: bool = False) -> RunReport:
        """Carry out a run without any edits."""
        self.clock.skip(skip)
        began = self.clock.monotonic()
        report = self.world.run(skip=0.0, unguarded=True, whole=whole)
        self.reports.append(report)
        self.ended(began)
        return report

    def live(self) -> None:
        """Run a whole simulation as its seed decides, and come to rest."""
        self.crowd.add(self.chance.randrange(3, 12))
        for _ in range(self.chance.randrange(3, 8)):
            self.people(self.chance.randrange(10))
            self.trouble()
            self.run(whole=self.chance.random() < 0.1)
        self.calm()

    def calm(self) -> None:
        """Let all trouble end, and everything settle that a few runs can settle."""
        for server in self.servers:
            server.faults = []
        self.quiet_run()
        self.quiet_run(whole=True)
        self.quiet_run(skip=DAY)
        self.quiet_run(skip=DAY)

    def _crowd(self) -> Crowd:
        return Crowd(self.servers, self.clock, self.chance, self.diary)

    def _open_post(self) -> None:
        chance = Random(self.seed ^ APART)  # noqa: S311 - a world to repeat, no secret
        law = post_law(chance)
        left, right = self.servers
        left.behaviour, right.quirks = law.apply(left.behaviour, right.quirks)
        self.world.tables = law.table
        self.post = Post(self.servers, self.clock, chance, law)
        self.road.wrote = self._wrote

    @contextmanager
    def _wrote(self, side: str, call: Call) -> Iterator[None]:
        server = self.servers[side == "right"]
        before = shown_by(server)
        yield
        if self.post is not None:
            self.post.book.note(server, call, before, shown_by(server))

    def ended(self, began: float) -> None:
        """Note that a run has ended, whoever began it, and how every contact stands then."""
        self.diary.runs.append((began, self.clock.monotonic()))
        self.looked_at.clear()
        if self.post is not None:
            self.post.spared.clear()
            links = self.world.rows("SELECT left_id, right_id FROM link WHERE stream = 'messages'")
            self.post.settled = {(side, str(row[f"{side}_id"])) for row in links for side in ("left", "right")}
        for left, right in self.world.links().items():
            self.partners.setdefault(("left", left), set()).add(right)
            self.partners.setdefault(("right", right), set()).add(left)

    def _fault(self) -> Fault:
        kind, chance = self.chance.choice(KINDS), self.chance
        status = chance.choice((500, 502, 503, 429, TIMED_OUT) if kind == "status" else (500, 502, 504, TIMED_OUT))
        return Fault(
            kind,
            method=chance.choice(METHODS),
            path="/contacts" if self.post is None else self.post.chance.choice(PATHS),
            skip=chance.randrange(8),
            times=chance.choice((1, 1, 1, 2, 30)),
            status=status,
            headers={"Retry-After": "3"} if status == 429 else {},
            delay=chance.uniform(0.1, LATE),
        )

    def _meanwhile(self, side: str, call: Call) -> None:
        """Users don't wait for a run to end; only between look and write they leave a record alone (R19)."""
        record = (side, call.path.rpartition("/contacts/")[2].removesuffix("/tags"))
        if self.busy and not is_write(call) and self.chance.random() < 0.15:
            just_made = {who for who, at in self.fresh.items() if self.clock.monotonic() - at < JUST_MADE}
            self.crowd.act(frozenset(self.looked_at | just_made))
        if self.busy and self.post is not None:
            self.post.meanwhile(side, call)
        if call.method == "GET" and "/contacts/" in call.path:
            self.looked_at.add(record)
        elif is_write(call):
            self.looked_at.discard(record)

    def _late(self, side: str, land: Callable[[], None]) -> None:
        """What the network delivers late is no fault of the sync; it is noted like an edit."""
        if self.post is not None:
            self.post.book.late = True
        self.diary.watch(self.clock.monotonic(), self.servers, land, late=True)
        if self.post is not None:
            self.post.book.late = False

    def _made(self, side: str, person: dict[str, Any]) -> None:
        self.fresh[side, str(person["id"])] = self.clock.monotonic()
        token = self._token_of(side, person)
        other = "right" if side == "left" else "left"
        bearers = self.servers[side == "left"].people()
        if not token:  # the token does not travel in each life
            address = plain(person.get("email"))
            self.origins[side, str(person["id"])] = {
                str(one["id"]) for one in bearers if address and plain(one.get("email")) == address
            }
            return
        self.origins[side, str(person["id"])] = {
            *(str(one["id"]) for one in bearers if self._token_of(other, one) == token),
            *(one.record for one in self.diary.edits if (one.side, one.field, one.new) == (other, "custom9", token)),
        }  # who bears it now, and who was deleted since
        there = {str(each["id"]) for each in self.servers[side == "right"].people()}
        earlier = self.creates.get((side, token), ())
        kept = [one for one in earlier if one in there or (side, one) in self.partners]
        self.creates[side, token] = [*kept, str(person["id"])]

    def _token_of(self, side: str, person: dict[str, Any]) -> str | None:
        return plain(person.get("custom9")) if side == "left" else self._token(person)

    def _token(self, person: dict[str, Any]) -> str | None:
        field_ = self.world.gh.field("contact.custom9")
        values = {each["id"]: each["value"] for each in person.get("customFields") or ()}
        return plain(values.get(field_.id)) if field_ else None
