"""A config that an earlier release loaded loads now: what that release ignored is a warning at most (R18, R47)."""

from pathlib import Path

import pytest

from connectors.contact import FIELDS
from sync.config.fields import WORDED
from sync.config.ignored_places import stored_form, used_form
from sync.config.model import Config, load, parse
from sync.errors import ConfigError
from sync.rules.mapping import FieldRule, fields_with_places
from tests.sync.config_text import with_line

FILE = Path("/home/ann/sync/config.toml")
TABLE = "connections.sales.contacts.fields"

BEFORE = """
title = { direction = "left_to_right", conflicts = "manual" }
custom1 = { growthhub = "contact.lead_score" }
custom2 = { growthhub = "lead_source" }
custom3 = { growthgenius = "custom3", growthhub = "contact.gg_custom3" }
email = { conflicts = "manual" }
stage = { map = { "Replied" = "Engaged", "Lost" = "Gone" }, growthgenius = "stage", growthhub = "contact.gg_stage" }
status = { as = "tags", prefix = "status:" }
do_not_contact = { loosen = false, channels = ["Email", "SMS"] }
country = { growthhub = "contact.gg_country" }
mobile_phone = { growthgenius = "mobile_phone", growthhub = "contact.gg_mobile" }
company = { growthgenius = "company_name", growthhub = "companyName" }
keywords = { growthhub = "contact.gg_keywords", direction = "right_to_left", conflicts = "left" }
"""
"""Every form that the table had before fields were open."""


def with_fields(text: str) -> Config:
    without = with_line(TABLE, "").replace('title = { direction = "left_to_right" }', "")
    return parse(without.replace(f"[{TABLE}]", f"[{TABLE}]\n{text}"), FILE)


def warnings(text: str) -> list[str]:
    return [line.removeprefix(f"{FILE}: {TABLE}.") for line in with_fields(text).warnings]


def place(config: Config, name: str, account: str) -> str | None:
    return config.connections["sales"].contacts.fields[name].place(account, account)


def test_every_form_of_the_table_before_fields_were_open_loads() -> None:
    config = with_fields(BEFORE)
    assert place(config, "stage", "growthhub") == "contact.gg_stage"
    assert place(config, "custom2", "growthhub") == "lead_source"
    (line,) = config.warnings
    assert "country: growthhub: the place contact.gg_country is ignored, because country has a place of its own" in line


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("account", ["growthgenius", "growthhub"])
@pytest.mark.parametrize("written", ["contact.some_place", "some_place", "title", "company_name"])
def test_any_place_of_a_standard_field_loads(name: str, account: str, written: str) -> None:
    with_fields(f'{name} = {{ {account} = "{written}" }}')
    if name in WORDED:
        with_fields(f'{name} = {{ {account} = "{written}", map = {{ "a" = "b" }} }}')


def test_a_place_that_the_field_has_anyway_is_no_warning_and_changes_nothing() -> None:
    lines = (
        'stage = { growthgenius = "stage" }\ncity = { growthhub = "city" }\ncompany = { growthgenius = "company_name" }'
    )
    assert warnings(lines) == []
    assert place(with_fields(lines), "company", "growthgenius") is None


def test_a_place_that_another_standard_field_of_the_config_has_is_ignored() -> None:
    lines = 'title = { growthgenius = "company_name" }\ncompany = { conflicts = "manual" }'
    (line,) = warnings(lines)
    assert line.startswith("title: growthgenius: the place company_name is ignored, because company is written there")
    assert place(with_fields(lines), "title", "growthgenius") is None


def test_a_field_of_the_users_own_at_a_place_in_use_is_a_mistake() -> None:
    lines = 'own = { growthgenius = "company_name", growthhub = "contact.own" }\ncompany = {}'
    with pytest.raises(ConfigError, match="another place than that of company"):
        with_fields(lines)


def test_a_place_that_was_never_ignored_is_used() -> None:
    lines = 'title = { growthgenius = "company_name" }\naddress = { growthgenius = "company_address" }'
    assert warnings(lines) == []
    assert place(with_fields(lines), "title", "growthgenius") == "company_name"


def test_the_state_keeps_a_place_that_is_used_in_another_form_than_one_that_was_ignored() -> None:
    rule = FieldRule("title", to_left=True, to_right=True)
    settings = {"places": {"title": {"growthgenius": "company_name"}}}
    ignored = stored_form("title", {"growthgenius": "company_name"})
    assert list(fields_with_places({"title": rule}, settings)) == [ignored]
    assert list(fields_with_places({"title": rule}, {**settings, "native_places": ["title"]})) != [ignored]


def test_a_config_without_such_a_place_reads_no_state(tmp_path: Path) -> None:
    (tmp_path / "sync.db").write_bytes(b"no database")
    (tmp_path / "config.toml").write_text(with_line(TABLE, 'custom1 = { growthhub = "contact.x" }'), encoding="utf-8")
    assert load(tmp_path / "config.toml").warnings == []


@pytest.mark.parametrize(
    ("stored", "used"),
    [
        ("title", "title"),
        ('title {"growthgenius": "company_name"}', "title"),
        ('title {"growthgenius": "company_name", "growthhub": "contact.x"}', 'title {"growthhub": "contact.x"}'),
        ('title at {"growthgenius": "company_name"}', 'title at {"growthgenius": "company_name"}'),
        ('country {"hub": "contact.land"}', "country"),
        ('stage {"tags": "stage:"}', 'stage {"tags": "stage:"}'),
        ('score [{"growthhub": "contact.x"}, "type=number"]', 'score [{"growthhub": "contact.x"}, "type=number"]'),
    ],
)
def test_a_stored_place_that_was_ignored_never_moved_its_field(stored: str, used: str) -> None:
    assert used_form(stored, {"growthgenius": "growthgenius", "hub": "growthhub"}) == used
