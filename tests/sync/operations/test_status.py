import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from state import connections
from state.cursors import COVERED, Cursors
from state.file import StateFile
from state.history import begin_run, end_run
from state.webhook_hints import Hint
from state.webhook_queue import QueuedEvent, WebhookQueue
from sync.config.model import Config, parse
from sync.operations.status import read_status
from tests.sync.config_text import GOOD, replaced
from tests.sync.operations.state_files import NOON_MS, change, fill


def test_status_is_the_document_of_the_contract(config: Config) -> None:
    fill(config)
    before = datetime.now(UTC).timestamp()
    with change(config) as transaction:
        cursors = Cursors(transaction, 1, "contacts")
        cursors.add_intervals(transaction, "left", COVERED, [(0, NOON_MS), (NOON_MS + 1, NOON_MS + 99)])
        cursors.add_intervals(transaction, "right", COVERED, [(0, NOON_MS + 500)])
        begin_run(transaction, "r1", 1, NOON_MS - 2000)
        end_run(transaction, "r1", NOON_MS, "partial", "{}")
    document = read_status(config)
    lag = document["connections"][0]["streams"]["contacts"].pop("lag_seconds")
    expected = """{"connections": [{"name": "sales",
        "streams": {"contacts": {
            "covered_to": {"growthgenius": "2026-03-01T12:00:00Z", "growthhub": "2026-03-01T12:00:00.500000Z"}},
            "messages": {"covered_to": {"growthgenius": null, "growthhub": null}, "lag_seconds": null}},
        "last_run": {"run": "r1", "status": "partial",
            "started_at": "2026-03-01T11:59:58Z", "finished_at": "2026-03-01T12:00:00Z"},
        "next_run_at": null, "conflicts": 1, "failures": 1, "deleted": 1, "held": 0, "parked": 0, "fights": 0}]}"""
    assert json.dumps(document) == json.dumps(json.loads(expected))
    assert isinstance(lag, float)
    assert lag == pytest.approx(max(0.0, before - NOON_MS / 1000), abs=60)


def test_status_shows_webhooks_where_they_are_configured(tmp_path: Path) -> None:
    config = parse(f'{GOOD}\n[webhooks]\nlisten = "127.0.0.1:0"\n', tmp_path / "config.toml")
    assert read_status(config)["connections"][0]["webhooks"] == {"heard_at": None, "waiting": 0}
    arrival = QueuedEvent(b"w", [(("sales", "messages"), Hint("growthhub", "message:m1", "c1"))], NOON_MS)
    with change(config) as transaction:
        WebhookQueue(transaction, NOON_MS).queue_events(transaction, [arrival], 9)
    heard = {"heard_at": "2026-03-01T12:00:00Z", "waiting": 1}
    assert read_status(config)["connections"][0]["webhooks"] == heard


def test_a_side_that_is_not_covered_from_its_first_record_is_covered_to_nowhere(config: Config) -> None:
    with change(config) as transaction:
        Cursors(transaction, 1, "contacts").add_intervals(transaction, "left", COVERED, [(1, NOON_MS)])
        Cursors(transaction, 1, "contacts").add_intervals(transaction, "right", COVERED, [(0, NOON_MS)])
    stream = read_status(config)["connections"][0]["streams"]["contacts"]
    assert stream["covered_to"] == {"growthgenius": None, "growthhub": "2026-03-01T12:00:00Z"}
    assert stream["lag_seconds"] is None


def test_a_side_whose_messages_are_never_listed_has_no_place_in_their_stream(tmp_path: Path) -> None:
    config = parse(replaced('direction = "both"', 'direction = "left_to_right"'), tmp_path / "config.toml")
    stream = read_status(config)["connections"][0]["streams"]["messages"]
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
    stream = read_status(config)["connections"][0]["streams"]["messages"]
    assert stream["covered_to"] == {account: "2026-03-01T12:00:00Z"}
    assert stream["lag_seconds"] is not None


def test_the_last_run_is_the_one_that_began_last_also_while_it_goes_on(config: Config) -> None:
    with change(config) as transaction:
        begin_run(transaction, "new", 1, NOON_MS + 1)
        begin_run(transaction, "old", 1, NOON_MS)
        end_run(transaction, "old", NOON_MS + 2, "ok", "{}")
    last = read_status(config)["connections"][0]["last_run"]
    assert last == {"run": "new", "status": None, "started_at": "2026-03-01T12:00:00.001000Z", "finished_at": None}
