"""State files that may be read and not written, or not read: looked into where they can be, never to be replaced."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from state.errors import StateError
from state.file import StateFile
from state.heartbeat import daemon_lock
from sync.config.model import Config, load
from sync.operations import open_items
from sync.operations.explain import explain
from sync.operations.status import read_status
from tests.end_to_end.world import World

NO_CONTACT = 65534


@contextmanager
def as_another_user() -> Iterator[None]:
    """Act as another user, where the tests are root's; else as the one who runs them."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NO_CONTACT)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def config(world: World) -> Iterator[Config]:
    """A state with a conflict in it, in a folder that every user may enter."""
    world.contacts |= {"conflicts": '"manual"'}
    world.gg.add(first_name="Ann", email="ann@example.com", city="Rome")
    world.run()
    left, right = next(iter(world.links().items()))
    world.gg.edit(left, city="Lyon")
    world.gh.edit(right, city="Oslo")
    assert world.run().exit_code == 1
    found = load(world.config_path)
    assert looks(found)[1]["conflicts"]  # and what is imported late is imported as who may
    closed = [folder for folder in world.folder.parents if not folder.stat().st_mode & stat.S_IXOTH]
    modes = {folder: folder.stat().st_mode for folder in (world.folder, *closed)}
    for folder, mode in modes.items():
        folder.chmod(mode | 0o055 if folder == world.folder else mode | 0o011)
    yield found
    for folder, mode in modes.items():
        folder.chmod(mode)


def looks(config: Config) -> tuple[dict[str, Any], ...]:
    status = read_status(config)
    for one in status["connections"]:
        for stream in one["streams"].values():
            stream.pop("lag_seconds")
    return status, open_items.conflicts(config), open_items.failures(config), explain(config, "ann@example.com", None)


def files(config: Config) -> list[Path]:
    return [path for path in config.state.path.parent.iterdir() if path.name.startswith("sync.db")]


def test_looking_works_on_a_folder_and_a_file_that_are_read_only(config: Config) -> None:
    before = looks(config)
    for path in files(config):
        path.chmod(0o444)
    config.state.path.parent.chmod(0o555)
    names = {path.name for path in files(config)}
    with as_another_user():
        assert looks(config) == before
    assert {path.name for path in files(config)} == names


def test_the_lock_of_another_users_daemon_keeps_no_user_from_looking(config: Config) -> None:
    with closing(StateFile.open(config.state.path)) as state, state.atomic() as db:
        db.execute("INSERT INTO schedule VALUES ('sales', 'contacts', 1772366400000, '')")
    lock = daemon_lock(config.state.path)
    lock.touch()
    lock.chmod(0o000)
    config.state.path.chmod(0o444)
    with as_another_user():
        assert read_status(config)["connections"][0]["next_run_at"] is None


def test_what_only_the_log_holds_yet_is_seen_as_well(config: Config) -> None:
    writer = StateFile.open(config.state.path)
    try:
        with writer.atomic() as db:
            db.execute("UPDATE conflict SET who = 'bob@example.com'")
        aside = config.state.path.parent / "aside"
        aside.mkdir()
        for end in ("", "-wal"):
            copyfile(f"{config.state.path}{end}", aside / f"sync.db{end}")
    finally:
        writer.close()
    assert (aside / "sync.db-wal").stat().st_size
    for path in aside.iterdir():
        path.chmod(0o444)
    aside.chmod(0o555)
    moved = config.model_copy(update={"state": config.state.model_copy(update={"path": aside / "sync.db"})})
    with as_another_user():
        (conflict,) = open_items.conflicts(moved)["conflicts"]
    assert conflict["who"] == "bob@example.com"
    aside.chmod(0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file another user's")
@pytest.mark.parametrize(
    ("mode", "folder_mode", "said"),
    [
        (0o600, 0o755, "it can't be read by user nobody: it belongs to user root; run growthsync as user root"),
        (0o644, 0o755, "it can't be written by user nobody: it belongs to user root"),
        (0o666, 0o755, "where files beside it are kept, can't be written by user nobody: it belongs to user root"),
        (0o666, 0o777, "others can read it, and user nobody may not change that: it belongs to user root"),
        (0o600, 0o700, "can't be entered by user nobody: it belongs to user root"),
    ],
)
def test_another_users_file_is_named_as_that(config: Config, mode: int, folder_mode: int, said: str) -> None:
    config.state.path.chmod(mode)
    config.state.path.parent.chmod(folder_mode)
    with as_another_user(), pytest.raises(StateError) as result:
        StateFile.open(config.state.path)
    assert said in str(result.value)
    assert "anew" not in str(result.value)
    assert "backup" not in str(result.value)
    assert "its content is undamaged" in str(result.value)
    if mode & 0o077 == 0:
        with as_another_user(), pytest.raises(StateError, match="user nobody"):
            read_status(config)


def test_a_decision_about_a_read_only_file_names_the_cause(config: Config) -> None:
    config.state.path.chmod(0o444)
    with as_another_user(), pytest.raises(StateError, match="can't be written by user"):
        open_items.resolve(config, 1, side="left", value=None)


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "sync.db").mkdir()
    with pytest.raises(StateError, match="it is a folder; set a file in it"):
        StateFile.open(tmp_path / "sync.db")
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="is not a folder; set another"):
        StateFile.open(tmp_path / "file" / "sync.db")
