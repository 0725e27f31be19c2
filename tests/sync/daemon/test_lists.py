"""A daemon lists everything on its schedule: what webhooks report is read by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.config.model import load
from sync.daemon.cancellation import StopSignal
from sync.daemon.daemon import Daemon
from tests.end_to_end.listing_world import ListingWorld, listing_world

HOUR = timedelta(hours=1)
KEY = "sales/contacts"
TABLES = '[webhooks]\nlisten = "127.0.0.1:0"\n[status_page]\nlisten = "off"\n'


def tick(daemon: Daemon, world: ListingWorld) -> tuple[bool, datetime]:
    """Let the due run take place, as the scheduler does; return whether it listed, and when the next one is due."""
    daemon._scheduler.modify_job(KEY, next_run_time=world.clock.now() + HOUR)
    world.wa.calls.clear()
    daemon.tick(KEY)
    listed = any(call.method == "GET" and call.path.endswith("/contacts") for call in world.wa.calls)
    at = daemon.next_run_at()
    assert at is not None
    return listed, at


def test_a_hint_is_read_by_itself_and_moves_no_list(tmp_path: Path) -> None:
    with listing_world(tmp_path, start=datetime.now(UTC)) as world:
        world.options |= {"first_run": '"go"', "reconcile": '"off"'}
        world.fields = TABLES
        ada = world.add_wa("Ada Byron", "+12125550100")
        daemon = Daemon(load(world.write_config()), StopSignal(), world.clock)
        daemon.start(paused=True)
        begun = world.clock.now()
        listed, due = tick(daemon, world)
        assert (listed, due - begun >= HOUR) == (True, True)
        world.clock.skip(1200)
        world.wa.edit(ada, customFields={"city": "Rome"})
        world.bring_hint(ada)
        daemon.wake([("sales", "contacts")])
        soon = daemon.next_run_at()
        assert soon is not None
        assert soon - world.clock.now() < timedelta(seconds=10)
        world.clock.skip(10)
        listed, at = tick(daemon, world)
        assert (listed, world.lefts()[0]["city"]) == (False, "Rome")
        assert at == due, "the list comes when it would have come without the hint"
        world.clock.skip((due - world.clock.now()).total_seconds())
        assert tick(daemon, world)[0]
        daemon.end(0.0)


@pytest.mark.parametrize("seconds", [-7200.0, -60.0])
def test_after_the_clock_was_set_back_the_next_run_lists(tmp_path: Path, seconds: float) -> None:
    with listing_world(tmp_path, start=datetime.now(UTC)) as world:
        world.options |= {"first_run": '"go"', "reconcile": '"off"'}
        world.fields = TABLES
        daemon = Daemon(load(world.write_config()), StopSignal(), world.clock)
        daemon.start(paused=True)
        tick(daemon, world)
        (stream,) = daemon.streams()
        assert stream.lists_at is not None
        world.clock._start += timedelta(seconds=seconds)
        daemon.watch()
        assert stream.lists_at is None
        daemon.end(0.0)
