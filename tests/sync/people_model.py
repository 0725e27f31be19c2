"""Two servers with one contact on each, as the merge and the shadows see them; and what Hypothesis draws of them.

The servers may be awkward (P5): they lower-case labels, keep what they had, or do not show what they hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from connectors.contact import SET_FIELDS, Fields, Value
from sync.rules.conflict_policy import winner_by_policy
from sync.rules.mapping import FieldRule, Rules
from sync.rules.merge import Resolution, WinnerChooser, merge
from sync.rules.merge_result import LEFT, RIGHT, Merge, SideView
from sync.rules.shadow_update import after_agreement, after_write

NAMES = ("first_name", "city", "email", "tags", "lists")
SIDES = (LEFT, RIGHT)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOTH_WAYS = {name: FieldRule(name, to_left=True, to_right=True) for name in NAMES}

_LABELS = ("vip", "VIP", "lead", "Old", "new")
_TEXTS = {
    "email": ("ada@example.com", "Ada@Example.com", "grace@example.org"),
    "first_name": ("Ada", "ada", "Grace"),
    "city": ("London", "Paris", "Oslo"),
}

POLICIES = st.sampled_from((LEFT, RIGHT, "manual", "newest"))


def judge_of(policy: str) -> WinnerChooser:
    return winner_by_policy(policy, (0.0, 0.0))


def elements(value: Value) -> set[str]:
    return {element.casefold() for element in value} if isinstance(value, tuple) else set()


@st.composite
def labels(draw: st.DrawFn) -> Value:
    spellings = {name.casefold(): name for name in draw(st.lists(st.sampled_from(_LABELS), max_size=4))}
    return tuple(spellings[key] for key in sorted(spellings)) or None


def values(name: str) -> st.SearchStrategy[Value]:
    return labels() if name in SET_FIELDS else st.none() | st.sampled_from(_TEXTS[name])


def some_fields() -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({}, optional={name: values(name) for name in NAMES})


def all_fields() -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({name: values(name) for name in NAMES})


@st.composite
def rule_tables(draw: st.DrawFn) -> Rules:
    return {name: FieldRule(name, draw(st.booleans()), draw(st.booleans())) for name in NAMES}


def moments() -> st.SearchStrategy[datetime | None]:
    return st.none() | st.integers(0, 6).map(lambda seconds: NOON + timedelta(seconds=seconds))


def views() -> st.SearchStrategy[SideView]:
    return st.builds(SideView, some_fields(), some_fields(), moments())


def resolutions() -> st.SearchStrategy[dict[str, Resolution]]:
    def one(name: str) -> st.SearchStrategy[Resolution]:
        sides = st.tuples(st.sampled_from(SIDES), st.none())
        return sides | st.tuples(st.just("value"), values(name))

    return st.fixed_dictionaries({}, optional={name: one(name) for name in NAMES if name not in SET_FIELDS})


@dataclass(frozen=True, slots=True)
class Server:
    """What one server holds of the contact, and how it treats what it is given."""

    holds: dict[str, Value]
    hides: frozenset[str] = frozenset()
    lowers: bool = False
    keeps: frozenset[str] = frozenset()

    @property
    def shows(self) -> dict[str, Value]:
        return {name: value for name, value in self.holds.items() if name not in self.hides}

    def written(self, changes: Fields) -> "Server":
        taken = {name: self._rewritten(value) for name, value in changes.items() if name not in self.keeps}
        return replace(self, holds={**self.holds, **taken})

    def settled(self, changes: Fields) -> Fields:
        return {name: value for name, value in self.shows.items() if name in changes}

    def _rewritten(self, value: Value) -> Value:
        return tuple(element.lower() for element in value) if self.lowers and isinstance(value, tuple) else value


def servers(*, awkward: bool) -> st.SearchStrategy[Server]:
    if not awkward:
        return st.builds(Server, all_fields())
    names = st.frozensets(st.sampled_from(NAMES), max_size=2)
    return st.builds(Server, all_fields(), names, st.booleans(), names)


@dataclass(slots=True)
class World:
    """Both servers, and the shadows that the state holds of them."""

    servers: dict[str, Server]
    bases: dict[str, Fields] = field(default_factory=lambda: {LEFT: {}, RIGHT: {}})
    times: Mapping[str, datetime | None] = field(default_factory=lambda: {LEFT: None, RIGHT: None})

    def view(self, side: str) -> SideView:
        return SideView(self.servers[side].shows, self.bases[side], self.times[side])

    def merged(self, rules: Rules, policy: str, decided: Mapping[str, Resolution] | None = None) -> Merge:
        return merge(rules, self.view(LEFT), self.view(RIGHT), judge_of(policy), policy, decided)

    def run(self, rules: Rules, policy: str, decided: Mapping[str, Resolution] | None = None) -> None:
        """Carry out what is planned, one side after the other, merging again before each write, as a run does (R19)."""
        planned = self.merged(rules, policy, decided)
        sides = [side for side in SIDES if planned.to(side)] or [LEFT]
        for side in sides:
            self._write(side, self.merged(rules, policy, decided))

    def _write(self, side: str, result: Merge) -> None:
        other = RIGHT if side == LEFT else LEFT
        changes = dict(result.to(side))
        target, source = self.view(side), self.view(other)
        if changes:
            self.servers[side] = self.servers[side].written(changes)
            bases = after_write(result, side, target, source, self.servers[side].settled(changes))
        else:
            bases = after_agreement(result, side, target, source)
        self.bases = {side: bases.target, other: bases.source}


@st.composite
def worlds(draw: st.DrawFn, *, awkward: bool = True, agreed: bool = False) -> World:
    """Draw two servers with any shadows; with `agreed`, those of a contact that both sides agreed on or that is new."""
    both = {side: draw(servers(awkward=awkward)) for side in SIDES}
    times = {side: draw(moments()) for side in SIDES}
    if agreed:
        base = draw(st.just({}) | all_fields())
        return World(both, {LEFT: base, RIGHT: dict(base)}, times)
    return World(both, {side: draw(some_fields()) for side in SIDES}, times)
