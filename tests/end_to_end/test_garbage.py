"""Garbage of any kind in any cell of any table: no command ends in a mistake, and a repair keeps links and shadows."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox.base import Fault
from sync.config.model import load
from sync.errors import is_expected
from sync.operations import forget, open_items
from sync.operations.explain import explain
from sync.operations.state_repair import repair
from sync.operations.status import read_status
from tests.end_to_end.message_world import made, minutes
from tests.end_to_end.world import World

GARBAGE: tuple[object, ...] = (
    "garbage", "", "[]", "{}", "null", "1", "1.5", "true", '"x"', '["x"]', '[["x", 1]]',
    '{"a": [1]}', "[[1]]", "\x00", b"\xff\x00", 0, -1, 7, 2.5,
    2**63 - 1, -(2**62),
)  # fmt: skip
NO_UTF8 = "CAST(X'ff41' AS TEXT)"
KEPT = (
    "SELECT id, hex(connection), hex(stream), hex(left_id), hex(right_id), hex(left_shadow), hex(right_shadow),"
    " hex(mapping) FROM link ORDER BY id"
)

MORE = (
    "INSERT INTO trouble VALUES (1, 'contacts', 'left', '99', 1)",
    (
        "INSERT INTO intent (run, connection, stream, side, source_id, sent_ms, sent, source)"
        " SELECT 'r', 1, 'contacts', 'right', '99', 1772442000000, '{}', json_object('shadow', '[]', 'mapping', 1,"
        " 'memory', json('{}'), 'digest', NULL, 'person', CAST(json_object('id', '99', 'fields', json('{}'), 'created',"
        " NULL, 'updated', NULL, 'marker', NULL, 'phones', json('[]'), 'unmapped', json('{}'), 'memory', json('{}')) AS"
        " TEXT))"
    ),
    "INSERT INTO parked SELECT max(id), 'left', connection, 1772442000000, 0 FROM link WHERE stream = 'contacts'",
    "INSERT INTO held SELECT min(id), 'title', 1, 'contacts', 1, 'r' FROM link",
    "INSERT INTO owed SELECT min(id), 'right', 'title', 1, 'contacts', 'null', 'r' FROM link",
    "INSERT INTO company VALUES ('gg', 'example.com', '{}', 1)",
    "INSERT INTO schedule VALUES ('sales', 'contacts', 1772442000000, '')",
    "INSERT INTO told VALUES ('sales', 'contacts', 'failed', 'k', 1, 1, NULL)",
    "INSERT INTO hint VALUES ('sales', 'contacts', 'gh', 'x', '', 0, 1772442000000, 1772442000000, 1)",
    "INSERT INTO webhook VALUES (X'00', 1772442000000)",
    "INSERT INTO heard VALUES ('sales', 1772442000000)",
    "INSERT OR REPLACE INTO tally VALUES (1, 0, 'contacts', 'gg', 'created', 1)",
    "INSERT INTO holder VALUES ('other', 1, 'here', 1)",
    "INSERT INTO approval VALUES (1, 'large', 'r', 1772442000000, '{\"examples\": []}', NULL, NULL)",
    "INSERT INTO pause VALUES ('other', 1772442000000, 'ann')",
    "INSERT INTO activity VALUES ('sales', 'r', 'writing', 1, 2, 1772442000000, 1772442000000, 1772442000000)",
    "INSERT INTO scope_verdict VALUES (1, 'left', '99', X'00', 1)",
)


class Filled:
    """A world with something in each table of its state; the state can be put back as it was."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.saved = world.folder / "saved.db"
        _fill(world)
        with closing(sqlite3.connect(world.state_path)) as db, closing(sqlite3.connect(self.saved)) as copy:
            db.backup(copy)
        with closing(sqlite3.connect(self.saved)) as db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%'")]
            own = [name for name in names if not name.startswith(("sqlite_", "_sqlite", "about"))]
            self.cells = [(name, row[1]) for name in own for row in db.execute(f"PRAGMA table_info({name})")]
            self.empty = [name for name in own if not db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]]

    def spoil(self, table: str, column: str, garbage: object) -> bool:
        """Put the file back, and garbage into one row of a column; return whether the file takes it."""
        for end in ("-wal", "-shm"):
            self.world.state_path.with_name(f"{self.world.state_path.name}{end}").unlink(missing_ok=True)
        copyfile(self.saved, self.world.state_path)
        value, values = (NO_UTF8, ()) if garbage is NO_UTF8 else ("?", (garbage,))
        with closing(sqlite3.connect(self.world.state_path)) as db, db:
            db.execute("PRAGMA ignore_check_constraints = ON")
            where = f"{column} IS (SELECT {column} FROM {table} ORDER BY {column} IS NULL LIMIT 1)"
            try:
                db.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}", values)
            except sqlite3.Error:
                return False
        return True

    def kept(self) -> list[dict[str, Any]]:
        return self.world.rows(KEPT)


def _fill(world: World) -> None:
    world.contacts["conflicts"] = '"manual"'
    for number in range(3):
        world.gg.add(first_name="Ann", email=f"ann{number}@example.com", mobile_phone=f"+1 212 555 012{number}")
    world.run()
    left, right = next(iter(world.links().items()))
    world.gg.add_message(left, rendered_copy="Hello", at=minutes(-5))
    world.gg.edit(left, city="Rome")
    world.gh.edit(right, city="Oslo")
    world.gg.add(first_name="Bad", email="bad@example.com, worse@example.com")
    world.gh.faults.append(Fault("status", "POST", "/contacts/$", status=422, body={"message": ["no"]}))
    world.run()
    config = load(world.config_path)
    for who in ("ann1@example.com", "ann2@example.com"):
        forget.forget(config, who, lambda _: None)
    forget.lift(config, "ann2@example.com")
    with closing(sqlite3.connect(world.state_path)) as db, db:
        for statement in MORE:
            db.execute(statement)


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    with TemporaryDirectory() as folder:
        world = made(Path(folder))
        with world.gg, world.gh:
            yield Filled(world)


def _works(action: Callable[[], object]) -> None:
    """Do something; what it may end with is an error that a user can act on."""
    try:
        action()
    except Exception as error:
        if not is_expected(error):
            raise


def _survives(filled: Filled, table: str, column: str, garbage: object) -> None:
    if not filled.spoil(table, column, garbage):
        return
    world, before = filled.world, filled.kept()
    config = load(world.config_path)
    assert [one["name"] for one in read_status(config)["connections"]] == ["sales"]
    for look in (open_items.conflicts, open_items.failures):
        _works(partial(look, config))
    _works(partial(explain, config, "ann0@example.com", None))
    _works(partial(world.run, dry_run=True))
    _works(partial(repair, config))
    assert filled.kept() == before
    assert [one["name"] for one in read_status(config)["connections"]] == ["sales"]
    _works(world.run)


def test_every_table_of_the_filled_state_holds_something(filled: Filled) -> None:
    assert filled.empty == ["token"]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_garbage_in_any_cell_ends_a_command_in_a_mistake(filled: Filled, data: st.DataObject) -> None:
    table, column = data.draw(st.sampled_from(filled.cells))
    _survives(filled, table, column, data.draw(st.sampled_from([*GARBAGE, NO_UTF8])))
