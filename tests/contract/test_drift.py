"""The sandboxes against what is recorded of the real servers: the same questions, answers of the same shape."""

import pytest

from tests.contract.recording import Recording
from tests.contract.shapes import differences
from tests.contract.subjects import RECORDINGS

CASSETTES = [(each, name) for each in RECORDINGS for name in each.names() if name not in each.unplayed]


@pytest.mark.parametrize(("recording", "name"), CASSETTES, ids=[f"{each.system}-{name}" for each, name in CASSETTES])
def test_a_recorded_question_is_answered_in_the_recorded_shape(recording: Recording, name: str) -> None:
    assert [each for each in sorted(recording.drift(name)) if recording.pattern(each) is None] == []


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda each: each.system)
def test_no_difference_is_allowed_that_there_is_not(recording: Recording) -> None:
    played = [name for name in recording.names() if name not in recording.unplayed]
    used = {recording.pattern(each) for name in played for each in recording.drift(name)}
    assert {*recording.allowed, *recording.excused} - used == set()
    assert recording.unplayed.keys() <= set(recording.names())


@pytest.mark.parametrize(
    ("recorded", "served", "how"),
    [
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": 1}, {"a": "1"}, [("a", "text, not number")]),
        ({"a": True}, {"a": 1}, [("a", "number, not boolean")]),
        ({"a": 1}, {"a": None}, [("a", "null, not number")]),
        ({"a": None}, {"a": {"b": 1}}, []),
        ({"a": None}, {}, [("a", "missing")]),
        ({}, {"a": None}, [("a", "added")]),
        ({"a": {"b": {"c": 1}}}, {"a": {}}, [("a.b", "missing")]),
        ({"a": [{"b": 1}, {"c": None}]}, {"a": [{"b": 2}]}, [("a[].c", "missing")]),
        ({"a": [1, "x"]}, {"a": []}, []),
        ({"a": []}, {"a": [{"b": 1}]}, []),
        ({"a": ["x"]}, {"a": [None]}, [("a[]", "null, not text")]),
        ({"a": []}, {"a": {}}, [("a", "object, not list")]),
        ([{"a": 1}], [{"b": 1}], [("[].a", "missing"), ("[].b", "added")]),
    ],
)
def test_shapes_differ_where_keys_or_types_do(recorded: object, served: object, how: list[tuple[str, str]]) -> None:
    assert sorted(differences(recorded, served)) == how


def test_what_a_connector_reads_needs_an_excuse_of_its_own() -> None:
    (hub,) = (each for each in RECORDINGS if each.system == "growthhub")
    assert hub.pattern("contact.ssn: missing") is not None
    assert hub.pattern("contact.firstName: missing") is None
    assert hub.pattern("location.companyId: missing") is None
    assert hub.pattern("users[].email: missing") is None
    assert hub.pattern("users[].roles: missing") is not None
