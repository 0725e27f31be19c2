"""Which contacts travel: each operator by a table of cases, groups by their laws."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Contact, Value
from sync.config.scope import Condition, SideScope
from sync.contacts.scope_rules import condition_rule, scope_rule
from sync.rules.scope import FieldTest, Verdict, all_hold, any_holds, holds, in_scope, unshown_fields

DAY = datetime(2026, 3, 4, tzinfo=UTC)
FIELDS: Mapping[str, Value] = {
    "email": "ann@example.com",
    "country": "US",
    "stage": None,
    "tags": ("VIP", "Newsletter 2026"),
    "title": "Head of Sales",
    "custom1": "2026-02-01",
    "custom2": "soon",
}
ANN = Contact("1", FIELDS, created_at=DAY, updated_at=None)


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        ({"field": "tags", "has": "vip"}, True),
        ({"field": "tags", "has": ["sync", "vip"]}, True),
        ({"field": "tags", "has": "sync"}, False),
        ({"field": "country", "in": ["ca", "us"]}, True),
        ({"field": "country", "in": "CA"}, False),
        ({"field": "stage", "in": "Cold"}, False),
        ({"field": "stage", "not": "Bad Data"}, True),
        ({"field": "country", "not": ["US", "CA"]}, False),
        ({"field": "tags", "not": "vip"}, False),
        ({"field": "email", "exists": True}, True),
        ({"field": "email", "exists": False}, False),
        ({"field": "stage", "exists": False}, True),
        ({"field": "title", "contains": "SALES"}, True),
        ({"field": "tags", "contains": ["letter", "x"]}, True),
        ({"field": "stage", "contains": "x"}, False),
        ({"field": "title", "matches": "^head .* sales$"}, True),
        ({"field": "tags", "matches": r"\d{4}$"}, True),
        ({"field": "title", "matches": "^sales"}, False),
        ({"field": "stage", "matches": ".*"}, False),
        ({"field": "created", "after": "2026-03-04"}, True),
        ({"field": "created", "after": "2026-03-04T00:00:01Z"}, False),
        ({"field": "created", "before": "2026-03-04"}, False),
        ({"field": "created", "before": "2026-03-05"}, True),
        ({"field": "created", "exists": True}, True),
        ({"field": "updated", "exists": True}, False),
        ({"field": "updated", "after": "2020-01-01"}, None),
        ({"field": "custom1", "before": "2026-02-02"}, True),
        ({"field": "custom1", "after": "2026-02-02"}, False),
        ({"field": "custom2", "after": "2026-02-02"}, False),
        ({"field": "custom2", "before": "2026-02-02"}, False),
        ({"field": "city", "exists": False}, None),
        ({"field": "city", "not": "Rome"}, None),
        ({"all": [{"field": "city", "in": "Rome"}, {"field": "email", "exists": True}]}, None),
        ({"all": [{"field": "city", "in": "Rome"}, {"field": "email", "exists": False}]}, False),
        ({"any": [{"field": "city", "in": "Rome"}, {"field": "email", "exists": True}]}, True),
        ({"any": [{"field": "city", "in": "Rome"}, {"field": "email", "exists": False}]}, None),
        ({"any": [{"all": [{"field": "country", "in": "US"}, {"field": "tags", "has": "VIP"}]}]}, True),
    ],
)
def test_a_condition_holds_fails_or_cannot_be_known(table: dict[str, Any], verdict: Verdict) -> None:
    assert holds(condition_rule(Condition.model_validate(table)), ANN) is verdict


@pytest.mark.parametrize(
    ("fields", "only", "wanted"),
    [
        ({}, {}, True),
        ({"tags": ("sync", "vip")}, {"tags": ["sync"]}, True),
        ({"tags": ("SYNC",)}, {"tags": ["sync"]}, True),
        ({"tags": ("vip",)}, {"tags": ["sync", "VIP"]}, True),
        ({"tags": ("vip",)}, {"tags": ["sync"]}, False),
        ({"tags": None}, {"tags": ["sync"]}, False),
        ({}, {"tags": ["sync"]}, False),
        ({"country": "GB"}, {"country": ["gb", "ie"]}, True),
        ({"country": "GB", "tags": ("vip",)}, {"country": ["GB"], "tags": ["sync"]}, False),
    ],
)
def test_a_contact_that_has_one_of_the_values_in_every_field_requested_travels(
    fields: dict[str, Value], only: dict[str, list[str]], wanted: bool
) -> None:
    assert (in_scope(scope_rule(SideScope.model_validate(only)), Contact("1", fields)) is True) is wanted


VERDICTS = st.lists(st.sampled_from([True, False, None]))


@given(VERDICTS)
def test_a_group_is_decided_by_what_decides_it_whatever_else_is_unknown(verdicts: list[Verdict]) -> None:
    guesses = [[known if known is not None else guess for known in verdicts] for guess in (True, False)]
    for combine, plain in ((all_hold, all), (any_holds, any)):
        outcomes = {plain(guess) for guess in guesses}
        assert combine(verdicts) is (outcomes.pop() if len(outcomes) == 1 else None)


@given(VERDICTS)
def test_not_all_is_any_not(verdicts: list[Verdict]) -> None:
    negated = [None if one is None else not one for one in verdicts]
    whole = all_hold(verdicts)
    assert any_holds(negated) is (None if whole is None else not whole)


WORDS = st.text(min_size=1, max_size=5)
VALUES = st.one_of(st.none(), WORDS, st.lists(WORDS, min_size=1).map(tuple))


@given(VALUES, st.lists(WORDS, min_size=1, max_size=3))
def test_not_is_the_opposite_of_in_and_has_for_every_known_value(value: Value, wanted: list[str]) -> None:
    contact = Contact("1", {"title": value})
    tables = {name: {"field": "title", name: wanted} for name in ("in", "has", "not")}
    found = {name: holds(condition_rule(Condition.model_validate(table)), contact) for name, table in tables.items()}
    assert found["in"] is found["has"] is (not found["not"])


@given(st.datetimes(timezones=st.just(UTC)), st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_a_time_is_either_before_a_bound_or_after_it(moment: datetime, apart: timedelta) -> None:
    try:
        bound = moment + apart
    except OverflowError:
        return
    contact = Contact("1", {}, created_at=moment)
    verdicts = [holds(FieldTest("created", name, bound), contact) for name in ("before", "after")]
    assert sorted(map(bool, verdicts)) == [False, True]


def test_fields_that_conditions_name_and_a_contact_does_not_show_are_found_in_every_group() -> None:
    nested = {"any": [{"field": "city", "in": "Rome"}, {"all": [{"field": "created", "after": "2026-01-01"}]}]}
    scope = scope_rule(SideScope.model_validate({"title": ["x"], "state": ["y"], "all": [nested]}))
    contact = Contact("1", {"title": None}, unmapped={"state": "?"})
    assert unshown_fields(scope, contact) == {"city"}


def test_a_pattern_that_takes_others_exponential_time_takes_none() -> None:
    condition = FieldTest("title", "matches", "(a+)+$")
    assert holds(condition, Contact("1", {"title": "a" * 50_000 + "!"})) is False
