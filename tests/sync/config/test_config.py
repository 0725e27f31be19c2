import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.contact import FIELDS
from connectors.growthgenius.system import GrowthGeniusAccount
from connectors.growthhub.signatures import ED25519, RSA
from connectors.growthhub.system import GrowthHubAccount
from connectors.growthhub.webhook_options import ON, WebhookKeys
from connectors.http.rate_limiter import RateLimit
from sync.config.error_lines import from_pydantic, lines
from sync.config.model import Config, find, load, parse, tables
from sync.config.scope import Only
from sync.config.webhooks import webhooks_model
from sync.errors import ConfigError
from tests.sync.config_text import GOOD, replaced, with_line

FILE = Path("/home/ann/sync/config.toml")
EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


CONTACTS = "connections.sales.contacts"


def only_left(condition: str) -> str:
    return f"only = {{ left = {{ all = [ {condition} ] }} }}"


def complaints(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, FILE)
    return list(caught.value.lines)


def complaint(text: str) -> str:
    (line,) = complaints(text)
    return line


def users_of(config: Config, account: str) -> tuple[int | str, ...]:
    found = config.accounts[account]
    assert isinstance(found, GrowthGeniusAccount)
    return found.users


def keys_of(config: Config) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the keys of signatures by Ed25519 and RSA."""
    assert isinstance(config.webhooks, WebhookKeys)
    return config.webhooks.ed25519_key, config.webhooks.rsa_key


def test_what_is_left_out_has_the_value_of_the_contract() -> None:
    text = GOOD[: GOOD.index("[connections.sales.contacts]")]
    config = parse(text, FILE)
    connection = config.connections["sales"]
    assert config.state.path == Path("/home/ann/sync/sync.db")
    assert config.state.history == timedelta(days=365)
    assert connection.every == timedelta(minutes=5)
    assert connection.cron is None
    assert connection.reconcile == timedelta(days=7)
    assert connection.settle == timedelta(seconds=60)
    assert connection.lookback == timedelta(minutes=10)
    assert connection.country == "US"
    assert connection.messages is None
    contacts = connection.contacts
    assert (contacts.direction, contacts.create, contacts.conflicts, contacts.deletes) == (
        "both", "both", "newest", "ignore",
    )  # fmt: skip
    assert contacts.max_changed == 0.5
    assert contacts.create_tags == ()
    assert contacts.only == Only()
    assert contacts.fields == {}
    assert not contacts.enrich


def test_tables_know_the_names_that_the_file_gives_them() -> None:
    config = parse(GOOD, FILE)
    assert config.path == FILE
    assert config.accounts["growthhub"].name == "growthhub"
    assert config.connections["sales"].name == "sales"


def test_a_loaded_config_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse(GOOD, FILE).state.history = timedelta(1)


def test_no_representation_of_a_config_shows_a_secret() -> None:
    config = parse(replaced("env:GROWTHHUB_TOKEN", "pit-1234-invented"), FILE)
    assert "pit-1234" not in f"{config!r} {config} {config.accounts['growthhub']!r} {config.model_dump()}"


def test_one_user_and_several_are_read_alike() -> None:
    one, several = parse(GOOD, FILE), parse(replaced("user_id = 78", 'user_ids = [78, "u81"]'), FILE)
    assert users_of(one, "growthgenius") == (78,)
    assert users_of(several, "growthgenius") == (78, "u81")


@pytest.mark.parametrize(("text", "meant"), [("1", 1), ("1.0", 1.0), ("0", 0), ("0.25", 0.25), ("200", 200)])
def test_a_whole_number_is_a_count_and_any_other_a_share(text: str, meant: float) -> None:
    config = parse(with_line("connections.sales.contacts", f"max_changed = {text}"), FILE)
    found = config.connections["sales"].contacts.max_changed
    assert found == meant
    assert type(found) is type(meant)


def test_the_place_of_a_field_is_that_of_the_account_before_that_of_its_kind() -> None:
    text = with_line("connections.sales.contacts.fields", 'custom1 = { growthhub = "contact.lead_score" }')
    options = parse(text, FILE).connections["sales"].contacts.fields["custom1"]
    assert options.place("growthhub", "growthhub") == "contact.lead_score"
    assert options.place("north", "growthhub") == "contact.lead_score"
    assert options.place("growthgenius", "growthgenius") is None


def test_the_beginning_of_a_tag_is_the_fields_name_unless_the_file_has_another() -> None:
    lines = "stage = { as = 'tags' }\nstatus = { as = 'tags', prefix = 'Status/' }"
    contacts = parse(with_line("connections.sales.contacts.fields", lines), FILE).connections["sales"].contacts
    assert contacts.tag_prefixes == {"stage": "stage:", "status": "Status/"}


def test_a_field_can_be_no_tag_where_no_side_has_them() -> None:
    other = GOOD.replace('connector = "growthhub"\ntoken = "env:GROWTHHUB_TOKEN"\nlocation_id = "ve9EPM428h8vShlRW1KT"',
                         'connector = "growthgenius"\napi_key = "env:OTHER_KEY"\nuser_id = 7')  # fmt: skip
    text = other.replace(
        "[connections.sales.contacts.fields]\n", "[connections.sales.contacts.fields]\nstage={as='tags'}\n"
    )
    assert "tags only at growthhub" in complaint(text)
    enriching = other.replace("[connections.sales.contacts]\n", "[connections.sales.contacts]\nenrich = true\n")
    assert "enrich: found true; allowed is true only between growthgenius" in complaint(enriching)


def test_only_takes_one_value_or_several() -> None:
    text = with_line("connections.sales.contacts", 'only = { left = { tags = ["a", "b"], country = "US" } }')
    only = parse(text, FILE).connections["sales"].contacts.only
    assert only.left.values == {"tags": ("a", "b"), "country": ("US",)}


def test_reconcile_can_be_off() -> None:
    assert parse(with_line("connections.sales", 'reconcile = "off"'), FILE).connections["sales"].reconcile is None


@pytest.mark.parametrize(
    "address",
    [
        "https://api.example.com/v1",
        "http://127.0.0.1:8080",
        "http://localhost:1/x",
        "http://[::1]:99",
        "HTTPS://example.com",
    ],
)
def test_addresses_that_keep_credentials_safe_are_taken(address: str) -> None:
    text = with_line("accounts.growthhub", f'base_url = "{address}/"')
    assert parse(text, FILE).accounts["growthhub"].base_url == address


def test_keys_of_webhooks_are_taken_as_pem_or_bare_alone_or_in_a_list() -> None:
    pem = f"-----BEGIN PUBLIC KEY-----\\n{RSA[:300]}\\n{RSA[300:]}\\n-----END PUBLIC KEY-----\\n"
    keys = f'ed25519_key = ["{ED25519}", "{ED25519}"]\nrsa_key = "{pem}"'
    webhooks = f'{GOOD}\n[webhooks]\nlisten = "[::1]:0"\n'
    assert keys_of(parse(webhooks + keys, FILE)) == ((ED25519, ED25519), (RSA,))
    off = parse(f'{webhooks}rsa_key = "off"\n', FILE)
    assert keys_of(off) == (None, ())
    assert off.webhooks is not None
    assert str(off.webhooks.listen) == "[::1]:0"
    plain = parse(webhooks, FILE).webhooks
    assert plain == off.webhooks  # signatures of the old kind are not taken unless the config says so
    assert plain.window == timedelta(days=4)
    assert keys_of(parse(f'{webhooks}rsa_key = "on"\n', FILE)) == (None, ON)


DNC = "do_not_contact"
FIELDS_OF = "connections.sales.contacts.fields"
HUB = "growthhub = 'contact.own'"
OWN = f"growthgenius = 'custom3', {HUB}"
ONE_WAY = "direction = 'left_to_right'"

WRONG = [
    # table, line in it, key below the table, what else the message has
    ("", "colour = 1", "colour", ["no such key", "log, engine, notify, webhooks, status_page, accounts, connections"]),
    ("state", "histroy = 1", "histroy", ["no such key", "did you mean history?"]),
    ("state", "path = 7", "path", ["found 7", "the path of a file"]),
    ("state", 'path = ""', "path", ["the path of a file"]),
    ("accounts.growthgenius", 'user_ids = ["a"]', "", ["user_id or user_ids", "not both"]),
    ("accounts.growthgenius", 'rate = "fast"', "rate", ['found "fast"', '"2/s"']),
    ("accounts.growthgenius", "rate = 2", "rate", ["found 2", '"2/s"']),
    ("accounts.growthgenius", 'rate = "0/s"', "rate", ["more than none"]),
    ("accounts.growthgenius", 'location_id = "x"', "location_id", ["no such key", "user_id"]),
    ("", "log = { level = 'loud' }", "log.level", ["debug", "warning"]),
    ("", "log = { format = 'xml' }", "log.format", ["auto", "human", "json"]),
    ("", "status_page = { listen = 8787 }", "status_page.listen", ["found 8787", "like 127.0.0.1:8787", 'or "off"']),
    ("", "status_page = { listen = '0.0.0.0:8787' }", "status_page", ["a token beside an address"]),
    ("", "status_page = { token = '' }", "status_page.token", ["one at least"]),
    ("", "status_page = { port = 1 }", "status_page.port", ["no such key", "listen, token"]),
    ("", "notify = {}", "notify.command", ["is missing", "a program with its arguments"]),
    ("", "notify = { command = 'mail \"ann' }", "notify.command", ["quoted as for a shell", "no closing quotation"]),
    ("", "notify = { command = '#' , time_limit = '2m' }", "notify.time_limit", ["from 1s to 60s"]),
    ("accounts.growthhub", 'base_url = "ftp://example.com"', "base_url", ["https://"]),
    ("accounts.growthhub", 'base_url = "http://example.com"', "base_url", ["only for this machine"]),
    ("accounts.growthhub", 'base_url = "http://127.0.0.1.example.com"', "base_url", ["https://"]),
    ("accounts.growthhub", 'base_url = "https://ann:pw@example.com"', "base_url", ["https://"]),
    ("accounts.growthhub", 'base_url = "https://example.com:port"', "base_url", ["https://"]),
    ("accounts.growthhub", 'base_url = "https://[::1"', "base_url", ["https://"]),
    ("connections.sales", 'evry = "5m"', "evry", ["no such key", "did you mean every?"]),
    ("connections.sales", 'every = "soon"', "every", ['found "soon"', '"36h"']),
    ("connections.sales", "every = 5", "every", ["found 5", '"36h"']),
    ("connections.sales", 'every = "0s"', "every", ["a second or more"]),
    ("connections.sales", 'settle = "-1s"', "settle", ["a whole number and a unit"]),
    ("connections.sales", 'lookback = "999999999999d"', "lookback", ["thousand years"]),
    ("connections.sales", 'reconcile = "never"', "reconcile", ['or "off"']),
    ("connections.sales", "reconcile = false", "reconcile", ["found false", 'or "off"']),
    ("connections.sales", 'cron = "* * * *"', "cron", ["five fields"]),
    ("connections.sales", 'cron = "60 * * * *"', "cron", ["the minute goes from 0 to 59"]),
    ("connections.sales", 'cron = "* * * * *"\nevery = "5m"', "", ["every or cron", "not both"]),
    ("connections.sales", 'country = "UK"', "country", ['found "UK"', "did you mean GB?"]),
    ("connections.sales", 'country = "us"', "country", ["did you mean US?"]),
    ("connections.sales", 'country = "Atlantis"', "country", ["two capital letters"]),
    ("connections.sales.contacts", 'direction = "up"', "direction", ["left_to_right"]),
    ("connections.sales.contacts", 'create = "leftt"', "create", ["did you mean left?"]),
    ("connections.sales.contacts", "deletes = true", "deletes", ["found true", "propagate"]),
    ("connections.sales.contacts", "create_tags = 'new'", "create_tags", ["a list"]),
    ("connections.sales.contacts", "create_tags = ['']", "create_tags.0", ["not empty"]),
    ("connections.sales.contacts", "max_changed = 1.5", "max_changed", ["found 1.5"]),
    ("connections.sales.contacts", "max_changed = -1", "max_changed", ["a whole number"]),
    ("connections.sales.contacts", "max_changed = true", "max_changed", ["a share"]),
    ("connections.sales.contacts", "max_changed = nan", "max_changed", ["a share"]),
    ("", "webhooks = {}", "webhooks.listen", ["is missing", "127.0.0.1:8788"]),
    ("", "webhooks = { listen = 'example.com:80' }", "webhooks.listen", ["an IP address of this machine"]),
    ("", "webhooks = { listen = 8788 }", "webhooks.listen", ["found 8788", "an IP address of this machine"]),
    *(
        ("", f"webhooks = {{ listen = '127.0.0.1:1', {line} }}", f"webhooks.{line.partition(' ')[0]}", words)
        for line, words in (
            ("path = 'hooks'", ["a path that begins with /"]),
            ("path = '/a?b'", ["a path that begins with /"]),
            ("largest = 10", ["found 10", "a whole number from 1024 to 16000000"]),
            ("queue = 0", ["from 1 to 100000"]),
            ("queue = true", ["from 1 to 100000"]),
            ("window = '0s'", ["of a second or more"]),
            ("every = 5", ["found 5"]),
            ("ed25519_key = 'off'", ["a public key (Ed25519"]),
            ("ed25519_key = 'bm9uc2Vuc2U='", ["a public key (Ed25519"]),
            ("ed25519_key = []", ["a public key (Ed25519"]),
            ("ed25519_key = [1]", ["a public key (Ed25519"]),
            (f"ed25519_key = '{RSA}'", ["a public key (Ed25519"]),
            (f"rsa_key = '{ED25519}'", ["a public key (RSA", '"off"']),
            (f"rsa_key = '{RSA[:400]}'", ["a public key (RSA", '"off"']),
        )
    ),
    ("connections.sales.contacts", "enrich = 1", "enrich", ["found 1", "true or false"]),
    ("connections.sales.contacts", "only = { west = {} }", "only.west", ["left, right"]),
    ("connections.sales.contacts", "only = { left = { tag = 'x' } }", "only.left.tag", ["did you mean tags?"]),
    ("connections.sales.contacts", "only = { left = { tags = [] } }", "only.left.tags", ["a list of texts"]),
    ("connections.sales.contacts", "only = { left = { tags = 1 } }", "only.left.tags", ["a list of texts"]),
    (CONTACTS, only_left("{ field = 'tag', has = 'x' }"), "only.left.all.0.field", ["did you mean tags?"]),
    (CONTACTS, only_left("{ field = 'tags', hass = 'x' }"), "only.left.all.0.hass", ["did you mean has?"]),
    (CONTACTS, "only = { right = { any = [] } }", "only.right.any", ["one condition at least"]),
    (CONTACTS, only_left("{ field = 'tags' }"), "only.left.all.0", ["field with one of has"]),
    (CONTACTS, only_left("{ any = [ { field = 'city', has = 'x' } ], has = 'x' }"), "only.left.all.0", ["or else all"]),
    (CONTACTS, only_left("{ field = 'city', matches = '(' }"), "only.left.all.0.matches", ["RE2"]),
    (CONTACTS, only_left("{ field = 'created', has = 'x' }"), "only.left.all.0", ["created with after or before"]),
    (CONTACTS, only_left("{ field = 'created', after = 'x' }"), "only.left.all.0.after", ["2026-01-01"]),
    ("connections.sales.contacts", "only = { left = { bind = 'yes' } }", "only.left.bind", ["true or false"]),
    ("connections.sales.contacts.fields", "titel = {}", "titel", ["did you mean title?"]),
    ("connections.sales.contacts.fields", "city = 'x'", "city", ["a table"]),
    ("connections.sales.contacts.fields", "city = { growthhub = 7 }", "city.growthhub", ["a text"]),
    ("connections.sales.contacts.fields", "city = { growthub = 'x' }", "city.growthub", ["did you mean growthhub?"]),
    ("connections.sales.contacts.fields", "city = { direction = 'x' }", "city.direction", ["right_to_left"]),
    ("connections.sales.contacts.fields", "city = { as = 'tags' }", "city.as", ["tags only for stage and status"]),
    ("connections.sales.contacts.fields", "stage = { as = 'labels' }", "stage.as", ["field, tags"]),
    ("connections.sales.contacts.fields", "stage = { prefix = 'x' }", "stage", ['beside as = "tags"']),
    ("connections.sales.contacts.fields", "stage = { prefx = 'x' }", "stage.prefx", ["did you mean prefix?"]),
    ("connections.sales.contacts.fields", "stage = { as = 'tags', prefix = ' ' }", "stage.prefix", ["not empty"]),
    ("connections.sales.contacts.fields", "stage = { as = 'tags', growthhub = 'x' }", "stage.as", ["not beside"]),
    (
        "connections.sales.contacts.fields",
        "stage = { as = 'tags' }\nstatus = { as = 'tags', prefix = 'STAGE:x' }",
        "stage.prefix",
        ["no other prefix begins with"],
    ),
    ("connections.sales.contacts.fields", "stage = { map = {} }", "stage.map", ["one at least"]),
    ("connections.sales.contacts.fields", "stage = { map = 'x' }", "stage.map", ["a table"]),
    ("connections.sales.contacts.fields", "stage = { map = { A = 7 } }", "stage.map.A", ["found 7", "a text"]),
    ("connections.sales.contacts.fields", "stage = { map = { A = '' } }", "stage.map.A", ["not empty"]),
    ("connections.sales.contacts.fields", "stage = { map = { A = 'x', a = 'y' } }", "stage", ["capital letters"]),
    ("connections.sales.contacts.fields", "email = { map = { A = 'x' } }", "email.map", ["stage, state, status"]),
    ("connections.sales.contacts.fields", "city = { loosen = true }", "city.loosen", ["do_not_contact only"]),
    ("connections.sales.contacts.fields", "do_not_contact = { channels = ['Fax'] }", f"{DNC}.channels.0", ["Call"]),
    ("connections.sales.contacts.fields", "do_not_contact = { channels = 'SMS' }", f"{DNC}.channels", ["a list"]),
    ("connections.sales.contacts.fields", "city = { channels = ['SMS'] }", "city.channels", [DNC]),
    ("connections.sales.contacts.fields", "do_not_contact = { loosen = 1 }", "do_not_contact.loosen", ["or false"]),
    (FIELDS_OF, "own = { growthub = 'x' }", "own.growthub", ["did you mean growthhub?"]),
    (FIELDS_OF, "own = { growthhub = 'x' }", "own.growthgenius", ["is missing", "the place of own at growthgenius"]),
    (FIELDS_OF, "Own = { growthhub = 'x' }", "Own", ["small letters"]),
    (FIELDS_OF, f"own = {{ {OWN}, type = 'float' }}", "own.type", ["text, number, money"]),
    (FIELDS_OF, "city = { type = 'number' }", "city.type", ["custom1 to custom9 and fields of your own"]),
    (FIELDS_OF, f"own = {{ {OWN}, case = 'upper' }}", "own.case", ["left_to_right", "no way back"]),
    (FIELDS_OF, f"own = {{ {OWN}, strip = '#' }}", "own.strip", ["no way back"]),
    (FIELDS_OF, f"own = {{ {OWN}, case = 'upper', prefix = 'x' }}", "own", ["one of map, case"]),
    (FIELDS_OF, f"own = {{ {OWN}, type = 'number', prefix = 'x' }}", "own.prefix", ["type text or choice"]),
    (FIELDS_OF, f"own = {{ {OWN}, type = 'text', join = ';' }}", "own.join", ["type choices"]),
    (FIELDS_OF, "own = { growthhub = 'x', value = 'y' }", "own.value", ["beside direction"]),
    (FIELDS_OF, f"own = {{ {HUB}, template = '{{{{ nam }}}}', {ONE_WAY} }}", "own.template", ["there is no nam"]),
    (FIELDS_OF, f"own = {{ {HUB}, template = '{{{{ a() }}}}', {ONE_WAY} }}", "own.template", ["has a call"]),
    (FIELDS_OF, f"own = {{ {OWN}, lookup = 'no.csv' }}", "own.lookup", ["No such file"]),
    (FIELDS_OF, f"own = {{ {OWN} }}\ncustom3 = {{}}", "own.growthgenius", ["of custom3"]),
    ("connections.sales.messages", 'as = "mail"', "as", ["note, conversation"]),
    ("connections.sales.messages", 'as_ = "note"', "as_", ["no such key", "as, conversation_provider_id"]),
    ("connections.sales.messages", 'as = "conversation"', "", ["conversation_provider_id"]),
    ("connections.sales.messages", 'channels = ["Fax"]', "channels.0", ["Email, SMS, WhatsApp"]),
]  # fmt: skip


@pytest.mark.parametrize(("table", "line", "key", "words"), WRONG, ids=[f"{case[0]}: {case[1]}" for case in WRONG])
def test_what_is_wrong_is_one_line_with_its_place_and_what_is_allowed(
    table: str, line: str, key: str, words: list[str]
) -> None:
    text = with_line(table, line)
    found = complaint(text)
    assert "\n" not in found
    file, number, rest = re.fullmatch(r"(.+?):(\d+): (.+)", found).groups()  # type: ignore[union-attr]
    assert file == str(FILE)
    assert text.splitlines()[int(number) - 1] in {line.splitlines()[0], f"[{table}]"}
    assert rest.startswith(f"{'.'.join(filter(None, (table, key)))}: ")
    assert all(word in rest for word in words)


KEY_LINE = 'token_key = "env:TOKEN_KEY"'


def oauth(key: str, line: str = "") -> str:
    """Return the good config with OAuth instead of a token: with a line below [state], and one for the account."""
    app = f'client_id = "app-1"\nclient_secret = "env:CLIENT_SECRET"\n{line}'
    return replaced('token = "env:GROWTHHUB_TOKEN"', app).replace("[state]", f"[state]\n{key}")


MISSING = [
    (re.sub(r"(?s)^.*?(?=\[connections)", "", GOOD), "accounts: is missing"),
    (re.sub(r"(?s)\[connections.*", "", GOOD), "connections: is missing"),
    ("accounts = {}\n" + re.sub(r"(?s)^.*?(?=\[connections)", "", GOOD), "accounts: allowed is one at least"),
    (replaced('connector = "growthhub"\n', ""), "accounts.growthhub.connector: is missing"),
    (replaced('connector = "growthhub"', 'connector = "growthhubb"'), "did you mean growthhub?"),
    (replaced('connector = "growthhub"', "connector = 5"), "accounts.growthhub.connector: "),
    (replaced('token = "env:GROWTHHUB_TOKEN"\n', ""), "accounts.growthhub: allowed is token (env:NAME"),
    (with_line("accounts.growthhub", 'client_id = "app-1"'), "or else client_id and client_secret (OAuth)"),
    (
        replaced("token = ", "client_secret = "),
        "accounts.growthhub: allowed is client_id and client_secret, both of them",
    ),
    (with_line("accounts.growthhub", 'company_id = "c"'), "company_id beside client_id and client_secret alone"),
    (oauth(""), "state.token_key: is missing; it takes env:NAME, file:PATH"),
    (oauth('token_key = "S0VZ"'), "openssl rand -base64 32; the key itself may not stand here"),
    (oauth("token_key = 7"), "state.token_key: allowed is a text"),
    (oauth(KEY_LINE, 'redirect_uri = "http://127.0.0.1/back"'), "redirect_uri: allowed is an address with a port"),
    (oauth(KEY_LINE, 'redirect_uri = "ftp://example.com"'), "redirect_uri: allowed is an address that begins with"),
    (oauth(KEY_LINE, 'scopes = ["contacts.readonly contacts.write"]'), "scopes.0: allowed is a scope without spaces"),
    (oauth(KEY_LINE, "scopes = []"), "scopes: allowed is one at least"),
    (replaced('api_key = "env:GROWTHGENIUS_API_KEY"\n', ""), "accounts.growthgenius.api_key: is missing"),
    (replaced("user_id = 78\n", ""), "accounts.growthgenius: allowed is user_id or user_ids"),
    (replaced("user_id = 78", "user_id = true"), "accounts.growthgenius.user_id: found true; allowed is the id"),
    (replaced("user_id = 78", "user_ids = []"), "accounts.growthgenius.user_ids: allowed is one at least"),
    (replaced("user_id = 78", "user_ids = 78"), "accounts.growthgenius.user_ids: found 78; allowed is a list"),
    (replaced('location_id = "ve9EPM428h8vShlRW1KT"', 'location_id = " "'), "location_id: allowed is a text that is"),
    (replaced('left = "growthgenius"\n', ""), "connections.sales.left: is missing; it takes the name of an account"),
    (replaced('left = "growthgenius"', 'left = "growthgenus"'), 'found "growthgenus"; allowed is growthgenius'),
    (replaced('right = "growthhub"', 'right = "growthgenius"'), "right: found"),
    ("state = 7\n" + GOOD[: GOOD.index("[state]")], "state: found 7; allowed is a table"),
    (replaced('right = "growthhub"', "right = []"), "connections.sales.right: allowed is a text"),
    (GOOD.replace("accounts.growthhub", "accounts.conflicts").replace('"growthhub"\n[', ""), "a name other than"),
    (GOOD.replace("[connections.sales", '[connections."the sales"'), "connections.the sales: "),
]


@pytest.mark.parametrize(("text", "words"), MISSING, ids=[case[1] for case in MISSING])
def test_what_is_missing_or_does_not_fit_together_is_reported(text: str, words: str) -> None:
    assert any(words in line for line in complaints(text))


def test_an_account_may_use_oauth_for_its_location_or_through_its_company() -> None:
    account = parse(oauth(KEY_LINE, 'company_id = "c1"\nredirect_uri = "https://example.com/back/"'), FILE).accounts
    hub = account["growthhub"]
    assert isinstance(hub, GrowthHubAccount)
    assert (hub.uses_oauth, hub.company_id, hub.redirect_uri) == (True, "c1", "https://example.com/back/")
    assert hub.secret[0] == "client_secret"


def test_left_and_right_are_two_accounts() -> None:
    found = complaint(replaced('right = "growthhub"', 'right = "growthgenius"'))
    assert 'connections.sales.right: found "growthgenius"; allowed is another account than left' in found


@pytest.mark.parametrize("policy", ["newest", "left", "right", "manual"])
def test_a_field_may_have_a_policy_of_its_own(policy: str) -> None:
    text = with_line("connections.sales.contacts.fields", f'email = {{ conflicts = "{policy}" }}')
    contacts = parse(text, FILE).connections["sales"].contacts
    assert (contacts.fields["email"].conflicts, contacts.conflicts) == (policy, "newest")


def test_the_policy_of_a_field_is_one_of_those_that_there_are() -> None:
    found = complaint(with_line("connections.sales.contacts.fields", 'email = { conflicts = "oldest" }'))
    assert "connections.sales.contacts.fields.email.conflicts" in found
    assert 'found "oldest"; allowed is newest, left, right, manual' in found


@pytest.mark.parametrize("name", ["tags", "lists"])
def test_what_is_merged_one_by_one_has_no_policy(name: str) -> None:
    found = complaint(with_line("connections.sales.contacts.fields", f'{name} = {{ conflicts = "manual" }}'))
    assert f"fields.{name}.conflicts" in found
    assert "know no conflict" in found


def test_two_fields_are_not_written_to_one_place() -> None:
    lines = f"own = {{ {OWN} }}\nother = {{ growthgenius = 'custom4', {HUB} }}"
    found = complaint(with_line(FIELDS_OF, lines))
    assert 'fields.other.growthhub: found "contact.own"; allowed is another place than that of own' in found


def test_a_place_may_be_read_by_several_fields() -> None:
    lines = f"own = {{ growthgenius = 'city', {HUB}, {ONE_WAY} }}"
    assert parse(with_line(FIELDS_OF, lines), FILE).connections["sales"].contacts.fields["own"].places


def test_all_complaints_come_at_once_in_the_order_of_the_file() -> None:
    text = with_line("state", "x = 1").replace("user_id = 78", "user_id = 1.5").replace('"newest"', '"oldest"')
    lines = complaints(text)
    assert [line.split(": ")[1] for line in lines] == [
        "accounts.growthgenius.user_id",
        "connections.sales.contacts.conflicts",
        "state.x",
    ]


@pytest.mark.parametrize(
    "text",
    [
        replaced('token = "env:GROWTHHUB_TOKEN"', 'token = ["pit-invented-secret"]'),
        replaced('token = "env:GROWTHHUB_TOKEN"', 'toke = "pit-invented-secret"'),
        replaced("[accounts.growthhub]", '[accounts]\nother = "pit-invented-secret"\n[accounts.growthhub]'),
        with_line("accounts.growthhub", 'base_url = "http://example.com/pit-invented-secret"'),
        with_line("accounts.growthhub", 'api_key = "pit-invented-secret"'),
        with_line("state", 'token_key = "pit-invented-secret"'),
        with_line("accounts.growthhub", 'client_secret = "pit-invented-secret"'),
        GOOD + '\nbroken = "pit-invented-secret',
    ],
)
def test_no_complaint_shows_what_may_be_a_secret(text: str) -> None:
    assert "pit-invented-secret" not in "\n".join(complaints(text))


def test_a_long_value_is_cut_in_the_complaint() -> None:
    found = complaint(with_line("connections.sales", f'every = "{"x" * 5000}"'))
    assert len(found) < 300


def test_toml_that_is_broken_is_reported_with_its_line() -> None:
    assert "not valid TOML" in complaint("[accounts\n")
    assert "line 1" in complaint("[accounts\n")


def test_a_file_that_is_not_there_leads_to_the_demo(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"config\.example\.toml, have one written by `sync init`, or try `sync demo`"
    ):
        load(tmp_path / "config.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = '\xe4'"])
def test_a_file_that_is_no_utf_8_is_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path / "config.toml")


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_the_state_file_stands_beside_the_config_wherever_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load(Path("config.toml")).state.path == tmp_path / "sync.db"


def test_the_file_is_looked_for_where_the_contract_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("SYNC_CONFIG", raising=False)
    with pytest.raises(ConfigError, match="sync demo"):
        find()
    own = tmp_path / "xdg" / "growthsync" / "config.toml"
    own.parent.mkdir(parents=True)
    own.touch()
    assert find() == own
    Path("config.toml").touch()
    assert find() == Path("config.toml")
    monkeypatch.setenv("SYNC_CONFIG", "env.toml")
    assert find() == Path("env.toml")
    assert find(Path("given.toml")) == Path("given.toml")


def test_the_example_loads_and_shows_the_defaults() -> None:
    example = load(EXAMPLE)
    bare = parse(GOOD[: GOOD.index("[connections.sales.contacts]")], EXAMPLE)
    assert example.accounts == bare.accounts
    assert (example.state, example.log, example.notify) == (bare.state, bare.log, bare.notify)
    assert example.status_page == bare.status_page
    ours, default = example.connections["sales"], bare.connections["sales"]
    assert ours.model_copy(update={"contacts": default.contacts}) == default
    assert ours.contacts.model_copy(update={"fields": {}}) == default.contacts


def test_the_example_documents_every_key_and_every_field() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for table, keys in tables().items():
        for key in keys:
            assert re.search(rf"\b{key}\b", text), f"{table}.{key}"
    assert not {field for field in FIELDS if not field.startswith("custom") and field not in text}


def test_the_example_of_oauth_with_its_comments_taken_in_is_a_good_config() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    keys = "token_key|client_id|client_secret|company_id|redirect_uri|scopes|authorize_url"
    config = parse(re.sub(rf"(?m)^# (?=({keys}) = )", "", re.sub(r"(?m)^token = .*$", "", text)), EXAMPLE)
    hub, plain = config.accounts["growthhub"], parse(oauth(KEY_LINE), FILE).accounts["growthhub"]
    assert isinstance(hub, GrowthHubAccount)
    assert isinstance(plain, GrowthHubAccount)
    assert (hub.redirect_uri, hub.authorize_url) == (plain.redirect_uri, plain.authorize_url)
    assert hub.scopes == ("contacts.readonly", "contacts.write")


def test_the_example_with_its_comments_taken_in_is_a_good_config() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    keys = "rate|base_url|direction|as|conversation_provider_id|channels|stage|status|do_not_contact|command|time_limit"
    keys += "|listen|path|largest|queue|window|every|rsa_key|token"
    config = parse(re.sub(rf"(?m)^# (?=({keys}) = |\[(connections|notify|webhooks))", "", text), EXAMPLE)
    assert config.accounts["growthgenius"].rate == RateLimit(2, 1.0)
    assert config.connections["sales"].messages is not None
    assert config.connections["sales"].contacts.tag_prefixes == {"status": "status:"}
    assert config.connections["sales"].contacts.fields["stage"].map == {"Replied": "Engaged", "Not Interested": "Lost"}
    assert config.webhooks is not None
    assert config.webhooks.every == timedelta(minutes=30)
    assert config.webhooks.model_copy(update={"every": None, "rsa_key": ()}) == webhooks_model().model_validate(
        {"listen": "127.0.0.1:8788"}
    )
    assert config.notify is not None
    assert config.notify.time_limit == timedelta(seconds=10)


names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"window", "unchanged", "conflicts", "failed", "unmapped", "left_out", "direction"}
)
texts = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='\\"'), min_size=1, max_size=20
)
spans = st.builds("{}{}".format, st.integers(1, 999), st.sampled_from(["s", "m", "h", "d"]))
directions = st.sampled_from(["both", "left_to_right", "right_to_left"])
contacts = st.fixed_dictionaries(
    {},
    optional={
        "direction": directions,
        "create": st.sampled_from(["both", "left", "right", "none"]),
        "conflicts": st.sampled_from(["newest", "left", "right", "manual"]),
        "deletes": st.sampled_from(["ignore", "propagate"]),
        "max_changed": st.integers(0, 10_000) | st.floats(0, 1).map(lambda share: round(share, 3)),
    },
)
connections = st.fixed_dictionaries(
    {"contacts": contacts},
    optional={"every": spans, "settle": spans, "lookback": spans, "reconcile": spans | st.just("off")},
)


def toml_value(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def toml(tables: dict[str, dict[str, Any]]) -> str:
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {toml_value(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )


@given(left=names, right=names, name=names, connection=connections, secret=texts, user=st.integers(0, 10**12) | texts)
def test_every_good_config_reads_back_as_it_was_written(
    *, left: str, right: str, name: str, connection: dict[str, Any], secret: str, user: int | str
) -> None:
    if left == right:
        right += "2"
    tables = {
        f"accounts.{left}": {"connector": "growthgenius", "api_key": secret, "user_id": user},
        f"accounts.{right}": {"connector": "growthhub", "token": secret, "location_id": "loc"},
        f"connections.{name}": {"left": left, "right": right}
        | {key: value for key, value in connection.items() if key != "contacts"},
        f"connections.{name}.contacts": connection["contacts"],
    }
    config = parse(toml(tables), FILE)
    assert config.accounts[left].secret[1].get_secret_value() == secret
    assert users_of(config, left) == (user,)
    found = config.connections[name]
    assert (found.left, found.right) == (left, right)
    assert found.contacts.model_dump(exclude_unset=True) == connection["contacts"]
    assert found.model_fields_set == {"left", "right"} | connection.keys()


@given(
    table=st.sampled_from(
        ["", "state", "accounts.growthgenius", "accounts.growthhub", "connections.sales",
         "connections.sales.contacts", "connections.sales.messages", "connections.sales.contacts.fields"]
    ),
    key=st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
)  # fmt: skip
def test_every_unknown_key_is_refused_by_its_name(table: str, key: str) -> None:
    known = {known for keys in tables().values() for known in keys} | set(FIELDS)
    if key in known:
        key += "_"
    found = complaint(with_line(table, f"{key} = {{}}"))
    assert f": {f'{table}.' if table else ''}{key}: " in found


keys = ["state", "accounts", "connections", "a", "left", "connector", "contacts", "fields", "only", "tags"]
scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=5)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(keys), inner, max_size=4),
    max_leaves=12,
)


@given(trees)
def test_every_complaint_has_words_whatever_shape_the_file_has(tree: Any) -> None:
    data = tree if isinstance(tree, dict) else {"accounts": tree, "connections": {"sales": tree}, "state": tree}
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(data | {"colour": 1}, context=FILE.parent)
    assert len(lines(from_pydantic(caught.value, tables()), FILE, "")) == caught.value.error_count()


def test_the_good_config_of_these_tests_is_toml() -> None:
    assert tomllib.loads(GOOD)["accounts"]["growthgenius"]["user_id"] == 78


def test_a_tag_of_a_contact_that_is_created_is_no_tag_of_a_stage() -> None:
    text = with_line("connections.sales.contacts", "create_tags = ['Stage: new']")
    assert parse(text, FILE).connections["sales"].contacts.create_tags == ("Stage: new",)
    table = "[connections.sales.contacts.fields]\n"
    found = complaint(text.replace(table, f"{table}stage = {{ as = 'tags' }}\n"))
    assert "create_tags" in found
    assert "do not begin with stage:" in found
