from hypothesis import given
from hypothesis import strategies as st

from connectors.companies import FILLED
from connectors.contact import FIELDS, Fields, Value
from sync.rules.enrichment import blanks, blanks_of_new, domain_of, fill
from sync.rules.mapping import FieldRule, Options, Places, rules
from sync.rules.merge import merge
from sync.rules.merge_result import LEFT, RIGHT, Merge, SideView
from sync.rules.shadow_update import after_write
from tests.sync.people_model import judge_of

EVERYTHING = Places(frozenset(FIELDS), frozenset())
RULES = rules(EVERYTHING, EVERYTHING, "both", Options())
ACME: Fields = {"company": "Acme", "website": "https://acme.example.com", "industry": "looms"}


def merged(left: SideView, right: SideView) -> Merge:
    return merge(RULES, left, right, judge_of("newest"), "newest")


def filled(left: SideView, right: SideView) -> Merge:
    result = merged(left, right)
    fill(result, RIGHT, blanks(RULES, result, RIGHT, right, left), ACME)
    return result


def test_blanks_of_both_sides_are_filled_on_one_and_agreed_on_as_they_stand() -> None:
    nothing: Fields = dict.fromkeys(FILLED)
    left, right = SideView(nothing, nothing), SideView(nothing, nothing)
    result = filled(left, right)
    assert (result.to_right, result.to_left, result.enriched) == (ACME, {}, set(ACME))
    bases = after_write(result, RIGHT, right, left, ACME)
    again = filled(SideView(nothing, bases.source), SideView({**nothing, **ACME}, bases.target))
    assert not again.writes


def test_a_later_edit_of_what_was_filled_is_synced() -> None:
    left = SideView({"company": None}, {"company": None})
    edited = merged(left, SideView({"company": "Acme Ltd"}, {"company": "Acme"}))
    assert edited.to_left == {"company": "Acme Ltd"}
    replaced = merged(
        SideView({"company": "Beta"}, {"company": None}), SideView({"company": "Acme"}, {"company": "Acme"})
    )
    assert replaced.to_right == {"company": "Beta"}
    assert replaced.overwritten == []


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(FILLED, st.none() | st.just("own"))),
    st.fixed_dictionaries({}, optional=dict.fromkeys(FILLED, st.none() | st.just("other"))),
    st.fixed_dictionaries({}, optional=dict.fromkeys(FILLED, st.none() | st.just("base"))),
    st.fixed_dictionaries({}, optional=dict.fromkeys(FILLED, st.none() | st.just("base"))),
    st.frozensets(st.sampled_from(FILLED)),
)
def test_no_value_is_ever_filled_over_and_none_reaches_the_other_side(
    shown: dict[str, Value],
    there: dict[str, Value],
    base: dict[str, Value],
    back: dict[str, Value],
    odd: frozenset[str],
) -> None:
    left, right = SideView(shown, base, unmapped=odd - shown.keys()), SideView(there, back)
    before, after = merged(left, right), filled(left, right)
    assert after.to_left == before.to_left
    assert {name: value for name, value in after.to_right.items() if name not in after.enriched} == before.to_right
    for name in after.enriched:
        assert (left.value(name), right.value(name)) == ((True, None), (True, None))
        assert (base.get(name), back.get(name)) == (None, None)
        assert name not in left.unmapped


def test_a_field_that_may_not_be_written_there_is_not_filled() -> None:
    table = {**RULES, "company": FieldRule("company", to_left=True, to_right=False)}
    nothing = SideView({"company": None, "industry": None}, {})
    assert blanks(table, Merge(), RIGHT, nothing, nothing) == ["industry"]
    assert blanks(table, Merge(), LEFT, nothing, nothing) == ["company", "industry"]


def test_a_new_contact_is_filled_where_the_contact_is_known_to_have_nothing() -> None:
    person: Fields = {"company": None, "industry": "Banking", "website": None}
    changes: Fields = {"industry": "Banking"}
    assert blanks_of_new(RULES, changes, person, RIGHT) == ["company", "website"]


def test_the_company_is_that_of_a_website_before_that_of_an_address() -> None:
    assert domain_of({"email": "a@one.example.com"}, {"website": "https://two.example.com"}) == "two.example.com"
    assert domain_of({"email": "a@gmail.com"}, {"email": "a@two.example.com"}) == "two.example.com"
    assert domain_of({"website": "https://linkedin.com/in/a", "email": "a@one.example.com"}) == "one.example.com"
    assert domain_of({"website": None, "email": None}, {}) is None
