from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import SET_FIELDS, Fields, Value, same
from sync.rules.mapping import FieldRule
from sync.rules.merge_result import LEFT, RIGHT, Merge, Overwritten, SideView
from sync.rules.sets import apply_changes, changes_of
from sync.rules.shadow_update import after_undo
from sync.rules.undo import BARRED, CHANGED, HIDDEN, UNDO, Trace, UndoableWrite, UndoPlan, undo, written_by
from tests.sync.people_model import BOTH_WAYS, NAMES, POLICIES, SIDES, World, elements, values, worlds

OTHER = {LEFT: RIGHT, RIGHT: LEFT}
CARRIED = Trace("r1", None, RIGHT, "city", "Oslo", "Rome", "Rome")
WRITTEN = UndoableWrite(RIGHT, "city", "Oslo", "Rome", "Rome")
PUT_BACK = UndoPlan(Merge(to_right={"city": "Oslo"}, overwritten=[Overwritten(RIGHT, "city", "Rome", "Oslo", UNDO)]))


def city(now: Value, base: Value) -> SideView:
    return SideView({"city": now}, {"city": base})


def tags(now: str, base: str) -> SideView:
    return SideView({"tags": tuple(now.split()) or None}, {"tags": tuple(base.split()) or None})


def undone(left: SideView, right: SideView, *written: UndoableWrite) -> UndoPlan:
    return undo(BOTH_WAYS, left, right, written or [WRITTEN])


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (city("Rome", "Rome"), city("Rome", "Rome"), PUT_BACK),
        (city("Rome", "Rome"), city("Oslo", "Oslo"), UndoPlan()),  # as it was before already
        (city("Rome", "Rome"), city("Oslo", "Rome"), UndoPlan()),
        (city("Rome", "Rome"), city("Bonn", "Rome"), UndoPlan(left_alone={(RIGHT, "city"): CHANGED})),
        (city("Rome", "Rome"), city("Bonn", "Bonn"), UndoPlan(left_alone={(RIGHT, "city"): CHANGED})),
        (city("Bonn", "Rome"), city("Rome", "Rome"), UndoPlan(left_alone={(RIGHT, "city"): CHANGED})),
        (city("Rome", "Rome"), city("Rome", "Bonn"), UndoPlan(left_alone={(RIGHT, "city"): CHANGED})),
        (city("Rome", "Rome"), SideView({}, {"city": "Rome"}), UndoPlan(left_alone={(RIGHT, "city"): HIDDEN})),
        (SideView({}, {"city": "Rome"}), city("Rome", "Rome"), PUT_BACK),  # what does not show has not changed
    ],
)
def test_each_way_in_which_a_field_may_stand_since(left: SideView, right: SideView, expected: UndoPlan) -> None:
    assert undone(left, right) == expected


def test_what_the_server_made_of_the_value_is_what_the_run_left() -> None:
    left = city("Rome", "Rome")
    kept = replace(WRITTEN, left="ROME")
    assert undone(left, city("ROME", "ROME"), kept).merge.to_right == {"city": "Oslo"}
    assert undone(left, city("ROME", "ROME"), WRITTEN).left_alone == {(RIGHT, "city"): CHANGED}


def test_nothing_is_written_where_the_config_no_longer_lets_the_field_go() -> None:
    views = city("Rome", "Rome"), city("Rome", "Rome")
    closed = {"city": FieldRule("city", to_left=True, to_right=False)}
    for rules in (closed, {}):
        assert undo(rules, *views, [WRITTEN]) == UndoPlan(left_alone={(RIGHT, "city"): BARRED})


@pytest.mark.parametrize(
    ("now", "base", "wanted"),
    [
        ("b new", "b new", "a b"),  # as the run left it
        ("b later new", "b new", "a b later"),  # added since
        ("b later new", "b later new", "a b later"),
        ("new", "b new", "a"),  # b taken away since
        ("a b", "a b", None),  # put back already
        ("b", "b new", "a b"),  # new taken away since
    ],
)
def test_a_set_is_put_back_element_by_element(now: str, base: str, wanted: str | None) -> None:
    one = UndoableWrite(RIGHT, "tags", ("a", "b"), ("b", "new"), ("b", "new"))
    result = undone(tags("b new", "b new"), tags(now, base), one)
    assert result.merge.to_right == ({} if wanted is None else {"tags": tuple(wanted.split())})


def test_an_element_that_was_changed_since_stays_while_the_others_are_put_back() -> None:
    one = UndoableWrite(
        RIGHT, "tags", ("a",), ("b", "c"), ("b", "c"), later=((("b", "c"), ("b",)), (("b",), ("b", "c")))
    )
    result = undone(tags("b c", "b c"), tags("b c", "b c"), one)
    assert result.merge.to_right == {"tags": ("a", "c")}
    assert result.left_alone == {(RIGHT, "tags"): CHANGED}
    pending = undone(tags("c", "b c"), tags("b c", "b c"), replace(one, later=()))
    assert pending.merge.to_right == {"tags": ("a", "b")}
    assert pending.left_alone == {(RIGHT, "tags"): CHANGED}


def trace(run: str, old: str, new: str, *, undoes: str | None = None, side: str = RIGHT) -> Trace:
    return Trace(run, undoes, side, "city", old, new, new)


def test_a_later_change_on_either_side_is_one_of_the_field() -> None:
    for side in SIDES:
        (one,) = written_by("r1", [CARRIED, trace("r2", "Rome", "Bonn", side=side)])
        assert one.later == (("Rome", "Bonn"),)
    (one,) = written_by("r1", [CARRIED, replace(trace("r2", "a", "b"), field="title")])
    assert one.later == ()


def test_a_change_that_an_undo_took_back_is_none() -> None:
    later = trace("r2", "Rome", "Bonn")
    back = trace("u2", "Bonn", "Rome", undoes="r2")
    again = trace("u3", "Rome", "Bonn", undoes="u2")
    assert written_by("r1", [CARRIED, later, back]) == [WRITTEN]
    (one,) = written_by("r1", [CARRIED, later, back, again])
    assert one.later == (("Rome", "Bonn"),)
    other = replace(back, side=LEFT)
    assert written_by("r1", [CARRIED, later, other])[0].later == (("Rome", "Bonn"),)


def test_a_field_that_was_changed_and_changed_back_since_is_as_a_user_wanted_it() -> None:
    one = replace(WRITTEN, later=(("Rome", "Bonn"), ("Bonn", "Rome")))
    assert undone(city("Rome", "Rome"), city("Rome", "Rome"), one).left_alone == {(RIGHT, "city"): CHANGED}


def test_what_the_run_itself_wrote_on_the_other_side_is_no_change_since() -> None:
    found = written_by("r1", [trace("r1", "Bonn", "Rome", side=LEFT), CARRIED])
    assert [one.later for one in found] == [(), ()]
    result = undone(city("Rome", "Rome"), city("Rome", "Rome"), *found)
    assert (result.merge.to_left, result.merge.to_right) == ({"city": "Bonn"}, {"city": "Oslo"})


def test_what_a_run_wrote_twice_goes_back_to_what_was_there_first() -> None:
    assert written_by("r1", [CARRIED, trace("r1", "Rome", "Bonn")]) == [
        UndoableWrite(RIGHT, "city", "Oslo", "Bonn", "Bonn")
    ]
    assert written_by("r1", [trace("r0", "a", "Oslo"), CARRIED]) == [WRITTEN]
    assert written_by("r2", [CARRIED]) == []


@dataclass(slots=True)
class Diary:
    """A world with the history that a state keeps of it."""

    world: World
    traces: list[Trace] = field(default_factory=list)
    runs: int = 0

    def shown(self) -> dict[str, dict[str, Value]]:
        return {side: dict(self.world.servers[side].shows) for side in SIDES}

    def run(self, policy: str) -> str:
        """Let both sides be merged, and note what was written."""
        self.runs += 1
        name = f"r{self.runs}"
        before = self.shown()
        self.world.run(BOTH_WAYS, policy)
        after = self.shown()
        for side in SIDES:
            for field_name in NAMES:
                old, new = before[side].get(field_name), after[side].get(field_name)
                if not same(field_name, old, new):
                    self.traces.append(Trace(name, None, side, field_name, old, new, new))
        return name

    def undo(self, run: str) -> UndoPlan:
        """Undo a run, one side after the other, each read again."""
        self.runs += 1
        name = f"u{self.runs}"
        planned = self._decide(run)
        for side in SIDES:
            changes = dict(self._decide(run).merge.to(side))
            if not changes:
                continue
            target, source = self.world.view(side), self.world.view(OTHER[side])
            self.world.servers[side] = self.world.servers[side].written(changes)
            settled = self.world.servers[side].settled(changes)
            bases = after_undo(changes, target, source, settled)
            self.world.bases = {side: bases.target, OTHER[side]: bases.source}
            self.traces += [
                Trace(name, run, side, each, target.value(each)[1], value, settled.get(each, value))
                for each, value in changes.items()
            ]
        return planned

    def edit(self, side: str, name: str, value: Value) -> None:
        server = self.world.servers[side]
        self.world.servers[side] = replace(server, holds={**server.holds, name: value})

    def _decide(self, run: str) -> UndoPlan:
        return undo(BOTH_WAYS, self.world.view(LEFT), self.world.view(RIGHT), written_by(run, self.traces))


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[str, str, Value]]:
    names = st.sampled_from(NAMES)
    return [(draw(st.sampled_from(SIDES)), name, draw(values(name))) for name in draw(st.lists(names, max_size=6))]


def in_sync(world: World, policy: str) -> Diary:
    """Let a world come to rest."""
    diary = Diary(world)
    for _ in range(3):
        diary.run(policy)
    return diary


def differing(one: Mapping[str, Fields], other: Mapping[str, Fields]) -> set[tuple[str, str]]:
    return {
        (side, name) for side in SIDES for name in NAMES if not same(name, one[side].get(name), other[side].get(name))
    }


@given(worlds(awkward=False), POLICIES, edits())
def test_an_undo_brings_both_sides_back_to_what_they_showed_before_the_run(
    world: World, policy: str, changes: list[tuple[str, str, Value]]
) -> None:
    diary = in_sync(world, policy)
    for change in changes:
        diary.edit(*change)
    before = diary.shown()
    run = diary.run(policy)
    assert diary.undo(run).left_alone == {}
    assert differing(diary.shown(), before) == set()


@given(worlds(awkward=False), POLICIES, edits(), edits())
def test_what_was_edited_since_is_named_and_stays_and_all_else_is_as_before(
    world: World, policy: str, changes: list[tuple[str, str, Value]], later: list[tuple[str, str, Value]]
) -> None:
    diary = in_sync(world, policy)
    for change in changes:
        diary.edit(*change)
    before = diary.shown()
    run = diary.run(policy)
    ran = diary.shown()
    for change in later:
        diary.edit(*change)
    edited = diary.shown()
    result = diary.undo(run)
    after = diary.shown()
    touched = {name for _, name in differing(edited, ran)}
    for side in SIDES:
        for name in NAMES:
            expected = edited[side].get(name) if name in touched else before[side].get(name)
            if name in SET_FIELDS:
                assert_elements_are_put_back(Moments(before, ran, edited, after), side, name)
            elif not same(name, edited[side].get(name), before[side].get(name)):
                assert same(name, after[side].get(name), expected), (side, name)
                assert ((side, name) in result.left_alone) == (
                    name in touched and not same(name, ran[side].get(name), before[side].get(name))
                )


@dataclass(frozen=True, slots=True)
class Moments:
    """What both sides showed before a run, after it, after later edits, and after the run was undone."""

    before: Mapping[str, Fields]
    ran: Mapping[str, Fields]
    edited: Mapping[str, Fields]
    after: Mapping[str, Fields]


def assert_elements_are_put_back(moments: Moments, side: str, name: str) -> None:
    """Each element that no user has touched on either side since is there just if it was before the run."""
    touched: set[str] = set()
    for each in SIDES:
        touched |= elements(moments.edited[each].get(name)) ^ elements(moments.ran[each].get(name))
    found = elements(moments.after[side].get(name))
    assert found - touched == elements(moments.before[side].get(name)) - touched
    assert found & touched == elements(moments.edited[side].get(name)) & touched


@given(worlds(awkward=False), POLICIES, edits(), edits())
def test_after_an_undo_runs_write_nothing_until_a_user_edits_and_then_that_alone(
    world: World, policy: str, changes: list[tuple[str, str, Value]], later: list[tuple[str, str, Value]]
) -> None:
    diary = in_sync(world, policy)
    for change in changes:
        diary.edit(*change)
    run = diary.run(policy)
    waiting = diary.world.merged(BOTH_WAYS, policy).conflicts
    diary.undo(run)
    merged = diary.world.merged(BOTH_WAYS, policy)
    assert not merged.writes
    assert merged.conflicts.keys() <= waiting.keys()
    undone_state = diary.shown()
    for change in later:
        diary.edit(*change)
    touched = {name for _, name in differing(diary.shown(), undone_state)}
    diary.run(policy)
    assert {name for _, name in differing(diary.shown(), undone_state)} <= touched


@given(worlds(awkward=False), POLICIES, edits(), edits())
def test_edits_that_no_run_has_seen_are_carried_after_an_undo_as_without_it(
    world: World, policy: str, changes: list[tuple[str, str, Value]], later: list[tuple[str, str, Value]]
) -> None:
    diary = in_sync(world, policy)
    for change in changes:
        diary.edit(*change)
    run = diary.run(policy)
    ran = diary.shown()
    for change in later:
        diary.edit(*change)
    touched = {name for _, name in differing(diary.shown(), ran)} - SET_FIELDS
    without = diary.world.merged(BOTH_WAYS, policy)
    diary.undo(run)
    withal = diary.world.merged(BOTH_WAYS, policy)
    for side in SIDES:
        for name in touched:
            assert (name in withal.to(side)) == (name in without.to(side))
    assert touched & withal.conflicts.keys() == touched & without.conflicts.keys()


@given(worlds(awkward=False), POLICIES, edits())
def test_undoing_twice_is_as_good_as_once_and_an_undo_can_be_undone(
    world: World, policy: str, changes: list[tuple[str, str, Value]]
) -> None:
    diary = in_sync(world, policy)
    for change in changes:
        diary.edit(*change)
    run = diary.run(policy)
    ran = diary.shown()
    diary.undo(run)
    first = f"u{diary.runs}"
    undone_state = diary.shown()
    assert not diary.undo(run).merge.writes
    assert diary.shown() == undone_state
    assert diary.undo(first).left_alone == {}
    assert differing(diary.shown(), ran) == set()
    assert diary.undo(run).left_alone == {}
    assert differing(diary.shown(), undone_state) == set()


@given(worlds(awkward=True), POLICIES, edits(), edits())
def test_awkward_servers_lose_nothing_that_a_user_edited_since(
    world: World, policy: str, changes: list[tuple[str, str, Value]], later: list[tuple[str, str, Value]]
) -> None:
    diary = in_sync(world, policy)
    for change in changes:
        diary.edit(*change)
    run = diary.run(policy)
    ran = diary.shown()
    for change in later:
        diary.edit(*change)
    edited = diary.shown()
    diary.undo(run)
    after = diary.shown()
    for side, name in differing(edited, ran):
        if name in SET_FIELDS:
            gained, lost = changes_of(ran[side].get(name), edited[side].get(name))
            kept = apply_changes(after[side].get(name), gained, lost)
            assert same(name, kept, after[side].get(name))
        else:
            assert same(name, after[side].get(name), edited[side].get(name))
