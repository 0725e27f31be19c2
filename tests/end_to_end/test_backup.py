"""`sync state backup`: a copy that is consistent, private, and a state file itself."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from connectors.sandbox.base import Call
from tests.end_to_end.comparison import differences
from tests.end_to_end.message_world import Office, minutes
from tests.end_to_end.world import World


def people(world: World, count: int) -> None:
    for number in range(count):
        world.gg.add(first_name="Ann", last_name=f"Number {number}", email=f"ann{number}@example.com", title="CEO")


def query(path: Path, text: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(text).fetchall()


def test_a_copy_is_equal_private_and_of_one_piece(world: World) -> None:
    people(world, 5)
    world.run()
    copy = world.folder / "copy.db"
    done = world.sync("state", "backup", "copy.db", "--json")
    assert done.code == 0
    assert done.document == {"state": str(world.state_path), "backup": "copy.db", "bytes": copy.stat().st_size}
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not [path for path in world.folder.iterdir() if path.name.startswith("copy.db-")]
    for table in ("link", "person", "history", "run", "cursor"):
        assert query(copy, f"SELECT * FROM {table}") == query(world.state_path, f"SELECT * FROM {table}")


def test_a_run_goes_on_from_a_copy_as_from_the_original(world: World) -> None:
    people(world, 5)
    world.run()
    assert world.sync("state", "backup", "copy.db").code == 0
    left = next(iter(world.links()))
    world.gg.edit(left, city="Oslo")
    world.state_path.unlink()
    (world.folder / "copy.db").rename(world.state_path)
    report = world.run()
    assert report.exit_code == 0
    assert (report.streams["contacts"].accounts["gh"].created, report.streams["contacts"].accounts["gh"].updated) == (
        0,
        1,
    )
    assert differences(world) == []


def test_with_the_copy_of_yesterday_put_back_no_contact_and_no_message_is_created_again(office: Office) -> None:
    world = office.world
    left, right = office.person("ann")
    office.write(left, "first", at=minutes(-9))
    world.run()
    assert world.sync("state", "backup", "copy.db").code == 0
    world.gg.add(first_name="Bob", email="bob@example.com", city="Oslo")
    world.gh.add(firstName="Cai", phone="+12125550123")
    world.gg.add(first_name="Dan", last_name="Nameless")
    world.gg.edit(left, title="CEO")
    office.write(left, "second")
    world.gh.add_message(right, "SMS", "inbound", "third")
    assert world.run(skip=3600).exit_code == 0
    world.run(skip=80_000)
    every_contact = len(world.gg.people()), len(world.gh.people()), len(world.gg.messages()), len(world.gh.notes(right))
    for path in world.folder.glob("sync.db*"):
        path.unlink()
    (world.folder / "copy.db").rename(world.state_path)
    assert world.run(skip=3600).exit_code == 0
    after = len(world.gg.people()), len(world.gh.people()), len(world.gg.messages()), len(world.gh.notes(right))
    assert after == every_contact == (4, 4, 3, 2)
    assert differences(world) == []
    with world.calls() as calls:
        assert world.run(skip=3600).exit_code == 0
    assert calls.writes == []


def test_copies_that_are_created_while_a_run_writes_are_consistent(live_world: World) -> None:
    world = live_world
    people(world, 60)
    world.gh.latency = 0.005
    made: list[Path] = []

    def back_up() -> None:
        path = world.folder / f"copy{len(made)}.db"
        assert world.sync("state", "backup", path.name, skip=0.0).code == 0
        made.append(path)

    begun, copied = threading.Event(), threading.Event()

    def hold(call: Call) -> None:
        """Let the run go on with its first create only when there is a copy."""
        if is_create(call):
            begun.set()
            copied.wait(60)

    run = threading.Thread(target=world.run)
    world.gh.before_answer = hold
    run.start()
    assert begun.wait(30)
    back_up()
    copied.set()
    while run.is_alive():
        back_up()
    run.join()
    counts = [assert_consistent(path) for path in made]
    assert counts == sorted(counts)
    assert counts[0] < len(world.links()) == 60


def is_create(call: Call) -> bool:
    return call.method == "POST" and call.path == "/contacts/"


def assert_consistent(copy: Path) -> int:
    """Return how many links a copy has; each of them came with its history, in one transaction."""
    assert query(copy, "PRAGMA integrity_check") == [("ok",)]
    assert query(copy, "PRAGMA foreign_key_check") == []
    (links,) = query(copy, "SELECT count(*) FROM link")[0]
    assert query(copy, "SELECT count(*) FROM history WHERE rule = 'created'") == [(links,)]
    return int(str(links))


def test_a_copy_of_the_middle_of_a_run_can_be_run_on_and_creates_no_contact_twice(live_world: World) -> None:
    world = live_world
    people(world, 20)
    world.gh.latency = 0.005
    taken = threading.Event()

    def copy_once(call: Call) -> None:
        if is_create(call) and not taken.is_set() and len(world.gh.people()) > 5:
            taken.set()
            assert world.sync("state", "backup", "copy.db", skip=0.0).code == 0

    world.gh.before_answer = copy_once
    assert world.run().exit_code == 0
    world.gh.before_answer = None
    world.state_path.unlink()
    (world.folder / "copy.db").rename(world.state_path)
    world.run()
    assert world.run().exit_code == 0
    assert len(world.gg.people()) == len(world.gh.people()) == len(world.links()) == 20


def test_a_path_with_something_at_it_is_refused_and_left_alone(world: World) -> None:
    people(world, 1)
    world.run()
    taken = world.folder / "copy.db"
    taken.write_text("mine", encoding="utf-8")
    refused = world.sync("state", "backup", "copy.db")
    assert refused.code == 2
    assert "this file exists already" in refused.err
    assert taken.read_text(encoding="utf-8") == "mine"
    assert world.sync("state", "backup", str(world.state_path)).code == 2
    assert query(world.state_path, "SELECT count(*) FROM link") == [(1,)]


def test_a_path_in_no_folder_is_refused(world: World) -> None:
    people(world, 1)
    world.run()
    refused = world.sync("state", "backup", "nowhere/copy.db")
    assert refused.code == 2
    assert "can't be written" in refused.err


def test_without_a_state_file_there_is_nothing_to_copy(world: World) -> None:
    refused = world.sync("state", "backup", "copy.db")
    assert refused.code == 2
    assert "create it with: sync run" in refused.err
    assert not (world.folder / "copy.db").exists()
    assert not world.state_path.exists()
