"""Texts of config files for the tests: a good one, and ways to change it."""

GOOD = """\
[accounts.growthgenius]
connector = "growthgenius"
api_key = "env:GROWTHGENIUS_API_KEY"
user_id = 78

[accounts.growthhub]
connector = "growthhub"
token = "env:GROWTHHUB_TOKEN"
location_id = "ve9EPM428h8vShlRW1KT"

[connections.sales]
left = "growthgenius"
right = "growthhub"

[connections.sales.contacts]
conflicts = "newest"

[connections.sales.contacts.fields]
title = { direction = "left_to_right" }

[connections.sales.messages]
direction = "both"

[state]
history = "365d"
"""


def with_line(table: str, line: str) -> str:
    """Return the good config with one line more in a table."""
    header = f"[{table}]\n"
    return GOOD.replace(header, f"{header}{line}\n") if table else f"{line}\n{GOOD}"


def replaced(old: str, new: str) -> str:
    """Return the good config with one text in place of another that it has."""
    assert old in GOOD
    return GOOD.replace(old, new)
