"""The table of a lookup is read with the config, and its mistakes are mistakes of the config (R48)."""

from pathlib import Path

import pytest

from sync.config.model import parse
from sync.errors import ConfigError

CONFIG = """
[accounts.gg]
connector = "growthgenius"
api_key = "env:KEY"
user_id = 78

[accounts.gh]
connector = "growthhub"
token = "env:TOKEN"
location_id = "ve9EPM428h8vShlRW1KT"

[connections.sales]
left = "gg"
right = "gh"

[connections.sales.contacts.fields]
region = {{ gg = "custom8", gh = "contact.region", lookup = "regions.csv"{more} }}
"""


def pairs(folder: Path, text: str, more: str = "") -> tuple[tuple[str, str], ...]:
    (folder / "regions.csv").write_text(text, encoding="utf-8")
    config = parse(CONFIG.format(more=more), folder / "config.toml")
    lookup = config.connections["sales"].contacts.fields["region"].lookup
    assert lookup is not None
    return lookup.pairs


def test_two_columns_with_or_without_a_heading(tmp_path: Path) -> None:
    assert pairs(tmp_path, 'left,right\nCA,West\n\n"New York, NY", East\n') == (
        ("CA", "West"),
        ("New York, NY", "East"),
    )
    assert pairs(tmp_path, "\ufeffCA,West\n") == (("CA", "West"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no row"), ("left,right\n", "has no row"), ("CA\n", "row 1 has not two values"),
        ("CA,West\nNY,\n", "row 2 has not two values"), ("CA,West\nca,East\n", "row 2 has a value of the left"),
        ('"CA,West\n', "cannot be read"),
        ("CA,West\nOR,west\n", "each value of the right stands once"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        pairs(tmp_path, text)


def test_one_way_needs_no_way_back(tmp_path: Path) -> None:
    found = pairs(tmp_path, "CA,West\nOR,west\n", ', direction = "left_to_right"')
    assert found == (("CA", "West"), ("OR", "west"))
