import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from state import connections
from state.conflicts import Conflict, Conflicts
from state.cursors import COVERED, Cursors
from state.database import Transaction
from state.errors import StateError
from state.failures import Failure, Failures
from state.file import StateFile
from state.history import begin_run, end_run
from state.links import Link, Links, LinkSide
from state.webhook_hints import Hint
from state.webhook_queue import Inbox, QueuedEvent
from sync.config.model import Config, parse
from sync.errors import UsageError
from sync.operations import queries
from tests.sync.config_text import GOOD, replaced

NOON_MS = 1772366400000  # 2026-03-01T12:00:00Z
CITY = Conflict(1, "city", "ada@example.com", '"Oslo"', "null", NOON_MS, None, NOON_MS + 1500, "r1")
LOST = Failure("left", "7", "growthhub", "grace@example.org", "create", "never answered", (), b"d" * 16, NOON_MS)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse(GOOD, tmp_path / "config.toml")


@contextmanager
def change(config: Config) -> Iterator[Transaction]:
    with closing(StateFile.open(config.state.path)) as state, state.atomic() as transaction:
        number = connections.connection_id(transaction, "sales", "growthgenius", "growthhub")
        if not connections.mappings(transaction, number):
            connections.add_mapping(transaction, number, "first", ["city"])
        yield transaction


def fill(config: Config) -> None:
    """Remember one linked pair with a conflict, one pair that lost a side, and one failure."""
    with change(config) as transaction:
        for number, gone in ((1, None), (2, "right")):
            pair = Link(LinkSide(str(number), "[]"), LinkSide(f"hub-{number}", "[]"), 1, gone)
            Links(transaction, 1, "contacts").save_link(transaction, pair, "r1")
        Conflicts(transaction, 1, "contacts").put_conflict(transaction, CITY)
        Failures(transaction, 1, "contacts").put_failure(transaction, LOST, NOON_MS)


def stored(config: Config, query: str) -> list[dict[str, Any]]:
    with change(config) as transaction:
        return [dict(row) for row in transaction.execute(query)]


def test_conflicts_are_listed_in_the_document_of_the_contract(config: Config) -> None:
    fill(config)
    expected = """{"conflicts": [{
        "id": 1, "connection": "sales", "stream": "contacts", "who": "ada@example.com", "field": "city",
        "left": {"account": "growthgenius", "value": "Oslo", "changed_at": "2026-03-01T12:00:00Z"},
        "right": {"account": "growthhub", "value": null, "changed_at": null},
        "found_at": "2026-03-01T12:00:01.500000Z", "run": "r1"}]}"""
    assert json.dumps(queries.conflicts(config)) == json.dumps(json.loads(expected))
    assert queries.conflict(config, 1) == json.loads(expected)["conflicts"][0]


def test_failures_are_listed_in_the_document_of_the_contract(config: Config) -> None:
    fill(config)
    with change(config) as transaction:
        Failures(transaction, 1, "contacts").put_failure(transaction, LOST, NOON_MS + 60_000)
    expected = """{"failures": [{
        "id": 1, "connection": "sales", "stream": "contacts", "account": "growthhub", "who": "grace@example.org",
        "operation": "create", "reason": "never answered", "attempts": 2,
        "first_at": "2026-03-01T12:00:00Z", "last_at": "2026-03-01T12:01:00Z"}]}"""
    assert json.dumps(queries.failures(config)) == json.dumps(json.loads(expected))


def test_status_is_the_document_of_the_contract(config: Config) -> None:
    fill(config)
    before = datetime.now(UTC).timestamp()
    with change(config) as transaction:
        cursors = Cursors(transaction, 1, "contacts")
        cursors.add_intervals(transaction, "left", COVERED, [(0, NOON_MS), (NOON_MS + 1, NOON_MS + 99)])
        cursors.add_intervals(transaction, "right", COVERED, [(0, NOON_MS + 500)])
        begin_run(transaction, "r1", 1, NOON_MS - 2000)
        end_run(transaction, "r1", NOON_MS, "partial", "{}")
    document = queries.status(config)
    lag = document["connections"][0]["streams"]["contacts"].pop("lag_seconds")
    expected = """{"connections": [{"name": "sales",
        "streams": {"contacts": {
            "covered_to": {"growthgenius": "2026-03-01T12:00:00Z", "growthhub": "2026-03-01T12:00:00.500000Z"}},
            "messages": {"covered_to": {"growthgenius": null, "growthhub": null}, "lag_seconds": null}},
        "last_run": {"run": "r1", "status": "partial",
            "started_at": "2026-03-01T11:59:58Z", "finished_at": "2026-03-01T12:00:00Z"},
        "next_run_at": null, "conflicts": 1, "failures": 1, "deleted": 1, "held": 0}]}"""
    assert json.dumps(document) == json.dumps(json.loads(expected))
    assert isinstance(lag, float)
    assert lag == pytest.approx(max(0.0, before - NOON_MS / 1000), abs=60)


def test_status_shows_webhooks_where_they_are_configured(tmp_path: Path) -> None:
    config = parse(f'{GOOD}\n[webhooks]\nlisten = "127.0.0.1:0"\n', tmp_path / "config.toml")
    assert queries.status(config)["connections"][0]["webhooks"] == {"heard_at": None, "waiting": 0}
    arrival = QueuedEvent(b"w", [(("sales", "messages"), Hint("growthhub", "message:m1", "c1"))], NOON_MS)
    with change(config) as transaction:
        Inbox(transaction, NOON_MS).queue_events(transaction, [arrival], 9)
    heard = {"heard_at": "2026-03-01T12:00:00Z", "waiting": 1}
    assert queries.status(config)["connections"][0]["webhooks"] == heard


def test_without_a_state_file_nothing_is_open_and_no_file_is_created(config: Config) -> None:
    expected = """{"connections": [{"name": "sales",
        "streams": {"contacts": {"covered_to": {"growthgenius": null, "growthhub": null}, "lag_seconds": null},
            "messages": {"covered_to": {"growthgenius": null, "growthhub": null}, "lag_seconds": null}},
        "last_run": null, "next_run_at": null, "conflicts": 0, "failures": 0, "deleted": 0, "held": 0}]}"""
    assert json.dumps(queries.status(config)) == json.dumps(json.loads(expected))
    assert queries.conflicts(config) == {"conflicts": []}
    assert queries.failures(config) == {"failures": []}
    with pytest.raises(UsageError):
        queries.dismiss(config, 1, "a test record")
    assert not config.state.path.exists()


def test_a_side_that_is_not_covered_from_its_first_record_is_covered_to_nowhere(config: Config) -> None:
    with change(config) as transaction:
        Cursors(transaction, 1, "contacts").add_intervals(transaction, "left", COVERED, [(1, NOON_MS)])
        Cursors(transaction, 1, "contacts").add_intervals(transaction, "right", COVERED, [(0, NOON_MS)])
    stream = queries.status(config)["connections"][0]["streams"]["contacts"]
    assert stream["covered_to"] == {"growthgenius": None, "growthhub": "2026-03-01T12:00:00Z"}
    assert stream["lag_seconds"] is None


def test_a_side_whose_messages_are_never_listed_has_no_place_in_their_stream(tmp_path: Path) -> None:
    config = parse(replaced('direction = "both"', 'direction = "left_to_right"'), tmp_path / "config.toml")
    stream = queries.status(config)["connections"][0]["streams"]["messages"]
    assert stream["covered_to"] == {"growthgenius": None}


@pytest.mark.parametrize(("direction", "account"), [("left_to_right", "growthhub"), ("right_to_left", "growthgenius")])
def test_with_sides_swapped_the_side_that_is_read_is_the_one_that_counts(
    tmp_path: Path, direction: str, account: str
) -> None:
    text = replaced('direction = "both"', f'direction = "{direction}"')
    text = text.replace('left = "growthgenius"', 'left = "growthhub"').replace(
        'right = "growthhub"', 'right = "growthgenius"'
    )
    config = parse(text, tmp_path / "config.toml")
    with closing(StateFile.open(config.state.path)) as state, state.atomic() as transaction:
        connections.connection_id(transaction, "sales", "growthhub", "growthgenius")
        cursors, side = Cursors(transaction, 1, "messages"), "left" if direction == "left_to_right" else "right"
        cursors.add_intervals(transaction, side, COVERED, [(0, NOON_MS)])
    stream = queries.status(config)["connections"][0]["streams"]["messages"]
    assert stream["covered_to"] == {account: "2026-03-01T12:00:00Z"}
    assert stream["lag_seconds"] is not None


def test_a_conflict_about_a_message_takes_a_side_and_no_value(config: Config) -> None:
    fill(config)
    with change(config) as transaction:
        transaction.execute("UPDATE conflict SET stream = 'messages'")
    with pytest.raises(UsageError, match="about a message"):
        queries.resolve(config, 1, side=None, value="Hello")
    assert queries.resolve(config, 1, side="left", value=None)["stream"] == "messages"


def test_the_last_run_is_the_one_that_began_last_also_while_it_goes_on(config: Config) -> None:
    with change(config) as transaction:
        begin_run(transaction, "new", 1, NOON_MS + 1)
        begin_run(transaction, "old", 1, NOON_MS)
        end_run(transaction, "old", NOON_MS + 2, "ok", "{}")
    last = queries.status(config)["connections"][0]["last_run"]
    assert last == {"run": "new", "status": None, "started_at": "2026-03-01T12:00:00.001000Z", "finished_at": None}


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
    assert queries.resolve(config, 1, side=side, value=value)["field"] == "city"
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": resolution}]
    assert queries.conflicts(config) == {"conflicts": []}
    assert queries.status(config)["connections"][0]["conflicts"] == 0


def test_a_resolution_can_be_changed_before_the_run(config: Config) -> None:
    fill(config)
    queries.resolve(config, 1, side="left", value=None)
    queries.resolve(config, 1, side="right", value=None)
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": "right"}]


def test_a_value_that_the_field_cannot_have_is_refused_and_the_conflict_stays(config: Config) -> None:
    fill(config)
    with change(config) as transaction:
        transaction.execute("UPDATE conflict SET field = 'phone'")
    with pytest.raises(UsageError, match=r"'12' is not a valid phone"):
        queries.resolve(config, 1, side=None, value="12")
    assert len(queries.conflicts(config)["conflicts"]) == 1
    queries.resolve(config, 1, side=None, value="(212) 555-0123")
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": 'value:"+12125550123"'}]


def test_an_unknown_number_is_an_error_that_names_the_list_command(config: Config) -> None:
    fill(config)
    with pytest.raises(UsageError, match="no conflict 9; see `sync conflicts list`"):
        queries.conflict(config, 9)
    with pytest.raises(UsageError, match="no conflict 9"):
        queries.resolve(config, 9, side="left", value=None)
    with pytest.raises(UsageError, match="no failure 9; see `sync failures list`"):
        queries.retry(config, 9)
    with pytest.raises(UsageError, match="no failure 9"):
        queries.dismiss(config, 9, "because")


def test_a_failure_to_be_retried_is_due_at_once_whatever_its_record_looks_like(config: Config) -> None:
    fill(config)
    for failure_id in (1, None):
        (shown,) = queries.retry(config, failure_id)["failures"]
        assert shown["id"] == 1
        assert stored(config, "SELECT due_ms, digest, dismissed FROM failure") == [
            {"due_ms": 0, "digest": None, "dismissed": None}
        ]


def test_a_dismissed_failure_leaves_the_list_and_the_history_keeps_the_reason(config: Config) -> None:
    fill(config)
    assert queries.dismiss(config, 1, "a test record")["who"] == "grace@example.org"
    assert queries.failures(config) == {"failures": []}
    assert queries.status(config)["connections"][0]["failures"] == 0
    (entry,) = stored(config, "SELECT account, record_id, field, old, new, rule FROM history")
    assert entry == {
        "account": "growthhub", "record_id": "7", "field": "*", "old": None, "new": '"a test record"',
        "rule": "dismissed",
    }  # fmt: skip
    with pytest.raises(UsageError):
        queries.dismiss(config, 1, "again")
    assert queries.retry(config, None) == {"failures": []}
    assert len(queries.retry(config, 1)["failures"]) == 1
    assert len(queries.failures(config)["failures"]) == 1


def test_what_cannot_be_decided_changes_nothing(config: Config) -> None:
    fill(config)
    before = stored(config, "SELECT * FROM conflict")
    with pytest.raises(UsageError):
        queries.resolve(config, 9, side="left", value=None)
    assert stored(config, "SELECT * FROM conflict") == before


def test_an_unreadable_state_file_is_one_clear_error(config: Config) -> None:
    config.state.path.write_text("no database")
    for ask in (queries.status, queries.conflicts, queries.failures):
        with pytest.raises(StateError, match="can't be used"):
            ask(config)
