"""A world with a Whautomate at the right and another system at the left, over HTTP, with a clock of its own."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.sandbox.base import Sandbox
from connectors.values import instant
from connectors.whautomate.names import whole_name
from connectors.whautomate.sandbox.server import LOCATION, WhautomateBehaviour, WhautomateSandbox
from state.file import StateFile
from state.webhook_hints import Hint
from state.webhook_queue import QueuedEvent, WebhookQueue
from sync.config.model import load
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.output.progress import SilentProgress
from sync.output.report import RunReport
from tests.end_to_end.world import Timeline

Left = GrowthGeniusSandbox | GrowthHubSandbox
KINDS: Final = ("growthgenius", "growthhub")
GENIUS: Final = {"phone": "mobile_phone", "company": "company_name", "tags": "label_names"}
HUB: Final = {
    "first_name": "firstName", "last_name": "lastName", "company": "companyName", "email": "email", "phone": "phone",
    "city": "city", "tags": "tags", "website": "website",
}  # fmt: skip


class Notes(SilentProgress):
    """Keeps what a run notes for its reader."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        """Keep a line."""
        self.lines.append(text)


@dataclass(slots=True)
class ListingWorld:
    """The accounts `left` and `wa`, and the connection `sales` between them. `options` and `contacts` are its keys."""

    folder: Path
    clock: Timeline
    left: Left
    wa: WhautomateSandbox
    options: dict[str, str] = field(default_factory=lambda: {"settle": '"0s"', "lookback": '"0s"'})
    contacts: dict[str, str] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=dict)
    fields: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def state_path(self) -> Path:
        """Where the state file is."""
        return self.folder / "sync.db"

    def write_config(self) -> Path:
        """Write the config file as the world has it now; return where it is."""
        if isinstance(self.left, GrowthGeniusSandbox):
            own = ['connector = "growthgenius"', f'api_key = "{self.left.api_key}"', "user_id = 78"]
            own.append(f'base_url = "{self.left.base_url}"')
        else:
            own = ['connector = "growthhub"', f'token = "{self.left.token}"']
            own += [f'location_id = "{self.left.location_id}"', f'base_url = "{self.left.url}"']
        listed = ['connector = "whautomate"', f'api_key = "{self.wa.api_key}"', f'location_id = "{LOCATION}"']
        listed += [f'base_url = "{self.wa.base_url}"', *_lines(self.account)]
        sales = ['left = "left"', 'right = "wa"', *_lines(self.options)]
        tables = {"accounts.left": own, "accounts.wa": listed, "connections.sales": sales}
        tables["connections.sales.contacts"] = _lines(self.contacts)
        text = "\n".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in tables.items())
        path = self.folder / "config.toml"
        path.write_text(f'[state]\npath = "{self.state_path}"\n{text}{self.fields}', encoding="utf-8")
        return path

    def run(self, *, skip: float = 120.0, whole: bool = False, unguarded: bool = True, lists: bool = True) -> RunReport:
        """Let time pass and carry out one run."""
        self.clock.skip(skip)
        streams = ("contacts",)
        options = RunOptions(connections=("sales",), streams=streams, whole=whole, unguarded=unguarded, lists=lists)
        progress = Notes()
        (report,) = run_connections(load(self.write_config()), options, progress, None, self.clock)
        self.notes = progress.lines
        return report

    def bring_hint(self, record: str, *, account: str = "wa") -> None:
        """Let a webhook say that a contact changed now."""
        now_ms = instant.to_ms(self.clock.now())
        hint = Hint(account, record, event_ms=now_ms)
        with closing(StateFile.open(self.state_path)) as state, state.atomic() as transaction:
            event = QueuedEvent(f"{now_ms} {record}".encode(), [(("sales", "contacts"), hint)], now_ms)
            WebhookQueue(state.db, now_ms).queue_events(transaction, [event], 10_000)

    def add_left(self, *, at: datetime | None = None, **values: Any) -> str:
        """Let a user of the left account add a contact."""
        keys = GENIUS if isinstance(self.left, GrowthGeniusSandbox) else HUB
        return self.left.add(at=at, **{keys.get(name, name): value for name, value in values.items()})

    def edit_left(self, record_id: str, **values: Any) -> None:
        """Let a user of the left account change a contact."""
        keys = GENIUS if isinstance(self.left, GrowthGeniusSandbox) else HUB
        self.left.edit(record_id, **{keys.get(name, name): value for name, value in values.items()})

    def add_wa(self, name: str, number: str | None, *, tags: list[str] | None = None, **custom: str) -> str:
        """Let a user of Whautomate add a contact."""
        return self.wa.add(name=name, phoneNumber=number, tags=tags or [], customFields=custom)

    def lefts(self) -> list[dict[str, Any]]:
        """Return the contacts of the left account in canonical words."""
        keys = GENIUS if isinstance(self.left, GrowthGeniusSandbox) else HUB
        names = ("first_name", "last_name", "email", "phone", "company", "city", "tags", "website")
        return [
            {"id": str(person["id"]), **{name: _plain(person.get(keys.get(name, name))) for name in names}}
            for person in self.left.people()
        ]

    def was(self) -> list[dict[str, Any]]:
        """Return the contacts of Whautomate in canonical words, with the whole name."""
        names = ("email", "company", "city", "website")
        return [
            {
                "id": person["id"],
                "name": person["name"],
                "phone": person["phoneNumber"],
                "tags": _plain(person["tags"]),
                **{name: _plain(person["customFields"].get(name)) for name in names},
            }
            for person in self.wa.people()
        ]

    def differences(self) -> list[str]:
        """Return in what the linked contacts of both accounts differ."""
        lefts, was = ({each["id"]: each for each in side} for side in (self.lefts(), self.was()))
        found = []
        for left_id, right_id in self.links().items():
            one, other = lefts[left_id], was[right_id]
            pairs = {
                name: (one[name], other[name]) for name in ("email", "phone", "company", "city", "tags", "website")
            }
            pairs["name"] = (whole_name(one["first_name"], one["last_name"]), other["name"])
            found += [f"{left_id} {name}: {a!r}, not {b!r}" for name, (a, b) in pairs.items() if a != b]
        return found

    def links(self) -> dict[str, str]:
        """Return the linked ids, by that of the left record."""
        with closing(sqlite3.connect(self.state_path)) as state:
            return dict(state.execute("SELECT left_id, right_id FROM link WHERE stream = 'contacts'").fetchall())

    def gone(self) -> int:
        """Return how many links have lost a record."""
        with closing(sqlite3.connect(self.state_path)) as state:
            (count,) = state.execute("SELECT count(*) FROM link WHERE gone IS NOT NULL").fetchone()
        return int(count)

    def failures(self) -> list[str]:
        """Return the reasons of all failures."""
        with closing(sqlite3.connect(self.state_path)) as state:
            return [reason for (reason,) in state.execute("SELECT reason FROM failure").fetchall()]


@contextmanager
def listing_world(
    folder: Path,
    kind: str = "growthhub",
    behaviour: WhautomateBehaviour | None = None,
    *,
    seed: int = 1,
    start: datetime | None = None,
    **left: Any,
) -> Iterator[ListingWorld]:
    """Run a world with an empty account at each side."""
    clock = Timeline(start)
    wa = WhautomateSandbox(now=clock.now, behaviour=behaviour, seed=seed)
    system = GrowthGeniusSandbox if kind == "growthgenius" else GrowthHubSandbox
    other: Left = system(now=clock.now, **left)
    with wa, other:
        yield ListingWorld(folder, clock, other, wa)
        assert wa.sends == 0


def writes(server: Sandbox) -> int:
    """Return how many calls have changed something at a server."""
    changing = {"POST", "PUT", "PATCH", "DELETE"}
    return sum(call.method in changing and not call.path.endswith("/search") for call in server.calls)


def in_minutes(count: float) -> timedelta:
    """Return a span of minutes."""
    return timedelta(minutes=count)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value or None
    return sorted(str(each).casefold() for each in value) or None if isinstance(value, list) else value


def _lines(table: Mapping[str, str]) -> list[str]:
    return [f"{key} = {value}" for key, value in table.items()]
