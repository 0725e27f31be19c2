from state.links import Link, LinkSide
from sync.contacts.context import MappingInForce
from sync.rules.conflict_policy import winner_by_policy
from sync.rules.mapping import FieldRule
from sync.rules.shadow_update import ShadowPair

NEVER = winner_by_policy("manual", (0.0, 0.0))


def rules(*names: str) -> dict[str, FieldRule]:
    return {name: FieldRule(name, to_left=True, to_right=True) for name in names}


def test_a_shadow_is_written_in_the_order_of_the_stored_mapping_whatever_the_order_of_the_config() -> None:
    stored = ("title", "alpha", "beta")
    as_stored = MappingInForce(7, rules(*stored), {7: stored}, NEVER)
    turned = MappingInForce(7, rules("title", "beta", "alpha"), {7: stored}, NEVER)
    shadows = ShadowPair({"alpha": "a", "beta": None, "elsewhere": "x"}, {"alpha": "A", "title": "CEO"})
    for mapping in (as_stored, turned):
        link = mapping.new_link("right", LinkSide("2", ""), LinkSide("1", ""), shadows)
        assert (link.left.shadow, link.right.shadow) == ('["CEO","A",null]', '[null,"a",""]')
        assert mapping.shadow(link, "right") == {"alpha": "a", "beta": None}


def test_a_shadow_of_an_earlier_mapping_is_read_in_the_order_of_that_one() -> None:
    mapping = MappingInForce(
        2, rules("first", "beta", "alpha"), {1: ("alpha", "gone, moved", "beta"), 2: ("first", "beta", "alpha")}, NEVER
    )
    link = Link(LinkSide("1", '["a","g","b"]'), LinkSide("2", '["","","b"]'), 1)
    shadow = mapping.shadow(link, "left")
    assert mapping.travelling(shadow) == {"alpha": "a", "beta": "b"}
    mapping.set_shadows(link, "left", ShadowPair(dict(shadow), dict(mapping.shadow(link, "right"))))
    assert (link.left.shadow, link.right.shadow) == ('[null,"b","a"]', '[null,"b",""]')
