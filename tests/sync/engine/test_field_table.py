"""The table of fields names the choices that the other side lacks (R47)."""

from pathlib import Path

from connectors.fields import Place
from sync.config.model import parse
from sync.engine.field_table import field_rows, open_problems
from tests.connectors.clocks import FakeClock
from tests.memory_connector import MemoryConnector

CONFIG = """
[accounts.north]
connector = "growthhub"
token = "env:NORTH"
location_id = "north"

[accounts.south]
connector = "growthhub"
token = "env:SOUTH"
location_id = "south"

[connections.both]
left = "north"
right = "south"

[connections.both.contacts.fields]
tier = {{ north = "contact.tier", south = "contact.level", type = "{kind}"{more} }}
"""


def problems(kind: str, left: Place, right: Place, more: str = "") -> tuple[str, ...]:
    connection = parse(CONFIG.format(kind=kind, more=more), Path("config.toml")).connections["both"]
    north, south = (MemoryConnector(name, FakeClock()) for name in ("north", "south"))
    for one in (north, south):
        one.system = "growthhub"
        one.mappable_fields |= {"tier"}
    rows = field_rows(connection, north, south, ([left], [right]))
    return next(row.problems for row in rows if row.name == "tier")


def test_a_system_that_keeps_no_fields_of_the_user_is_said_to_have_no_place() -> None:
    connection = parse(CONFIG.format(kind="text", more=""), Path("config.toml")).connections["both"]
    north, south = (MemoryConnector(name, FakeClock()) for name in ("north", "south"))
    for one in (north, south):
        one.system = "growthhub"
    north.mappable_fields |= {"tier"}
    rows = field_rows(connection, north, south, ([place("contact.tier", "choices")], []))
    row = next(row for row in rows if row.name == "tier")
    assert row.direction == "none"
    assert open_problems(row, connection.contacts.fields) == ("south has no place for it",)


def place(key: str, kind: str, *options: str) -> Place:
    return Place(key, key, "choice" if kind == "choice" else "choices", options, custom=True)


def test_choices_that_the_other_side_lacks_are_listed_with_its_options() -> None:
    found = problems(
        "choice", place("contact.tier", "choice", "Gold", "Silver"), place("contact.level", "choice", "gold", "Iron")
    )
    assert found == (
        "south: contact.level lacks Silver of north; it has gold, Iron",
        "north: contact.tier lacks Iron of south; it has Gold, Silver",
    )


def test_a_map_leads_to_the_choices_of_the_other_side() -> None:
    left, right = place("contact.tier", "choice", "Gold"), place("contact.level", "choice", "A")
    assert problems("choice", left, right, ', map = { Gold = "A" }') == ()
    assert problems("choice", left, right) != ()


def test_several_choices_are_compared_one_by_one() -> None:
    left, right = place("contact.tier", "choices", "a, b", "c"), place("contact.level", "choices", "c", "A, B")
    assert problems("choices", left, right) == ()
