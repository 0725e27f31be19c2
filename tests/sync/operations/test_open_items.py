import json
from dataclasses import replace

import pytest

from state.conflicts import Conflict, Conflicts
from state.errors import StateError
from state.failures import Failures
from sync.config.model import Config
from sync.errors import Declined, UsageError
from sync.operations import decisions, open_items
from sync.operations.status import read_status
from tests.sync.operations.state_files import CITY, LOST, NOON_MS, change, fill, stored


def test_conflicts_are_listed_in_the_document_of_the_contract(config: Config) -> None:
    fill(config)
    expected = """{"conflicts": [{
        "id": 1, "connection": "sales", "stream": "contacts", "who": "ada@example.com", "field": "city",
        "left": {"account": "growthgenius", "value": "Oslo", "changed_at": "2026-03-01T12:00:00Z"},
        "right": {"account": "growthhub", "value": null, "changed_at": null},
        "found_at": "2026-03-01T12:00:01.500000Z", "run": "r1"}]}"""
    assert json.dumps(open_items.conflicts(config)) == json.dumps(json.loads(expected))
    assert open_items.conflict(config, 1) == json.loads(expected)["conflicts"][0]


def test_failures_are_listed_in_the_document_of_the_contract(config: Config) -> None:
    fill(config)
    with change(config) as transaction:
        Failures(transaction, 1, "contacts").put_failure(transaction, LOST, NOON_MS + 60_000)
    expected = """{"failures": [{
        "id": 1, "connection": "sales", "stream": "contacts", "account": "growthhub", "who": "grace@example.org",
        "operation": "create", "reason": "never answered", "attempts": 2,
        "first_at": "2026-03-01T12:00:00Z", "last_at": "2026-03-01T12:01:00Z"}]}"""
    assert json.dumps(open_items.failures(config)) == json.dumps(json.loads(expected))


def test_without_a_state_file_nothing_is_open_and_no_file_is_created(config: Config) -> None:
    expected = """{"connections": [{"name": "sales",
        "streams": {"contacts": {"covered_to": {"growthgenius": null, "growthhub": null}, "lag_seconds": null},
            "messages": {"covered_to": {"growthgenius": null, "growthhub": null}, "lag_seconds": null}},
        "last_run": null, "next_run_at": null, "conflicts": 0, "failures": 0, "deleted": 0, "held": 0, "parked": 0,
        "fights": 0}]}"""
    assert json.dumps(read_status(config)) == json.dumps(json.loads(expected))
    assert open_items.conflicts(config) == {"conflicts": []}
    assert open_items.failures(config) == {"failures": []}
    with pytest.raises(UsageError):
        open_items.dismiss(config, 1, "a test record")
    assert not config.state.path.exists()


def test_a_conflict_about_a_message_takes_a_side_and_no_value(config: Config) -> None:
    fill(config)
    with change(config) as transaction:
        transaction.execute("UPDATE conflict SET stream = 'messages'")
    with pytest.raises(UsageError, match="about a message"):
        open_items.resolve(config, 1, side=None, value="Hello")
    assert open_items.resolve(config, 1, side="left", value=None)["stream"] == "messages"


@pytest.mark.parametrize(
    ("side", "value", "resolution"),
    [
        ("left", None, "left"),
        ("right", None, "right"),
        (None, " Bergen ", 'value:"Bergen"'),
        (None, "Zürich", 'value:"Zürich"'),
        (None, "", "value:null"),
    ],
)
def test_a_resolution_waits_for_the_next_run_and_is_no_longer_listed(
    config: Config, side: str | None, value: str | None, resolution: str
) -> None:
    fill(config)
    assert open_items.resolve(config, 1, side=side, value=value)["field"] == "city"
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": resolution}]
    assert open_items.conflicts(config) == {"conflicts": []}
    assert read_status(config)["connections"][0]["conflicts"] == 0


def test_a_resolution_can_be_changed_before_the_run(config: Config) -> None:
    fill(config)
    open_items.resolve(config, 1, side="left", value=None)
    open_items.resolve(config, 1, side="right", value=None)
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": "right"}]


def test_a_value_that_the_field_cannot_have_is_refused_and_the_conflict_stays(config: Config) -> None:
    fill(config)
    with change(config) as transaction:
        transaction.execute("UPDATE conflict SET field = 'phone'")
    with pytest.raises(UsageError, match=r"'12' is not a valid phone"):
        open_items.resolve(config, 1, side=None, value="12")
    assert len(open_items.conflicts(config)["conflicts"]) == 1
    open_items.resolve(config, 1, side=None, value="(212) 555-0123")
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": 'value:"+12125550123"'}]


def test_an_unknown_number_is_an_error_that_names_the_list_command(config: Config) -> None:
    fill(config)
    with pytest.raises(UsageError, match="no conflict 9; see `sync conflicts list`"):
        open_items.conflict(config, 9)
    with pytest.raises(UsageError, match="no conflict 9"):
        open_items.resolve(config, 9, side="left", value=None)
    with pytest.raises(UsageError, match="no failure 9; see `sync failures list`"):
        open_items.retry(config, 9)
    with pytest.raises(UsageError, match="no failure 9"):
        open_items.dismiss(config, 9, "because")


def test_a_failure_to_be_retried_is_due_at_once_whatever_its_record_looks_like(config: Config) -> None:
    fill(config)
    for failure_id in (1, None):
        (shown,) = open_items.retry(config, failure_id)["failures"]
        assert shown["id"] == 1
        assert stored(config, "SELECT due_ms, digest, dismissed FROM failure") == [
            {"due_ms": 0, "digest": None, "dismissed": None}
        ]


def test_a_dismissed_failure_leaves_the_list_and_the_history_keeps_the_reason(config: Config) -> None:
    fill(config)
    assert open_items.dismiss(config, 1, "a test record")["who"] == "grace@example.org"
    assert open_items.failures(config) == {"failures": []}
    assert read_status(config)["connections"][0]["failures"] == 0
    (entry,) = stored(config, "SELECT account, record_id, field, old, new, rule FROM history")
    assert entry == {
        "account": "growthhub", "record_id": "7", "field": "*", "old": None, "new": '"a test record"',
        "rule": "dismissed",
    }  # fmt: skip
    with pytest.raises(UsageError):
        open_items.dismiss(config, 1, "again")
    assert open_items.retry(config, None) == {"failures": []}
    assert len(open_items.retry(config, 1)["failures"]) == 1
    assert len(open_items.failures(config)["failures"]) == 1


def test_what_cannot_be_decided_changes_nothing(config: Config) -> None:
    fill(config)
    before = stored(config, "SELECT * FROM conflict")
    with pytest.raises(UsageError):
        open_items.resolve(config, 9, side="left", value=None)
    assert stored(config, "SELECT * FROM conflict") == before


def test_an_unreadable_state_file_is_one_clear_error(config: Config) -> None:
    config.state.path.write_text("no database")
    for ask in (read_status, open_items.conflicts, open_items.failures):
        with pytest.raises(StateError, match="can't be used"):
            ask(config)


def settle(config: Config, field: str | None, side: str, *, by: str = "ann") -> tuple[list[int], dict[int, str]]:
    """Settle many; return the numbers of what is settled, and why the others stay open."""
    found = decisions.settle_many(config, field, (), side, by, lambda *_: None)
    return [one["id"] for one in found["settled"]], {one["id"]: one["reason"] for one in found["left_open"]}


def open_conflicts(config: Config, *changes: Conflict) -> None:
    fill(config)
    with change(config) as transaction:
        for one in changes:
            Conflicts(transaction, 1, "contacts").put_conflict(transaction, one)


def test_many_conflicts_are_settled_at_once_but_none_about_a_deletion(config: Config) -> None:
    deletion = replace(CITY, link=2, field="*")
    open_conflicts(config, replace(CITY, field="title"), deletion)
    assert settle(config, None, "left") == ([1, 2], {3: decisions.DELETION})
    assert stored(config, "SELECT resolution FROM conflict ORDER BY id") == [
        {"resolution": "left"}, {"resolution": "left"}, {"resolution": None}
    ]  # fmt: skip
    assert settle(config, "*", "right") == ([3], {})


def test_the_conflicts_of_one_field_are_settled_and_the_others_wait(config: Config) -> None:
    open_conflicts(config, replace(CITY, field="title"))
    assert settle(config, "title", "right") == ([2], {})
    assert [one["field"] for one in open_items.conflicts(config)["conflicts"]] == ["city"]


@pytest.mark.parametrize(
    ("left_ms", "right_ms", "side"), [(2, 1, "left"), (1, 2, "right"), (1, 1, ""), (None, 1, ""), (1, None, "")]
)
def test_the_newest_value_wins_only_where_it_is_known(
    left_ms: int | None, right_ms: int | None, side: str, config: Config
) -> None:
    open_conflicts(config, replace(CITY, left_changed_ms=left_ms, right_changed_ms=right_ms))
    assert settle(config, None, "newest") == (([1], {}) if side else ([], {1: decisions.UNKNOWN}))
    if side:
        open_items.resolve(config, 1, side="newest", value=None)
    else:
        with pytest.raises(UsageError, match="give --left or --right"):
            open_items.resolve(config, 1, side="newest", value=None)
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": side or None}]


def test_the_history_keeps_who_settled_what(config: Config) -> None:
    fill(config)
    settle(config, None, "left")
    open_items.resolve(config, 1, side=None, value="Bergen", by="the status page")
    lines = stored(config, "SELECT account, record_id, field, new, rule FROM history ORDER BY id")
    assert [json.loads(line.pop("new")) for line in lines] == [
        "city: left, by ann", 'city: "Bergen", by the status page'
    ]  # fmt: skip
    assert lines[0] == {"account": "growthgenius", "record_id": "1", "field": "*", "rule": "settled"}


def test_a_no_to_the_question_settles_nothing(config: Config) -> None:
    def decline(settled: int, left_open: int) -> None:
        assert (settled, left_open) == (1, 0)
        raise Declined

    fill(config)
    with pytest.raises(Declined):
        decisions.settle_many(config, None, (), "left", "ann", decline)
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": None}]
    assert stored(config, "SELECT * FROM history") == []
