"""Do not contact: set by whoever says so first, and taken back by no merge; on the left a stage or a status says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Fields, Value
from connectors.growthgenius.mapping import consent_body
from connectors.values.consent import SET, STAGE, forbids
from sync.rules.mapping import Options, Places, Rules, rules
from sync.rules.merge import Resolution, merge
from sync.rules.merge_result import LEFT, RIGHT, Merge, Overwritten, SideView
from sync.rules.shadow_update import after_agreement, after_write
from sync.rules.withhold import protect
from tests.sync.people_model import NOON, POLICIES, SIDES, judge_of, moments

NAMES = ("stage", "status", "do_not_contact")
HERE = Places(frozenset(NAMES), frozenset(), frozenset({"stage", "status"}))
THERE = Places(frozenset(NAMES), frozenset())
TIGHT = rules(HERE, THERE, "both", Options())
LOOSE = rules(HERE, THERE, "both", Options(loosen=True))

STAGES = st.none() | st.sampled_from(("Replied", "Lost", STAGE, "do not contact"))


@dataclass(slots=True)
class Pair:
    """A contact on both sides. The left has no field for do_not_contact and shows it by stage and status."""

    left: dict[str, Value]
    right: dict[str, Value]
    bases: dict[str, Fields] = field(default_factory=lambda: {LEFT: {}, RIGHT: {}})
    times: Mapping[str, object] = field(default_factory=dict)

    def shows(self, side: str) -> dict[str, Value]:
        if side == RIGHT:
            return dict(self.right)
        set_ = SET if forbids(self.left["stage"]) or forbids(self.left["status"]) else None
        return {**self.left, "do_not_contact": set_}

    def view(self, side: str) -> SideView:
        return SideView(self.shows(side), self.bases[side], self.times.get(side))  # type: ignore[arg-type]

    def merged(self, table: Rules, policy: str, decided: Mapping[str, Resolution] | None = None) -> Merge:
        left, right = self.view(LEFT), self.view(RIGHT)
        result = merge(table, left, right, judge_of(policy), policy, decided)
        protect(result, table, left, right)
        return result

    def run(self, table: Rules, policy: str, decided: Mapping[str, Resolution] | None = None) -> Merge:
        """Carry out what is planned, one side after the other, merging again before each write (R19)."""
        planned = self.merged(table, policy, decided)
        for side in [side for side in SIDES if planned.to(side)] or [LEFT]:
            self._write(side, self.merged(table, policy, decided))
        return planned

    def _write(self, side: str, result: Merge) -> None:
        other, changes = RIGHT if side == LEFT else LEFT, dict(result.to(side))
        to, source = self.view(side), self.view(other)
        if side == RIGHT:
            self.right |= changes
        else:
            body = {name: value for name, value in changes.items() if name != "do_not_contact"}
            if "do_not_contact" in changes:
                body |= consent_body(self.left, body, changes["do_not_contact"])
            self.left |= body
        settled = {name: self.shows(side)[name] for name in changes}
        bases = after_write(result, side, to, source, settled) if changes else after_agreement(result, side, to, source)
        self.bases = {side: bases.target, other: bases.source}

    def forbidden(self, side: str) -> bool:
        return self.shows(side)["do_not_contact"] == SET


def records() -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({"stage": STAGES, "status": STAGES})


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    right = draw(records()) | {"do_not_contact": draw(st.sampled_from((None, SET)))}
    return Pair(draw(records()), right, times={side: draw(moments()) for side in SIDES})


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[str, str, Value]]:
    sides = st.sampled_from(SIDES)
    stages = st.tuples(sides, st.sampled_from(("stage", "status")), STAGES)
    consents = st.tuples(st.just(RIGHT), st.just("do_not_contact"), st.sampled_from((None, SET)))
    return draw(st.lists(stages | consents, max_size=6))


def agreed(stage: Value = "Replied", consent: Value = None) -> Pair:
    """Return a contact that both sides show alike and have agreed on."""
    pair = Pair({"stage": stage, "status": None}, {"stage": stage, "status": None, "do_not_contact": consent})
    pair.run(TIGHT, "manual")
    assert not pair.merged(TIGHT, "manual").writes
    return pair


def test_do_not_disturb_becomes_the_stage_and_the_stage_is_synced_on() -> None:
    pair = agreed()
    pair.right["do_not_contact"] = SET
    assert pair.run(TIGHT, "newest").to_left == {"do_not_contact": SET}
    assert pair.left["stage"] == STAGE
    assert pair.run(TIGHT, "newest").to_right == {"stage": STAGE}
    assert not pair.merged(TIGHT, "newest").writes


def test_the_stage_becomes_do_not_disturb() -> None:
    pair = agreed()
    pair.left["stage"] = "DO NOT CONTACT"
    assert pair.run(TIGHT, "newest").to_right == {"stage": "DO NOT CONTACT", "do_not_contact": SET}
    assert not pair.merged(TIGHT, "newest").writes


@pytest.mark.parametrize("side", SIDES)
def test_what_is_taken_back_is_not_synced(side: str) -> None:
    pair = agreed(STAGE, SET)
    if side == LEFT:
        pair.left["stage"] = "Replied"
    else:
        pair.right["do_not_contact"] = None
    for _ in range(3):
        pair.run(TIGHT, "newest")
    assert pair.forbidden(RIGHT if side == LEFT else LEFT)
    assert not pair.merged(TIGHT, "newest").writes


def test_what_is_taken_back_is_synced_where_the_config_lets_it() -> None:
    pair = agreed(STAGE, SET)
    pair.right["do_not_contact"] = None
    pair.run(LOOSE, "newest")
    assert pair.left["stage"] is None
    pair.run(LOOSE, "newest")
    assert pair.right == {"stage": None, "status": None, "do_not_contact": None}
    assert not pair.merged(LOOSE, "newest").writes


def test_another_stage_from_the_other_side_takes_the_place_of_do_not_contact_only_with_the_consent_itself() -> None:
    pair = agreed(STAGE, SET)
    pair.right["stage"] = "Lost"
    result = pair.run(LOOSE, "right")
    assert (result.to_left, result.refused) == ({}, {"stage": LEFT})
    pair.right["do_not_contact"], pair.right["stage"] = None, "Won"
    assert pair.run(LOOSE, "right").to_left == {"stage": "Won", "do_not_contact": None}
    assert pair.left["stage"] == "Won"


def test_a_stage_that_goes_with_do_not_disturb_is_refused_and_gives_way_with_both_values_kept() -> None:
    pair = agreed()
    pair.right |= {"do_not_contact": SET, "stage": "Lost"}
    first = pair.run(TIGHT, "right")
    assert (first.to_left, first.refused) == ({"do_not_contact": SET}, {"stage": LEFT})
    assert pair.run(TIGHT, "right").to_right == {"stage": STAGE}
    assert not pair.merged(TIGHT, "right").writes


@pytest.mark.parametrize("policy", [LEFT, RIGHT, "newest"])
def test_in_a_conflict_over_a_stage_do_not_contact_wins_and_the_other_value_is_kept(policy: str) -> None:
    pair = agreed()
    pair.left["stage"], pair.right["stage"] = STAGE, "Lost"
    pair.times = {LEFT: NOON, RIGHT: NOON + timedelta(minutes=5)}
    result = pair.merged(TIGHT, policy)
    assert result.to_right == {"stage": STAGE, "do_not_contact": SET}
    assert result.overwritten == [Overwritten(RIGHT, "stage", "Lost", STAGE, "do_not_contact")]


def test_under_manual_a_user_decides_over_the_stage_and_do_not_contact_is_synced_at_once() -> None:
    pair = agreed()
    pair.left["stage"], pair.right["stage"] = STAGE, "Lost"
    result = pair.run(TIGHT, "manual")
    assert result.conflicts == {"stage": (STAGE, "Lost")}
    assert pair.right["do_not_contact"] == SET


@pytest.mark.parametrize("decided", [(RIGHT, None), ("value", "Won")])
def test_no_resolution_takes_the_place_of_do_not_contact(decided: Resolution) -> None:
    pair = agreed()
    pair.left["stage"], pair.right["stage"] = STAGE, "Lost"
    pair.run(TIGHT, "manual", {"stage": decided})
    pair.run(TIGHT, "manual")
    assert pair.forbidden(LEFT)
    assert pair.forbidden(RIGHT)


def test_a_new_do_not_disturb_is_not_lost_to_one_that_was_taken_back_meanwhile() -> None:
    pair = agreed()
    pair.bases = {LEFT: pair.bases[LEFT], RIGHT: {**pair.bases[RIGHT], "do_not_contact": SET}}
    pair.left["stage"] = STAGE  # set here, while the right, where it was set, took it back
    assert pair.merged(TIGHT, "right").to_right["do_not_contact"] == SET


def test_a_status_that_is_not_shown_any_more_protects_no_stage() -> None:
    output: Fields = {"stage": STAGE, "status": STAGE, "do_not_contact": SET}
    left = SideView({"stage": STAGE, "do_not_contact": SET}, output)  # a server that leaves out what is empty
    right = SideView({**output, "stage": "Lost"}, output)
    result = merge(TIGHT, left, right, judge_of(RIGHT), RIGHT)
    protect(result, TIGHT, left, right)
    assert (result.to_left, result.refused) == ({}, {"stage": LEFT})


@given(pairs(), POLICIES)
def test_a_first_meeting_forbids_on_both_sides_what_either_forbids(pair: Pair, policy: str) -> None:
    forbidden = pair.forbidden(LEFT) or pair.forbidden(RIGHT)
    pair.run(TIGHT, policy)
    assert pair.forbidden(LEFT) >= forbidden
    assert pair.forbidden(RIGHT) >= forbidden


@given(pairs(), st.lists(edits(), max_size=4), POLICIES, st.booleans())
def test_no_contact_becomes_contactable_by_a_merge(
    pair: Pair, rounds: list[list[tuple[str, str, Value]]], policy: str, resolve: bool
) -> None:
    for edited in rounds:
        for side, name, value in edited:
            (pair.left if side == LEFT else pair.right)[name] = value
        before = {side: pair.forbidden(side) for side in SIDES}
        decided: dict[str, Resolution] = {"stage": (RIGHT, None), "status": ("value", "Won")} if resolve else {}
        result = pair.run(TIGHT, policy, decided)
        assert all(pair.forbidden(side) for side in SIDES if before[side])
        assert None not in (result.to_left.get("do_not_contact", SET), result.to_right.get("do_not_contact", SET))


@given(pairs(), st.lists(edits(), max_size=3), POLICIES, st.booleans())
def test_stage_and_do_not_contact_come_to_rest_within_two_runs(
    pair: Pair, rounds: list[list[tuple[str, str, Value]]], policy: str, loosen: bool
) -> None:
    table = LOOSE if loosen else TIGHT
    for edited in [[], *rounds]:
        for side, name, value in edited:
            (pair.left if side == LEFT else pair.right)[name] = value
        pair.run(table, policy)
        pair.run(table, policy)
        third = pair.merged(table, policy)
        assert not third.writes
        for name in ("stage", "status"):
            equal = table[name].same(pair.left[name], pair.right[name])
            assert equal or name in third.conflicts or pair.forbidden(LEFT)


@given(pairs(), POLICIES)
def test_whatever_a_merge_replaces_at_a_first_meeting_is_kept(pair: Pair, policy: str) -> None:
    result = pair.merged(TIGHT, policy)
    kept = {(one.side, one.field): one.old for one in result.overwritten}
    for side in SIDES:
        shown = pair.shows(side)
        replaced = {name: shown[name] for name in result.to(side) if shown[name] is not None}
        assert {(side, name): value for name, value in replaced.items()}.items() <= kept.items()


def test_the_rules_of_the_model_are_those_between_a_place_of_its_own_and_none() -> None:
    assert TIGHT["stage"].consent == TIGHT["status"].consent == frozenset({LEFT})
    assert replace(TIGHT["do_not_contact"], tightens=False) == LOOSE["do_not_contact"]
