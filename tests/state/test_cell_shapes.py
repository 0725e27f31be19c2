"""The shapes of JSON in the state file: what is stored fits, and what its reader cannot use does not."""

import json
from typing import Any

import pytest

from state.cell_shapes import CONTACT, INTENT_SOURCES, SENT, SHADOW, SHAPES

NUMBER, TRUE, OBJECT, NESTED, NUMBERS, NULLS = 1, True, {"a": {"b": [1]}}, [["x"]], ["x", 1], [None]
WRONG_VALUES = (NUMBER, 1.5, TRUE, OBJECT, NESTED, NUMBERS, NULLS)
WRONG_TEXTS = (None, "x", *WRONG_VALUES)
"""What is no list of texts."""
WRONG_KEPT: tuple[Any, ...] = (
    None, NUMBER, TRUE, "x", ["x"], {"city": "Rome"}, {"city": ["Rome"]}, {"city": ["Rome", "5"]}, {"city": [1, 5]},
    {"city": ["Rome", True]}, {"city": [["x", 1], 5]}, {"city": None},
)  # fmt: skip
WRONG_NAMED: tuple[Any, ...] = (None, NUMBER, TRUE, "x", ["x"], {"city": 1}, {"city": [1]}, {"city": {"a": "x"}})
WRONG_UNMAPPED: tuple[Any, ...] = (*WRONG_NAMED, {"city": None}, {"city": ["x"]})
UPDATE: dict[str, Any] = {
    "record": "7", "run": "r", "memory": None, "target": {"city": "Oslo"}, "source": {"tags": ["a"]},
    "history": {"city": ['"Rome"', "carried", None]}, "look": {"digest": "d", "updated": 5, "others": "e"},
    "kept": {"left": {"city": ["Rome", 5]}},
}  # fmt: skip
PERSON: dict[str, Any] = {
    "id": "7", "fields": {"city": "Oslo", "tags": ["a"], "title": None}, "created": None, "updated": 5, "marker": None,
    "phones": [], "unmapped": {}, "memory": {}, "emails": ["a@example.com"], "bare": False,
}  # fmt: skip
CREATE: dict[str, Any] = {
    "shadow": '["Oslo", null, ["a"]]', "mapping": 1, "memory": {}, "digest": None, "person": json.dumps(PERSON),
    "withheld": ["city"], "owed": {"title": "x"}, "enriched": [],
}  # fmt: skip
RIGHT: dict[tuple[str, str], tuple[Any, ...]] = {
    ("conflict", "left_value"): (None, "Rome", ["a", "b"]),
    ("person", "phones"): ([], ["+12125550100"]),
    ("link", "left_kept"): ({}, {"city": ["Rome", 5], "tags": [["a"], 5], "title": [None, None]}),
    ("link", "left_unmapped"): ({}, {"city": "Rome"}),
    ("history", "old"): (None, "x", ["x"], {"city": "Rome"}),
    ("run", "report"): ({}, {"streams": {}, "requests": {"gg": 1}, "errors": ["x"]}),
    ("company", "found"): ({"industry": "x", "keywords": None},),
}
WRONG: dict[tuple[str, str], tuple[Any, ...]] = {
    **dict.fromkeys([("conflict", "left_value"), ("conflict", "right_value"), ("owed", "value")], WRONG_VALUES),
    **dict.fromkeys([("history", "new"), ("history", "shown")], WRONG_VALUES),
    ("history", "old"): (NUMBER, TRUE, NESTED, NUMBERS, NULLS),
    **dict.fromkeys([("person", "phones"), ("person", "more_emails"), ("failure", "blockers")], WRONG_TEXTS),
    ("mapping", "fields"): WRONG_TEXTS,
    **dict.fromkeys([("link", "left_kept"), ("link", "right_kept")], WRONG_KEPT),
    **dict.fromkeys([("link", "left_memory"), ("link", "right_memory")], (None, NUMBER, TRUE, "x", ["x"])),
    **dict.fromkeys([("link", "left_unmapped"), ("link", "right_unmapped")], WRONG_UNMAPPED),
    ("company", "found"): WRONG_NAMED,
    ("account", "identity"): (None, NUMBER, TRUE, "x", ["x"]),
    ("run", "report"): (None, NUMBER, TRUE, "x", ["x"], {"streams": 1}, {"requests": []}, {"errors": [1]}),
    ("intent", "sent"): (None, NUMBER, TRUE, "x", ["x"], {"city": 1}, {"city": [1]}),
    ("intent", "source"): (None, NUMBER, TRUE, "x", ["x"], {}, {"shadow": "[]"}, {"rule": "carried"}),
}


def test_every_column_of_json_has_wrong_content_that_is_tried() -> None:
    assert SHAPES.keys() - WRONG.keys() == {("setting", "value")}


@pytest.mark.parametrize(("column", "content"), [(column, each) for column, tried in RIGHT.items() for each in tried])
def test_what_is_stored_fits(column: tuple[str, str], content: Any) -> None:
    assert SHAPES[column](content)


@pytest.mark.parametrize(("column", "content"), [(column, each) for column, tried in WRONG.items() for each in tried])
def test_what_its_reader_cannot_use_does_not_fit(column: tuple[str, str], content: Any) -> None:
    assert not SHAPES[column](content)


@pytest.mark.parametrize("content", [None, NUMBER, TRUE, "x", OBJECT, [1], [True], [{}], [[1]], [["x", None]]])
def test_a_shadow_holds_a_value_for_each_field(content: Any) -> None:
    assert SHADOW(["Rome", "", None, ["a"]])
    assert not SHADOW(content)


@pytest.mark.parametrize("wrong", [None, NUMBER, TRUE, OBJECT, ["x"]])
@pytest.mark.parametrize("key", ["id", "fields", "created", "marker", "phones", "unmapped", "memory", "emails", "bare"])
def test_each_part_of_a_contact_is_checked(key: str, wrong: Any) -> None:
    assert CONTACT(PERSON)
    allowed: dict[str, list[Any]] = {
        "id": [], "fields": [], "created": [None, NUMBER], "marker": [None], "phones": [["x"]], "unmapped": [],
        "memory": [OBJECT], "emails": [["x"]], "bare": [TRUE],
    }  # fmt: skip
    assert CONTACT({**PERSON, key: wrong}) == (json.dumps(wrong) in map(json.dumps, allowed[key]))


@pytest.mark.parametrize("wrong", [NUMBER, TRUE, ["x"], "x", {"a": 1}])
@pytest.mark.parametrize("key", ["target", "source", "history", "look", "kept", "memory"])
def test_each_part_of_an_update_is_checked(key: str, wrong: Any) -> None:
    fits = INTENT_SOURCES["contacts"]
    assert fits(UPDATE)
    assert fits({**UPDATE, key: wrong}) == (key == "memory" and isinstance(wrong, dict))


@pytest.mark.parametrize("wrong", [None, TRUE, ["x"], "x", {"a": 1}])
@pytest.mark.parametrize("key", ["shadow", "mapping", "person", "owed"])
def test_each_part_of_a_create_is_checked(key: str, wrong: Any) -> None:
    fits = INTENT_SOURCES["contacts"]
    assert fits(CREATE)
    assert not fits({**CREATE, key: wrong})


def test_what_is_sent_for_a_message_names_its_contact() -> None:
    assert SENT["messages"]({"contact": "7", "message": None, "text": "Hello"})
    assert not SENT["messages"]({"text": "Hello"})
    assert not SENT["messages"]({"contact": "7", "message": "{}"})
    assert not SENT["messages"]({"contact": "7", "text": 1})
