import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import FIELDS, SET_FIELDS, Value
from sync.rules import shadow_codec

TEXTS = st.text(min_size=1)


def values(name: str) -> st.SearchStrategy[Value]:
    some: st.SearchStrategy[Value] = TEXTS
    if name in SET_FIELDS:
        some = st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
    return st.none() | some


def fields(names: tuple[str, ...] = FIELDS) -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({}, optional={name: values(name) for name in names})


@given(fields())
def test_what_was_written_is_read_back_the_empty_as_empty_and_the_unknown_as_unknown(shadow: dict[str, Value]) -> None:
    assert shadow_codec.decode(shadow_codec.encode(shadow, FIELDS), FIELDS) == shadow


@given(fields(), st.sets(st.sampled_from(FIELDS)))
def test_a_field_that_was_not_mapped_then_is_not_part_of_the_shadow(shadow: dict[str, Value], names: set[str]) -> None:
    then = tuple(name for name in FIELDS if name in names)
    within = {name: value for name, value in shadow.items() if name in names}
    assert shadow_codec.decode(shadow_codec.encode(within, then), then) == within


def test_empty_and_unknown_are_not_the_same() -> None:
    text = shadow_codec.encode({"city": None, "tags": ("vip",)}, ("city", "tags", "stage"))
    assert shadow_codec.decode(text, ("city", "tags", "stage")) == {"city": None, "tags": ("vip",)}


def test_a_shadow_holds_little_more_than_its_values() -> None:
    shadow: dict[str, Value] = {"city": "Zürich", "state": None, "tags": ("vip", "lead")}
    assert shadow_codec.encode(shadow, ("stage", *shadow)) == '[null,"Zürich","",["vip","lead"]]'


def test_a_shadow_of_another_mapping_is_refused_rather_than_misread() -> None:
    text = shadow_codec.encode({"city": "Oslo", "state": None}, ("city", "state"))
    for fields in (("city",), ("city", "state", "stage")):
        with pytest.raises(ValueError, match="zip"):
            shadow_codec.decode(text, fields)


def test_a_single_value_is_written_as_users_read_it() -> None:
    assert shadow_codec.render("Zürich") == '"Zürich"'


@given(st.sampled_from(FIELDS).flatmap(lambda name: st.tuples(st.just(name), values(name))))
def test_a_single_value_is_read_back_too(named: tuple[str, Value]) -> None:
    name, value = named
    assert shadow_codec.parse(name, shadow_codec.render(value)) == value


@pytest.mark.parametrize("name", ["city", "text", "tags"])
@pytest.mark.parametrize("text", ["1", "1.5", "true", '{"a": 1}', '[["x"]]', '["x", 1]', "[null]", "garbage"])
def test_json_that_is_no_value_of_its_field_is_not_read(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"no value|Expecting"):
        shadow_codec.parse(name, text)


def test_a_set_holds_no_single_text_but_a_field_with_one_value_may_show_several() -> None:
    with pytest.raises(ValueError, match="no value"):
        shadow_codec.parse("tags", '"x"')
    assert shadow_codec.parse("stage", '["New", "Won"]') == ("New", "Won")


@pytest.mark.parametrize("text", ["", "garbage", "Left", "left:1", "value", "value:", "value:{", "value:1"])
def test_a_decision_that_names_neither_side_nor_value_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"decision|no value|Expecting"):
        shadow_codec.parse_resolution("city", text)
    assert shadow_codec.parse_resolution("city", 'value:"Rome"') == ("value", "Rome")
    assert shadow_codec.parse_resolution("city", "right") == ("right", None)


@given(fields())
def test_values_that_went_through_json_are_the_same_again(content: dict[str, Value]) -> None:
    assert shadow_codec.fields_of(json.loads(json.dumps(content))) == content
