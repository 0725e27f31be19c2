"""What is installed: the program with all of its files, and no tool of its developers."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import sync

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
SOURCES = ("sync", "connectors", "state")
FILES = ("pyproject.toml", "README.md", "LICENSE", "config.example.toml", "docs/growthsync.1")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Return the wheel, built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    done = subprocess.run(  # noqa: S603 - our own sources
        [sys.executable, "-c", BUILD, str(folder)], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = [one for one in wheel.namelist() if one.endswith("METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement)[0].lower()


def test_the_wheel_has_every_file_of_the_program_and_the_example_config(wheel: zipfile.ZipFile) -> None:
    files = [path for layer in SOURCES for path in (ROOT / layer).rglob("*") if path.is_file()]
    expected = {str(path.relative_to(ROOT)) for path in files if path.suffix != ".pyc"}
    assert sorted(expected - {*wheel.namelist()}) == []
    example = (ROOT / "config.example.toml").read_bytes()
    assert wheel.read("sync/setup/config.example.toml") == example
    program = f"growthsync-{sync.__version__}"
    folders = {name.partition("/")[0] for name in wheel.namelist()}
    assert folders == {*SOURCES, f"{program}.dist-info", f"{program}.data"}
    assert f"{program}.data/data/share/man/man1/growthsync.1" in wheel.namelist()


def test_an_installation_brings_no_tool_of_the_developers(wheel: zipfile.ZipFile) -> None:
    required = [one for one in metadata(wheel).get_all("Requires-Dist", []) if "extra ==" not in one]
    assert {name_of(one) for one in required} == {name_of(one) for one in PROJECT["dependencies"]}
    extras = PROJECT["optional-dependencies"]
    tools = {name_of(one) for extra in ("dev", "mutants", "package", "docs") for one in extras[extra]}
    assert {name_of(one) for one in required} & tools == set()


def test_every_dependency_is_pinned() -> None:
    pins = {name_of(line) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    everything = [
        *PROJECT["dependencies"],
        *(one for extra in PROJECT["optional-dependencies"].values() for one in extra),
    ]
    assert {name_of(one).replace("_", "-") for one in everything} - {one.replace("_", "-") for one in pins} == set()


def test_the_version_is_in_the_changelog_and_the_license_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(sync.__version__)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE)
    found = metadata(wheel)
    assert (found["Version"], found["License-Expression"]) == (sync.__version__, "MIT")
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
