"""Custom fields in every shape: what is not ours stays, and the shape stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.whautomate.custom_fields import custom_values, merged, value_of

VALUES = st.text(max_size=5) | st.integers() | st.booleans() | st.none()
OBJECTS = st.dictionaries(st.text(min_size=1, max_size=4), VALUES, max_size=5)
CHANGES = st.dictionaries(st.text(min_size=1, max_size=4), st.text(max_size=5), max_size=3)


def folded(values: dict[str, object]) -> dict[str, object]:
    return {key.casefold(): value for key, value in values.items()}


@given(OBJECTS, CHANGES, st.sampled_from(["object", "list", "keys", "text"]))
def test_changes_are_laid_over_what_is_there(shown: dict[str, object], changes: dict[str, str], shape: str) -> None:
    raw: object = shown
    if shape == "list":
        raw = [{"name": key, "value": value, "more": 1} for key, value in shown.items()]
    elif shape == "keys":
        raw = [{"key": key, "value": value} for key, value in shown.items()]
    elif shape == "text":
        raw = json.dumps(shown)
    after = merged(raw, changes)
    assert isinstance(after, list) == (shape in {"list", "keys"})
    values = custom_values(after)
    for key, value in shown.items():
        if key.casefold() not in folded(changes):  # type: ignore[arg-type]
            assert values[key] == value
    assert {value_of(values, key) for key in changes} <= {*changes.values()}


@pytest.mark.parametrize("raw", [None, "", "{'a': }", 7, [], [7, {"value": 1}]])
def test_what_cannot_be_read_has_no_values(raw: object) -> None:
    assert custom_values(raw) == {}


def test_a_field_is_found_in_any_case_and_written_in_its_own() -> None:
    assert value_of({"E-Mail": "a"}, "e-mail") == "a"
    assert merged({"E-Mail": "a"}, {"e-mail": "b"}) == {"E-Mail": "b"}
