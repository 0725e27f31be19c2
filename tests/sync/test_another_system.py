"""A system that is added to the registry works everywhere without a change in `sync`."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors import registry
from connectors.clock import SystemClock
from connectors.http.call_log import CallLog
from connectors.http.rate_headers import RateLimit
from connectors.http.rate_limiter import MemoryCallLogStore
from connectors.system import WebhookEvent
from state.webhook_hints import Hint
from sync.cli import main
from sync.config.model import Config, load, parse
from sync.config.secret import secret_variables
from sync.engine.accounts import SharedResources, connect
from sync.engine.check_resources import MemorySettings
from sync.engine.pair_limits import carries_messages, pair_limits
from sync.errors import ConfigError
from sync.output.report import RunReport
from sync.setup.config_file import write
from sync.setup.draft import Draft
from sync.setup.questions import Questions
from sync.setup.secrets import waiting_beside
from sync.text_output.runs import plan_lines
from sync.webhooks.receiver import Rules
from sync.webhooks.routes import hints_of
from tests.invented_system import KIND, LIMIT, AcmeAccount
from tests.sync.config_text import replaced

FILE = Path("/home/ann/sync/config.toml")
ACCOUNT = """\
[accounts.growthhub]
connector = "acme"
api_key = "env:ACME_KEY"
region = "north"
"""
HUB = """\
[accounts.growthhub]
connector = "growthhub"
token = "env:GROWTHHUB_TOKEN"
location_id = "ve9EPM428h8vShlRW1KT"
"""
TEXT = replaced(HUB, ACCOUNT)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add the invented system to the registry."""
    monkeypatch.setitem(registry.ENTRIES, KIND, "tests.invented_system")
    yield
    assert KIND in registry.kinds()


def mistakes(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, FILE)
    return "\n".join(caught.value.lines)


def webhooks_config() -> Config:
    return parse(f'{TEXT}\n[webhooks]\nlisten = "127.0.0.1:0"\nacme_path = "s3cret"\n', FILE)


def test_its_accounts_load_with_its_own_keys_and_know_their_secret() -> None:
    config = parse(TEXT, FILE)
    account = config.accounts["growthhub"]
    assert isinstance(account, AcmeAccount)
    assert (account.region, account.plan, account.name) == ("north", 1, "growthhub")
    assert account.secret[0] == "api_key"
    assert "ACME_KEY" in secret_variables(config)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('api_key = "env:ACME_KEY"\n', "", "growthhub.api_key: is missing; it takes the key of the workspace"),
        ('region = "north"\n', "", "growthhub.region: is missing; it takes a value; config.example.toml explains it"),
        ('region = "north"', 'region = "north"\nplan = 0', "growthhub.plan: found 0; allowed is greater than 0"),
        ('region = "north"', 'region = "north"\nplam = 1', "no such key; allowed are connector, rate, base_url"),
        ('region = "north"', 'region = "north"\nplam = 1', "did you mean plan?"),
        (
            '"acme"',
            '"acmee"',
            "allowed is growthgenius, growthhub, apollo, whautomate, acme; did you mean acme?",
        ),
        (
            'connector = "acme"\n',
            "",
            "connector: is missing; it takes growthgenius or growthhub or apollo or whautomate or acme",
        ),
        ("api_key = ", "api_key = 7 # ", "growthhub.api_key: allowed is a text"),
        ('region = "north"', "region = 7", "growthhub.region: allowed is a text"),
    ],
)
def test_mistakes_in_its_accounts_are_lines_like_any_other(old: str, new: str, words: str) -> None:
    assert old in TEXT
    assert words in mistakes(TEXT.replace(old, new))


def test_an_unknown_kind_is_a_config_error_that_lists_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(TEXT.replace('"acme"', '"akme"'), encoding="utf-8")
    assert main(["check", "--config", str(path), "--json"]) == 2
    assert (
        'found "akme"; allowed is growthgenius, growthhub, apollo, whautomate, acme'
        in json.loads(capsys.readouterr().out)["error"]
    )


def test_what_it_can_do_is_allowed_and_what_it_cannot_do_is_not() -> None:
    fields = "[connections.sales.contacts.fields]\n"
    assert parse(TEXT.replace(fields, f'{fields}stage = {{ as = "tags" }}\n'), FILE)
    blocked = TEXT.replace(fields, f'{fields}do_not_contact = {{ channels = ["Email"] }}\n')
    assert "channels: found ['Email']" not in mistakes(blocked)
    assert "for do_not_contact of an account at growthhub only" in mistakes(blocked)


def test_an_account_is_connected_with_its_limit_which_its_own_rate_headers_change() -> None:
    config = parse(TEXT, FILE)
    shared = SharedResources(MemoryCallLogStore(), SystemClock(), lambda _name: MemorySettings())
    account = connect("growthhub", config.accounts["growthhub"], "key", config.connections["sales"], shared)
    assert (account.limit, account.connector.system) == (LIMIT, KIND)
    account.pacer.done(account.pacer.take(), {"x-rate-limit-minute": "50"}, 200)
    account.close()
    assert CallLog.loaded(shared.call_log.peek("growthhub")).limit == RateLimit(50, 60.0)


def test_check_tries_its_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACME_KEY", "key-0001")
    both = "".join(ACCOUNT.replace("growthhub", name) for name in ("one", "two"))
    path = tmp_path / "config.toml"
    path.write_text(f'{both}[connections.sales]\nleft = "one"\nright = "two"\n', encoding="utf-8")
    assert main(["check", "--config", str(path), "--json"]) == 0
    accounts = json.loads(capsys.readouterr().out)["accounts"]
    assert [(one["account"], one["connector"], one["ok"]) for one in accounts] == [
        ("one", KIND, True), ("two", KIND, True)
    ]  # fmt: skip
    assert "the key opens region north" in [finding["what"] for finding in accounts[0]["findings"]]


def test_what_it_cannot_do_with_another_system_is_said_by_check_once_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACME_KEY", "key-0001")
    both = "".join(ACCOUNT.replace("growthhub", name) for name in ("one", "two"))
    settings = (
        '[connections.sales.contacts]\ndeletes = "propagate"\ncreate_tags = ["new"]\n'
        '[connections.sales.contacts.fields]\nstage = { as = "tags" }\n[connections.sales.messages]\n'
    )
    path = tmp_path / "config.toml"
    path.write_text(f'{both}[connections.sales]\nleft = "one"\nright = "two"\n{settings}', encoding="utf-8")
    assert main(["check", "--config", str(path)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "sales: " in line and "(Acme)" in line]
    for account in ("one", "two"):
        said = [line.partition("sales: ")[2] for line in lines if f"{account} (Acme)" in line]
        assert said[:1] == [f"messages: {account} (Acme) keeps no messages, so none are copied"]
        assert f"field stage as tags: {account} (Acme) has no place for it" in said
        assert f"deletions of contacts: {account} (Acme) deletes no contacts by its API" in said
        assert f"create_tags: {account} (Acme) has no tags" in said
        assert len(said) == len(set(said)) == 5
        assert "title" in next(line for line in said if line.startswith("fields: "))


def test_a_plan_says_the_same_and_a_run_leaves_the_messages_out() -> None:
    config = parse(TEXT, FILE)
    shared = SharedResources(MemoryCallLogStore(), SystemClock(), lambda _name: MemorySettings())
    connection = config.connections["sales"]
    left, right = (
        connect(name, config.accounts[name], "key", connection, shared).connector
        for name in (connection.left, connection.right)
    )
    assert not carries_messages(left, right)
    report = RunReport("r1", "sales", datetime(2026, 3, 2, tzinfo=UTC), dry_run=True, cost={})
    report.limits = [limit.line for limit in pair_limits(connection, left, right)]
    assert report.limits == list(dict.fromkeys(report.limits))
    assert report.to_json()["limits"] == report.limits
    assert [line for line in plan_lines([report]) if "keeps no messages" in line] == [
        "  not possible: messages: growthhub (Acme) keeps no messages, so none are copied"
    ]


class Answers:
    """Answers the questions of `sync init`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def text(self, question: str, default: str = "") -> str:
        self.asked.append(question)
        found = {"Acme: region": "north", "GrowthGenius: user id, or several with commas": "78"}
        return found.get(question, default)

    def secret(self, question: str) -> str:
        self.asked.append(question)
        return "key-0001"

    def choice(self, question: str, allowed: tuple[str, ...], default: str) -> str:
        self.asked.append(question)
        assert default in allowed
        return default

    def yes(self, question: str, *, default: bool) -> bool:
        self.asked.append(question)
        return not default

    def show(self, text: str) -> None:
        assert text


def test_init_asks_its_questions_and_writes_a_config_that_loads(tmp_path: Path) -> None:
    answers, path = Answers(), tmp_path / "config.toml"
    with waiting_beside(tmp_path, force=False) as secrets:
        draft = Questions(answers, secrets).ask(Draft(kinds=("growthgenius", KIND)))
        write(draft, secrets, path)
    assert [one for one in answers.asked if one.startswith("Acme")] == [
        "Acme: key (not shown)", "Acme: in Europe?", "Acme: region"
    ]  # fmt: skip
    text = path.read_text(encoding="utf-8")
    assert 'api_key = "file:secrets/acme-api-key"\nregion = "north"    # of acme\n' in text
    assert "what messages of GrowthGenius become at Acme" in text
    assert (tmp_path / "secrets" / "acme-api-key").read_text(encoding="utf-8") == "key-0001\n"
    assert isinstance(load(path).accounts[KIND], AcmeAccount)


def test_its_webhooks_are_taken_at_their_secret_path_and_become_hints() -> None:
    config = webhooks_config()
    assert config.webhooks is not None
    rules = Rules.of(config, config.webhooks)
    assert [rules.takers(path) for path in ("/webhooks", "/webhooks/s3cret", "/webhooks/other", "/")] == [
        ["growthhub"], [KIND], [], []
    ]  # fmt: skip
    assert rules.sender([KIND], "/webhooks/s3cret", b"{}", []) == KIND
    assert rules.sender(["growthhub"], "/webhooks", b"{}", []) is None
    event = rules.readers[KIND].read(b'{"kind": "contact_created", "region": "north", "id": "c1"}')
    assert event == WebhookEvent("contact_created", "north", "contact", "c1")
    assert hints_of(KIND, event, rules.routes) == [(("sales", "contacts"), Hint("growthhub", "c1", "", False, None))]
    assert hints_of("growthhub", event, rules.routes) == []
