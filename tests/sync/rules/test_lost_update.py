import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Fields, Value
from sync.rules.lost_update import WRITTEN_SEPARATELY, UpdateObservation, UpdateOutcome, outcome_of_update

SENT: Fields = {"company": "New", "city": "Rome"}
BEFORE: Fields = {"company": "Old", "city": None}

names = st.sampled_from(["company", "city", "title", "tags"])
fields = st.dictionaries(names, st.none() | st.sampled_from(["a", "b", "A"]))


def came(now: Fields, *, touched: bool = True, others_changed: bool = False) -> UpdateOutcome:
    return outcome_of_update(SENT, UpdateObservation(BEFORE, now, touched, others_changed))


def test_a_record_that_has_not_changed_shows_that_nothing_arrived() -> None:
    assert came(dict(BEFORE), touched=False) == UpdateOutcome()


def test_what_shows_as_it_was_sent_has_arrived() -> None:
    assert came(dict(SENT)) == UpdateOutcome(frozenset(SENT), frozenset(), frozenset(SENT))


def test_what_came_with_it_and_shows_its_old_value_was_put_back() -> None:
    found = came({"company": "New", "city": None}, others_changed=True)
    assert found == UpdateOutcome(frozenset({"company"}), frozenset({"city"}), frozenset(SENT))


def test_nothing_was_put_back_in_a_record_that_was_not_edited_since() -> None:
    """The look before the update showed another company by mistake, so that the company seems to have arrived."""
    found = outcome_of_update(SENT, UpdateObservation(BEFORE, {"company": "New", "city": None}, edited=False))
    assert found == UpdateOutcome(frozenset({"company"}), frozenset(), frozenset({"company"}))


def test_what_came_with_it_and_shows_another_value_was_edited_and_belongs_into_the_history() -> None:
    found = came({"company": "New", "city": "Bern"})
    assert found == UpdateOutcome(frozenset({"company"}), frozenset(), frozenset(SENT))


@pytest.mark.parametrize("others_changed", [True, False])
def test_where_nothing_shows_as_it_was_sent_another_change_shows_that_nothing_arrived(others_changed: bool) -> None:
    found = came(dict(BEFORE), others_changed=others_changed)
    assert found.arrived == frozenset()
    assert found.put_back == found.overwritten == (frozenset() if others_changed else frozenset(SENT))


def test_what_a_server_writes_in_its_own_way_has_arrived_but_not_what_it_showed_before() -> None:
    assert outcome_of_update({"city": "Rome"}, UpdateObservation({"city": None}, {"city": "ROME"})).arrived == {"city"}
    assert (
        outcome_of_update({"city": "Rome"}, UpdateObservation({"city": "ROME"}, {"city": "ROME"})).arrived
        == frozenset()
    )


def test_what_was_emptied_and_is_not_shown_any_more_has_arrived() -> None:
    assert outcome_of_update({"city": None}, UpdateObservation({"city": "Rome"}, {})).arrived == {"city"}
    assert outcome_of_update({"city": "Rome"}, UpdateObservation({"city": None}, {})).arrived == frozenset()


def test_tags_prove_nothing_about_the_rest_nor_the_rest_of_tags() -> None:
    sent: Fields = {"tags": ("a", "b"), "city": "Rome"}
    before: Fields = {"tags": ("a",), "city": None}
    only_tags = outcome_of_update(
        sent, UpdateObservation(before, {"tags": ("a", "b"), "city": None}, others_changed=True)
    )
    assert (only_tags.arrived, only_tags.put_back) == (frozenset({"tags"}), frozenset())
    only_city = outcome_of_update(sent, UpdateObservation(before, {"tags": ("a",), "city": "Rome"}))
    assert (only_city.arrived, only_city.put_back) == (frozenset({"city"}), frozenset())


def test_a_stage_whose_new_tag_stands_beside_its_old_one_has_begun_and_lost_nothing_yet() -> None:
    begun = outcome_of_update({"stage": "Lost"}, UpdateObservation({"stage": "New"}, {"stage": ("lost", "new")}))
    assert (begun.begun, begun.arrived, begun.overwritten) == (frozenset({"stage"}), frozenset(), frozenset())


@pytest.mark.parametrize("now", [("lost", "mine"), ("lost", "mine", "new"), "mine", None])
def test_a_stage_that_shows_what_a_user_set_may_have_been_overwritten(now: Value) -> None:
    found = outcome_of_update({"stage": "Lost"}, UpdateObservation({"stage": "New"}, {"stage": now}))
    assert (found.begun, found.overwritten) == (frozenset(), frozenset({"stage"}))


@given(fields, fields, fields, st.booleans(), st.booleans())
def test_whatever_shows_it_falls_into_one_kind_and_only_what_surely_stayed_is_left_out_of_the_history(
    sent: Fields, before: Fields, now: Fields, touched: bool, others_changed: bool
) -> None:
    found = outcome_of_update(sent, UpdateObservation(before, now, touched, others_changed))
    assert not found.arrived & found.put_back
    assert found.arrived | found.put_back <= found.overwritten <= sent.keys()
    assert not found.put_back & WRITTEN_SEPARATELY
    for name in sent.keys() - found.overwritten:
        assert not touched or (name in now and now[name] == before.get(name)) or now[name] == before.get(name)


def test_of_several_calls_one_that_arrived_says_nothing_about_a_field_with_its_old_value() -> None:
    observed = UpdateObservation({"city": "Oslo", "title": None}, {"city": "Paris", "title": None})
    found = outcome_of_update({"city": "Paris", "title": "Boss"}, observed, in_one_call=False)
    assert found.arrived == {"city"}
    assert found.put_back == frozenset()
    assert outcome_of_update({"city": "Paris", "title": "Boss"}, observed).put_back == {"title"}
