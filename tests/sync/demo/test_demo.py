import io
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors import registry
from connectors.clock import Clock
from connectors.growthhub.sandbox.demo import GrowthHubDemo
from connectors.sandbox.demo import OWNER
from sync.cli import main
from sync.config.model import load
from sync.demo import demo, pair_demo, sample_contacts, sandbox
from sync.demo.console import PlainConsole, RichConsole, console_for
from sync.demo.contact_generator import ONLY_LEFT, ONLY_RIGHT, SAME_EMAIL, SAME_PHONE, population
from sync.demo.servers import Servers, serving
from sync.demo.walkthrough import Walkthrough
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.errors import UsageError
from sync.operations import open_items
from sync.output.progress import SilentProgress
from sync.output.report import RunReport
from tests.connectors.clocks import FakeClock
from tests.invented_system import KIND
from tests.sync.demo.comparison import compare

ESCAPE = "\x1b["


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the demo make its folder where the test can look."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def demo_text() -> str:
    """Return what the demo prints into a pipe."""
    out = io.StringIO()
    assert demo(False, out, FakeClock())
    return out.getvalue()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def servers(clock: FakeClock) -> Iterator[Servers]:
    """Both servers with the contacts that the demo names, before the first run."""
    with serving(clock, keep=False) as started:
        for arrival in (*(one for one, _, _ in sample_contacts.DIRTY), *sample_contacts.KNOWN):
            started.add_record(arrival)
        yield started


def without_chance(text: str) -> str:
    """Leave out what differs from one demo to the next: folder, run ids, and how long the machine took."""
    return re.sub(r"\S*growthsync-demo-\w+|(?:run|undo) \d{8}T\d{6}-\w+|[\d-]+ [\d:]+\+00:00|in [\d.]+ s\b", "", text)


def run(servers: Servers, clock: FakeClock) -> RunReport:
    clock.pass_by(2.0)
    (report,) = run_connections(servers.config, RunOptions(), SilentProgress(), None, clock)
    return report


def agreement_of(servers: Servers, clock: FakeClock) -> tuple[bool, list[str], list[str]]:
    assert isinstance(servers.right, GrowthHubDemo)
    fills = {"country": servers.right.running.country, "owner": OWNER}  # what the servers fill in by themselves
    found = compare(servers.config, servers.config.connections["sales"], fills, clock)
    return found.agrees, [f"{one.who} {one.field}" for one in found.differences if not one.excuse], found.only


def test_the_demo_ends_with_both_sides_agreeing_and_nothing_left_to_do(demo_text: str) -> None:
    assert "2 calls to GrowthGenius, 3 calls to GrowthHub, 0 writes." in demo_text
    assert "Both sides agree." in demo_text
    assert "both sides agree, " in demo_text.split("$ sync verify")[1]
    assert ESCAPE not in demo_text


def test_every_edit_arrives_as_the_demo_says_and_the_conflict_waits_for_a_user(demo_text: str) -> None:
    second = demo_text.split("4. The second run")[1].split("6. Where", maxsplit=1)[0]
    for line in (
        r'ann\.reed@example\.com +GrowthHub +title: "Account Executive" -> "Head of Sales" +carried',
        r'ben\.stone@example\.com +GrowthGenius +phone: "\+13035550111" -> "\+13035550177" +carried',
        r'cleo\.park@example\.com +GrowthGenius +tags: "Cold, Partner, Webinar" -> "Partner, trial, Webinar" +carried',
        r'cleo\.park@example\.com +GrowthHub +tags: "partner, trial" -> "partner, trial, Webinar" +carried',
        r'dan\.webb@example\.com +GrowthGenius +website: "https://old\.example\.com" -> \(empty\) +carried',
        r'eva\.lind@example\.com +GrowthGenius +company: "Blue Kettle" -> "Cedar & Sons" +newest',
        r"hana\.moss@example\.com +GrowthGenius +\(a new record\) +created",
        r"gilbert\.one@example\.com +GrowthHub +\(a new record\) +created",
        r'1 +sales +finn\.wood@example\.com +city +"Chicago" +"Denver"',
        r"\$ sync conflicts resolve 1 --left",
        r'GrowthGenius has "Chicago" now, GrowthHub "Chicago"\.',
    ):
        assert re.search(line, second), line


def test_messages_are_synced_both_ways_and_none_is_sent(demo_text: str) -> None:
    result = demo_text.split("7. Messages")[1].split("8. Nothing to do", maxsplit=1)[0]
    for line in (
        "Shall we talk on Tuesday?",
        r"\[growthgenius-message:\d+\]",
        r"ben\.stone@example\.com +sms +Call me on the new number\.",
        r"cleo\.park@example\.com +email +The trial +Yes, \W*please\W*\.",
        "GrowthHub was asked to send 0 messages",
    ):
        assert re.search(line, result), line


def test_dirty_values_and_doubles_are_shown_with_the_result(demo_text: str) -> None:
    first = demo_text.split("2. The first run")[1].split("3. Users edit", maxsplit=1)[0]
    for line in (
        r'mobile_phone "NaN", work_phone "\(303\) 555-0142" +phone "\+13035550142"',
        r'mobile_phone "020 7946 0118" +phone "\+442079460118"',
        r'country "USA" +country "US"',
        r'label_names "VIP, Trade Fair" +tags "trade fair, vip"',
        r'mobile_phone "12" +phone \(empty\)',
        r"gil\.one@example\.com +double .* has the same e-mail as",
        rf"{SAME_EMAIL + SAME_PHONE} were found on both sides and paired\.",
    ):
        assert re.search(line, first), line


def test_what_looks_like_markup_is_shown_as_it_is() -> None:
    screen = Terminal()
    console = console_for(screen)
    assert isinstance(console, RichConsole)
    console.say("[bold]no[/bold]")
    console.table(("A",), [("[red]x\x1b[2J",)])
    assert "[bold]no[/bold]" in screen.getvalue()
    assert "[red]x\\x1b[2J" in screen.getvalue()


class Visit:
    """What a user does while the servers run: the commands that the demo has shown, on the very config."""

    def __init__(self, screen: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
        self.screen = screen
        self.capsys = capsys
        self.commands: list[str] = []
        self.shown: dict[str, str] = {}
        self.open_conflicts = 0

    def __call__(self, servers: Servers, _clock: Clock) -> None:
        told = self.screen.getvalue().split("In another terminal:")[1]
        self.commands = re.findall(r"^  sync (.*) --config", told, re.MULTILINE)
        for command in self.commands:
            if command not in ("run", "rehearse", "plan", "approve sales"):
                main([*command.split(), "--config", str(servers.config.path)])
                self.shown[command] = self.capsys.readouterr().out
        assert f"The status page: http://{servers.config.status_page.listen}" in told
        assert all(account.base_url in told for account in servers.config.accounts.values())
        self.open_conflicts = len(open_items.conflicts(servers.config)["conflicts"])


def test_keep_serves_both_systems_and_leaves_a_conflict_and_a_private_folder(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = population()[::8]
    monkeypatch.setattr("sync.demo.walkthrough.population", lambda: few)
    screen = Terminal()
    visit = Visit(screen, capsys)
    assert demo(True, screen, FakeClock(), visit)
    (folder,) = elsewhere.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert visit.commands == ["status", "runs", "conflicts list", "failures list", "verify"]
    assert visit.open_conflicts == 1
    assert '"Austin"  "Boise"' in visit.shown["conflicts list"]
    assert "pairs compared" in visit.shown["verify"]
    with closing(sqlite3.connect(load(folder / "config.toml").state.path)) as db:
        assert db.execute("SELECT count(*) FROM link").fetchone()[0] > len(few) / 2
    assert ESCAPE in screen.getvalue()
    assert "Both sides agree." in screen.getvalue()


def test_a_sandbox_serves_two_systems_with_nothing_synced_and_leaves_nothing(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Terminal()
    visit = Visit(screen, capsys)
    sandbox(screen, FakeClock(), visit)
    assert visit.commands == ["check", "rehearse", "plan", "approve sales", "run", "status"]
    assert "growthhub (growthhub): ok" in visit.shown["check"]
    assert list(elsewhere.iterdir()) == []


def test_the_demo_explains_and_undoes_the_decision(demo_text: str) -> None:
    part = demo_text.split("6. Where does a value come from")[1].split("7. Messages", maxsplit=1)[0]
    assert 'city: "Denver" -> "Chicago"' in part
    assert "a user decided" in part
    assert re.search(r"\$ sync undo \S+", part)
    assert 'GrowthHub has "Denver" again, GrowthGenius still "Chicago"' in part


def test_the_command_prints_the_same_text_each_time_and_leaves_nothing_behind(
    demo_text: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sync.demo.walkthrough.SystemClock", FakeClock)
    assert main(["demo"]) == 0
    again = capsys.readouterr().out
    assert list(elsewhere.iterdir()) == []
    assert without_chance(again) == without_chance(demo_text)


def test_a_demo_in_which_the_sides_differ_says_so_and_is_no_success(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    others = tuple(edit for edit in sample_contacts.EARLIER if edit.email != sample_contacts.TWIN)
    monkeypatch.setattr(sample_contacts, "EARLIER", others)  # two records keep the same e-mail address
    monkeypatch.setattr("sync.demo.walkthrough.population", list)
    with serving(clock, keep=False) as servers:
        assert not Walkthrough(servers, clock, PlainConsole(out), out).show()
    assert "Both sides do NOT agree." in out.getvalue()


def test_the_comparison_finds_a_field_that_differs(servers: Servers, clock: FakeClock) -> None:
    run(servers, clock)
    servers.edit(sample_contacts.Edit("left", sample_contacts.TWIN, "", {"email": "gil.two@example.com"}, "Gilbert"))
    run(servers, clock)
    assert agreement_of(servers, clock) == (True, [], [])
    servers.edit(sample_contacts.EARLIER[0])
    assert agreement_of(servers, clock) == (False, ["ann.reed@example.com title"], [])
    run(servers, clock)
    assert agreement_of(servers, clock) == (True, [], [])


def test_the_comparison_finds_contacts_on_one_side_only(servers: Servers, clock: FakeClock) -> None:
    run(servers, clock)
    assert agreement_of(servers, clock) == (False, [], [sample_contacts.TWIN])
    servers.add_record(sample_contacts.NEWCOMER)
    assert agreement_of(servers, clock) == (False, [], [sample_contacts.TWIN, "hana.moss@example.com"])


def test_an_emptied_country_is_no_excuse_for_another_one(servers: Servers, clock: FakeClock) -> None:
    run(servers, clock)
    servers.edit(sample_contacts.Edit("right", "ann.reed@example.com", "", {"country": "DE"}))
    _, differ, _ = agreement_of(servers, clock)
    assert differ == ["ann.reed@example.com country"]


def test_all_contacts_are_invented_and_no_two_of_them_are_paired_by_mistake() -> None:
    people = population()
    assert people == population()
    assert len(people) == ONLY_LEFT + ONLY_RIGHT + 2 * (SAME_EMAIL + SAME_PHONE)
    emails = [one.fields["email"] for one in people if one.side == "left"]
    assert len(set(emails)) == len(emails)
    all_contacts = [
        *people,
        *(one for one, _, _ in sample_contacts.DIRTY),
        *sample_contacts.KNOWN,
        sample_contacts.NEWCOMER,
    ]
    for one in all_contacts:
        assert str(one.fields["email"] or "x@example.com").endswith("@example.com")
        for key in ("mobile_phone", "work_phone", "phone"):
            digits = re.sub(r"\D", "", str(one.fields.get(key) or ""))
            assert digits in ("", "12") or re.search(r"55501\d\d$|^02079460\d{3}$", digits), one


def test_a_shorter_demo_shows_any_other_system_with_a_sandbox() -> None:
    others = [one.kind for one in registry.systems() if one.demo is not None and one.kind not in registry.FIRST_PAIR]
    assert {"apollo", "whautomate"} <= set(others)
    for kind in others:
        out = io.StringIO()
        assert pair_demo(kind, False, out, FakeClock()), out.getvalue()
        assert f"{registry.label(kind)} has 12" in out.getvalue()
        assert "asked to send 0 messages" in out.getvalue()


def test_a_system_without_a_sandbox_for_the_demo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.ENTRIES, KIND, "tests.invented_system")
    with pytest.raises(UsageError, match="there is no sandbox of Acme for the demo"):
        pair_demo(KIND, False, io.StringIO(), FakeClock())
