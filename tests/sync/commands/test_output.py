"""What is written to terminals and pipes: JSON that neither obeys nor dies of what stands in it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.file import StateFile
from sync.commands.invocation import json_pieces
from sync.config.model import load
from tests.sync.config_text import GOOD

HOSTILE = "\x1b[2J\x7f\x9b31m\u202eevil\u2066\u200f\u2028\ufeff\U000e0001 Jürg 北京 🙂"


class Stream(io.StringIO):
    """A stream of an encoding, which may be a terminal."""

    def __init__(self, encoding: str, *, is_terminal: bool) -> None:
        super().__init__()
        self._encoding, self._is_terminal = encoding, is_terminal

    @property
    def encoding(self) -> str:  # type: ignore[override] # StringIO has none
        return self._encoding

    def isatty(self) -> bool:
        return self._is_terminal


def shown(document: object, encoding: str = "utf-8", *, is_terminal: bool) -> str:
    return "".join(json_pieces({"value": document}, Stream(encoding, is_terminal=is_terminal)))


def test_on_a_terminal_json_spells_out_what_a_terminal_obeys() -> None:
    text = shown(HOSTILE, is_terminal=True)
    assert text.isprintable()
    assert "\\u009b31m" in text
    assert "\\u202eevil" in text
    assert "Jürg 北京 🙂" in text
    assert json.loads(text) == {"value": HOSTILE}


def test_elsewhere_json_is_what_it_was() -> None:
    assert shown(HOSTILE, is_terminal=False) == json.dumps({"value": HOSTILE}, ensure_ascii=False)


@given(st.text(st.characters()), st.booleans(), st.sampled_from(["utf-8", "UTF8", "latin-1", "ascii", "cp437"]))
def test_json_says_the_same_in_every_encoding(value: str, is_terminal: bool, encoding: str) -> None:
    text = shown(value, encoding, is_terminal=is_terminal)
    assert json.loads(text.encode(encoding).decode(encoding)) == {"value": value}
    assert not is_terminal or text.isprintable()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(f"\ufeff{GOOD}", encoding="utf-8")
    return tmp_path


def ended(folder: Path, encoding: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONIOENCODING": encoding}
    known |= {"GROWTHGENIUS_API_KEY": "k", "GROWTHHUB_TOKEN": "t"}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "sync", *arguments], cwd=folder, env=known, capture_output=True, check=False, timeout=60
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_utf_8_is_shown_something_and_a_config_may_begin_with_a_mark(
    folder: Path, encoding: str
) -> None:
    StateFile.open(load(folder / "config.toml").state.path).close()
    people = ended(folder, encoding, "state", "backup", "kópia-北京.db")
    assert (people.returncode, people.stderr) == (0, b"")
    assert people.stdout.startswith(b"k?pia-??.db: " if encoding == "ascii" else "kópia-??.db: ".encode("latin-1"))
    program = ended(folder, encoding, "state", "backup", "kópia-北.db", "--json")
    assert program.returncode == 0
    assert json.loads(program.stdout.decode(encoding))["backup"] == "kópia-北.db"
    wrong = ended(folder, encoding, "run", "--connection", "北", "--json")
    assert wrong.returncode == 2
    assert "北" in json.loads(wrong.stdout.decode(encoding))["error"]


def test_an_argument_that_is_not_text_is_named(folder: Path) -> None:
    odd = os.fsdecode(b"J\xfcrg")
    result = ended(folder, "utf-8", "explain", odd)
    assert result.returncode == 2
    assert b"argument 2 is not valid text" in result.stderr
