from pathlib import Path

import pytest

from sync.config.model import Config, parse
from sync.errors import UsageError
from sync.operations.contact_argument import ContactArgument, parse_who
from tests.sync.config_text import GOOD


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse(GOOD, tmp_path / "config.toml")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Ann@Example.com", ContactArgument("Ann@Example.com", email="ann@example.com")),
        (" mailto:ann@EXAMPLE.com ", ContactArgument("mailto:ann@EXAMPLE.com", email="ann@example.com")),
        ("growthgenius:17", ContactArgument("growthgenius:17", record=("growthgenius", "17"))),
        ("growthhub: abc ", ContactArgument("growthhub: abc", record=("growthhub", "abc"))),
        ("former:17", ContactArgument("former:17", record=("former", "17"))),
        ("+12125550123", ContactArgument("+12125550123", phones=("+12125550123",))),
        ("(212) 555-0123", ContactArgument("(212) 555-0123", phones=("+12125550123",))),
        ("tel:+44 20 7946 0123", ContactArgument("tel:+44 20 7946 0123", phones=("+442079460123",))),
    ],
)
def test_an_address_a_number_and_an_id_are_distinguished(config: Config, typed: str, expected: ContactArgument) -> None:
    assert parse_who(typed, config, ["former"]) == expected


@pytest.mark.parametrize("typed", ["", "ann", "12", "hubspot:17", "growthhub:", "a b@example.com", "@"])
def test_anything_else_is_refused_with_the_known_accounts(config: Config, typed: str) -> None:
    with pytest.raises(UsageError, match=r"ACCOUNT:ID \(accounts are former, growthgenius, growthhub\)"):
        parse_who(typed, config, ["former"])


def test_a_number_is_read_in_the_country_of_each_connection(tmp_path: Path) -> None:
    text = GOOD.replace("[connections.sales]", '[connections.sales]\ncountry = "GB"')
    assert parse_who("020 7946 0123", parse(text, tmp_path / "config.toml"), []).phones == ("+442079460123",)
