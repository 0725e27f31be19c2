"""P8: the logs of whole runs, at every level, with everything going wrong that can, show no personal data and no
secret.

The contacts are those of the demo. The servers answer with personal data wherever they complain, as real ones do.
"""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.growthgenius.sandbox.demo import KEYS as GENIUS_KEYS
from connectors.growthhub.sandbox.demo import KEYS as HUB_KEYS
from connectors.sandbox.faults import Fault
from sync.daemon.stream import Stream
from sync.demo.contact_generator import Fields, SampleRecord, population
from sync.demo.sample_contacts import DIRTY, EARLIER, KNOWN, LATER, Edit
from sync.output.log_format import logging_to
from tests.end_to_end.daemons import stream_of
from tests.end_to_end.world import World
from tests.sync.notifications.commands import heard, program

EVERY_CONTACT = (*population()[::2], *KNOWN, *(arrival for arrival, *_ in DIRTY))
NAMES = ("first_name", "last_name")
NUMBERS = re.compile(r"phone", re.IGNORECASE)
LETTERS = ("Just between us", "Keep this secret", "An urgent matter")
GOSSIP = "Ann Reed <ann.reed@example.com>, (303) 555-0111 or +13035550111, is not to my liking"


def add(world: World, arrival: SampleRecord) -> None:
    moment = arrival.changed_at(world.clock.now())
    if arrival.side == "left":
        world.gg.add(at=moment, **left(arrival.fields))
    else:
        world.gh.add(dateAdded=moment, dateUpdated=moment, **right(arrival.fields))


def left(fields: Fields) -> Fields:
    """Return fields by the keys of GrowthGenius."""
    return {GENIUS_KEYS.get(name, name): value for name, value in fields.items()}


def right(fields: Fields) -> Fields:
    """Return fields by the keys of GrowthHub."""
    return {HUB_KEYS.get(name, name): value for name, value in fields.items()}


def edit(world: World, change: Edit) -> None:
    people = world.gg.people() if change.side == "left" else world.gh.people()
    name = "first_name" if change.side == "left" else "firstName"
    fits = [one for one in people if one.get("email") == change.email and change.first_name in str(one.get(name) or "")]
    for person in fits[:1]:
        if change.side == "left":
            world.gg.edit(str(person["id"]), **left(change.fields))
        else:
            world.gh.edit(str(person["id"]), **right(change.fields))


def private(world: World) -> Iterator[str]:
    """Yield every e-mail, name, number and secret there is, in the forms in which they are synced."""
    yield from (world.gg.api_key, world.gh.token, "ann.reed", "Ann Reed", "303) 555", "not to my liking", *LETTERS)
    for arrival in EVERY_CONTACT:
        for key, value in arrival.fields.items():
            text = str(value or "").strip()
            if key == "email" and text:
                yield from (text, text.replace("@", "%40"))
            elif key in NAMES and text:
                yield text
            elif NUMBERS.search(key) and len(digits := re.sub(r"\D", "", text)) >= 10:
                yield from (text, digits[-10:], digits[-7:])


@dataclass(frozen=True, slots=True)
class Life:
    """What is left of a life: the world as it ended, and everything that was logged."""

    world: World
    log: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the log."""
        return [json.loads(line) for line in self.log.splitlines()]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """A life, led once for all who look at it."""
    world, log = World.create(tmp_path_factory.mktemp("life")), io.StringIO()
    with world.gg, world.gh, logging_to(log, "debug", "json"):
        lead_a_life(world)
    return Life(world, log.getvalue())


def run(world: World, streams: Iterable[Stream], wait: float) -> None:
    """Let time pass, and run each stream as the daemon would."""
    world.clock.skip(wait)
    for stream in streams:
        stream.conclude(stream.run())


def lead_a_life(world: World) -> None:
    """Let every contact be synced while everything goes wrong: refusals, failures, conflicts, outages, the guard."""
    for arrival in EVERY_CONTACT:
        add(world, arrival)
    world.tables = f'[notify]\ncommand = "{program(world.folder)}"\n[connections.sales.messages]\n'
    world.gh.faults += [
        Fault("status", method="POST", path="/contacts/$", status=422, times=3, body={"message": [GOSSIP]}),
        Fault("status", method="POST", path="/contacts/$", status=400, skip=9, times=2, body={"message": GOSSIP}),
        Fault("status", method="POST", path="/contacts/$", status=503, skip=20, times=1, body=GOSSIP),
        Fault("html_after", method="POST", path="/contacts/$", skip=30, times=1),
        Fault("status", method="POST", path="/notes", status=422, times=1, body={"message": GOSSIP}),
    ]
    streams = [stream_of(world, name=name) for name in ("contacts", "messages")]
    write_letters(world)
    for wait in (5, 30, 30):
        run(world, streams, wait)
    for change in (*EARLIER, *LATER):
        edit(world, change)
        world.clock.skip(0.2)
    world.gh.faults.append(Fault("status", method="PUT", status=422, times=2, body={"message": GOSSIP}))
    run(world, streams, 5)
    for number, fault in enumerate((
        Fault("status", status=401, times=1000, body={"message": GOSSIP}),
        Fault("status", status=500, times=1000, body={"message": GOSSIP, "email": "ann.reed@example.com"}),
        Fault("status", status=500, times=1000, body=f"<html><title>{GOSSIP}</title></html>".encode()),
    )):  # fmt: skip
        world.gh.faults.insert(0, fault)
        run(world, streams, 3600 * (number + 1))
        world.gh.faults.remove(fault)
    world.clock.skip(60)
    for person in world.gg.people():
        world.gg.edit(str(person["id"]), company_name="Another Company")
    run(world, streams, 60)
    world.run(whole=True, unguarded=True)
    streams[0].notifier.notify_stalled("sales", "contacts", world.clock.now(), world.clock.now() - world.clock.now())


def write_letters(world: World) -> None:
    """Let users write to each other."""
    moment = world.clock.now() - timedelta(hours=1)
    for person in world.gg.people()[:9]:
        world.gg.add_message(str(person["id"]), rendered_copy=LETTERS[0], rendered_subject=LETTERS[2], at=moment)
    for person in world.gh.people()[:9]:
        world.gh.add_message(person["id"], "SMS", "inbound", LETTERS[1], at=moment)


def found_in(text: str, secrets: set[str]) -> set[str]:
    """Return what of it is in a text: words as words, everything else wherever it stands."""
    words = set(re.findall(r"\w+", text))
    return {one for one in secrets if (one in words if re.fullmatch(r"\w+", one) else one in text)}


def test_the_logs_of_a_life_show_no_personal_data_and_no_secret(life: Life) -> None:
    secrets = set(private(life.world))
    assert len(secrets) > 700
    assert found_in(life.log, secrets) == set()
    wanted = {"run begins", "run ended", "record changed", "record not carried", "conflict", "note", "step", "notified"}
    assert wanted <= {line["event"] for line in life.lines}
    assert {"debug", "info", "warning"} <= {line["level"] for line in life.lines}
    assert {line["status"] for line in life.lines if line["event"] == "run ended"} >= {"failed", "partial", "guarded"}


def test_the_lines_of_a_run_say_of_which_and_every_record_is_an_account_with_an_id(life: Life) -> None:
    world = life.world
    ids = {f"gg:{one['id']}" for one in (*world.gg.people(), *world.gg.messages())}
    right = [str(one["id"]) for one in world.gh.people()]
    ids |= {f"gh:{one}" for one in right}
    ids |= {f"gh:{each['id']}" for one in right for each in world.gh.messages(one)}
    ids |= {f"gh:note:{each['id']}" for one in right for each in world.gh.notes(one)}
    for line in life.lines:
        if line["event"] in ("record changed", "record not carried", "conflict", "step", "run ended"):
            assert line.keys() >= {"run", "connection", "stream"}, line
        for key in ("record", "left", "right"):
            assert key not in line or line[key] in ids, line


def test_what_was_reported_shows_no_personal_data_and_no_secret(life: Life) -> None:
    documents = heard(life.world.folder)
    assert {one["event"] for one in documents} == {"failed", "guarded", "conflicts", "stalled"}
    assert found_in(json.dumps(documents, ensure_ascii=False), set(private(life.world))) == set()


def test_a_one_shot_run_logs_json_off_a_terminal(live_world: World) -> None:
    world = live_world
    for arrival in KNOWN:
        add(world, arrival)
    done = world.sync("run")
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert {"note", "record not carried"} <= {line["event"] for line in lines}
    assert all("run" in line for line in lines if line["event"] == "record not carried")
    assert found_in(done.err, set(private(world))) == set()


def test_a_quiet_run_logs_nothing_and_takes_no_time_for_it(live_world: World) -> None:
    live_world.sync("run")
    command = [sys.executable, "-v", "-m", "sync", "run"]
    imported = subprocess.run(command, env=live_world._variables(), capture_output=True, text=True, check=True).stderr  # noqa: S603 - our own program
    assert "import 'requests'" in imported
    assert "import 'structlog'" not in imported


def test_the_program_that_hears_of_a_run_hears_of_one_by_hand_too(live_world: World, tmp_path: Path) -> None:
    world = live_world
    world.tables = f'[notify]\ncommand = "{program(tmp_path)}"\n'
    for arrival in KNOWN:
        add(world, arrival)
    fault = Fault("status", status=401, times=1000)
    world.gh.faults.append(fault)
    assert world.sync("run").code == 3
    assert world.sync("run").code == 3
    world.gh.faults.clear()
    assert world.sync("run").code == 1
    assert world.sync("plan").code == 1
    assert [(one["event"], one["over"]) for one in heard(tmp_path)] == [("failed", False), ("failed", True)]


def test_the_log_goes_to_the_file_that_the_config_names(world: World) -> None:
    world.gg.add(email="ann@example.com")
    world.tables += '\n[log]\nfile = "logs/sync.log"\n'
    refused = world.sync("run")
    assert (refused.code, "log.file: " in refused.err) == (2, True)
    (world.folder / "logs").mkdir()
    done = world.sync("run")
    assert (done.code, done.err) == (0, "")
    lines = [json.loads(line) for line in (world.folder / "logs" / "sync.log").read_text().splitlines()]
    assert any(line["event"] == "created" or "run" in line for line in lines)
