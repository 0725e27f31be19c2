"""A state file with garbage in a cell: named, mended where it can be, and never a mistake of growthsync."""

import re
import sqlite3
from contextlib import closing, suppress
from shutil import copyfile
from typing import Any

import pytest

from connectors.sandbox.base import Fault
from state.errors import StateError
from sync.config.model import load
from sync.operations import open_items
from sync.operations.state_repair import repair
from sync.operations.status import read_status
from tests.end_to_end.world import World
from tests.thorough import pairs

GARBAGE = "garbage"


@pytest.fixture
def synced(world: World) -> World:
    for number in range(3):
        world.gg.add(first_name="Ann", last_name=f"Example {number}", email=f"ann{number}@example.com")
    assert world.run().exit_code == 0
    return world


def damage(world: World, statement: str, value: object = GARBAGE) -> None:
    with closing(sqlite3.connect(world.state_path)) as db, db:
        assert db.execute(statement, (value,) * statement.count("?")).rowcount


def told_by(world: World) -> str | None:
    """Return what a run says of the state, or of a contact alone; None where it carries everything."""
    try:
        report = world.run()
    except StateError as error:
        return str(error)
    reasons = [row["reason"] for row in world.rows("SELECT reason FROM failure")]
    assert report.exit_code == (1 if reasons else 0)
    return "; ".join(reasons) or None


MENDED = [
    ("allowance", "facts", "UPDATE allowance SET facts = ?"),
    ("allowance", "facts", "UPDATE allowance SET facts = facts || '{'"),
    ("link", "left_memory", "UPDATE link SET left_memory = ? WHERE id = 1"),
    ("link", "right_memory", "UPDATE link SET right_memory = '[]' WHERE id = 1"),
    ("link", "left_digest", "UPDATE link SET left_digest = ? WHERE id = 1"),
    ("link", "right_seen_ms", "UPDATE link SET right_seen_ms = ? WHERE id = 1"),
    ("setting", "value", "UPDATE setting SET value = ?"),
    ("cursor", "end_ms", "UPDATE cursor SET end_ms = ? WHERE side = 'left'"),
    ("cursor", "end_ms", "UPDATE cursor SET end_ms = 9000000000000000000 WHERE side = 'right'"),
    ("person", "phones", "UPDATE person SET phones = ? WHERE side = 'left'"),
    ("run", "report", "UPDATE run SET report = ?"),
]


@pytest.mark.parametrize(("table", "column", "statement"), MENDED)
def test_what_is_learned_again_is_named_and_repaired(synced: World, table: str, column: str, statement: str) -> None:
    damage(synced, statement)
    links = synced.links()
    synced.gg.edit(next(iter(links)), city="Lyon")
    config = load(synced.config_path)
    assert read_status(config)["connections"][0]["name"] == "sales"
    said = told_by(synced)
    if said is None:  # nothing had to read the cell, or it was written again
        assert column in ("report", "value", "left_digest", "right_memory", "phones", "right_seen_ms", "end_ms")
    else:
        assert f"table {table}, row " in said
        assert f"column {column}: " in said
        assert "sync state repair" in said
        assert GARBAGE not in said
    repaired = repair(config)
    assert repaired["left"] == []
    assert synced.run().exit_code == 0
    assert synced.links() == links
    assert synced.at_right(next(iter(links)))["city"] == "Lyon"
    assert len(synced.gh.people()) == len(synced.gg.people()) == 3
    assert repair(config)["dropped"] == []


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("link", "UPDATE link SET left_shadow = ? WHERE id = 2"),
        ("link", "UPDATE link SET right_shadow = '[1]' WHERE id = 2"),
        ("link", "UPDATE link SET left_shadow = CAST(X'ff' AS TEXT) WHERE id = 2"),
        ("mapping", "UPDATE mapping SET fields = ?"),
    ],
)
def test_shadows_and_mappings_are_named_and_never_touched(synced: World, table: str, statement: str) -> None:
    damage(synced, statement)
    shown = "SELECT hex(l.left_shadow) AS l, hex(l.right_shadow) AS r, m.fields FROM link l, mapping m ORDER BY l.id"
    before = synced.rows(shown)
    config = load(synced.config_path)
    assert read_status(config)["connections"][0]["failures"] == 0
    repaired = repair(config)
    assert repaired["dropped"] == []
    assert {one["table"] for one in repaired["left"]} == {table}
    assert synced.rows(shown) == before
    synced.gg.edit(list(synced.links())[1], city="Lyon")
    said = told_by(synced) or ""
    assert f"damaged at table {table}, row " in said
    assert "restore the file from a backup" in said


def test_the_command_line_says_what_is_damaged_and_what_to_do(synced: World) -> None:
    damage(synced, "UPDATE link SET left_memory = ?, right_shadow = ? WHERE id = 1")
    synced.gg.edit(next(iter(synced.links())), city="Lyon")
    ended = synced.sync("run", "--json")
    assert ended.code in (1, 2)
    assert "in growthsync" not in ended.err
    repaired = synced.sync("state", "repair")
    assert repaired.code == 1
    assert "deleted: table link, row rowid 1, column left_memory: JSON is expected" in repaired.out
    assert "still damaged: table link, row rowid 1, column right_shadow" in repaired.out
    assert "restore" in repaired.out


def test_a_file_without_damage_is_left_alone(synced: World) -> None:
    before = synced.tables_of_state("holder")
    ended = synced.sync("state", "repair")
    assert ended.code == 0
    assert "nothing was changed" in ended.out
    assert synced.tables_of_state("holder") == before


def test_status_shows_what_it_can_and_names_the_rest(synced: World) -> None:
    damage(synced, "UPDATE run SET status = ?", b"\xff\x00")
    damage(synced, "UPDATE cursor SET start_ms = ?, end_ms = ? WHERE side = 'left'")
    ended = synced.sync("status", "--json")
    assert ended.code == 0
    (sales,) = ended.document["connections"]
    assert sales["last_run"] is None
    assert sales["conflicts"] == 0
    assert any("table cursor" in one for one in ended.document["damaged"])
    assert any("table run" in one for one in ended.document["damaged"])
    shown = synced.sync("status")
    assert shown.code == 0
    assert "damaged at table cursor" in shown.out


def in_conflict(world: World) -> None:
    """Leave a contact with a city in conflict."""
    world.contacts |= {"conflicts": '"manual"'}
    world.gg.add(first_name="Ann", email="ann@example.com", city="Rome")
    world.run()
    left, right = next(iter(world.links().items()))
    world.gg.edit(left, city="Lyon")
    world.gh.edit(right, city="Oslo")
    assert world.run().exit_code == 1


def test_a_conflict_that_cannot_be_read_is_found_again(world: World) -> None:
    in_conflict(world)
    damage(world, "UPDATE conflict SET left_value = ?")
    listed = world.sync("conflicts", "list", "--json")
    assert listed.code == 2
    assert "table conflict, row rowid 1, column left_value" in listed.err
    assert world.sync("state", "repair").code == 0
    assert world.sync("run", "--json").code == 1
    (conflict,) = world.sync("conflicts", "list", "--json").document["conflicts"]
    assert (conflict["left"]["value"], conflict["right"]["value"]) == ("Lyon", "Oslo")


@pytest.mark.parametrize(
    ("value", "column"),
    pairs(["1", "true", '{"a": 1}', '[["x"]]', '["x", 1]', "[null]"], ["left_value", "right_value", "resolution"]),
)
def test_a_conflict_with_a_value_that_its_field_cannot_have_is_named_and_found_again(
    world: World, column: str, value: str
) -> None:
    in_conflict(world)
    damage(world, f"UPDATE conflict SET {column} = ?", f"value:{value}" if column == "resolution" else value)
    left, right = next(iter(world.links().items()))
    if column == "right_value":  # a run reads what it has not from the other side
        world.gg.edit(left, title="Chief")
    else:
        world.gh.edit(right, firstName="Anna")
    assert f"table conflict, row rowid 1, column {column}: " in (told_by(world) or "")
    assert (world.gg.people()[0]["city"], world.gh.people()[0]["city"]) == ("Lyon", "Oslo")
    assert world.sync("state", "repair").code == 0
    assert world.sync("run", "--json").code == 1
    (conflict,) = world.sync("conflicts", "list", "--json").document["conflicts"]
    assert (conflict["left"]["value"], conflict["right"]["value"]) == ("Lyon", "Oslo")


@pytest.mark.parametrize("value", ["garbage", "Left", "value:", "value:{", "right:1", ""])
def test_a_decision_that_cannot_be_read_writes_nothing(world: World, value: str) -> None:
    in_conflict(world)
    damage(world, "UPDATE conflict SET resolution = ?", value)
    assert re.search("column resolution: .*sync state repair", told_by(world) or "")
    assert (world.gg.people()[0]["city"], world.gh.people()[0]["city"]) == ("Lyon", "Oslo")


@pytest.mark.parametrize("value", ["null", "1", "[]", '{"city": 1}', '{"city": [1, 2]}', '{"city": ["x", "y"]}'])
def test_kept_times_of_another_shape_are_named_and_dropped(world: World, value: str) -> None:
    in_conflict(world)
    damage(world, "UPDATE link SET left_kept = ?", value)
    world.gh.edit(next(iter(world.links().values())), firstName="Anna")
    assert re.search("column left_kept: .*sync state repair", told_by(world) or "")
    assert world.sync("state", "repair").code == 0
    assert world.run().exit_code == 1
    assert (world.gg.people()[0]["city"], world.gh.people()[0]["city"]) == ("Lyon", "Oslo")


@pytest.mark.parametrize(
    ("column", "value"),
    pairs(
        ["stream", "connection", "link", "field", "who", "found_ms", "run"], [GARBAGE, "[]", b"\xff\x00", -7], each=2
    ),
)
def test_an_open_conflict_is_found_again_whichever_of_its_cells_was_damaged(
    world: World, column: str, value: object
) -> None:
    in_conflict(world)
    damage(world, f"UPDATE conflict SET {column} = ?", value)
    config = load(world.config_path)
    assert repair(config)["left"] == []
    assert world.run().exit_code == 1
    cities = [
        (one["left"]["value"], one["right"]["value"])
        for one in open_items.conflicts(config)["conflicts"]
        if one["field"] == "city"
    ]
    assert cities == [("Lyon", "Oslo")]
    assert (world.gg.people()[0]["city"], world.gh.people()[0]["city"]) == ("Lyon", "Oslo")


@pytest.mark.parametrize("column", ["stream", "connection", "side", "operation", "digest", "blockers"])
@pytest.mark.parametrize("value", [GARBAGE, b"\xff\x00"])
def test_an_open_failure_is_found_again_whichever_of_its_cells_was_damaged(
    synced: World, column: str, value: object
) -> None:
    synced.gh.faults.append(Fault("status", "POST", "/contacts/$", times=None, status=422, body={"message": ["no"]}))
    synced.gg.add(first_name="Bob", email="bob@example.com")
    assert synced.run().exit_code == 1
    damage(synced, f"UPDATE failure SET {column} = ?", value)
    repair(load(synced.config_path))
    assert synced.run(skip=90_000).exit_code == 1
    found = [one["who"] for one in open_items.failures(load(synced.config_path))["failures"]]
    assert found == ["bob@example.com"]


def test_what_a_user_decided_outlives_a_repair(world: World) -> None:
    world.contacts |= {"conflicts": '"manual"'}
    world.gg.add(first_name="Ann", email="ann@example.com", city="Rome")
    world.run()
    left, right = next(iter(world.links().items()))
    world.gg.edit(left, city="Lyon")
    world.gh.edit(right, city="Oslo")
    assert world.run().exit_code == 1
    damage(world, "UPDATE conflict SET left_value = ?, resolution = 'left'")
    damage(
        world,
        "INSERT INTO failure VALUES (1, 1, 'contacts', 'left', '7', 'gg', 'x', 'c', 'r', ?, NULL, 1, 1, 1, 1, 'd')",
    )
    repaired = repair(load(world.config_path))
    assert repaired["dropped"] == []
    assert {(one["table"], one["column"]) for one in repaired["left"]} == {
        ("conflict", "left_value"), ("failure", "blockers"),
    }  # fmt: skip
    assert world.rows("SELECT resolution FROM conflict") == [{"resolution": "left"}]
    assert world.rows("SELECT dismissed FROM failure") == [{"dismissed": "d"}]


def test_a_row_is_dropped_although_its_key_is_no_text_in_utf_8(synced: World) -> None:
    damage(synced, "INSERT INTO setting VALUES (CAST(X'ff41' AS TEXT), 'users', '[]', 0)")
    damage(synced, "INSERT INTO setting VALUES ('gg', CAST(X'ff42' AS TEXT), '{', 0)")
    damage(synced, "UPDATE person SET id = CAST(X'ff44' AS TEXT) WHERE side = 'left' AND name LIKE '%example 1'")
    repaired = repair(load(synced.config_path))
    assert repaired["left"] == []
    assert {one["table"] for one in repaired["dropped"]} >= {"setting", "person"}
    assert synced.run().exit_code == 0
    assert len(synced.gh.people()) == len(synced.gg.people()) == 3


@pytest.mark.parametrize(
    ("statement", "table", "column"),
    [
        ("UPDATE person SET more_emails = ? WHERE side = 'left'", "person", "more_emails"),
        ("UPDATE person SET connection = -1 WHERE side = 'left'", "person", "connection"),
        ("UPDATE link SET mapping = -1", "link", "mapping"),
        ("UPDATE history SET shown = ?", "history", "shown"),
        ("UPDATE history SET new = ?", "history", "new"),
    ],
)
def test_a_command_about_one_contact_names_a_damaged_cell(
    synced: World, statement: str, table: str, column: str
) -> None:
    damage(synced, statement)
    config = load(synced.config_path)
    assert read_status(config)["connections"]
    found = {(one["table"], one["column"]) for key in ("dropped", "left") for one in repair(config)[key]}
    assert (table, column) in found


def test_no_garbage_in_any_cell_keeps_status_from_its_answer(synced: World) -> None:
    saved = synced.state_path.with_name("saved.db")
    with closing(sqlite3.connect(synced.state_path)) as db, closing(sqlite3.connect(saved)) as copy:
        db.backup(copy)
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%'")]
        columns = [(name, row[1]) for name in names for row in db.execute(f"PRAGMA table_info({name})")]
    config = load(synced.config_path)
    for table, column in columns:
        if table.startswith(("sqlite_", "_sqlite", "about")):
            continue
        for end in ("-wal", "-shm"):
            synced.state_path.with_name(f"{synced.state_path.name}{end}").unlink(missing_ok=True)
        copyfile(saved, synced.state_path)
        with closing(sqlite3.connect(synced.state_path)) as db, suppress(sqlite3.Error), db:
            db.execute("PRAGMA ignore_check_constraints = ON")
            db.execute(f"UPDATE {table} SET {column} = ?", (b"\xff\x00",))
        assert [one["name"] for one in read_status(config)["connections"]] == ["sales"]


def test_a_file_that_turns_out_to_be_corrupt_at_one_contact_ends_the_run_and_is_no_fault_of_the_contact(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite reports it in the middle of a run: no contact is listed for what is wrong with the file."""
    synced.gg.add(first_name="Bob", email="bob@example.com")

    def corrupt(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    with monkeypatch.context() as patch:
        patch.setattr("sync.contacts.page_records.confirm_usable", corrupt)
        with pytest.raises((StateError, sqlite3.DatabaseError), match="malformed"):
            synced.run()
    assert synced.rows("SELECT * FROM failure") == []
    assert synced.run().exit_code == 0


def test_a_row_that_breaks_a_constraint_is_the_fault_of_its_contact_alone(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is well: the contact is listed, and the others are carried."""
    from sync.streams.record_boundary import confirm_usable

    synced.gg.add(first_name="Bob", email="bob@example.com")
    synced.gg.add(first_name="Cy", email="cy@example.com")

    def breaking(record: Any) -> None:
        confirm_usable(record)
        if record.fields.get("email") == "bob@example.com":
            raise sqlite3.IntegrityError("UNIQUE constraint failed")

    with monkeypatch.context() as patch:
        patch.setattr("sync.contacts.page_records.confirm_usable", breaking)
        assert synced.run().exit_code == 1
    assert [row["who"] for row in synced.rows("SELECT who FROM failure")] == ["bob@example.com"]
    assert len(synced.links()) == 4
