"""Webhooks from end to end: a GrowthHub that sends them, a daemon that hears them, and both sides equal afterwards.

Connections are polled every six hours here, so that whatever comes sooner was hinted at.
"""

import json
import signal
import threading
from collections.abc import Iterator

import pytest

from connectors.growthhub.sandbox.webhooks import DeliveryFaults
from tests.end_to_end.daemons import Daemon, until
from tests.end_to_end.events import Line, laid, listening
from tests.end_to_end.message_world import TABLE
from tests.end_to_end.world import World, is_write

PEOPLE = 6
HINTS = "SELECT count(*) AS n FROM hint"
STORM = DeliveryFaults(lost=0.1, doubled=0.3, delayed=0.3, forged=0.3)


@pytest.fixture
def world(live_world: World) -> World:
    for number in range(PEOPLE):
        live_world.gg.add(first_name="Ann", last_name=f"Example {number}", email=f"ann{number}@example.com")
    return live_world


@pytest.fixture
def line(world: World) -> Iterator[Line]:
    with laid(world) as one:
        yield one


@pytest.fixture
def daemon(line: Line) -> Iterator[Daemon]:
    with listening(line) as one:
        yield one


def waiting(world: World) -> int:
    return int(world.rows(HINTS)[0]["n"])


def cities(world: World) -> list[str | None]:
    return [one.get("city") for one in world.gg.people()]


def rest(line: Line) -> None:
    """Wait until everything was reported, read and written, and what came back of that as well."""

    def standing() -> tuple[int, int, int]:
        runs = line.world.rows("SELECT count(*) AS n, count(finished_ms) AS ended FROM run")[0]
        return waiting(line.world), runs["n"] - runs["ended"], runs["n"] + len(line.sender.answers)

    def is_at_rest() -> bool:
        before = standing()
        line.sender.wait()
        return before[:2] == (0, 0) and standing() == before

    until(is_at_rest)


def test_what_happens_at_growthhub_is_carried_without_waiting_for_a_poll(line: Line, daemon: Daemon) -> None:
    world = line.world
    edited, gone = (str(one["id"]) for one in world.gh.people()[:2])
    world.gh.edit(edited, city="Lyon", firstName="Unheard-of")
    world.gh.remove(gone)
    new = world.gh.add(firstName="Cy", email="cy@example.com")
    until(lambda: "Lyon" in cities(world))
    until(lambda: new in world.links().values())
    until(lambda: world.rows("SELECT 1 FROM link WHERE gone = 'right'"))
    rest(line)
    assert (len(world.gg.people()), daemon.of("run ended", whole=True)) == (PEOPLE + 1, [])
    status = world.sync("status", "--json", skip=0).document["connections"][0]["webhooks"]
    assert (status["heard_at"] is not None, status["waiting"]) == (True, 0)
    assert set(line.sender.answers) == {200}
    assert daemon.stop() == 0
    text = json.dumps(daemon.lines)  # nothing of an event is in the log
    assert "Unheard-of" not in text
    assert "@example.com" not in text
    assert daemon.of("no line of the log") == []


def test_a_message_at_growthhub_is_carried_without_waiting_for_a_poll(world: World) -> None:
    world.tables = f"[{TABLE}]\n"
    with laid(world) as line, listening(line):
        until(lambda: len(world.links()) == PEOPLE)
        world.gh.add_message(str(world.gh.people()[0]["id"]), "SMS", "inbound", "Hello")
        until(lambda: len(world.gg.messages()) == 1)
        rest(line)
        assert [one["rendered_copy"] for one in world.gg.messages()] == ["Hello"]


def test_a_storm_of_our_own_echoes_leads_to_no_write(line: Line, daemon: Daemon) -> None:
    world = line.world
    rest(line)
    marks = len(world.gg.calls), len(world.gh.calls)
    for _ in range(5):
        for person in world.gh.people():
            assert world.gh.send_event is not None
            world.gh.send_event("ContactUpdate", {**person, "customFields": {}, "dateAdded": 0}, world.clock.now())
    rest(line)
    after = (*world.gg.calls[marks[0] :], *world.gh.calls[marks[1] :])
    assert [call for call in after if is_write(call)] == []
    assert len(line.sender.answers) >= 5 * PEOPLE


def test_events_that_are_lost_doubled_late_out_of_order_or_forged_leave_both_sides_equal(world: World) -> None:
    with laid(world, weather=STORM, seed=7) as line, listening(line) as daemon:
        until(lambda: len(world.links()) == PEOPLE)
        for number in range(20):
            right = str(world.gh.people()[number % PEOPLE]["id"])
            world.gh.edit(right, city=f"City {number}")
            if number % 5 == 0:
                world.gg.edit(next(iter(world.links())), title=f"Title {number}")
        gone = str(world.gh.people()[-1]["id"])
        world.gh.remove(gone)
        rest(line)
        assert daemon.stop() == 0
    assert {200, 401} <= set(line.sender.answers)
    world.options |= {"every": '"5m"', "reconcile": '"7d"'}
    for whole in (False, True, False):
        report = world.run(whole=whole)
    assert report.exit_code == 0
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert {left: world.at_right(left)["city"] for left in world.links() if world.links()[left] != gone} == {
        left: world.gg.person(left)["city"] for left in world.links() if world.links()[left] != gone
    }
    assert len(world.gg.people()) == PEOPLE


def test_what_was_answered_is_there_after_a_kill_and_is_carried_by_the_next_daemon(line: Line) -> None:
    world = line.world
    with listening(line) as daemon:
        rest(line)
        right = str(world.gh.people()[0]["id"])
        answered = len(line.sender.answers)
        world.gh.edit(right, city="Lyon")
        until(lambda: len(line.sender.answers) > answered)
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
    assert line.sender.answers[answered] == 200
    assert waiting(world) == 1 or "Lyon" in cities(world)
    with listening(line):
        until(lambda: "Lyon" in cities(world))


def test_deletions_that_an_outage_kept_back_are_heard_afterwards(line: Line) -> None:
    world = line.world
    with listening(line):
        rest(line)
    gone = [str(one["id"]) for one in world.gh.people()][:3]
    answered = len(line.sender.answers)
    for right in gone:
        world.gh.remove(right)
    until(lambda: len(line.sender.answers) >= answered + 3)
    assert set(line.sender.answers[answered:]) == {0}
    with listening(line):
        until(lambda: len(world.rows("SELECT 1 FROM link WHERE gone = 'right'")) == len(gone))
        line.sender.wait()
    assert line.sender.answers[-3:] == [200] * 3
    assert not line.sender.is_paused


def test_while_the_queue_is_full_growthhub_tries_again_and_nothing_is_lost(world: World) -> None:
    with laid(world, queue="1") as line:
        world.gh.send_event = None  # not of the contacts that the first run creates
        with listening(line):
            until(lambda: len(world.links()) == PEOPLE)
            world.gh.send_event = line.sender
            for right in [str(one["id"]) for one in world.gh.people()][:3]:
                world.gh.remove(right)
            until(lambda: len(world.rows("SELECT 1 FROM link WHERE gone = 'right'")) == 3)
    assert 503 in line.sender.answers


def test_the_daemon_ends_in_time_while_events_pour_in(line: Line) -> None:
    world = line.world
    with listening(line) as daemon:
        right = str(world.gh.people()[0]["id"])
        pouring = threading.Event()

        def pour() -> None:
            number = 0
            while not pouring.is_set():
                number += 1
                world.gh.edit(right, city=f"City {number}")

        thread = threading.Thread(target=pour)
        thread.start()
        try:
            until(lambda: len(line.sender.answers) > 30)
            assert daemon.stop() == 0
        finally:
            pouring.set()
            thread.join()


def test_a_reload_puts_another_key_in_force(line: Line, daemon: Daemon) -> None:
    world = line.world
    rest(line)
    before = len(line.sender.answers)
    old, new = line.sender.keys, type(line.sender.keys)()
    world.tables = world.tables.replace(old.ed25519, new.ed25519)
    world.write_config()
    daemon.reload()
    daemon.wait("config read again")
    right = str(world.gh.people()[0]["id"])
    world.gh.edit(right, city="Lyon")
    until(lambda: len(line.sender.answers) >= before + 2)  # what is refused is sent again
    assert set(line.sender.answers[before:]) == {401}
    line.sender.keys = new
    world.gh.edit(right, city="Rome")
    until(lambda: "Rome" in cities(world))
    line.sender.wait()
    answers = line.sender.answers[before:]
    assert (answers[-1], answers.count(200), set(answers)) == (200, 2, {200, 401})
