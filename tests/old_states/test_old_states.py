"""State files of every released schema, upgraded and run on in the world that they belong to.

No contact is made twice, nothing that was listed is forgotten, intents are settled, and what changed since is carried.
"""

import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from state.file import StateFile
from state.schema import TABLES, VERSION
from tests.durability.launch import shared_launcher
from tests.durability.world import KillWorld
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import ROOT
from tests.old_states.kept import KeptState, kept_states
from tests.thorough import THOROUGH

LISTS = ("conflicts list", "failures list")
SETTLED = 62.0
DAY = 86_400.0


@pytest.fixture(params=kept_states(), ids=lambda kept: kept.folder.name)
def kept(request: pytest.FixtureRequest) -> KeptState:
    found: KeptState = request.param
    return found


@pytest.fixture
def world(kept: KeptState, tmp_path: Path) -> Iterator[KillWorld]:
    made = kept.world(tmp_path)
    with made.gg, made.gh:
        made.write_config()
        yield made


def schema_of(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.split()) for name, sql in rows}


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def says(world: KillWorld, command: str) -> Any:
    result = world.sync(*command.split(), "--json", skip=0.0)
    assert result.code == 0, result.err
    return result.document


def holds(result: Any, before: Any) -> bool:
    """Return whether a document says all that an earlier version said; it may say more. How old a thing is
    changes.
    """
    if isinstance(before, dict):
        return all(name in result and holds(result[name], before[name]) for name in before.keys() - {"lag_seconds"})
    if isinstance(before, list):
        return len(result) == len(before) and all(map(holds, result, before))
    return bool(result == before)


def names_of(world: KillWorld) -> tuple[Counter[str], Counter[str]]:
    left = Counter(person["first_name"] for person in world.gg.people())
    return left, Counter(person["firstName"] for person in world.gh.people())


def test_a_state_file_of_each_schema_before_the_one_in_force_is_kept() -> None:
    missing = set(range(1, VERSION)) - {kept.version for kept in kept_states()}
    assert not missing, "make them with the code of the last commit under that schema: see tests/old_states/README.md"
    assert max(kept.version for kept in kept_states()) <= VERSION


def test_a_kept_file_is_of_its_schema_and_holds_what_a_file_can_hold(kept: KeptState, world: KillWorld) -> None:
    assert version_of(world.state_path) == kept.version
    for table in ("link", "intent", "conflict", "failure", "trouble", "history", "run", "cursor", "person", "number"):
        assert world.rows(f"SELECT * FROM {table}"), table
    assert world.rows("SELECT * FROM link WHERE gone IS NOT NULL")
    assert world.rows("SELECT * FROM conflict WHERE resolution IS NOT NULL")
    assert world.rows("SELECT * FROM failure WHERE dismissed IS NOT NULL")
    assert world.rows("SELECT * FROM run WHERE status IS NULL")


def test_an_upgraded_file_has_the_tables_of_a_new_one(world: KillWorld) -> None:
    StateFile.open(world.state_path).close()
    fresh = world.folder / "fresh.db"
    StateFile.open(fresh).close()
    assert schema_of(world.state_path) == schema_of(fresh)
    assert version_of(world.state_path) == VERSION
    assert world.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert world.rows("PRAGMA foreign_key_check") == []
    assert {row["name"]: row["meaning"] for row in world.rows("SELECT * FROM about")} == TABLES


@pytest.mark.parametrize("command", ["status", *LISTS])
def test_commands_say_of_an_upgraded_file_what_they_said_of_it_before(
    kept: KeptState, world: KillWorld, command: str
) -> None:
    result, before = says(world, command), kept.said[command]
    assert holds(result, before), (result, before)


def test_a_dry_run_leaves_an_old_file_as_it_is(kept: KeptState, world: KillWorld) -> None:
    before = world.tables_of_state("allowance")  # calls are counted
    assert world.run(skip=SETTLED, dry_run=True, unguarded=True).errors == []
    assert world.tables_of_state("allowance") == before
    assert version_of(world.state_path) == kept.version


def test_an_old_file_is_run_on_as_if_nothing_had_happened(world: KillWorld) -> None:
    history = world.rows("SELECT * FROM history")
    links = world.links()
    listed = {name: says(world, name) for name in LISTS}
    since(world)
    first = world.run(skip=SETTLED, unguarded=True)
    second = world.run(skip=SETTLED, unguarded=True)
    assert (first.errors, second.errors) == ([], [])
    assert world.rows("SELECT * FROM intent") == []
    assert_every_contact_is_there_once(world)
    assert_what_changed_since_is_carried(world)
    assert world.links().items() >= links.items()
    kept = world.rows("SELECT * FROM history")[: len(history)]
    assert [{name: row[name] for name in old} for row, old in zip(kept, history, strict=True)] == history
    assert {name: ids(says(world, name)) for name in LISTS} == {name: ids(listed[name]) for name in LISTS}
    with world.calls() as calls:
        world.run(skip=SETTLED)
    assert calls.writes == []


def since(world: KillWorld) -> None:
    """Let users go on with their work after the file was written."""
    world.clock.skip(DAY)
    world.gg.edit(world.left("Ann"), title="CRO", label_names=["VIP", "met"])
    world.gh.edit(world.right("Cai"), city="Dover")
    world.gh.edit(world.right("Fay"), companyName="Moss Ltd")
    world.gg.add(first_name="Una", last_name="Hill", email="una@example.com")
    world.gh.add(firstName="Vic", lastName="Dale")


def assert_every_contact_is_there_once(world: KillWorld) -> None:
    """All are on both sides once, but for who was deleted there and for the doubles, who are listed."""
    left, right = names_of(world)
    assert {*left.values(), *right.values()} == {1}
    assert left.keys() - right.keys() == {"Bea", "New", "Tom"}
    assert right.keys() - left.keys() == set()
    assert len(world.links()) == len(right) + 1  # the pair that has lost one side


def assert_what_changed_since_is_carried(world: KillWorld) -> None:
    """What was about to be sent when a run was killed, too; what was taken back since, not."""
    assert differences_of_the_living(world) == []
    assert world.gh.person(world.right("Ann"))["tags"] == ["vip", "met"]
    assert world.gg.person(world.left("Cai"))["city"] == "Dover"
    assert world.gh.person(world.right("Gus"))["companyName"] == "Ford & Sons"
    assert world.gh.custom(world.right("Tia"), "contact.industry") == "Hardware"
    assert world.gg.person(world.left("Bob"))["city"] == "Denver"
    assert world.gh.person(world.right("Ray"))["companyName"] == "Dean Works"


def differences_of_the_living(world: KillWorld) -> list[tuple[str, str, Any, Any]]:
    return [each for each in differences(world) if not each[0].startswith("bea@")]


def ids(listing: dict[str, list[dict[str, Any]]]) -> list[tuple[int, str]]:
    """Return number and contact of all that is listed."""
    return [(one["id"], one["who"]) for listed in listing.values() for one in listed]


def test_what_is_open_in_an_old_file_can_be_settled_until_both_sides_agree(world: KillWorld) -> None:
    for _ in range(2):
        world.run(skip=SETTLED, unguarded=True)
    compared = world.sync("verify", "--json", skip=SETTLED)
    (connection,) = compared.document["connections"]
    assert [(each["who"], each["field"]) for each in connection["differ"]] == [("max@example.com", "city")]
    assert [each["who"] for each in connection["doubles"]] == ["one@example.com"]
    assert connection["only"] == {"gg": [{"who": "bea@example.com"}], "gh": []}
    (conflict,) = says(world, "conflicts list")["conflicts"]
    assert world.sync("conflicts", "resolve", str(conflict["id"]), "--right").code == 0
    for first in ("New", "Tom", "Bea"):
        world.remove_left(first)
    world.run(skip=SETTLED, unguarded=True, whole=True)
    done = world.sync("verify", "--json", skip=SETTLED)
    assert (done.code, done.document["connections"][0]["agree"]) == (0, True), done.document
    assert world.gg.person(world.left("Max"))["city"] == "Austin"


def chosen(steps: Sequence[str]) -> list[int]:
    """Return the steps to be killed at: the first of each kind, and every ninth; all of them if THOROUGH."""
    first = {step: number for number, step in reversed(list(enumerate(steps)))}
    return [number for number in range(len(steps)) if THOROUGH or number % 9 == 0 or number in first.values()]


@pytest.mark.parametrize("kept", kept_states() if THOROUGH else kept_states()[:1], ids=lambda kept: kept.folder.name)
def test_an_upgrade_that_was_killed_at_any_step_is_finished_by_the_next_start(world: KillWorld) -> None:
    """The upgrade of the oldest file has the steps of all later ones."""
    old = world.folder / "old.db"
    shutil.copy2(world.state_path, old)
    launcher = shared_launcher()
    steps = launcher.run_command(world, "status", "--json").steps
    for number in chosen(steps):
        shutil.copy2(old, world.state_path)
        world.state_path.with_name("sync.db-wal").unlink(missing_ok=True)
        world.state_path.with_name("sync.db-shm").unlink(missing_ok=True)
        assert launcher.run_command(world, "status", kill_at=number).code == -9, steps[number]
        assert launcher.run_command(world, "status").code == 0, steps[number]
        assert version_of(world.state_path) == VERSION, steps[number]


def test_processes_that_start_at_once_upgrade_an_old_file_together(world: KillWorld) -> None:
    opening = (
        "import sys; from pathlib import Path; from state.file import StateFile; StateFile.open(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", opening, str(world.state_path)]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]  # noqa: S603 - our own code
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 4
    assert version_of(world.state_path) == VERSION
