from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import SET_FIELDS, Value, same
from sync.rules.mapping import FieldRule, Rules
from sync.rules.merge import Resolution, merge
from sync.rules.merge_result import LEFT, RIGHT, Merge, Overwritten, SideView
from sync.rules.sets import apply_changes, changes_of
from sync.rules.withhold import refuse
from tests.sync.people_model import (
    BOTH_WAYS,
    NAMES,
    NOON,
    POLICIES,
    SIDES,
    Server,
    World,
    elements,
    judge_of,
    labels,
    resolutions,
    rule_tables,
    values,
    views,
    worlds,
)  # fmt: skip

OTHER = {LEFT: RIGHT, RIGHT: LEFT}
CITY = {"city": FieldRule("city", to_left=True, to_right=True)}
TAGS = {"tags": FieldRule("tags", to_left=True, to_right=True)}


def merged(
    left: SideView,
    right: SideView,
    rules: Rules = BOTH_WAYS,
    policy: str = "manual",
    decided: Mapping[str, Resolution] = {},
) -> Merge:
    return merge(rules, left, right, judge_of(policy), policy, decided)


def city(now: Value, base: Value, seconds: int | None = None) -> SideView:
    return SideView({"city": now}, {"city": base}, None if seconds is None else NOON + timedelta(seconds=seconds))


def mirrored(rules: Rules) -> Rules:
    return {name: FieldRule(name, to_left=rule.to_right, to_right=rule.to_left) for name, rule in rules.items()}


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (city("Oslo", "Oslo"), city("Oslo", "Oslo"), Merge()),
        (city("Oslo", "Oslo"), city("OSLO", "OSLO"), Merge()),  # a server's own spelling is its shadow
        (city("Paris", "Oslo"), city("Oslo", "Oslo"), Merge(to_right={"city": "Paris"})),
        (city("Oslo", "Oslo"), city("Paris", "Oslo"), Merge(to_left={"city": "Paris"})),
        (city(None, "Oslo"), city("Oslo", "Oslo"), Merge(to_right={"city": None})),  # what is gone is a change too
        (city("Paris", "Oslo"), city("Paris", "Oslo"), Merge(agreed={"city": ("Paris", "Paris")})),
        (city(None, "Oslo"), city(None, "Oslo"), Merge(agreed={"city": (None, None)})),
        (city("Paris", "Oslo"), city("Rome", "Oslo"), Merge(conflicts={"city": ("Paris", "Rome")})),
        (city(None, "Oslo"), city("Rome", "Oslo"), Merge(conflicts={"city": (None, "Rome")})),
        (
            SideView({"city": "Oslo"}, {}),
            SideView({"city": None}, {}),
            Merge(to_right={"city": "Oslo"}, filled={"city"}),
        ),
        (
            SideView({"city": None}, {}),
            SideView({"city": "Oslo"}, {}),
            Merge(to_left={"city": "Oslo"}, filled={"city"}),
        ),
        (SideView({"city": "Oslo"}, {}), SideView({"city": "Oslo"}, {}), Merge(agreed={"city": ("Oslo", "Oslo")})),
        (SideView({"city": None}, {}), SideView({"city": None}, {}), Merge(agreed={"city": (None, None)})),
        (SideView({"city": "Oslo"}, {}), SideView({"city": "Rome"}, {}), Merge(conflicts={"city": ("Oslo", "Rome")})),
        (SideView({}, {}), SideView({}, {}), Merge()),
    ],
)
def test_each_line_of_the_truth_table_is_kept(left: SideView, right: SideView, expected: Merge) -> None:
    assert merged(left, right, CITY) == expected


def test_addresses_that_differ_in_case_alone_are_one() -> None:
    left = SideView({"email": "Ada@Example.com"}, {"email": "ada@example.com"})
    assert merged(left, SideView({"email": "ADA@example.com"}, {"email": "ada@example.com"})) == Merge()


def test_a_field_that_one_side_alone_was_ever_agreed_on_is_met_though_neither_side_changed() -> None:
    left = SideView({"city": "Oslo"}, {"city": "Oslo"})
    for right in (SideView({}, {}), SideView({"city": None}, {})):
        assert merged(left, right, CITY) == Merge(to_right={"city": "Oslo"}, filled={"city"})
        assert merged(right, left, CITY) == Merge(to_left={"city": "Oslo"}, filled={"city"})


def test_a_merge_writes_when_either_side_is_to_be_written() -> None:
    assert Merge(to_left={"city": None}).writes
    assert Merge(to_right={"city": None}).writes
    assert not Merge(agreed={"city": (None, None)}, conflicts={"state": ("a", "b")}).writes


@given(views(), views(), resolutions(), st.sampled_from(SIDES), st.frozensets(st.sampled_from(NAMES)))
def test_what_can_not_be_emptied_is_left_as_each_side_shows_it_and_all_else_is_written(
    left: SideView, right: SideView, decided: Mapping[str, Resolution], side: str, kept: frozenset[str]
) -> None:
    before, after = (merged(left, right, policy="newest", decided=decided) for _ in range(2))
    refuse(after, side, kept, left, right)
    refused = {name for name, value in before.to(side).items() if value is None and name in kept}
    assert after.refused == dict.fromkeys(refused, side)
    assert after.to(side) == {name: value for name, value in before.to(side).items() if name not in refused}
    assert after.to(OTHER[side]) == before.to(OTHER[side])
    assert after.agreed == {**before.agreed, **{name: (left.value(name)[1], right.value(name)[1]) for name in refused}}
    gone = [one for one in before.overwritten if one.side == side and one.field in refused]
    assert after.overwritten == [one for one in before.overwritten if one not in gone]
    assert (after.conflicts, after.filled) == (before.conflicts, before.filled)


def test_a_field_without_a_rule_is_not_synced() -> None:
    assert merged(SideView({"stage": "New"}, {}), SideView({"stage": "Won"}, {})) == Merge()


def test_the_conflict_of_one_field_holds_up_no_other() -> None:
    left = SideView({"city": "Oslo", "first_name": "Ada"}, {"city": "Rome", "first_name": "Grace"})
    right = SideView({"city": "Paris", "first_name": "Grace"}, {"city": "Rome", "first_name": "Grace"})
    result = merged(left, right)
    assert result.conflicts == {"city": ("Oslo", "Paris")}
    assert result.to_right == {"first_name": "Ada"}


@pytest.mark.parametrize(
    ("policy", "left_at", "right_at", "winner"),
    [
        (LEFT, None, None, LEFT),
        (RIGHT, None, None, RIGHT),
        ("manual", 0, 60, None),
        ("newest", 60, 0, LEFT),
        ("newest", 0, 60, RIGHT),
        ("newest", None, 60, None),
    ],
)
def test_a_policy_writes_the_winner_and_keeps_the_loser(
    policy: str, left_at: int | None, right_at: int | None, winner: str | None
) -> None:
    result = merged(city("Paris", "Oslo", left_at), city("Rome", "Oslo", right_at), CITY, policy)
    if winner is None:
        assert result == Merge(conflicts={"city": ("Paris", "Rome")})
    elif winner == LEFT:
        kept = Overwritten(RIGHT, "city", "Rome", "Paris", policy)
        assert result == Merge(to_right={"city": "Paris"}, overwritten=[kept])
    else:
        kept = Overwritten(LEFT, "city", "Paris", "Rome", policy)
        assert result == Merge(to_left={"city": "Rome"}, overwritten=[kept])


def test_a_first_meeting_under_a_policy_keeps_the_value_that_it_replaces() -> None:
    result = merged(SideView({"city": "Oslo"}, {}), SideView({"city": "Rome"}, {}), CITY, RIGHT)
    assert result.to_left == {"city": "Rome"}
    assert result.overwritten == [Overwritten(LEFT, "city", "Oslo", "Rome", RIGHT)]


def test_a_change_against_the_direction_stays_where_it_is_and_is_met_when_the_other_side_changes() -> None:
    rules = {"city": FieldRule("city", to_left=False, to_right=True)}
    assert merged(city("Oslo", "Oslo"), city("Rome", "Oslo"), rules) == Merge()
    assert merged(city("Paris", "Oslo"), city("Rome", "Oslo"), rules).conflicts == {"city": ("Paris", "Rome")}
    carried = merged(city("Paris", "Oslo"), city("Rome", "Oslo"), rules, LEFT)
    assert carried.overwritten == [Overwritten(RIGHT, "city", "Rome", "Paris", LEFT)]


def test_a_winner_that_may_not_be_synced_writes_nothing_and_ends_the_conflict() -> None:
    rules = {"city": FieldRule("city", to_left=True, to_right=False)}
    result = merged(city("Paris", "Oslo"), city("Rome", "Oslo"), rules, LEFT)
    assert result == Merge(agreed={"city": ("Paris", "Rome")})


def test_blanks_are_filled_along_the_direction_alone() -> None:
    rules = {"city": FieldRule("city", to_left=False, to_right=True)}
    assert merged(SideView({"city": None}, {}), SideView({"city": "Rome"}, {}), rules).to_left == {}
    assert merged(SideView({"city": "Rome"}, {}), SideView({"city": None}, {}), rules).to_right == {"city": "Rome"}


def test_a_one_way_set_carries_what_was_added_and_taken_away_and_leaves_the_rest() -> None:
    rules = {"lists": FieldRule("lists", to_left=False, to_right=True)}
    left = SideView({"lists": ("b", "new")}, {"lists": ("a", "b")})
    right = SideView({"lists": ("a", "b", "own")}, {"lists": ("a", "b")})
    result = merged(left, right, rules)
    assert result.to_right == {"lists": ("b", "new", "own")}
    assert result.to_left == {}


@given(rule_tables(), views(), views(), POLICIES, resolutions())
def test_no_direction_is_ever_violated(
    rules: Rules, left: SideView, right: SideView, policy: str, decided: Mapping[str, Resolution]
) -> None:
    result = merged(left, right, rules, policy, decided)
    assert all(rules[name].to_left for name in result.to_left)
    assert all(rules[name].to_right for name in result.to_right)


@given(rule_tables(), views(), views(), POLICIES, resolutions())
def test_sides_that_are_swapped_lead_to_the_mirrored_result(
    rules: Rules, left: SideView, right: SideView, policy: str, decided: Mapping[str, Resolution]
) -> None:
    swapped = {name: (OTHER.get(kind, kind), value) for name, (kind, value) in decided.items()}
    there = merged(left, right, rules, policy, decided)
    back = merged(right, left, mirrored(rules), OTHER.get(policy, policy), swapped)
    assert back.to_left == there.to_right
    assert back.to_right == there.to_left
    assert back.filled == there.filled
    assert back.agreed == {name: (right, left) for name, (left, right) in there.agreed.items()}
    assert back.conflicts == {name: (right, left) for name, (left, right) in there.conflicts.items()}
    mirrored_losses = {
        replace(one, side=OTHER[one.side], rule=OTHER.get(one.rule, one.rule)) for one in there.overwritten
    }
    assert set(back.overwritten) == mirrored_losses


@given(rule_tables(), views(), views(), POLICIES, resolutions())
def test_every_value_of_its_own_that_a_side_loses_is_kept_with_what_replaced_it(
    rules: Rules, left: SideView, right: SideView, policy: str, decided: Mapping[str, Resolution]
) -> None:
    result = merged(left, right, rules, policy, decided)
    kept = {(one.side, one.field): (one.old, one.new) for one in result.overwritten}
    for side, view in ((LEFT, left), (RIGHT, right)):
        for name, new in result.to(side).items():
            never_agreed = name not in view.base and view.now.get(name) is not None
            if name not in SET_FIELDS and (never_agreed or (name in view.base and view.changed(name))):
                if view.now[name] is None and name in result.filled:
                    continue  # a blank is filled (R10): there is no value to lose
                assert kept[side, name] == (view.now[name], new)


@given(rule_tables(), views(), views(), POLICIES)
def test_each_field_has_one_outcome(rules: Rules, left: SideView, right: SideView, policy: str) -> None:
    result = merged(left, right, rules, policy)
    written = result.to_left.keys() | result.to_right.keys()
    assert not written & result.conflicts.keys()
    assert not written & result.agreed.keys()
    assert not result.conflicts.keys() & result.agreed.keys()
    assert not result.conflicts.keys() & SET_FIELDS
    assert not (result.to_left.keys() & result.to_right.keys()) - SET_FIELDS


@given(rule_tables(), views(), views(), POLICIES)
def test_an_unknown_value_changes_nothing_on_the_other_side_and_meets_no_conflict(
    rules: Rules, left: SideView, right: SideView, policy: str
) -> None:
    result = merged(left, right, rules, policy)
    for view, other in ((left, RIGHT), (right, LEFT)):
        unknown = {name for name in NAMES if name not in view.now}
        assert not unknown & result.conflicts.keys()
        assert not unknown & result.to(other).keys()


@given(views(), views(), POLICIES)
def test_a_change_is_carried_to_a_side_that_shows_the_field_no_more(
    left: SideView, right: SideView, policy: str
) -> None:
    now = {name: value for name, value in right.now.items() if name != "city"}
    blind = SideView(now, {**right.base, "city": "Oslo"}, right.changed_at)
    seeing = SideView({**left.now, "city": "Paris"}, {**left.base, "city": "Oslo"}, left.changed_at)
    assert merged(seeing, blind, policy=policy).to_right["city"] == "Paris"


def test_a_resolution_in_favour_of_a_value_that_is_unknown_now_waits() -> None:
    left, right = SideView({}, {}), city("Rome", "Oslo")
    result = merged(left, right, CITY, decided={"city": (LEFT, None)})
    assert not result.writes
    assert not result.agreed


@given(worlds(awkward=False, agreed=True), POLICIES)
def test_sets_end_with_all_that_was_added_and_without_what_was_taken_away_on_either_side(
    world: World, policy: str
) -> None:
    before = {side: {name: elements(world.view(side).now[name]) for name in SET_FIELDS} for side in SIDES}
    bases = {name: elements(world.bases[LEFT].get(name)) for name in SET_FIELDS}
    world.run(BOTH_WAYS, policy)
    for name in SET_FIELDS:
        left, right, base = before[LEFT][name], before[RIGHT][name], bases[name]
        expected = (left & right) | (left - base) | (right - base)
        for side in SIDES:
            assert elements(world.servers[side].holds[name]) == expected


def test_both_sides_of_a_set_are_written_one_after_the_other_without_losing_either_change() -> None:
    left = SideView({"tags": ("base", "from left")}, {"tags": ("base", "gone")})
    right = SideView({"tags": ("base", "from right", "gone")}, {"tags": ("base", "gone")})
    result = merged(left, right, TAGS)
    assert result.to_left == {"tags": ("base", "from left", "from right")}
    assert result.to_right == {"tags": ("base", "from left", "from right")}


def test_a_spelling_that_a_side_already_has_is_kept_there() -> None:
    left = SideView({"tags": ("VIP", "new")}, {"tags": ("VIP",)})
    right = SideView({"tags": ("vip",)}, {"tags": ("vip",)})
    assert merged(left, right, TAGS) == Merge(to_right={"tags": ("new", "vip")})


@given(labels(), labels(), labels())
def test_the_changes_of_a_set_applied_to_what_they_came_from_lead_where_they_led(
    base: Value, now: Value, other: Value
) -> None:
    gained, lost = changes_of(base, now)
    assert same("tags", apply_changes(base, gained, lost), now)
    assert same("tags", apply_changes(now, gained, lost), now)
    assert elements(apply_changes(other, gained, lost)) == (elements(other) | set(gained)) - lost


@pytest.mark.parametrize(
    ("decided", "to_left", "to_right"),
    [
        ((LEFT, None), {}, {"city": "Paris"}),
        ((RIGHT, None), {"city": "Rome"}, {}),
        (("value", "Bergen"), {"city": "Bergen"}, {"city": "Bergen"}),
        (("value", None), {"city": None}, {"city": None}),
        (("value", "Paris"), {}, {"city": "Paris"}),
    ],
)
def test_what_a_user_decides_is_written_wherever_something_else_stands(
    decided: Resolution, to_left: dict[str, Value], to_right: dict[str, Value]
) -> None:
    result = merged(city("Paris", "Oslo", 0), city("Rome", "Oslo", 60), CITY, "newest", {"city": decided})
    assert (result.to_left, result.to_right) == (to_left, to_right)
    assert {one.rule for one in result.overwritten} == {"resolved"}
    assert {(one.side, one.old) for one in result.overwritten} == {
        (side, old) for side, old, changes in ((LEFT, "Paris", to_left), (RIGHT, "Rome", to_right)) if changes
    }


def test_a_resolution_that_both_sides_already_show_is_agreed() -> None:
    result = merged(city("Paris", "Oslo"), city("Paris", "Oslo"), CITY, decided={"city": ("value", "Paris")})
    assert result == Merge(agreed={"city": ("Paris", "Paris")})


@given(worlds(awkward=False, agreed=True), resolutions())
def test_a_resolved_field_is_the_same_on_both_sides_after_the_run(
    world: World, decided: Mapping[str, Resolution]
) -> None:
    expected = {}
    for name, (kind, value) in decided.items():
        expected[name] = world.view(kind).now[name] if kind in SIDES else value
    world.run(BOTH_WAYS, "manual", decided)
    for name, value in expected.items():
        assert all(same(name, world.servers[side].holds[name], value) for side in SIDES)
    assert not world.merged(BOTH_WAYS, "manual").to_left.keys() & expected.keys()
    assert not world.merged(BOTH_WAYS, "manual").to_right.keys() & expected.keys()


@given(worlds(), rule_tables(), POLICIES, resolutions() | st.just({}))
def test_after_a_run_a_merge_writes_nothing_whatever_the_servers_make_of_what_they_are_given(
    world: World, rules: Rules, policy: str, decided: Mapping[str, Resolution]
) -> None:
    world.run(rules, policy, decided)
    open_still = world.merged(rules, policy, decided).conflicts.keys()
    waiting = {name: resolution for name, resolution in decided.items() if name in open_still}
    again = world.merged(rules, policy, waiting)
    assert not again.writes
    world.run(rules, policy, waiting)
    assert world.merged(rules, policy, waiting) == Merge(conflicts=again.conflicts)


@pytest.mark.parametrize("hidden", SIDES)
def test_a_decision_for_empty_at_a_first_meeting_is_not_filled_by_a_server_that_keeps_its_value(hidden: str) -> None:
    silent = Server({**dict.fromkeys(NAMES), "city": "Oslo"}, hides=frozenset({"city"}))
    stubborn = Server({**dict.fromkeys(NAMES), "city": "Paris"}, keeps=frozenset({"city"}))
    world = World({hidden: silent, OTHER[hidden]: stubborn})
    world.run(CITY, "manual", {"city": ("value", None)})
    assert not world.merged(CITY, "manual").writes


@given(worlds(awkward=False, agreed=True), POLICIES)
def test_after_a_run_both_sides_are_equal_but_for_what_is_listed(world: World, policy: str) -> None:
    world.run(BOTH_WAYS, policy)
    listed = world.merged(BOTH_WAYS, policy).conflicts
    for name in NAMES:
        equal = same(name, world.servers[LEFT].holds[name], world.servers[RIGHT].holds[name])
        assert equal != (name in listed)


@given(worlds(awkward=False, agreed=True), st.data())
def test_a_later_edit_lets_the_rule_settle_a_conflict(world: World, data: st.DataObject) -> None:
    world.times = {LEFT: None, RIGHT: NOON}
    world.run(BOTH_WAYS, "newest")
    for name in world.merged(BOTH_WAYS, "newest").conflicts:
        edited = replace(world.servers[LEFT], holds={**world.servers[LEFT].holds, name: "Later"})
        later = World({**world.servers, LEFT: edited}, world.bases, {LEFT: NOON + timedelta(minutes=1), RIGHT: NOON})
        later.run(BOTH_WAYS, "newest")
        assert later.servers[RIGHT].holds[name] == "Later"


@given(views(), views(), rule_tables(), POLICIES)
def test_merging_leaves_what_it_looks_at_alone(left: SideView, right: SideView, rules: Rules, policy: str) -> None:
    before = repr((left, right, rules))
    assert merged(left, right, rules, policy) == merged(left, right, rules, policy)
    assert repr((left, right, rules)) == before


def test_what_means_nothing_on_the_other_side_is_no_blank_to_be_filled() -> None:
    shown = SideView({}, {}, unmapped=frozenset({"city"}))
    for left, right in ((shown, SideView({"city": "Oslo"}, {})), (SideView({"city": "Oslo"}, {}), shown)):
        result = merged(left, right)
        assert not result.writes
        assert not result.conflicts
        assert not result.agreed


def stepwise() -> st.SearchStrategy[list[tuple[str, str, Value]]]:
    """Draw edits, each of one field on one side."""

    def of(name: str) -> st.SearchStrategy[tuple[str, str, Value]]:
        return st.tuples(st.sampled_from(SIDES), st.just(name), values(name))

    return st.lists(st.one_of(of("city"), of("email"), of("tags"), of("tags")), min_size=2, max_size=8)


@given(stepwise(), POLICIES)
def test_each_of_many_edits_is_on_both_sides_after_the_run_that_follows_it(
    edits: list[tuple[str, str, Value]], policy: str
) -> None:
    blank: dict[str, Value] = dict.fromkeys(NAMES)
    world = World({LEFT: Server(dict(blank)), RIGHT: Server(dict(blank))})
    world.run(BOTH_WAYS, policy)
    for side, name, value in edits:
        world.servers[side] = replace(world.servers[side], holds={**world.servers[side].holds, name: value})
        world.run(BOTH_WAYS, policy)
        assert all(same(name, world.servers[each].holds[name], value) for each in SIDES)
        assert world.merged(BOTH_WAYS, policy) == Merge()


def test_a_server_that_keeps_a_label_does_not_give_it_back_to_the_side_that_took_it_away() -> None:
    both: dict[str, Value] = {**dict.fromkeys(NAMES), "tags": ("lead", "old", "vip")}
    stubborn = Server(dict(both), keeps=frozenset({"tags"}))
    world = World({LEFT: Server({**both, "tags": ("vip",)}), RIGHT: stubborn}, {LEFT: both, RIGHT: both})
    for _ in range(2):
        world.run(BOTH_WAYS, "manual")
        assert world.servers[LEFT].holds["tags"] == ("vip",)
        assert world.servers[RIGHT].holds["tags"] == ("lead", "old", "vip")
    assert world.merged(BOTH_WAYS, "manual") == Merge()


@pytest.mark.parametrize(
    ("name", "shown", "base", "wanted", "half"),
    [
        ("stage", ("lost", "Replied"), "replied", "Lost", True),
        ("stage", ("lost", "replied", "won"), "replied", "lost", False),
        ("stage", ("lost", "won"), "replied", "lost", False),
        ("stage", "lost", "replied", "lost", False),
        ("stage", ("lost", "replied"), None, "lost", False),
        ("stage", ("lost", "replied"), "replied", None, False),
        ("tags", ("lost", "replied"), ("replied",), ("lost",), False),
    ],
)
def test_a_value_beside_the_one_that_it_was_to_replace_is_half_written_and_replaces_that_one(
    name: str, shown: Value, base: Value, wanted: Value, half: bool
) -> None:
    view = SideView({name: shown}, {name: base})
    assert view.is_half_written(name, wanted) is half
    assert view.replaced(name, wanted) == (base if half else shown)


NAMES_DERIVED = {
    name: FieldRule(name, to_left=True, to_right=True, derived=frozenset({RIGHT}))
    for name in ("first_name", "last_name")
}


def named(first: str | None, last: str | None, base: tuple[str | None, str | None] | None = None) -> SideView:
    return SideView(
        {"first_name": first, "last_name": last},
        {} if base is None else {"first_name": base[0], "last_name": base[1]},
    )


def test_a_derived_value_fills_a_blank() -> None:
    assert merged(named(None, None), named("Ada", "Byron"), NAMES_DERIVED).to_left == {
        "first_name": "Ada", "last_name": "Byron"
    }  # fmt: skip


def test_a_half_of_what_is_derived_together_fills_no_blank() -> None:
    result = merged(named(None, "Ada Byron"), named("Ada", "Byron"), NAMES_DERIVED)
    assert result.to_left == {}
    assert result.to_right == {"last_name": "Ada Byron"}


def test_a_derived_value_replaces_nothing_and_is_replaced_at_the_first_meeting_whatever_the_policy() -> None:
    result = merged(named("Maria", "de la Cruz"), named("Maria de la", "Cruz"), NAMES_DERIVED, policy="right")
    assert (result.to_left, result.conflicts) == ({}, {})
    assert result.to_right == {"first_name": "Maria", "last_name": "de la Cruz"}
    assert {one.rule for one in result.overwritten} == {"derived"}


@pytest.mark.parametrize("changed", [("Ada", "King"), ("Ada", None), (None, None)])
def test_an_edit_of_a_derived_value_is_not_carried_over_a_value(changed: tuple[str | None, str | None]) -> None:
    old = ("Ada", "Byron")
    result = merged(named(*old, old), named(*changed, old), NAMES_DERIVED)
    assert (result.to_left, result.to_right, result.conflicts) == ({}, {}, {})
    assert result.agreed["last_name"] == ("Byron", changed[1])


def test_an_edit_of_the_other_side_is_written_over_an_edit_of_a_derived_value() -> None:
    old = ("Ada", "Byron")
    result = merged(named("Ada", "King", old), named("Ada", "Smith", old), NAMES_DERIVED)
    assert (result.to_left, result.to_right, result.conflicts) == ({}, {"last_name": "King"}, {})
