"""What a browser looks at: two weeks in the life of the demo's invented contacts, and the page over what is remembered.

Everything of the two weeks comes from one seed, and the clock stands still except where a test moves it; it ends at
the machine's time, from which the page counts.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from state.file import StateFile
from state.lock import hold_daemon
from state.schedule import PlannedRun, plan_runs
from sync.config.model import Config
from sync.config.value_types import Address
from sync.demo import sample_contacts
from sync.demo.contact_generator import Fields, SampleRecord, Side, population
from sync.demo.sample_contacts import Edit
from sync.demo.servers import Servers, serving
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.http_server.listener import Listener
from sync.output.progress import SilentProgress
from sync.page.application import application
from sync.page.daemon_runs import DaemonRuns
from sync.rules.contact_codec import to_ms
from tests.end_to_end.world import Timeline

DAYS = 14
SEED = 5
RECENT = 40.0
"""Seconds since the last edits."""
SIDES: tuple[Side, ...] = ("left", "right")
CITIES = ("Austin", "Boston", "Chicago", "Denver", "Eugene", "Fargo")
DISPUTED = (
    ("ann.reed@example.com", {"title": "Head of Sales"}, {"title": "Sales Director"}),
    ("dan.webb@example.com", {"website": "https://dan.example.com"}, {"website": "https://webb.example.com"}),
    (sample_contacts.DISPUTED, {"city": "Chicago"}, {"city": "Denver"}),
)
"""The contact with a record that is changed on both sides in the same second: what the left and the right get."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The page, and what it shows."""

    url: str
    config: Config
    runs: DaemonRuns


@contextmanager
def scene(days: int = DAYS) -> Iterator[Scene]:
    """Live through so many days, and show the page until the block ends."""
    clock = Timeline(datetime.now(UTC) - timedelta(days=days + 4))
    with serving(clock, keep=False) as servers, ExitStack() as stack:
        _live(servers, clock, days)
        state = stack.enter_context(closing(StateFile.open(servers.config.state.path)))
        now_ms = to_ms(datetime.now(UTC)) or 0
        stack.enter_context(hold_daemon(state, now_ms))
        with state.atomic() as db:
            plan_runs(db, [PlannedRun("sales", name, now_ms + 263_000) for name in ("contacts", "messages")])
        runs = DaemonRuns(lambda: (), lambda: True)
        shown = application(lambda: servers.config, runs, ours=lambda _client, _server: True)
        listener = Listener(shown, Address("127.0.0.1", 0), "status_page.listen").start()
        stack.callback(listener.stop)
        yield Scene(f"http://{listener.address}", servers.config, runs)


def _live(servers: Servers, clock: Timeline, days: int) -> None:
    chance = Random(SEED)  # noqa: S311 - what happens in two weeks, no secret
    for arrival in (*population(), *(one for one, _, _ in sample_contacts.DIRTY), *sample_contacts.KNOWN):
        servers.add_record(arrival)
    _run(servers, clock)
    clock.skip(2 * 86400)
    _run(servers, clock)
    clock.skip(2 * 86400)
    for day in range(1, days):
        clock.skip(86400)
        for number in range(chance.randrange(2, 14) if day % 7 not in (2, 3) else 1):
            servers.add_record(_newcomer(day, number, chance))
        for _ in range(chance.randrange(4, 30)):
            _move(servers, chance)
        _run(servers, clock)
    clock.skip((datetime.now(UTC) - clock.now()).total_seconds() - RECENT)
    for edit in sample_contacts.EARLIER[1:5]:
        servers.edit(edit)
    for message in sample_contacts.MESSAGES:
        servers.add_message(message)
    for who, left, right in DISPUTED:
        servers.edit(Edit("left", who, "", left))
        servers.edit(Edit("right", who, "", right))
    _run(servers, clock)


def _newcomer(day: int, number: int, chance: Random) -> SampleRecord:
    email, side = f"guest.{day}.{number}@example.com", chance.choice(SIDES)
    country = "USA" if side == "left" else "US"
    fields: Fields = {"first_name": "Guest", "last_name": f"Of day {day}", "email": email, "country": country}
    return SampleRecord(side, fields, timedelta(0))


def _move(servers: Servers, chance: Random) -> None:
    server = servers.side(chance.choice(SIDES))
    record = chance.choice([one for one in server.contacts() if one.get("email")])
    server.edit(str(record["id"]), {"city": chance.choice(CITIES)})


def _run(servers: Servers, clock: Timeline) -> None:
    clock.skip(3)
    (report,) = run_connections(servers.config, RunOptions(), SilentProgress(), None, clock)
    assert not report.errors
