from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.output.text import aligned, printable, value_text
from sync.text_output.open_items import (
    conflict_lines,
    dismissed_lines,
    failure_lines,
    one_conflict_lines,
    resolved_lines,
    retried_lines,
)

CONFLICT: dict[str, Any] = {
    "id": 7, "connection": "sales", "stream": "contacts", "who": "ann@example.com", "field": "title",
    "left": {"account": "growthgenius", "value": "CTO", "changed_at": "2026-11-20T14:00:00Z"},
    "right": {"account": "growthhub", "value": None, "changed_at": None},
    "found_at": "2026-11-20T14:30:00Z", "run": "r1",
}  # fmt: skip
FAILURE: dict[str, Any] = {
    "id": 9, "connection": "sales", "stream": "contacts", "account": "growthhub", "who": "bob@example.com",
    "operation": "create", "reason": "email must be an email", "attempts": 3, "first_at": "2026-11-19T00:00:00Z",
    "last_at": "2026-11-20T14:30:00Z",
}  # fmt: skip


def test_conflicts_are_a_table_and_one_is_shown_in_full() -> None:
    assert list(conflict_lines({"conflicts": [CONFLICT]})) == [
        "ID  CONNECTION  WHO              FIELD  LEFT   RIGHT    FOUND AT",
        '7   sales       ann@example.com  title  "CTO"  (empty)  2026-11-20 14:30:00+00:00',
        "settle one with: sync conflicts resolve ID --left | --right | --newest | --value V",
        "or many with: sync conflicts resolve --all | --field FIELD --left | --right | --newest",
    ]
    assert list(one_conflict_lines(CONFLICT)) == [
        "ann@example.com: title (sales, contacts)",
        '  left, at growthgenius: "CTO", changed at 2026-11-20 14:00:00+00:00',
        "  right, at growthhub: (empty), changed at an unknown time",
        "  found at 2026-11-20 14:30:00+00:00 by run r1",
        "settle it with: sync conflicts resolve 7 --left | --right | --newest | --value V",
    ]
    assert list(resolved_lines(CONFLICT))[1] == "the next run writes it: sync run --connection sales"


def test_failures_are_a_table_with_their_reasons() -> None:
    lines = list(failure_lines({"failures": [FAILURE]}))
    assert lines[1].endswith("3      2026-11-20 14:30:00+00:00  email must be an email")
    assert lines[2].startswith("retry one with: sync failures retry ID")
    assert list(retried_lines({"failures": [FAILURE]})) == ["the next run retries 1 failure: sync run"]
    assert list(dismissed_lines(FAILURE)) == [
        "failure 9 (bob@example.com) is removed from the list until its record changes"
    ]


def test_empty_lists_say_so() -> None:
    assert list(conflict_lines({"conflicts": []})) == ["no conflicts are open"]
    assert list(failure_lines({"failures": []})) == ["no failures are open"]


@given(st.text())
def test_nothing_that_other_systems_hold_moves_the_cursor(text: str) -> None:
    shown = [printable(text), value_text(text, longest=None), *aligned([[text]])]
    shown += one_conflict_lines(CONFLICT | {"who": text, "left": CONFLICT["left"] | {"value": text}})
    shown += failure_lines({"failures": [FAILURE | {"reason": text, "who": text}]})
    assert all(character.isprintable() for line in shown for character in line)
