import json

import pytest

from state.errors import StateError
from state.failures import Failures
from sync.config.model import Config
from sync.errors import UsageError
from sync.operations import open_items
from sync.operations.status import read_status
from tests.sync.operations.state_files import LOST, NOON_MS, change, fill, stored


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
        "last_run": null, "next_run_at": null, "conflicts": 0, "failures": 0, "deleted": 0, "held": 0, "parked": 0}]}"""
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
