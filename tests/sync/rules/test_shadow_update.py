from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Contact, Fields, Value, same
from sync.rules.mapping import FieldRule
from sync.rules.merge import merge
from sync.rules.merge_result import LEFT, RIGHT, Merge, SideView
from sync.rules.shadow_update import (
    AT_ONCE,
    ShadowPair,
    after_agreement,
    after_create,
    after_lost_create,
    after_uncertain_create,
    after_write,
    clear_typed,
    clear_unproven,
    held_values,
    is_edited,
    is_settled,
    keep_filled_in,
    may_be_edited,
)
from tests.sync.people_model import (
    BOTH_WAYS,
    NAMES,
    NOON,
    POLICIES,
    SIDES,
    all_fields,
    judge_of,
    labels,
    some_fields,
    views,
)

TAGS = {"tags": FieldRule("tags", to_left=True, to_right=True)}


def merged(left: SideView, right: SideView, policy: str = "manual") -> Merge:
    return merge(BOTH_WAYS, left, right, judge_of(policy), policy)


def test_the_shadow_of_what_was_written_is_what_the_server_holds_and_that_of_its_source_what_was_carried() -> None:
    left, right = SideView({"city": "Paris"}, {"city": "Oslo"}), SideView({"city": "OSLO"}, {"city": "OSLO"})
    bases = after_write(merged(left, right), RIGHT, right, left, {"city": "PARIS"})
    assert bases.target == {"city": "PARIS"}
    assert bases.source == {"city": "Paris"}


def test_a_value_that_the_server_does_not_show_counts_as_what_was_sent() -> None:
    left, right = SideView({"city": "Paris"}, {}), SideView({}, {})
    bases = after_write(merged(left, right), RIGHT, right, left, {})
    assert bases.target == {"city": "Paris"}
    assert bases.source == {"city": "Paris"}


def test_a_value_that_the_server_dropped_is_not_written_again() -> None:
    left, right = SideView({"city": None}, {"city": "Oslo"}), SideView({"city": "Oslo"}, {"city": "Oslo"})
    bases = after_write(merged(left, right), RIGHT, right, left, {"city": "Oslo"})
    again = merged(SideView(left.now, bases.source), SideView({"city": "Oslo"}, bases.target))
    assert again == Merge()


@given(views(), views(), POLICIES, st.sampled_from(SIDES))
def test_fields_that_a_write_did_not_carry_keep_their_shadows(
    left: SideView, right: SideView, policy: str, target: str
) -> None:
    result = merged(left, right, policy)
    to, source = (left, right) if target == LEFT else (right, left)
    bases = after_write(result, target, to, source, {**to.now, **result.to(target)})
    for name in NAMES:
        if name not in result.to(target) and name not in result.agreed:
            assert bases.target.get(name, "none") == to.base.get(name, "none")
            assert bases.source.get(name, "none") == source.base.get(name, "none")


@given(views(), views(), POLICIES, st.sampled_from(SIDES))
def test_what_was_agreed_besides_a_write_is_in_both_shadows(
    left: SideView, right: SideView, policy: str, target: str
) -> None:
    result = merged(left, right, policy)
    to, source = (left, right) if target == LEFT else (right, left)
    bases = after_write(result, target, to, source, result.to(target))
    for name, (one, other) in result.agreed.items():
        assert (bases.target[name], bases.source[name]) == ((one, other) if target == LEFT else (other, one))


@given(views(), views(), POLICIES, st.sampled_from(SIDES))
def test_without_a_write_only_what_was_agreed_moves_a_shadow(
    left: SideView, right: SideView, policy: str, target: str
) -> None:
    result = merged(left, right, policy)
    to, source = (left, right) if target == LEFT else (right, left)
    bases = after_agreement(result, target, to, source)
    for name in NAMES:
        agreed = result.agreed.get(name)
        mine, theirs = (0, 1) if target == LEFT else (1, 0)
        assert bases.target.get(name, "none") == (agreed[mine] if agreed else to.base.get(name, "none"))
        assert bases.source.get(name, "none") == (agreed[theirs] if agreed else source.base.get(name, "none"))


def test_an_edit_that_the_answer_of_a_write_shows_is_not_swallowed_by_the_shadow() -> None:
    base = {"city": "Oslo", "first_name": "Ada"}
    left, right = SideView({"city": "Paris", "first_name": "Ada"}, base), SideView(base, base)
    bases = after_write(merged(left, right), RIGHT, right, left, {"city": "Paris"})
    answered = SideView({"city": "Paris", "first_name": "Grace"}, bases.target)  # edited while the write was under way
    assert merged(SideView(left.now, bases.source), answered).to_left == {"first_name": "Grace"}


def test_an_edit_of_the_source_while_it_was_carried_is_carried_by_the_next_run() -> None:
    base: Fields = {"city": "Oslo"}
    left, right = SideView({"city": "Paris"}, base), SideView(base, base)
    bases = after_write(merged(left, right), RIGHT, right, left, {"city": "Paris"})
    edited = SideView({"city": "Rome"}, bases.source)
    assert merged(edited, SideView({"city": "Paris"}, bases.target)).to_right == {"city": "Rome"}


def test_a_value_that_a_user_named_is_not_agreed_on_by_a_side_that_never_showed_the_field() -> None:
    left, right = SideView({}, {}), SideView({"city": "Rome"}, {"city": "Rome"})
    decided = merge(BOTH_WAYS, left, right, judge_of("manual"), "manual", {"city": ("value", "Oslo")})
    bases = after_write(decided, RIGHT, right, left, {"city": "Oslo"})
    assert bases == ShadowPair({"city": "Oslo"}, {})
    shown_later = merged(SideView({"city": "Bergen"}, bases.source), SideView({"city": "Oslo"}, bases.target))
    assert shown_later.conflicts == {"city": ("Bergen", "Oslo")}


def test_what_is_unproven_is_a_first_meeting_and_the_rest_stays_agreed() -> None:
    bases = ShadowPair({"city": "Oslo", "state": "NY", "title": "CEO"}, {"city": "Oslo", "state": "NY", "title": "CEO"})
    clear_unproven(bases, ["city", "state", "stage"])
    assert bases == ShadowPair({"title": "CEO"}, {"title": "CEO"})


def test_a_server_that_dropped_what_it_was_sent_empties_no_contact() -> None:
    left, right = SideView({"city": "Paris"}, {"city": "Oslo"}), SideView({"city": "Oslo"}, {"city": "Oslo"})
    bases = after_write(merged(left, right), RIGHT, right, left, {})
    clear_unproven(bases, {"city"})
    again = merged(SideView({"city": "Paris"}, bases.source), SideView({"city": None}, bases.target))
    assert again == Merge(to_right={"city": "Paris"}, filled={"city"})


def test_a_label_that_a_user_added_while_labels_were_written_is_carried_back() -> None:
    left = SideView({"tags": ("base", "new")}, {"tags": ("base",)})
    right = SideView({"tags": ("base",)}, {"tags": ("base",)})
    bases = after_write(merge(TAGS, left, right, judge_of("manual"), "manual"), RIGHT, right, left,
                        {"tags": ("base", "meanwhile", "new")})  # fmt: skip
    again = merge(
        TAGS, SideView(left.now, bases.source), SideView({"tags": ("base", "meanwhile", "new")}, bases.target),
        judge_of("manual"), "manual",
    )  # fmt: skip
    assert again.to_left == {"tags": ("base", "meanwhile", "new")}
    assert not again.to_right


def test_a_label_that_a_user_took_away_while_labels_were_written_is_taken_away_at_the_source() -> None:
    left = SideView({"tags": ("base", "new")}, {"tags": ("base",)})
    right = SideView({"tags": ("base",)}, {"tags": ("base",)})
    bases = after_write(merge(TAGS, left, right, judge_of("manual"), "manual"), RIGHT, right, left, {"tags": ("new",)})
    again = merge(
        TAGS, SideView(left.now, bases.source), SideView({"tags": ("new",)}, bases.target), judge_of("manual"), "manual"
    )
    assert again == Merge(to_left={"tags": ("new",)})


@pytest.mark.parametrize("first", SIDES)
@given(base=labels(), one=labels(), other=labels())
def test_a_set_that_is_written_on_both_sides_keeps_the_second_half_until_it_is_written_too(
    first: str, base: Value, one: Value, other: Value
) -> None:
    left, right = SideView({"tags": one}, {"tags": base}), SideView({"tags": other}, {"tags": base})
    result = merge(TAGS, left, right, judge_of("manual"), "manual")
    if not (result.to_left and result.to_right):
        return
    to, source = (left, right) if first == LEFT else (right, left)
    wanted = result.to(first)["tags"]
    bases = after_write(result, first, to, source, {"tags": wanted})
    written, waiting = SideView({"tags": wanted}, bases.target), SideView(source.now, bases.source)
    sides = (written, waiting) if first == LEFT else (waiting, written)
    again = merge(TAGS, *sides, judge_of("manual"), "manual")
    second = RIGHT if first == LEFT else LEFT
    assert again.to(first) == {}
    assert same("tags", again.to(second)["tags"], wanted)


@given(all_fields(), some_fields(), some_fields())
def test_a_contact_that_was_created_is_agreed_on_in_all_that_both_sides_show(
    source: dict[str, Value], filled_in: dict[str, Value], rewritten: dict[str, Value]
) -> None:
    sent = {name: value for name, value in source.items() if value is not None}
    shown = {**dict.fromkeys(NAMES), **filled_in, **sent, **rewritten}
    bases = after_create(shown, source, {name: shown[name] for name in sent}, sent)
    assert merged(SideView(shown, bases.target), SideView(source, bases.source)) == Merge()
    assert is_settled(shown, bases.target, frozenset())


def test_a_new_contacts_shadow_is_what_answers_to_what_was_sent_not_what_moved_into_its_place() -> None:
    bases = after_create({"phone": "+12125550145"}, {"phone": None}, {"phone": None}, {"phone": None})
    assert bases == ShadowPair({"phone": None}, {"phone": None})


def test_what_was_sent_with_a_create_and_is_not_shown_was_never_agreed_on() -> None:
    sent: Fields = {"city": "Oslo", "state": "NY", "first_name": "Ada"}
    bases = after_create({"first_name": "Ada"}, sent, {"first_name": "Ada"}, sent)
    assert bases == ShadowPair({"first_name": "Ada"}, {"first_name": "Ada"})
    shown_later = merged(SideView(dict.fromkeys(sent), bases.target), SideView(sent, bases.source))
    assert shown_later.to_left == {"city": "Oslo"}


def test_a_lost_create_that_arrived_whole_leaves_nothing_to_do() -> None:
    sent = {"first_name": "Ada", "city": "Oslo"}
    bases = after_lost_create({**sent, "email": None}, {**sent, "email": None}, sent, edited=False)
    now = {**sent, "email": None}
    assert merged(SideView(now, bases.target), SideView(now, bases.source)) == Merge()


def test_what_a_lost_create_did_not_leave_behind_is_filled_again() -> None:
    sent = {"first_name": "Ada", "city": "Oslo"}
    shown: Fields = {"first_name": "Ada", "city": None}
    bases = after_lost_create(shown, sent, sent, edited=False)
    assert merged(SideView(shown, bases.target), SideView(sent, bases.source)).to_left == {"city": "Oslo"}


def test_what_a_user_edited_after_a_lost_create_is_carried_back() -> None:
    sent = {"first_name": "Ada", "city": "Oslo"}
    shown = {"first_name": "Ada", "city": "Rome"}
    bases = after_lost_create(shown, sent, sent, edited=True)
    assert merged(SideView(shown, bases.target), SideView(sent, bases.source)).to_right == {"city": "Rome"}


def test_what_a_lost_create_did_not_leave_behind_is_in_no_shadow() -> None:
    sent: Fields = {"first_name": "Ada", "city": "Oslo", "state": "NY"}
    for shown in ({"first_name": "Ada", "city": None, "state": None}, {"first_name": "Ada"}):
        bases = after_lost_create(shown, sent, sent, edited=False)
        assert bases == ShadowPair({"first_name": "Ada"}, {"first_name": "Ada"})


def test_what_was_not_sent_with_a_lost_create_is_an_edit_where_the_times_show_one_and_else_the_servers_own() -> None:
    sent: Fields = {"first_name": "Ada"}
    source: Fields = {"first_name": "Ada", "country": None, "city": None, "state": None}
    shown: Fields = {"first_name": "Ada", "country": "US", "city": "Oslo", "state": None}
    as_made = after_lost_create(shown, source, sent, edited=False)
    assert as_made == ShadowPair(dict(shown), dict(source))
    edited = after_lost_create(shown, source, sent, edited=True)
    assert edited == ShadowPair({"first_name": "Ada", "state": None}, {"first_name": "Ada", "state": None})


@pytest.mark.parametrize("edited", [True, False])
def test_what_a_server_is_known_to_fill_in_is_agreed_on_after_a_lost_create_and_any_other_value_is_an_edit(
    edited: bool,
) -> None:
    sent: Fields = {"first_name": "Ada"}
    source: Fields = {"first_name": "Ada", "city": None, "email": None}
    shown: Fields = {"first_name": "Ada", "city": "Oslo", "email": "ada@example.com"}
    filled: Fields = {"city": "Oslo", "email": "other@example.com"}
    bases = after_lost_create(shown, source, sent, edited=edited, filled=filled)
    result = merged(SideView(shown, bases.target), SideView(source, bases.source))
    assert result.to_right == ({"email": "ada@example.com"} if edited else {})


@pytest.mark.parametrize(
    ("seconds", "edited"), [(0.0, False), (1.0, False), (1.001, True), (3600.0, True), (None, False)]
)
def test_a_record_that_changed_more_than_a_second_after_it_was_created_is_edited(
    seconds: float | None, edited: bool
) -> None:
    later = None if seconds is None else NOON + timedelta(seconds=seconds)
    assert is_edited(Contact("1", {}, NOON, later)) == edited
    assert not is_edited(Contact("1", {}, None, later))
    assert is_edited(Contact("1", {}, NOON, later), untimed=True) == (edited or seconds is None)
    assert is_edited(Contact("1", {}, None, later), untimed=True)
    assert timedelta(seconds=1) == AT_ONCE


@pytest.mark.parametrize(
    ("created", "updated", "proven"),
    [
        (NOON.replace(microsecond=5000), NOON.replace(microsecond=5000), True),
        (NOON.replace(microsecond=5000), NOON.replace(microsecond=6000), False),
        (NOON, NOON, False),  # whole seconds hide what came within one
        (None, NOON, False),
        (NOON, None, False),
    ],
)
def test_only_equal_times_in_fractions_of_a_second_prove_that_a_record_was_not_edited(
    created: datetime | None, updated: datetime | None, proven: bool
) -> None:
    assert may_be_edited(Contact("1", {}, created, updated)) == (not proven)


def test_what_a_user_may_have_typed_into_a_new_record_is_carried_and_what_the_server_fills_in_is_not() -> None:
    sent: Fields = {"first_name": "Ada"}
    source: Fields = {"first_name": "Ada", "country": None, "city": None, "state": None}
    shown: Fields = {"first_name": "ADA", "country": "US", "city": "Oslo", "state": None}
    bases = after_create(shown, source, shown, sent)
    clear_typed(bases, shown, sent, {"country": "US"})
    assert merged(SideView(shown, bases.target), SideView(source, bases.source)).to_right == {"city": "Oslo"}


def test_what_shows_as_it_was_sent_is_agreed_on_whoever_made_the_record() -> None:
    sent = {"first_name": "Ada", "city": "Oslo", "email": "ada@example.com", "stage": "New", "title": "CEO"}
    source = {name: value for name, value in sent.items() if name != "title"}  # a title travels no more
    shown = {"first_name": "ADA", "city": "Oslo", "email": "Ada@Example.com", "title": "CEO"}
    bases = after_uncertain_create(shown, source, sent)
    assert bases.target == {"city": None, "email": None, "title": None}
    assert bases.source == {"city": "Oslo", "email": "ada@example.com"}
    unchanged = merged(SideView(shown, bases.target), SideView(source, bases.source))
    assert not {"city", "email"} & {*unchanged.to_left, *unchanged.to_right, *unchanged.conflicts}
    for city in ("Rome", None):  # changed or emptied since: whoever made the record by hand had the other value in mind
        result = merged(SideView(shown, bases.target), SideView({**source, "city": city}, bases.source))
        assert result.conflicts["city"] == ("Oslo", city)


def test_a_record_is_settled_when_all_it_shows_is_in_its_shadow_or_waits_as_a_conflict() -> None:
    assert is_settled({"email": "ADA@example.com"}, {"email": "ada@example.com"}, frozenset())
    assert not is_settled({"city": "Oslo"}, {"city": "Rome"}, frozenset())
    assert is_settled({"city": "Oslo"}, {"city": "Rome"}, frozenset({"city"}))
    assert not is_settled({"city": None}, {}, frozenset())
    assert is_settled({}, {"city": "Rome"}, frozenset())


@pytest.mark.parametrize(
    ("shown", "held"),
    [
        ("Bern", "Rome at the Tiber"),  # a user typed it before the record was read
        (None, "Rome at the Tiber"),
        ("Oslo", "Oslo"),  # the server kept what was there
        ("ROME AT THE TIBER", "ROME AT THE TIBER"),  # the server writes it so
        ("Rome at", "Rome at"),  # it was cut off
        ("Rome at the Tiber", "Rome at the Tiber"),
    ],
)
def test_what_is_read_after_a_write_is_the_servers_own_only_where_it_looks_like_it(
    shown: str | None, held: str
) -> None:
    sent, before = {"city": "Rome at the Tiber"}, {"city": "Oslo"}
    assert held_values(sent, {"city": shown}, before, edited=False, doubtful=True) == {"city": held}
    assert held_values(sent, {"city": shown}, before, edited=True, doubtful=False) == sent
    assert held_values(sent, {"city": shown}, before, edited=False, doubtful=False) == {"city": shown}


def test_what_a_server_fills_into_a_new_record_is_its_shadow_and_fills_no_blank_and_replaces_no_value() -> None:
    bases = ShadowPair({"city": "Oslo", "owner": "guess"}, {"owner": "bob"})
    keep_filled_in(bases, {"city": "Oslo", "owner": "guess", "state": None}, {"owner"})
    assert bases == ShadowPair({"city": "Oslo", "owner": "guess"}, {"owner": None, "city": None})


def test_what_a_server_rewrites_besides_a_write_fills_no_blank_but_an_edit_still_travels() -> None:
    left = SideView({"city": "Oslo", "state": None}, {"city": None, "state": None})
    right = SideView({"city": None, "state": None}, {"city": None, "state": None})
    bases = after_write(merged(left, right), RIGHT, right, left, {"city": "Oslo"}, {"state": "Viken"})
    assert (bases.target["state"], bases.source["state"]) == ("Viken", None)
    edited = SideView({"city": None, "state": "Ohio"}, {"city": None, "state": None})
    bases = after_write(merged(left, edited), RIGHT, edited, left, {"city": "Oslo"}, {"state": "Viken"})
    assert bases.target["state"] is None
