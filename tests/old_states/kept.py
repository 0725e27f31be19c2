"""A state file of a released schema as it is kept here, with the world that it belongs to.

A folder `schema_N` has

    state.sql    the state file as SQL text, so that it can be read and reviewed
    world.json   what both servers held at that moment, the time, and the options of the connection
    said.json    what `sync status`, `conflicts list` and `failures list` said, by the version that wrote the file
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from connectors.growthgenius.sandbox.server import FIELDS, GrowthGeniusSandbox
from connectors.growthhub.sandbox.records import Field
from connectors.values import instant
from state.file import PAGE_BYTES
from state.version import APPLICATION_ID
from tests.durability.world import KillWorld
from tests.end_to_end.world import Hub

HERE = Path(__file__).parent
PREFIX = "schema_"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptState:
    """One of the kept files."""

    folder: Path

    @classmethod
    def of(cls, version: int) -> Self:
        """Return the one of a version."""
        return cls(HERE / f"{PREFIX}{version}")

    @property
    def version(self) -> int:
        """The schema that the file was written under."""
        return int(self.folder.name.removeprefix(PREFIX))

    @property
    def said(self) -> Document:
        """What the commands said of it, by name."""
        return dict(json.loads((self.folder / "said.json").read_text(encoding="utf-8")))

    def keep(self, world: KillWorld, said: Document) -> None:
        """Write the folder."""
        self.folder.mkdir(exist_ok=True)
        _write_json(self.folder / "said.json", said)
        _write_json(self.folder / "world.json", described(world))
        (self.folder / "state.sql").write_text(dumped(world.state_path), encoding="utf-8")

    def world(self, folder: Path) -> KillWorld:
        """Return the world as it was, with its state file and config in `folder`; not started yet."""
        result = json.loads((self.folder / "world.json").read_text(encoding="utf-8"))
        world = KillWorld.create(folder, live=False, start=datetime.fromisoformat(result["now"]))
        world.options, world.contacts = result["options"], result["contacts"]
        world.removed = result["removed"]
        _fill_left(world.gg, result["growthgenius"])
        _fill_right(world.gh, result["growthhub"])
        restore(world.state_path, (self.folder / "state.sql").read_text(encoding="utf-8"))
        return world


def kept_states() -> list[KeptState]:
    """Return all of them, oldest first."""
    return sorted((KeptState(each) for each in HERE.glob(f"{PREFIX}*")), key=lambda each: each.version)


def dumped(path: Path) -> str:
    """Return a state file as SQL text that makes it again."""
    with closing(sqlite3.connect(path)) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("UPDATE holder SET pid = 4242, host = 'host.example.com'")  # of the machine, and not kept
        head = {"page_size": PAGE_BYTES, "application_id": APPLICATION_ID, "user_version": version}
        return "\n".join([*(f"PRAGMA {name} = {value};" for name, value in head.items()), *db.iterdump()]) + "\n"


def restore(path: Path, sql: str) -> None:
    """Make a state file from its SQL text, readable by its owner alone."""
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(sql)


def described(world: KillWorld) -> Document:
    """Return what both servers hold, and when; empty values are left out."""
    gg, gh = world.gg, world.gh
    return {
        "now": world.clock.now().isoformat(),
        "options": world.options,
        "contacts": world.contacts,
        "removed": world.removed,
        "growthgenius": {"next_id": gg._next_id, "people": [_without_empty(person) for person in gg.people()]},
        "growthhub": {
            "made": gh._made,
            "users": gh.users,
            "fields": [[each.id, each.key, each.name, each.kind, each.position] for each in gh.fields.values()],
            "people": [_without_empty(person) for person in gh._records.values()],
        },
    }


def _fill_left(gg: GrowthGeniusSandbox, result: Document) -> None:
    for person in result["people"]:
        updated = instant.parse(person["updated_at"])
        assert updated is not None
        gg.stores["contact"].put(str(person["id"]), dict.fromkeys(FIELDS) | person, instant.to_ms(updated))
    gg._next_id = result["next_id"]


def _fill_right(gh: Hub, result: Document) -> None:
    gh.users = result["users"]
    gh.fields = {each[0]: Field(*each) for each in result["fields"]}
    for person in result["people"]:
        gh._keep({"tags": [], "customFields": {}, "dnd": False, **person})
    gh._made = result["made"]


def _without_empty(record: Mapping[str, Any]) -> Document:
    return {key: value for key, value in record.items() if value not in (None, [], {}, False)}


def _write_json(path: Path, content: Any) -> None:
    path.write_text(_lines(content) + "\n", encoding="utf-8")


def _lines(content: Any, depth: int = 0) -> str:
    """Write JSON with one line per record, as users review it."""
    if depth == DEEP or not isinstance(content, dict | list) or not content:
        return json.dumps(content, ensure_ascii=False)
    inner = " " * (depth + 1)
    if isinstance(content, list):
        return "[\n" + _joined(f"{inner}{_lines(each, DEEP)}" for each in content) + f"\n{' ' * depth}]"
    pairs = (f"{inner}{json.dumps(name)}: {_lines(value, depth + 1)}" for name, value in content.items())
    return "{\n" + _joined(pairs) + f"\n{' ' * depth}}}"


def _joined(lines: Iterable[str]) -> str:
    return ",\n".join(lines)


DEEP = 3
"""From so deep on, JSON is written in one line."""
