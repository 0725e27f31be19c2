"""`sync fields` and its proposals, and what `sync check` says of fields (R47)."""

import csv
import io
import tomllib
from typing import Any

import pytest

from tests.end_to_end import mirror
from tests.end_to_end.world import World

pytestmark = pytest.mark.skipif(mirror.SWAPPED, reason="the table shows the left side first, as the tests expect it")

LINES = (
    'tier = { growthgenius = "custom1", growthhub = "contact.tier", type = "choice" }',
    'born = { growthgenius = "custom2", growthhub = "dateOfBirth", type = "date" }',
    'score = { growthgenius = "custom3", growthhub = "Lead score", type = "number", conflicts = "right" }',
    'kind = { growthgenius = "custom4", growthhub = "type" }',
    'file = { growthgenius = "custom5", growthhub = "contact.file" }',
    'source = { growthhub = "source", value = "GrowthGenius", direction = "left_to_right" }',
    'title = { direction = "none" }',
)


@pytest.fixture
def mapped(world: World) -> World:
    """A world with fields of the user's own, some of them wrong."""
    world.gh.add_field("Tier", "SINGLE_OPTIONS", options=("Gold", "Silver"))
    world.gh.add_field("Lead score", "DATE")
    world.gh.add_field("File", "FILE_UPLOAD")
    world.tables = "\n".join(["[connections.sales.contacts.fields]", *LINES, ""])
    return world


def fields(world: World) -> dict[str, Any]:
    (connection,) = world.sync("fields", "--json").document["connections"]
    return {one["field"]: one for one in connection["fields"]}


def test_the_table_shows_place_type_direction_policy_and_transform(mapped: World) -> None:
    mapped.gg.add(email="ada@example.com", custom1="Gold", custom2="1990-09-25", title="CTO")
    mapped.run()
    shown = fields(mapped)
    tier = shown["tier"]
    assert (tier["left"]["place"], tier["right"]["place"], tier["right"]["kind"]) == (
        "custom1", "contact.tier", "SINGLE_OPTIONS",
    )  # fmt: skip
    assert (tier["left"]["values"], tier["right"]["values"]) == (1, 1)
    assert tier["right"]["options"] == ["Gold", "Silver"]
    assert (tier["direction"], tier["conflicts"], tier["problems"]) == ("both", "newest", [])
    assert shown["born"]["right"]["type"] == "date"
    assert shown["score"]["conflicts"] == "right"
    assert shown["title"]["direction"] == "none"
    assert (shown["source"]["transform"], shown["source"]["direction"]) == ('value "GrowthGenius"', "left_to_right")
    assert shown["city"]["direction"] == "both"
    assert shown["custom1"]["problems"] == ["its place is that of tier"]
    assert shown["address"]["problems"] == ["gg has no place for it"]


def test_what_cannot_be_carried_is_said_with_its_reason(mapped: World) -> None:
    shown = fields(mapped)
    assert shown["score"]["problems"] == [
        "gh: Lead score holds date (DATE), and cannot hold a field of type number"
    ]  # fmt: skip
    assert shown["kind"]["problems"] == ["gh: type can only be read, so nothing is written there"]
    assert shown["file"]["problems"] == ["gh: contact.file can only be read, so nothing is written there"]


def test_check_lists_the_same_as_advice(mapped: World) -> None:
    checked = mapped.sync("check", "--json")
    assert checked.code == 0
    findings = {one["account"]: one["findings"] for one in checked.document["accounts"]}["gh"]
    wrong = {one["what"]: one["problem"] for one in findings if not one["ok"] and one["what"].startswith("field ")}
    assert wrong == {
        "field score of connection sales travels as the config says":
            "Lead score holds date (DATE), and cannot hold a field of type number",
        "field kind of connection sales travels as the config says":
            "type can only be read, so nothing is written there",
        "field file of connection sales travels as the config says":
            "contact.file can only be read, so nothing is written there",
    }  # fmt: skip


def test_a_place_that_is_not_there_is_said_with_what_becomes_of_it(world: World) -> None:
    world.gh.add_field("Tier", "SINGLE_OPTIONS", options=("Gold",))
    world.tables = """[connections.sales.contacts.fields]
tier = { growthgenius = "custom1", growthhub = "contact.tier", type = "choice" }
other = { growthgenius = "custom99", growthhub = "contact.other" }
"""
    wrong, missing = fields(world)["other"]["problems"]
    assert wrong.startswith("gg: there is no custom99; allowed is custom1")
    assert wrong.endswith("did you mean custom9?")
    assert missing == "gh: there is no contact.other yet; a custom field is created with its first value"


def test_the_table_is_csv_too(mapped: World) -> None:
    rows = list(csv.DictReader(io.StringIO(mapped.sync("fields", "--csv").out)))
    tier = next(row for row in rows if row["field"] == "tier")
    assert (tier["connection"], tier["left_place"], tier["right_place"]) == ("sales", "custom1", "contact.tier")


def test_the_table_is_text_for_people(mapped: World) -> None:
    shown = mapped.sync("fields")
    assert shown.code == 0
    assert "FIELD" in shown.out
    assert "score: gh: Lead score holds date (DATE)" in shown.out


def test_an_unknown_connection_is_refused(world: World) -> None:
    assert world.sync("fields", "--connection", "sale").code == 2


# proposals


@pytest.fixture
def unmapped(world: World) -> World:
    """Linked contacts with values in places that no field uses."""
    colour, company = world.gh.add_field("Colour", "TEXT"), world.gh.add_field("Company city", "TEXT")
    assert colour != company
    towns = ["Denver", "Austin", "Boston", "Reno", "Salem"]
    for number, town in enumerate(towns):
        world.gg.add(email=f"p{number}@example.com", company_city=town, seo_description=f"{number},000")
    world.run()
    score = world.gh.add_field("Score", "NUMERICAL")
    assert score
    for number, right in enumerate(world.links().values()):
        world.gh.edit(right, custom={"contact.score": number * 1000})
    world.run()
    return world


def test_places_with_one_name_and_with_values_that_agree_are_proposed(unmapped: World) -> None:
    found = unmapped.sync("fields", "suggest", "--json").document
    proposed = {(one["left"], one["right"]): one for one in found["suggestions"]}
    assert proposed["company_city", "contact.company_city"]["reason"] == "same name"
    score = proposed["seo_description", "contact.score"]
    assert (score["reason"], score["type"], score["agreeing"], score["compared"]) == ("same values", "number", 5, 5)
    assert score["config"] == (
        'score = { growthgenius = "seo_description", growthhub = "contact.score", type = "number" }'
    )
    assert found["written"] is None


def test_nothing_is_written_without_asking(unmapped: World) -> None:
    unmapped.sync("fields", "suggest")
    before = unmapped.config_path.read_text(encoding="utf-8")
    refused = unmapped.sync("fields", "suggest", "--write")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert unmapped.config_path.read_text(encoding="utf-8") == before


def test_written_lines_keep_the_comments_and_are_a_valid_config(unmapped: World) -> None:
    unmapped.tables = (
        "# a comment of the user\n[connections.sales.contacts.fields]\ncity = { conflicts = 'left' } # why\n"
    )
    written = unmapped.sync("fields", "suggest", "--write", "--yes", "--json")
    assert written.code == 0, written.err
    text = unmapped.config_path.read_text(encoding="utf-8")
    assert "# a comment of the user" in text
    assert "city = { conflicts = 'left' } # why" in text
    table = tomllib.loads(text)["connections"]["sales"]["contacts"]["fields"]
    assert table["score"] == {"growthgenius": "seo_description", "growthhub": "contact.score", "type": "number"}
    unmapped.tables = text[text.index("# a comment of the user") :]
    proposed = unmapped.sync("fields", "suggest", "--json").document["suggestions"]
    assert "score" not in {one["name"] for one in proposed}


def test_a_world_without_a_state_file_proposes_by_name_alone(world: World) -> None:
    world.gh.add_field("Company city", "TEXT")
    found = world.sync("fields", "suggest", "--json").document["suggestions"]
    assert [(one["left"], one["right"], one["reason"]) for one in found if one["left"] == "company_city"] == [
        ("company_city", "contact.company_city", "same name")
    ]
