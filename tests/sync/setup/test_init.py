"""`sync init`: on a terminal of its own against both sandboxes, and its answers by Hypothesis."""

import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import tempfile
import termios
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.growthgenius.system import GrowthGeniusAccount
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.growthhub.system import GrowthHubAccount
from sync.cli import main
from sync.config.model import load, parse
from sync.errors import UsageError
from sync.setup.config_file import check_address, text_with, tried, write, write_text
from sync.setup.draft import Draft, quoted
from sync.setup.questions import Questions
from sync.setup.secrets import waiting_beside

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
RULES = (
    "Which way", "created?", "Who travels", "Which value wins", "deletion on one side", "How often", "messages travel",
    "Country",
)  # fmt: skip
LOCAL_FLAGS = 3


class Terminal:
    """A command on a terminal of its own: what it asks is answered when it asks."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.seen = ""
        self._ours, theirs = pty.openpty()
        environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "TERM": "dumb"}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "sync", "init", *arguments],
            cwd=folder, env=environment, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, and type a line."""
        self._until(question)
        os.write(self._ours, f"{text}\n".encode())

    def whisper(self, question: str, text: str) -> None:
        """Wait for a question with a hidden answer, and until nothing is shown any more, and type a line."""
        self._until(question)
        deadline = time.monotonic() + PATIENCE
        while termios.tcgetattr(self._ours)[LOCAL_FLAGS] & termios.ECHO:
            assert time.monotonic() < deadline, f"what is typed is shown: {self.seen}"
            time.sleep(0.01)
        os.write(self._ours, f"{text}\n".encode())

    def interrupt(self, question: str) -> None:
        """Wait for a question, and end the command as Ctrl-C does.

        A signal that comes before it waits for the answer would be noticed with the next key alone: so Python reads.
        """
        self._until(question)
        deadline = time.monotonic() + PATIENCE
        while Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
            assert time.monotonic() < deadline, "it does not wait for the answer"
            time.sleep(0.01)
        self._process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its code and its standard output."""
        self._until(None)
        out, _ = self._process.communicate(timeout=PATIENCE)
        os.close(self._ours)
        return self._process.returncode, out

    def _until(self, words: str | None) -> None:
        try:
            self._read(words)
        except AssertionError:
            self._process.kill()
            raise

    def _read(self, words: str | None) -> None:
        """Read until these words come (then what was read before them is done with), or until it ends."""
        read, deadline = "", time.monotonic() + PATIENCE
        while words is None or words not in read:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"no {words!r} in {self.seen + read!r}"
            try:
                piece = os.read(self._ours, 4096)
            except OSError:  # the other end is closed: it has ended
                piece = b""
            if not piece:
                assert words is None, f"ended without {words!r}: {self.seen + read!r}"
                break
            read += piece.decode()
        self.seen += read


@pytest.fixture
def servers() -> Iterator[tuple[GrowthGeniusSandbox, GrowthHubSandbox]]:
    with GrowthGeniusSandbox() as gg, GrowthHubSandbox() as gh:
        yield gg, gh


def urls(servers: tuple[GrowthGeniusSandbox, GrowthHubSandbox]) -> tuple[str, ...]:
    gg, gh = servers
    return "--growthgenius-url", gg.base_url, "--growthhub-url", gh.url


def modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()
    }


def test_answers_are_tried_corrected_and_written_with_the_secrets_outside(
    tmp_path: Path, servers: tuple[GrowthGeniusSandbox, GrowthHubSandbox]
) -> None:
    gg, gh = servers
    terminal = Terminal(tmp_path, "--json", *urls(servers))
    terminal.answer("Which system is at the left?", "")
    terminal.answer("Which system is at the right?", "")
    terminal.answer("Where are secrets to be kept?", "file")
    terminal.whisper("API key (not shown)", gg.api_key)
    terminal.answer("GrowthGenius: user id", " , ")
    terminal.answer("GrowthGenius: user id", "78")
    terminal.answer("opened by a private integration token", "token")
    terminal.whisper("private integration token (not shown)", "pit-mistyped-0001")
    terminal.answer("GrowthHub: location id", gh.location_id)
    terminal.answer("Correct the answers for growthhub?", "y")
    terminal.answer("opened by a private integration token", "token")
    terminal.whisper("private integration token (not shown)", gh.token)
    terminal.answer("GrowthHub: location id", gh.location_id)
    terminal.answer("Which way", "left_to_right")
    terminal.answer("created?", "right")
    terminal.answer("Who travels", "vip, sync,vip")
    terminal.answer("Which value wins", "manual")
    terminal.answer("deletion on one side", "propagate")
    terminal.answer("How often", "often")
    terminal.answer("How often", "10m")
    terminal.answer("messages travel", "y")
    terminal.answer("Country", "germany")
    terminal.answer("Country", "DE")
    terminal.answer("Another connection?", "")
    code, out = terminal.end()
    assert code == 0, terminal.seen
    document = json.loads(out)
    assert document["next"] == ["sync check", "sync rehearse", "sync run"]
    assert [account["ok"] for account in document["accounts"]] == [True, True]
    seen = " ".join(terminal.seen.split())  # lines are broken between words
    assert "did you mean DE?" in seen

    assert modes(tmp_path) == {
        "config.toml": 0o600, "secrets/growthgenius-api-key": 0o600, "secrets/growthhub-token": 0o600
    }  # fmt: skip
    text = (tmp_path / "config.toml").read_text(encoding="utf-8")
    for secret in (gg.api_key, gh.token, "pit-mistyped-0001"):
        assert secret not in text + terminal.seen + out
    config = load(tmp_path / "config.toml")
    sales = config.connections["sales"]
    assert (sales.country, sales.contacts.direction, sales.contacts.create) == ("DE", "left_to_right", "right")
    assert (sales.contacts.conflicts, sales.contacts.deletes, sales.every.seconds) == ("manual", "propagate", 600)
    assert 'only = { left = { tags = ["vip", "sync"] }, right = { tags = ["vip", "sync"] } }' in text
    assert terminal.seen.index("growthsync keeps the contacts") < terminal.seen.index("Which system")
    assert "Settings > Private Integrations" in seen
    assert terminal.seen.index("growthgenius (growthgenius): ok") < terminal.seen.index("opened by a private")
    assert sales.messages is not None
    assert main(["check", "--config", str(tmp_path / "config.toml")]) == 0


def test_a_wrong_key_may_be_kept_and_oauth_is_logged_in_to_later(
    tmp_path: Path, servers: tuple[GrowthGeniusSandbox, GrowthHubSandbox]
) -> None:
    _, gh = servers
    terminal = Terminal(tmp_path, *urls(servers))
    terminal.answer("Which system is at the left?", "")
    terminal.answer("Which system is at the right?", "")
    terminal.answer("Where are secrets to be kept?", "")
    terminal.whisper("API key (not shown)", "mistyped-key-0001")
    terminal.answer("GrowthGenius: user id", "78, ann@example.com")
    terminal.answer("Correct the answers for growthgenius?", "n")
    terminal.answer("opened by", "oauth")
    terminal.answer("GrowthHub: client_id", "app-1")
    terminal.whisper("client_secret of the app (not shown)", "client-secret-0001")
    terminal.answer("company_id", "")
    terminal.answer("GrowthHub: location id", gh.location_id)
    for question in RULES:
        terminal.answer(question, "")
    terminal.answer("Another connection?", "n")
    code, out = terminal.end()
    assert code == 0, terminal.seen
    assert "next: sync auth login growthhub, then sync check, then sync rehearse, then sync run" in out
    config = load(tmp_path / "config.toml")
    left, right = config.accounts["growthgenius"], config.accounts["growthhub"]
    assert isinstance(left, GrowthGeniusAccount)
    assert isinstance(right, GrowthHubAccount)
    assert left.users == (78, "ann@example.com")
    assert right.uses_oauth
    assert main(["auth", "status", "--config", str(tmp_path / "config.toml")]) == 0
    assert gh.calls == []


def test_a_user_that_stops_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.answer("Which system is at the left?", "")
    terminal.answer("Which system is at the right?", "")
    terminal.answer("Where are secrets to be kept?", "file")
    terminal.whisper("API key (not shown)", "key-0001")
    terminal.interrupt("GrowthGenius: user id")
    code, _ = terminal.end()
    assert code == 130
    assert list(tmp_path.iterdir()) == []


def test_any_two_systems_are_connected_and_a_connection_is_added_with_all_comments_kept(
    tmp_path: Path, servers: tuple[GrowthGeniusSandbox, GrowthHubSandbox]
) -> None:
    gg, gh = servers
    path = tmp_path / "config.toml"
    terminal = Terminal(tmp_path, *urls(servers))
    terminal.answer("Which system is at the left?", "growthhub")
    terminal.answer("Which system is at the right?", "growthhub")
    terminal.answer("Name of this other account at GrowthHub", "growthhub")
    terminal.answer("Name of this other account at GrowthHub", "branch")
    terminal.answer("Where are secrets to be kept?", "file")
    for label in ("GrowthHub: ", "GrowthHub branch: "):
        terminal.answer(f"{label}opened by", "token")
        terminal.whisper(f"{label}private integration token (not shown)", gh.token)
        terminal.answer(f"{label}location id", gh.location_id)
    terminal.answer("(left is GrowthHub)", "left_to_right")
    for question in (*RULES[1:], "Another connection?"):
        terminal.answer(question, "")
    terminal.answer("What next?", "nothing")
    assert terminal.end()[0] == 0, terminal.seen
    config = load(path)
    assert {name: one.connector for name, one in config.accounts.items()} == {
        "growthhub": "growthhub", "branch": "growthhub"
    }  # fmt: skip
    assert (config.connections["sales"].left, config.connections["sales"].right) == ("growthhub", "branch")
    before = f"# by hand, keep\n{path.read_text(encoding='utf-8')}\n[log]   # short\nlevel = 'debug'\n"
    path.write_text(before, encoding="utf-8")

    terminal = Terminal(tmp_path, "--add", *urls(servers))
    terminal.answer("Which account is at the left?", "new")
    terminal.answer("Which system is at the left?", "growthgenius")
    terminal.answer("Which account is at the right?", "branch")
    terminal.answer("Name of the connection", "sales")
    terminal.answer("Name of the connection", "")
    terminal.answer("Where are secrets to be kept?", "file")
    terminal.whisper("API key (not shown)", gg.api_key)
    terminal.answer("GrowthGenius: user id", "78")
    for question in ("(left is GrowthGenius)", *RULES[1:]):
        terminal.answer(question, "")
    terminal.answer("Another connection?", "y")
    terminal.answer("Which account is at the left?", "growthgenius")
    terminal.answer("Which account is at the right?", "growthhub")
    for question in ("Name of the connection", *RULES):
        terminal.answer(question, "")
    terminal.answer("Another connection?", "n")
    terminal.answer("What next?", "plan")
    code, out = terminal.end()
    assert code == 0, terminal.seen
    assert "would be created" in out
    config, text = load(path), path.read_text(encoding="utf-8")
    assert {name: (one.left, one.right) for name, one in config.connections.items()} == {
        "sales": ("growthhub", "branch"),
        "growthgenius-branch": ("growthgenius", "branch"),
        "growthgenius-growthhub": ("growthgenius", "growthhub"),
    }
    assert [line for line in before.splitlines() if line not in text.splitlines()] == []
    assert config.log.level == "debug"
    assert modes(tmp_path)["config.toml"] == modes(tmp_path)["secrets/branch-token"] == 0o600
    assert main(["check", "--config", str(path)]) == 0


@pytest.mark.parametrize(
    ("base", "kept"),
    [
        (
            "# top\n[accounts]\na = { connector = 'growthgenius', api_key = 'env:A', user_id = 1 }  # inline\n",
            "# inline",
        ),
        ("[accounts.a]   # mine\nconnector = 'growthgenius'\napi_key = 'env:A'\nuser_id = 1\n", "# mine"),
    ],
)
def test_whatever_form_a_config_has_it_stays_and_another_connection_is_in_it(
    tmp_path: Path, base: str, kept: str
) -> None:
    base += (
        "[accounts.b]\nconnector = 'growthhub'\ntoken = 'env:B'\nlocation_id = 'l'\n"
        "[state]\nhistory = '30d' # short\n[connections.one]\nleft = 'a'\nright = 'b' # last\n"
    )
    app = {"client_id": "app", "client_secret": "env:C", "location_id": "l2"}
    draft = Draft(
        {"c": app}, "env:K", kinds=("growthgenius", "growthhub"), names=("a", "c"), connection="two",
        known=frozenset({"a", "b"}),
    )  # fmt: skip
    text = text_with(base, draft)
    assert [line for line in base.splitlines() if line not in text.splitlines()] == []
    assert kept in text
    config = parse(text, tmp_path / "config.toml")
    assert list(config.connections) == ["one", "two"]
    assert config.accounts["c"].uses_oauth
    assert config.state.history.days == 30


def test_a_config_that_another_program_changed_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    draft = Draft(
        {"growthgenius": {"api_key": "env:A", "user_id": 78}, "growthhub": {"token": "env:B", "location_id": "l"}}
    )
    path.write_text("mine", encoding="utf-8")
    with waiting_beside(tmp_path, force=False, adding=True) as secrets, pytest.raises(UsageError, match="meanwhile"):
        write_text(draft.text(), draft.secrets, secrets, path, "what was read")
    assert path.read_text(encoding="utf-8") == "mine"


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        patch.delenv("SYNC_CONFIG", raising=False)
        assert main(["init", "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert "needs a terminal; without one, write" in found["error"]
    assert "config.example.toml" in found["error"]
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_written_over_unless_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine", encoding="utf-8")
    terminal = Terminal(tmp_path)
    assert terminal.end()[0] == 2
    assert "there is a config file already; name another one with --config, or use --force" in " ".join(
        terminal.seen.split()
    )
    draft = Draft(
        {
            "growthgenius": {"api_key": "env:A", "user_id": 78},
            "growthhub": {"token": "env:B", "location_id": "loc"},
        }
    )
    with waiting_beside(tmp_path, force=False) as secrets, pytest.raises(UsageError, match="--force"):
        write(draft, secrets, path)
    assert path.read_text(encoding="utf-8") == "mine"
    with waiting_beside(tmp_path, force=True) as secrets:
        assert write(draft, secrets, path) == []
    assert load(path).accounts["growthhub"].secret[1].get_secret_value() == "env:B"
    assert modes(tmp_path) == {"config.toml": 0o600}


def test_secrets_that_are_there_are_not_written_over_either(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "growthhub-token").write_text("mine", encoding="utf-8")
    with waiting_beside(tmp_path, force=False) as secrets:
        with pytest.raises(UsageError, match="there is a secret already; move it away, or use --force"):
            secrets.at("file")
        assert secrets.at("env").place == "env"
    with waiting_beside(tmp_path, force=True) as secrets:
        reference = secrets.at("file").keep("growthhub-token", "new")
        secrets.settle(frozenset({reference}))
    assert (tmp_path / "secrets" / "growthhub-token").read_text(encoding="utf-8") == "new\n"


@pytest.mark.parametrize("url", ["http://example.com", "ftp://x", "words"])
def test_an_address_to_which_no_credentials_may_go_is_refused_at_once(url: str) -> None:
    with pytest.raises(UsageError, match="allowed is an address that begins with https://"):
        check_address(url)


def config_text(folder: Path) -> str:
    return (folder / "config.toml").read_text(encoding="utf-8")


def words(answer: str) -> list[str]:
    """Return the tags in an answer."""
    return [tag for tag in ("".join(filter(str.isprintable, word)).strip() for word in answer.split(",")) if tag]


class Script:
    """Answers as drawn; when an answer is asked again, with one that is good."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.given: dict[str, str] = {}
        self.asked: list[str] = []
        self.result: list[str] = []

    def text(self, question: str, default: str = "") -> str:
        name = next(name for name in GOOD if name in question)
        drawn = self.answers[name] if question not in self.asked else GOOD[name]
        self.asked.append(question)
        self.given[name] = drawn or default
        return self.given[name]

    def secret(self, question: str) -> str:
        return self.text(question)

    def choice(self, question: str, allowed: tuple[str, ...], default: str) -> str:
        name = next(name for name in self.answers if name in question)
        return str(self.answers[name]) if self.answers[name] in allowed else default

    def yes(self, question: str, *, default: bool) -> bool:
        return bool(self.answers["messages"])

    def show(self, text: str) -> None:
        self.result.append(text)


GOOD = {
    "API key: its": "A_KEY",
    "API key": "key-1",
    "user id": "78",
    "client_id": "app",
    "client_secret of the app: its": "C_S",
    "client_secret": "c",
    "company_id": "",
    "private integration token: its": "A_TOKEN",
    "private integration token (not": "pit",
    "location id": "loc",
    "Country": "GB",
    "Who travels": "vip, sync",
    "How often": "10m",
    "its environment variable": "T_K",
}
"""A good answer to each question, which is known by the first of these that is in it."""
texts = st.text(max_size=12) | st.text(st.sampled_from(" \t\"'\\#=[]\x00\x7f\u2028é,7"), max_size=6)
drawn = st.fixed_dictionaries(
    {name: st.just(good) | texts for name, good in GOOD.items()}
    | {
        "secrets to be kept": st.sampled_from(["file", "env"]),
        "opened by": st.sampled_from(["token", "oauth"]),
        "Which way": st.sampled_from(["both", "left_to_right", "right_to_left"]),
        "created?": st.sampled_from(["both", "left", "right", "none"]),
        "Which value wins": st.sampled_from(["newest", "left", "right", "manual"]),
        "What follows a deletion": st.sampled_from(["ignore", "propagate"]),
        "messages": st.booleans(),
    }
)


@given(answers=drawn)
def test_whatever_is_answered_is_asked_again_or_in_a_config_that_loads_with_it(answers: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = Script(answers)
        with waiting_beside(folder, force=False) as secrets:
            draft = Questions(script, secrets).ask(Draft())
            tried(draft, secrets, folder / "config.toml")
            write(draft, secrets, folder / "config.toml")
        assert any("can start workflows" in each and "create_tags" in each for each in script.result)
        assert '# create_tags = ["via-growthsync"]' in (folder / "config.toml").read_text(encoding="utf-8")
        config = load(folder / "config.toml")
        left, right, sales = config.accounts["growthgenius"], config.accounts["growthhub"], config.connections["sales"]
        assert isinstance(left, GrowthGeniusAccount)
        assert isinstance(right, GrowthHubAccount)
        assert right.location_id == script.given["location id"].strip()
        assert [str(user) for user in left.users] == list(
            dict.fromkeys(word.strip() for word in script.given["user id"].split(","))
        )
        assert sales.country == script.given["Country"].strip()
        assert sales.contacts.direction == answers["Which way"]
        assert sales.contacts.create == answers["created?"]
        assert (sales.messages is not None) == answers["messages"]
        assert sales.contacts.conflicts == answers["Which value wins"]
        assert sales.contacts.deletes == answers["What follows a deletion"]
        assert (config_text(folder).count("only = {") == 1) == bool(words(script.given["Who travels"]))
        assert right.uses_oauth == (answers["opened by"] == "oauth")
        if right.uses_oauth:
            assert right.client_id == script.given["client_id"].strip()
            assert (right.company_id or "") == script.given["company_id"].strip()
        reference = left.api_key.get_secret_value()
        if answers["secrets to be kept"] == "env":
            assert reference == f"env:{script.given['API key: its'].strip().removeprefix('env:')}"
            assert not (folder / "secrets").exists()
        else:
            kept = (folder / reference.removeprefix("file:")).read_text(encoding="utf-8")
            assert kept == f"{script.given['API key'].strip()}\n"
        assert set(modes(folder).values()) == {0o600}


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_quoted_text_is_read_back_by_toml_as_it_was(text: str) -> None:
    assert tomllib.loads(f"key = {quoted(text)}") == {"key": text}


def test_the_example_config_is_printed_as_it_stands_at_the_top(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--example"]) == 0
    text = capsys.readouterr().out
    assert text == (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert set(parse(text, Path("config.toml")).connections) == {"sales"}
