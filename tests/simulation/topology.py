"""Several accounts in a hub or a triangle, under one seed: edits, faults and runs, until everything is at rest.

The clock is virtual and every decision is drawn from the seed, as in tests.simulation.world. What must hold at the end
is said by tests.simulation.topology_verdict.
"""

import random
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final, Literal, Self

from connectors.apollo.sandbox.server import ApolloQuirks
from connectors.http.rate_headers import RateLimit
from connectors.sandbox.base import Call, Fault
from connectors.whautomate.sandbox.server import LOCATION, WhautomateBehaviour
from sync.config.model import load
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.output.progress import SilentProgress
from sync.output.report import RunReport
from tests.end_to_end.world import is_write
from tests.simulation.contact_observer import (
    BULK_KEYS,
    LEFT_KEYS,
    RIGHT_KEYS,
    Shown,
    of_bulk,
    of_left,
    of_listed,
    of_right,
)
from tests.simulation.people import TAGS, WATCHED
from tests.simulation.servers import TIMED_OUT, Agenda, Bulk, Left, Listed, Right, Road, one_after_the_other, skewed
from tests.simulation.world import DAY, JUST_MADE, KINDS, LATE, METHODS, SETTLE, STARTS

GENIUS: Final = "growthgenius"
HUB: Final = "growthhub"
LISTED: Final = "whautomate"
BULK: Final = "apollo"
SHAPES: Final = {
    "hub": ({"a": GENIUS, "h": HUB, "b": GENIUS}, ("ah", "hb")),
    "locations-hub": ({"a": GENIUS, "h": HUB, "i": HUB}, ("ha", "ai")),
    "triangle": ({"a": GENIUS, "h": HUB, "i": HUB}, ("ah", "hi", "ia")),
    "locations": ({"h": HUB, "i": HUB}, ("hi",)),
    "prospectors": ({"a": GENIUS, "b": GENIUS}, ("ab",)),
    "listed-prospector": ({"a": GENIUS, "w": LISTED}, ("aw",)),
    "listed-location": ({"h": HUB, "w": LISTED}, ("wh",)),
    "listed-hub": ({"a": GENIUS, "h": HUB, "w": LISTED}, ("ah", "hw")),
    "bulk-prospector": ({"a": GENIUS, "p": BULK}, ("ap",)),
    "bulk-location": ({"h": HUB, "p": BULK}, ("ph",)),
    "bulk-listed": ({"p": BULK, "w": LISTED}, ("pw",)),
    "bulk-hub": ({"a": GENIUS, "h": HUB, "p": BULK}, ("ah", "hp")),
}
"""The accounts of each shape with their systems, and its connections: left and right."""

Server = Left | Right | Listed | Bulk

PLACE: Final = frozenset({"city", "state"})
"""What Apollo takes as one address and infers again: not watched there."""
UNHURRIED: Final = RateLimit(10_000, 60.0, 1_000_000, ((3600.0, 100_000), (86_400.0, 1_000_000)))

ROUNDS: Final = 6
"""Rounds of all connections after which all accounts are at rest."""


@dataclass(slots=True)
class Node:
    """One account: its server, and what people do there under canonical names."""

    name: str
    server: Server

    def add(self, values: dict[str, Any]) -> str:
        """Add a contact; return its id."""
        if isinstance(self.server, Listed):
            return self.server.add(**_listed_keys(values), name=f"{values['first_name']} {values['last_name']}")
        if isinstance(self.server, Bulk):
            return self.server.add(_bulk_keys(self.server, values))
        native, custom = self._keys(values)
        if isinstance(self.server, Left):
            return self.server.add(**native)
        return self.server.add(custom=custom, **native)

    def change(self, record: str, values: dict[str, Any]) -> None:
        """Edit a contact."""
        if isinstance(self.server, Listed):
            self.server.edit(record, **_listed_keys(values))
            return
        if isinstance(self.server, Bulk):
            self.server.edit(record, _bulk_keys(self.server, values))
            return
        native, custom = self._keys(values)
        if isinstance(self.server, Left):
            self.server.edit(record, **native)
        else:
            self.server.edit(record, custom=custom, **native)

    def shown(self) -> dict[str, Shown]:
        """Return what each record shows, by id."""
        server = self.server
        if isinstance(server, Left):
            return {str(one["id"]): of_left(one) for one in server.people()}
        if isinstance(server, Listed):
            return {str(one["id"]): of_listed(one) for one in server.people()}
        if isinstance(server, Bulk):
            labels = {key: each["label"] for key, each in server.fields.items()}
            return {one["id"]: of_bulk(one, labels, server.labels) for one in server.people()}
        keys = {each.id: each.key for each in server.fields.values()}
        return {str(one["id"]): of_right(one, keys) for one in server.people()}

    def _keys(self, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        names = {**LEFT_KEYS, "tags": "label_names"} if isinstance(self.server, Left) else RIGHT_KEYS
        keys = {names.get(name, name): value for name, value in values.items()}
        custom = {key: value for key, value in keys.items() if key.startswith("contact.")}
        return {key: value for key, value in keys.items() if key not in custom}, custom


def _listed_keys(values: dict[str, Any]) -> dict[str, Any]:
    """Return what users of Whautomate type: its own keys, and custom fields, an empty one as an empty text."""
    own = {"phone": "phoneNumber", "tags": "tags"}
    custom = {name: value or "" for name, value in values.items() if name not in own}
    return {**{own[name]: value for name, value in values.items() if name in own}, "customFields": custom}


def _bulk_keys(server: Bulk, values: dict[str, Any]) -> dict[str, Any]:
    """Return what users of Apollo type: its own keys, and custom fields by their ids."""
    own = {**BULK_KEYS, "tags": "label_names", "phone": "mobile_phone"}
    ids = {each["label"]: key for key, each in server.fields.items()}
    keys = {own[name]: value or "" for name, value in values.items()}
    custom = {ids[key]: value for key, value in keys.items() if key in ids}
    return {**{key: value for key, value in keys.items() if key not in ids}, "typed_custom_fields": custom}


@dataclass(frozen=True, slots=True)
class Written:
    """A value that a person wrote: at which account, when (seconds), and of which contact."""

    at: float
    node: str
    token: str
    field: str
    value: str | None


@dataclass(slots=True)
class Network:
    """The accounts of a shape and their connections. Use it as a context manager; `folder` is empty and its own."""

    seed: int
    shape: str
    folder: Path
    chance: Random = field(init=False)
    clock: Agenda = field(init=False)
    nodes: dict[str, Node] = field(default_factory=dict)
    connections: tuple[str, ...] = ()
    written: list[Written] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    reports: list[RunReport] = field(default_factory=list)
    _words: int = 0
    _tokens: int = 0
    _busy: bool = False
    _asked: tuple[str, str] = ("", "")
    _made: dict[tuple[str, str], float] = field(default_factory=dict)
    _looked_at: set[tuple[str, str]] = field(default_factory=set)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self.chance = Random(self.seed)  # noqa: S311 - a world to repeat, no secret
        self.clock = Agenda(self.chance.choice(STARTS))
        self._stack.enter_context(one_after_the_other(self.clock))
        state = random.getstate()
        self._stack.callback(random.setstate, state)
        random.seed(self.seed)
        accounts, connections = SHAPES[self.shape]
        self.connections = tuple(self.chance.sample(connections, len(connections)))
        for number, (name, kind) in enumerate(accounts.items()):
            self.nodes[name] = Node(name, self._server(name, kind, self.seed + number))
        self._write_config()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

    @property
    def state_path(self) -> Path:
        """Where the state file is."""
        return self.folder / "sync.db"

    @property
    def is_listed(self) -> bool:
        """Say whether an account can only be listed. Then every contact has a number, and names are not edited."""
        return any(isinstance(node.server, Listed) for node in self.nodes.values())

    @property
    def has_bulk(self) -> bool:
        """Say whether an account takes many contacts in a call. Then no places are watched."""
        return any(isinstance(node.server, Bulk) for node in self.nodes.values())

    def live(self) -> None:
        """Run a whole simulation as its seed decides, and come to rest."""
        for _ in range(self.chance.randrange(3, 9)):
            self._add()
        for _ in range(self.chance.randrange(3, 7)):
            for _ in range(self.chance.randrange(8)):
                self.clock.skip(self.chance.choice((0.002, 2.5, 7.0, 40.0)))
                self._act()
            for node in self.nodes.values():
                node.server.faults = [self._fault() for _ in range(self.chance.randrange(3))]
            for name in self.chance.sample(self.connections, self.chance.randint(1, len(self.connections))):
                self._busy = True
                self.run(name, whole=self.chance.random() < 0.1)
                self._busy = False
        self.calm()

    def calm(self) -> None:
        """Let all trouble end, and everything settle."""
        for node in self.nodes.values():
            node.server.faults = []
        for number in range(ROUNDS):
            for name in self.connections:
                self.run(name, skip=DAY if number in (3, 5) else 2 * SETTLE, whole=number == 2)

    def run(self, connection: str, *, skip: float | None = None, whole: bool = False) -> RunReport:
        """Carry out a run of one connection."""
        self.clock.skip(self.chance.choice((0.0, 2.0, SETTLE, 2 * SETTLE)) if skip is None else skip)
        options = RunOptions(connections=(connection,), unguarded=True, whole=whole)
        config = load(self.folder / "config.toml")
        (report,) = run_connections(config, options, SilentProgress(), lambda _: True, self.clock)
        self.reports.append(report)
        self._looked_at.clear()
        return report

    def _server(self, name: str, kind: str, seed: int) -> Server:
        road = Road(self.clock, Random(self.chance.randrange(2**32)))  # noqa: S311 - a world to repeat
        road.made = lambda _side, person: self._made.__setitem__((name, str(person["id"])), self.clock.monotonic())
        road.before = lambda _side, call: self._meanwhile(name, call)
        offset = skewed(self.chance)
        server: Server
        if kind == LISTED:
            server = Listed(now=self.clock.now, clock_offset=offset, seed=seed, behaviour=self._listed_behaviour())
        elif kind == BULK:
            quirks = ApolloQuirks(guesses=self.chance.random() < 0.7, rows_lack_places=self.chance.random() < 0.5)
            server = Bulk(now=self.clock.now, clock_offset=offset, rate=UNHURRIED, quirks=quirks)
            for title in ("Industry", "Custom1", "Custom9"):
                server.add_field(title)
        elif kind == GENIUS:
            server = Left(now=self.clock.now, clock_offset=offset, seed=seed)
        else:
            server = Right(now=self.clock.now, clock_offset=offset)
            server.location_id = f"loc{name}{seed}"
            for title in ("Job Title", "Custom1", "Industry", "Custom9"):
                server.add_field(title)
        server.road = road
        self._stack.enter_context(server)
        return server

    @property
    def _editable(self) -> tuple[str, ...]:
        watched = WATCHED[2:] if self.is_listed else WATCHED
        return tuple(name for name in watched if name not in PLACE) if self.has_bulk else watched

    def _listed_behaviour(self) -> WhautomateBehaviour:
        pick = self.chance.choice
        put_tags: Literal["replaces", "adds", "ignores"] = pick(("replaces", "adds", "ignores"))
        tag_calls: Literal["work", "missing", "silent", "wordless"] = pick(("work", "wordless"))
        if put_tags == "replaces":  # else some call has to take tags, or they cannot travel
            tag_calls = pick(("work", "missing", "silent", "wordless"))
        return WhautomateBehaviour(
            lists=pick(("bare", "data", "contacts")), largest_page=pick((2, 5, 100)),
            order=pick(("newest", "oldest", "updated", "shifting")), repeats=pick((False, True)),
            times=pick(("true", "hidden", "frozen")), phones=pick(("plus", "bare")), put=pick(("replaces", "merges")),
            put_custom_fields=pick(("replaces", "merges")), put_tags=put_tags,
            tag_calls=tag_calls, list_of_fields=pick((False, True)),
            doubles=pick(("made", "refused", "upserted")), missing=pick(("404", "400", "null", "empty")),
            search=pick(("text", "ignored", "nothing")), errors=pick(("status", "ok")),
        )  # fmt: skip

    def _write_config(self) -> None:
        lines = ['[status_page]\nlisten = "off"']
        for name, node in self.nodes.items():
            server = node.server
            if isinstance(server, Left):
                key = f'api_key = "{server.api_key}"\nuser_id = 78\nbase_url = "{server.base_url}"'
                lines.append(f'[accounts.{name}]\nconnector = "growthgenius"\n{key}')
            elif isinstance(server, Listed):
                key = f'api_key = "{server.api_key}"\nlocation_id = "{LOCATION}"\nbase_url = "{server.base_url}"'
                lines.append(f'[accounts.{name}]\nconnector = "whautomate"\n{key}')
            elif isinstance(server, Bulk):
                key = f'api_key = "{server.key}"\nbase_url = "{server.base_url}"'
                lines.append(f'[accounts.{name}]\nconnector = "apollo"\n{key}')
            else:
                key = f'token = "{server.token}"\nlocation_id = "{server.location_id}"\nbase_url = "{server.url}"'
                lines.append(f'[accounts.{name}]\nconnector = "growthhub"\n{key}')
        for left, right in map(tuple, self.connections):
            policy = self.chance.choice(("newest", "newest", "left", "right"))
            sides = f'left = "{left}"\nright = "{right}"\nsettle = "{SETTLE:.0f}s"\nlookback = "10m"'
            lines.append(f"[connections.{left}{right}]\n{sides}")
            lines.append(f'[connections.{left}{right}.contacts]\nconflicts = "{policy}"')
        path = self.folder / "config.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        path.chmod(0o600)

    def _fault(self) -> Fault:
        kind, chance = self.chance.choice(KINDS), self.chance
        status = chance.choice((500, 502, 503, 429, TIMED_OUT) if kind == "status" else (500, 502, 504, TIMED_OUT))
        return Fault(
            kind, method=chance.choice(METHODS), path="/contacts", skip=chance.randrange(8),
            times=chance.choice((1, 1, 1, 2, 30)), status=status,
            headers={"Retry-After": "3"} if status == 429 else {}, delay=chance.uniform(0.1, LATE),
        )  # fmt: skip

    def _meanwhile(self, name: str, call: Call) -> None:
        """People go on while a run reads; between look and write they leave a record alone (R19)."""
        record = (name, call.path.rpartition("/contacts/")[2].partition("/tags")[0])
        self._asked = (name, call.path)
        if self._busy and not is_write(call) and self.chance.random() < 0.1:
            self._act()
        if call.method == "GET" and "/contacts/" in call.path:
            self._looked_at.add(record)
        elif is_write(call) and not isinstance(self.nodes[name].server, Listed):  # which is read after a write, too
            self._looked_at.discard(record)

    def _act(self) -> None:
        deed = self.chance.choices((self._edit, self._clear, self._tag, self._add, self._remove), (20, 4, 5, 5, 1))[0]
        deed()

    def _edit(self) -> None:
        names = self.chance.sample(self._editable, self.chance.choice((1, 1, 2)))
        self._change({name: self._word(name) for name in names})

    def _clear(self) -> None:
        self._change({self.chance.choice(self._editable): None})

    def _tag(self) -> None:
        found = self._someone()
        if found is None:
            return
        node, record, shown = found
        had = {name.removeprefix("tags:") for name in shown if name.startswith("tags:")}
        tag = self.chance.choice(TAGS).casefold()
        node.change(record, {"tags": sorted(had ^ {tag})})
        self._note(node, shown["custom9"], {f"tags:{tag}": None if tag in had else "yes"})

    def _add(self) -> None:
        node = self.nodes[self.chance.choice(list(self.nodes))]
        self._tokens += 1
        token = f"token{self._tokens}"
        email = f"person{self._tokens}@example.com" if self.chance.random() < 0.85 else None
        names = (
            "first_name",
            "last_name",
            self.chance.choice([name for name in self._editable if name in WATCHED[2:]]),
        )
        values = {name: self._word(name) for name in names}
        number = {}
        if self.is_listed:
            values = {name: value.replace(" ", "") for name, value in values.items()}
            key = "mobile_phone" if isinstance(node.server, Left) else "phone"
            number = {key: f"+1212555{self._tokens:04}"}
        node.add({**values, **number, "email": email, "custom9": token})
        self._note(node, token, {**values, "email": email})

    def _remove(self) -> None:
        found = self._someone()
        if found is not None:
            node, record, shown = found
            self.removed.add(shown["custom9"] or "")
            node.server.remove(record)

    def _change(self, values: dict[str, str | None]) -> None:
        found = self._someone()
        if found is not None:
            node, record, shown = found
            node.change(record, values)
            self._note(node, shown["custom9"], values)

    def _someone(self) -> tuple[Node, str, Shown] | None:
        node = self.nodes[self.chance.choice(list(self.nodes))]
        if self._busy and isinstance(node.server, Bulk) and not self._is_before_look(node):
            return None
        spared = self._looked_at | self._just_made()
        free = [(record, shown) for record, shown in node.shown().items() if (node.name, record) not in spared]
        return (node, *self.chance.choice(free)) if free else None

    def _is_before_look(self, node: Node) -> bool:
        """Say whether a search is about to be answered: between it and a write of many lies the gap of R34."""
        return self._asked[0] == node.name and self._asked[1].endswith("/contacts/search")

    def _just_made(self) -> set[tuple[str, str]]:
        """Return the records of the last moment: no time would separate an edit of them from their create."""
        now = self.clock.monotonic()
        return (
            {who for who, at in self._made.items() if now - at < JUST_MADE}
            if self.is_listed or self.has_bulk
            else set()
        )

    def _note(self, node: Node, token: str | None, values: dict[str, str | None]) -> None:
        now = self.clock.monotonic()
        for name, value in values.items():
            plain = value.casefold() if value else None
            self.written.append(Written(now, node.name, token or "", name, plain))

    def _word(self, name: str) -> str:
        self._words += 1
        return f"{name.title().replace('_', '')} {self._words}"
