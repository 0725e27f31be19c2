import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from connectors.errors import AuthError
from state.errors import LockHeld, StateError
from sync.cli import SECTIONS, cli, main
from sync.errors import ConfigError, GuardStopped, UsageError
from tests.sync.config_text import GOOD

ROOT = Path(__file__).parents[2]
NOTHING_LOST = "nothing is lost"


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good config in the present folder, without the messages table, and no other one to be found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    for name in ("SYNC_CONFIG", "GROWTHGENIUS_API_KEY", "GROWTHHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "config.toml"
    path.write_text(GOOD.replace('[connections.sales.messages]\ndirection = "both"\n', ""), encoding="utf-8")
    return path


@pytest.fixture
def command() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Add a command of the test's own, named `strike`, for as long as the test runs."""

    def add(function: Callable[[], object]) -> None:
        @click.command()
        @click.option("--json", "as_json", is_flag=True)
        def strike(as_json: bool) -> object:
            return function()

        cli.add_command(strike)

    yield add
    cli.commands.pop("strike", None)


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


def test_help_lists_the_commands_in_the_order_of_their_use() -> None:
    found = process("-m", "sync", "--help")
    assert found.returncode == 0
    titles = re.findall(r"^(\w[\w ]+):$", found.stdout, re.MULTILINE)
    assert titles == ["Options", *SECTIONS]
    listed = re.findall(r"^  (\w+) {2,}[A-Z]", found.stdout, re.MULTILINE)
    assert listed == list(cli.commands)
    assert listed[:3] == ["demo", "sandbox", "init"]


@pytest.mark.parametrize(
    "arguments",
    [["demo"], ["check"], ["run"], ["plan"], ["status"], ["conflicts"], ["conflicts", "list"], ["conflicts", "show"],
     ["conflicts", "resolve"], ["failures"], ["failures", "list"], ["failures", "retry"], ["failures", "dismiss"],
     ["explain"], ["undo"], ["verify"], ["reconcile"], ["forget"], ["state"], ["state", "backup"], ["daemon"],
      ["service"], ["service", "install"], ["runs"], ["completion"], ["fields"], ["fields", "suggest"]],
    ids=" ".join,
)  # fmt: skip
def test_every_command_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: sync {' '.join(arguments)} ")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["conflicts", "resolve", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from sync.cli import main; main(sys.argv[1:]);"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    modules = process("-c", code, *arguments).stderr
    heavy = (
        "pydantic",
        "requests",
        "urllib3",
        "sqlite_utils",
        "sqlite3",
        "pendulum",
        "rich",
        "phonenumbers",
        "tomllib",
    )
    assert "'click'" in modules
    assert not [name for name in heavy if f"'{name}'" in modules]


@pytest.mark.usefixtures("config_file")
def test_status_imports_neither_http_nor_tables_nor_time_libraries() -> None:
    code = (
        "import sys; from sync.cli import main; code = main(['status']);"
        "print(code, sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    assert process("-c", code).returncode == 0
    modules = process("-c", code).stderr
    assert modules.startswith("0 ")
    heavy = ("requests", "urllib3", "pendulum", "rich", "phonenumbers")
    assert not [name for name in heavy if f"'{name}'" in modules]


def test_the_installed_commands_are_the_module() -> None:
    assert process("-m", "sync", "run", "--bogus").returncode == 2
    found = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'sync = "sync.__main__:main"' in found
    assert 'growthsync = "sync.__main__:main"' in found


WRONG = [
    (["chekc"], "No such command 'chekc'. Did you mean 'check'?"),
    (["run", "--qzqzqz"], "No such option '--qzqzqz'; see `sync run --help`"),
    (["run", "surplus"], "unexpected extra argument"),
    (["run", "--stream", "calls"], "'calls' is not one of 'contacts', 'messages'"),
    (["run", "--stream", "messages"], "no connection syncs messages; add the table [connections.sales.messages]"),
    (["plan", "--stream", "messages"], "no connection syncs messages; add the table [connections.sales.messages]"),
    (["run", "--since", "soon"], "'soon' is not a time; WHEN is"),
    (["run", "--since", "2100-01-01"], "--since 2100-01-01 is in the future"),
    (["plan", "--since", "1d", "--until", "2d"], "--until 2d is not after --since 1d"),
    (["run", "--connection", "sale"], "no such connection; allowed is sales; did you mean sales?"),
    (["run", "--config", "nowhere.toml"], "nowhere.toml: there is no such file; write one after config.example.toml"),
    (["run"], "accounts.growthgenius.api_key: the environment variable GROWTHGENIUS_API_KEY is not set"),
    (["plan"], "accounts.growthhub.token: the environment variable GROWTHHUB_TOKEN is not set"),
    (["check"], "accounts.growthhub.token: the environment variable GROWTHHUB_TOKEN is not set"),
    (["status", "--config", "nowhere.toml"], "there is no such file"),
    (["conflicts", "show", "7"], "there is no conflict 7; see `sync conflicts list`"),
    (["conflicts", "show", "x"], "'x' is not a valid"),
    (["conflicts", "resolve", "7", "--left"], "there is no conflict 7"),
    (["conflicts", "resolve", "7"], "give exactly one of --left, --right, --newest and --value V"),
    (["conflicts", "resolve", "7", "--left", "--value", "x"], "give exactly one of --left, --right, --newest and"),
    (["conflicts", "resolve", "7", "--left", "--right"], "give exactly one of --left, --right, --newest and --value V"),
    (["conflicts", "resolve", "--left"], "give exactly one of an ID, --all and --field FIELD"),
    (["conflicts", "resolve", "7", "--all", "--left"], "give exactly one of an ID, --all and --field FIELD"),
    (["conflicts", "resolve", "--all", "--value", "x"], "--value V is for one conflict: give its ID"),
    (["conflicts", "resolve", "7", "--connection", "sales", "--left"], "--connection is for --all and --field"),
    (["conflicts", "resolve", "--all", "--connection", "sale", "--left"], "did you mean sales?"),
    (["runs", "--connection", "sale"], "no such connection; allowed is sales; did you mean sales?"),
    (["runs", "--limit", "0"], "0 is not in the range x>=1"),
    (["failures", "retry"], "give either an ID or --all"),
    (["failures", "retry", "7", "--all"], "give either an ID or --all"),
    (["failures", "retry", "7"], "there is no failure 7; see `sync failures list`"),
    (["failures", "dismiss", "7"], "Missing option '--why'"),
    (["failures", "dismiss", "7", "--why", " "], "--why needs a reason"),
    (["failures", "dismiss", "7", "--why", "known"], "there is no failure 7"),
    (["explain"], "Missing argument 'WHO'"),
    (["explain", "ann"], "'ann' is neither an e-mail address, nor a phone number, nor ACCOUNT:ID"),
    (["explain", "ann@example.com", "town"], "there is no field town; allowed is first_name"),
    (["undo"], "Missing argument 'RUN'"),
    (["undo", "r1"], "there is no run r1; the state file knows no runs yet"),
    (["undo", "r1", "--connection", "sales"], "No such option '--connection'"),
    (["forget"], "Missing argument 'WHO'"),
    (["forget", "17"], "'17' is neither an e-mail address"),
    (["forget", "17", "--lift"], "'17' is neither an e-mail address"),
    (["reconcile", "--since", "1d"], "No such option '--since'"),
    (["reconcile", "--connection", "sale"], "no such connection; allowed is sales; did you mean sales?"),
    (["reconcile"], "accounts.growthgenius.api_key: the environment variable GROWTHGENIUS_API_KEY is not set"),
    (["verify", "--connection", "sale"], "no such connection; allowed is sales; did you mean sales?"),
    (["verify"], "accounts.growthhub.token: the environment variable GROWTHHUB_TOKEN is not set"),
    (["state", "backup"], "Missing argument 'PATH'"),
    (["state", "backup", "copy.db"], "yet; create it with: sync run"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
@pytest.mark.usefixtures("config_file")
def test_a_wrong_command_line_ends_with_2_and_says_what_is_wrong(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
@pytest.mark.usefixtures("config_file")
def test_with_json_a_wrong_command_line_is_one_document(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--json"]) == 2
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert words in document.pop("error")
    assert document == ({"runs": []} if arguments[0] in ("run", "plan", "reconcile", "undo") else {})
    assert words in shown.err


def test_a_wrong_config_file_ends_every_command_with_2_and_a_line_each(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_file.write_text(GOOD.replace("newest", "oldest").replace("365d", "a year"), encoding="utf-8")
    for arguments in (["run"], ["plan"], ["check"], ["status"], ["conflicts", "list"], ["failures", "list"]):
        assert main(arguments) == 2
        lines = capsys.readouterr().err.splitlines()
        assert [line.split(": ")[1] for line in lines] == ["connections.sales.contacts.conflicts", "state.history"]


@pytest.mark.usefixtures("config_file")
def test_before_the_first_run_there_is_nothing_to_show_and_no_file_is_created(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    assert main(["status"]) == 0
    assert "sales       contacts  never" in capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["connections"][0]["name"] == "sales"
    assert main(["failures", "list"]) == 0
    assert capsys.readouterr().out == "no failures are open\n"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("said so"), 2),
        (ConfigError("said so"), 2),
        (StateError("said so"), 2),
        (AuthError("growthhub", "said so"), 3),
        (GuardStopped("said so"), 4),
        (LockHeld("said so"), 75),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_expected_error_is_its_own_words_and_its_exit_code(
    error: Exception, code: int, command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    command(fail)
    assert main(["strike", "--json"]) == code
    shown = capsys.readouterr()
    assert shown.err == f"{error}\n"
    assert json.loads(shown.out) == {"error": str(error)}


def test_a_bug_is_reported_with_its_place_without_traceback_secret_or_personal_data(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise KeyError("token=pit-00000000-invented of ann@example.com")

    command(fail)
    assert main(["strike"]) == 3
    shown = capsys.readouterr().err
    assert "unexpected KeyError at test_cli.py:" in shown
    assert NOTHING_LOST in shown
    assert "Traceback" not in shown
    assert "invented" not in shown
    assert "ann@" not in shown


@pytest.mark.parametrize(("code", "returned"), [(None, 0), (0, 0), (1, 1), (75, 75)])
def test_what_a_command_returns_is_the_exit_code(code: int | None, returned: int, command: Callable[..., None]) -> None:
    command(lambda: code)
    assert main(["strike"]) == returned


def test_signals_have_their_old_handlers_when_the_command_is_over(command: Callable[..., None]) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    during: list[object] = []
    command(lambda: during.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)))
    main(["strike"])
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert during[0] not in before


SLEEPER = """
import sys, time
import click
from sync.cli import SECTIONS, cli, main

@cli.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--ask", is_flag=True)
def sleep(as_json, ask):
    print("ready", file=sys.stderr, flush=True)
    try:
        click.confirm("Write this?", err=True) if ask else time.sleep(60)
    except Exception as error:
        if not isinstance(error, click.Abort):
            sys.exit("an error handler caught the interruption")
        raise

sys.exit(main(sys.argv[1:]))
"""


def _wait_until_blocked(pid: int) -> None:
    """Wait until the process is inside the call: just before it, Python notes a signal and blocks all the same."""
    status, deadline = Path(f"/proc/{pid}/stat"), time.monotonic() + 20
    asleep = 0
    while status.exists() and asleep < 5 and time.monotonic() < deadline:
        asleep = asleep + 1 if status.read_text().rpartition(")")[2].split()[0] == "S" else 0
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("flags", [[], ["--json"], ["--ask"]], ids=["sleeping", "json", "asking"])
def test_an_interrupted_run_ends_with_its_code_and_loses_nothing(
    number: signal.Signals, code: int, flags: list[str]
) -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", SLEEPER, "sleep", *flags],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as running:  # fmt: skip
        watchdog = threading.Timer(30, running.kill)  # a test that fails, not one that hangs
        watchdog.start()
        assert running.stderr is not None
        assert running.stdout is not None
        assert running.stderr.readline() == "ready\n"
        if "--ask" in flags:
            assert running.stderr.read(len("Write this?")) == "Write this?"
        _wait_until_blocked(running.pid)
        running.send_signal(number)
        result, said = running.stderr.read(), running.stdout.read()
        assert running.wait(timeout=30) == code
        watchdog.cancel()
    assert f"interrupted by {number.name}; {NOTHING_LOST}" in result
    assert "Traceback" not in result
    if flags == ["--json"]:
        assert NOTHING_LOST in json.loads(said)["error"]
    else:
        assert said == ""


@pytest.mark.usefixtures("config_file")
def test_a_reader_that_goes_away_gets_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        found = subprocess.run(
            [sys.executable, "-m", "sync", "status"],
            stdout=closed, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert found.returncode == 141
    assert found.stderr == ""
