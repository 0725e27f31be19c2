from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import FIELDS
from connectors.growthgenius import mapping as growthgenius
from sync.rules.mapping import FieldRule, Options, Places, fields_with_places, fingerprint, present, rules
from sync.rules.translation import NO_TRANSLATION, Members, terms

EVERYTHING = Places(frozenset(FIELDS), frozenset())
DIRECTIONS = ("both", "left_to_right", "right_to_left")


def one(
    name: str = "title", direction: str = "both", left: Places = EVERYTHING, right: Places = EVERYTHING, **set_to: str
) -> FieldRule:
    return rules(left, right, direction, Options(set_to))[name]


def test_every_field_goes_both_ways_unless_something_says_otherwise() -> None:
    table = rules(EVERYTHING, EVERYTHING, "both", Options())
    assert tuple(table) == FIELDS
    assert all(rule.to_left and rule.to_right for rule in table.values())


@pytest.mark.parametrize(
    ("stream", "field", "to_left", "to_right"),
    [
        ("both", None, True, True),
        ("both", "both", True, True),
        ("both", "left_to_right", False, True),
        ("both", "right_to_left", True, False),
        ("left_to_right", None, False, True),
        ("left_to_right", "both", False, True),
        ("right_to_left", "right_to_left", True, False),
        ("left_to_right", "right_to_left", False, False),
    ],
)
def test_a_field_goes_where_both_its_stream_and_itself_may(
    stream: str, field: str | None, to_left: bool, to_right: bool
) -> None:
    table = rules(EVERYTHING, EVERYTHING, stream, Options({"title": field}))
    assert table["title"] == FieldRule("title", to_left, to_right)


def test_what_a_system_only_shows_is_not_written_there() -> None:
    left = Places(frozenset(FIELDS), frozenset({"lists"}))
    assert one("lists", left=left) == FieldRule("lists", to_left=False, to_right=True)
    assert one("lists", right=left) == FieldRule("lists", to_left=True, to_right=False)


def test_a_field_that_one_system_has_no_place_for_has_no_rule() -> None:
    table = rules(EVERYTHING, Places(frozenset(FIELDS) - {"stage"}, frozenset()), "both", Options({"stage": "both"}))
    assert "stage" not in table


def test_between_the_two_systems_only_lists_and_the_verdicts_on_an_e_mail_go_one_way() -> None:
    left = Places(growthgenius.CARRIED, growthgenius.READ_ONLY)
    right = Places(frozenset(FIELDS), frozenset())
    one_way = {
        name for name, rule in rules(left, right, "both", Options()).items() if not (rule.to_left and rule.to_right)
    }
    assert one_way == {"lists", "email_status", "email_confidence"}
    assert all(rules(left, right, "both", Options())[name].to_right for name in one_way)


def test_a_field_is_not_written_where_the_account_has_no_place_for_it() -> None:
    table = rules(EVERYTHING, EVERYTHING, "both", Options({"city": "left_to_right"}))
    now = present(table, frozenset(FIELDS), frozenset(FIELDS) - {"title", "city"}, Members())
    assert now["title"] == FieldRule("title", to_left=True, to_right=False)
    assert now["city"] == FieldRule("city", to_left=False, to_right=False)
    assert now["email"] == table["email"]
    assert now.keys() == table.keys()


@given(
    st.sampled_from(DIRECTIONS),
    st.dictionaries(st.sampled_from(FIELDS), st.sampled_from((*DIRECTIONS, None))),
    st.frozensets(st.sampled_from(FIELDS)),
    st.frozensets(st.sampled_from(FIELDS)),
)
def test_swapped_systems_have_the_mirrored_rules(
    direction: str, directions: dict[str, str | None], shown_here: frozenset[str], shown_there: frozenset[str]
) -> None:
    back = {"both": "both", "left_to_right": "right_to_left", "right_to_left": "left_to_right", None: None}
    left, right = Places(frozenset(FIELDS), shown_here), Places(frozenset(FIELDS), shown_there)
    there = rules(left, right, direction, Options(directions))
    turned = Options({name: back[value] for name, value in directions.items()})
    here = rules(right, left, str(back[direction]), turned)
    assert here == {name: replace(rule, to_left=rule.to_right, to_right=rule.to_left) for name, rule in there.items()}


def test_do_not_contact_is_never_taken_back_unless_the_config_says_so() -> None:
    tight, loose = (rules(EVERYTHING, EVERYTHING, "both", Options(loosen=loosen)) for loosen in (False, True))
    assert {name for name, rule in tight.items() if rule.tightens} == {"do_not_contact"}
    assert {name for name, rule in loose.items() if rule.tightens} == set()
    assert not tight["do_not_contact"].lets(None, "left")
    assert tight["do_not_contact"].lets("true", "left")
    assert loose["do_not_contact"].lets(None, "left")


def test_a_stage_that_means_do_not_contact_knows_on_which_side_it_does() -> None:
    left = Places(growthgenius.CARRIED, growthgenius.READ_ONLY, frozenset(growthgenius.CONSENT_IN))
    table = rules(left, EVERYTHING, "both", Options())
    assert {name: rule.consent for name, rule in table.items() if rule.consent} == dict.fromkeys(
        ("stage", "status"), frozenset({"left"})
    )


def test_values_are_exchanged_and_tags_are_reserved_as_the_config_says() -> None:
    words = terms({"Replied": "Engaged"})
    table = rules(EVERYTHING, EVERYTHING, "both", Options(exchanges={"stage": words}, reserved=("stage:",)))
    assert {name: rule.exchange for name, rule in table.items() if rule.exchange} == {"stage": words}
    assert {name: rule.reserved for name, rule in table.items() if rule.reserved} == {"tags": ("stage:",)}
    assert table["stage"].carried("replied", "right") == "Engaged"


def test_owners_are_exchanged_among_those_that_the_accounts_know_now() -> None:
    everywhere = (frozenset(FIELDS), frozenset(FIELDS))
    table = rules(EVERYTHING, EVERYTHING, "both", Options())
    now = present(table, *everywhere, Members(None, frozenset({"ann@example.com"})))
    assert now["owner"].carried("ann@example.com", "right") == "ann@example.com"
    assert now["owner"].carried("bob@example.com", "right") is NO_TRANSLATION


@given(
    st.dictionaries(st.sampled_from(FIELDS), st.tuples(st.booleans(), st.booleans())),
    st.frozensets(st.sampled_from(FIELDS)),
    st.frozensets(st.sampled_from(FIELDS)),
)
def test_what_an_account_has_no_place_for_now_is_never_written_there_and_all_else_as_before(
    ways: dict[str, tuple[bool, bool]], left: frozenset[str], right: frozenset[str]
) -> None:
    now = present({name: FieldRule(name, *way) for name, way in ways.items()}, left, right, Members())
    assert {name: replace(rule, exchange=None) for name, rule in now.items()} == {
        name: FieldRule(name, to_left=to_left and name in left, to_right=to_right and name in right)
        for name, (to_left, to_right) in ways.items()
    }


def test_a_field_that_moves_to_another_place_is_another_field_and_all_others_are_what_they_were() -> None:
    table = rules(EVERYTHING, EVERYTHING, "both", Options())

    def keys(**places: dict[str, str]) -> dict[str, str]:
        return {name: key for key, name in fields_with_places(table, {"places": places}).items()}

    here = keys(custom1={"growthgenius": "score", "growthhub": "contact.score"})
    moved = keys(custom1={"growthgenius": "score", "growthhub": "contact.points"})
    assert fields_with_places(table, {}) == {name: name for name in FIELDS}
    assert here == keys(custom1={"growthhub": "contact.score", "growthgenius": "score"})
    assert len({each["custom1"] for each in (keys(), here, moved)}) == 3
    for each in (here, moved):
        assert {name: key for name, key in each.items() if name != key}.keys() == {"custom1"}


def test_the_fingerprint_of_a_mapping_that_did_not_change_outlives_releases() -> None:
    """Another one lets each installation read both sides in full; a release that wants that raises REVISION."""
    table = {"email": FieldRule("email", to_left=True, to_right=True), "tags": FieldRule("tags", False, True)}
    settings = {"create": "both", "only": {"left": {}, "right": {}}, "places": {}}
    assert fingerprint(table, settings) == "8e15b00f0aae427ed62a35cea6bbc04b"


@given(st.sampled_from(FIELDS), st.booleans())
def test_the_fingerprint_changes_with_every_direction_and_every_field(name: str, to_left: bool) -> None:
    table = rules(EVERYTHING, EVERYTHING, "both", Options())
    changed = {**table, name: FieldRule(name, to_left, not to_left)}
    without = {key: rule for key, rule in table.items() if key != name}
    assert len({fingerprint(each, {}) for each in (table, changed, without)}) == 3


def test_the_fingerprint_changes_with_what_decides_what_is_carried_and_where_fields_live() -> None:
    table = rules(EVERYTHING, EVERYTHING, "both", Options())
    settings: list[dict[str, Any]] = [
        {}, {"create": "both"}, {"create": "left"}, {"create": "both", "only": {"left": {"tags": ["sync"]}}},
        {"create": "both", "places": {"custom1": {"growthhub": "contact.lead_score"}}},
    ]  # fmt: skip
    assert len({fingerprint(table, each) for each in settings}) == len(settings)


def test_the_fingerprint_does_not_depend_on_the_order_of_anything() -> None:
    table = rules(EVERYTHING, EVERYTHING, "both", Options())
    turned = dict(reversed(table.items()))
    assert fingerprint(table, {"a": 1, "b": 2}) == fingerprint(turned, {"b": 2, "a": 1})
