"""Fields of the user's own: every type, both ways; places, transforms, and values without a counterpart (R47)."""

import json
from typing import Any

import pytest

from connectors.sandbox.faults import Fault
from sync.output.progress import SilentProgress
from tests.end_to_end import mirror
from tests.end_to_end.world import World

ADA: dict[str, Any] = {"email": "ada@example.com"}


def configure(world: World, *lines: str) -> None:
    world.tables = "\n".join(["[connections.sales.contacts.fields]", *lines, ""])


def settle(world: World, code: int = 0) -> None:
    """Let two runs bring both sides to rest; the third writes nothing."""
    world.run()
    world.run()
    with world.calls() as calls:
        assert world.run().exit_code == code
    assert calls.writes == []


def place(world: World, kind: str, *, options: tuple[str, ...] = (), name: str = "Own field") -> str:
    """Create a custom field at GrowthHub and return its id."""
    return world.gh.add_field(name, kind, options=options)


def custom(world: World, right: str, field_id: str) -> Any:
    shown = {each["id"]: each["value"] for each in world.gh.person(right)["customFields"]}
    return shown.get(field_id)


OPTIONS = ("Gold", "Silver, old", "Bronze")

TYPES: list[tuple[str, str, tuple[str, ...], Any, Any, Any, Any]] = [
    # type, dataType, options, at the left, shown at the right then, an edit at the right, shown at the left then
    ("text", "TEXT", (), "one", "one", "two", "two"),
    ("text", "LARGE_TEXT", (), "one\ntwo", "one\ntwo", "three\nfour", "three\nfour"),
    ("number", "NUMERICAL", (), "1,234.50", 1234.5, 7, "7"),
    ("number", "TEXT", (), "1,234.50", "1234.5", "2,000", "2000"),
    ("money", "MONETORY", (), "$1,234.50", 1234.5, 99.25, "99.25"),
    ("date", "DATE", (), "09/25/1990", "1990-09-25", "1991-01-02", "1991-01-02"),
    ("date", "TEXT", (), "1990-09-25", "1990-09-25", "1991/01/02", "1991-01-02"),
    ("datetime", "TEXT", (), "2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00.000Z", "2026-03-02T10:00:00Z",
     "2026-03-02T10:00:00.000Z"),
    ("boolean", "RADIO", ("Yes", "No"), "true", "Yes", "No", "no"),
    ("boolean", "TEXT", (), "true", "yes", "No", "no"),
    ("choice", "SINGLE_OPTIONS", OPTIONS, "gold", "Gold", "Silver, old", "Silver, old"),
    ("choice", "RADIO", OPTIONS, "Gold", "Gold", "Bronze", "Bronze"),
    ("choices", "MULTIPLE_OPTIONS", OPTIONS, '"Silver, old", gold', ["Gold", "Silver, old"], ["Bronze"], "Bronze"),
    ("choices", "CHECKBOX", OPTIONS, "gold", ["Gold"], ["Bronze", "Silver, old"], 'Bronze, "Silver, old"'),
    ("choices", "LARGE_TEXT", (), 'a, "b, c"', 'a, "b, c"', "d", "d"),
    ("url", "TEXT", (), "Example.com/x", "https://example.com/x", "https://other.example/", "https://other.example"),
    ("email", "TEXT", (), "Boss@Example.com", "Boss@example.com", "new@example.com", "new@example.com"),
    ("phone", "PHONE", (), "(303) 555-0123", "+13035550123", "+13035550199", "+13035550199"),
]  # fmt: skip


@pytest.mark.parametrize("case", TYPES, ids=[f"{case[0]}-{case[1]}" for case in TYPES])
def test_a_field_of_each_type_goes_both_ways_and_comes_to_rest(world: World, case: tuple[Any, ...]) -> None:
    kind, data_type, options, left_value, shown, edit, back = case
    field_id = place(world, data_type, options=options)
    configure(world, f'own = {{ growthgenius = "custom3", growthhub = "contact.own_field", type = "{kind}" }}')
    left = world.gg.add(**ADA, custom3=left_value)
    settle(world)
    right = world.links()[left]
    assert custom(world, right, field_id) == shown
    assert world.gg.person(left)["custom3"] == left_value  # the same value in another spelling is no edit
    world.clock.skip(60)
    world.gh.edit(right, custom={"contact.own_field": edit})
    settle(world)
    assert world.gg.person(left)["custom3"] == back
    assert custom(world, right, field_id) == edit
    world.clock.skip(60)
    world.gg.edit(left, custom3=None)
    settle(world)
    assert custom(world, right, field_id) in (None, "", [])


@pytest.mark.parametrize("written", ["contact.own_field", "own_field", "Own field", "ID"])
def test_a_custom_field_is_named_by_key_name_or_id(world: World, written: str) -> None:
    field_id = place(world, "NUMERICAL")
    named = field_id if written == "ID" else written
    configure(world, f'own = {{ gg = "custom3", gh = "{named}", type = "number" }}')
    left = world.gg.add(**ADA, custom3="12")
    settle(world)
    assert custom(world, world.links()[left], field_id) == 12


def test_a_missing_custom_field_is_created_with_the_kind_that_its_type_needs(world: World) -> None:
    configure(world, 'own = { growthgenius = "custom3", growthhub = "Renewal date", type = "date" }')
    left = world.gg.add(**ADA, custom3="2026-09-01")
    report = world.run()
    assert "contact.renewal_date" in report.to_json()["fields_created"]["gh"]
    field = world.gh.field("contact.renewal_date")
    assert field is not None
    assert (field.name, field.kind) == ("Renewal Date", "DATE")
    assert custom(world, world.links()[left], field.id) == "2026-09-01"


def test_native_properties_are_places(world: World) -> None:
    configure(
        world,
        'born = { growthgenius = "custom1", growthhub = "dateOfBirth", type = "date" }',
        'hq = { growthgenius = "company_city", growthhub = "source" }',
        'address = { growthgenius = "company_address" }',
    )
    left = world.gg.add(**ADA, custom1="25 Sep", company_city="Denver", company_address="1 Main St")
    settle(world)
    right = world.links()[left]
    shown = world.gh.person(right)
    assert (shown["source"], shown["address1"]) == ("Denver", "1 Main St")
    assert not shown.get("dateOfBirth")
    world.clock.skip(60)
    world.gg.edit(left, custom1="09/25/1990")
    settle(world)
    assert world.gh.person(right)["dateOfBirth"] == "1990-09-25"
    world.clock.skip(60)
    world.gh.edit(right, dateOfBirth="1991.01.02")
    settle(world)
    assert world.gg.person(left)["custom1"] == "1991-01-02"


def test_what_can_only_be_read_is_carried_from_there(world: World) -> None:
    place(world, "FILE_UPLOAD", name="Contract")
    configure(
        world,
        'files = { growthgenius = "custom1", growthhub = "contact.contract", direction = "right_to_left" }',
        'kind = { growthgenius = "custom2", growthhub = "type", type = "choice", direction = "right_to_left" }',
        'number = { growthgenius = "id", growthhub = "contact.number", direction = "left_to_right" }',
    )
    upload = {"0b5a": {"url": "https://files.example.com/a.pdf", "meta": {"size": 4711}}}
    right = world.gh.add(**ADA, type="customer", custom={"contact.contract": upload})
    settle(world)
    left = next(key for key, value in world.links().items() if value == right)
    shown = world.gg.person(left)
    assert (shown["custom1"], shown["custom2"]) == ("https://files.example.com/a.pdf", "customer")
    number = world.gh.field("contact.number")
    assert number is not None
    assert custom(world, right, number.id) == left


def test_a_choice_that_the_other_side_lacks_is_not_written_and_counts_as_unmapped(world: World) -> None:
    field_id = place(world, "SINGLE_OPTIONS", options=("Gold",))
    configure(world, 'own = { growthgenius = "custom3", growthhub = "contact.own_field", type = "choice" }')
    left = world.gg.add(**ADA, custom3="Platinum")
    report = world.run()
    assert report.to_json()["streams"]["contacts"]["unmapped"] == 1
    settle(world)
    assert custom(world, world.links()[left], field_id) is None
    world.clock.skip(60)
    world.gg.edit(left, custom3="GOLD")
    settle(world)
    assert custom(world, world.links()[left], field_id) == "Gold"


def test_a_value_that_does_not_convert_overwrites_nothing(world: World, notes: list[str]) -> None:
    field_id = place(world, "NUMERICAL")
    configure(world, 'own = { growthgenius = "custom3", growthhub = "contact.own_field", type = "number" }')
    left = world.gg.add(**ADA, custom3="12")
    settle(world)
    right = world.links()[left]
    world.clock.skip(60)
    world.gg.edit(left, custom3="twelve")
    assert world.run().to_json()["streams"]["contacts"]["unmapped"] == 1
    assert notes[-1] == 'gg: values of own that are no number, left alone: "twelve" (1)'
    settle(world)
    assert custom(world, right, field_id) == 12
    assert world.gg.person(left)["custom3"] == "twelve"


def test_a_field_with_another_type_is_left_alone_and_no_second_one_is_created(world: World) -> None:
    place(world, "DATE")
    configure(world, 'own = { growthgenius = "custom3", growthhub = "contact.own_field", type = "number" }')
    world.gg.add(**ADA, custom3="12")
    world.run()
    assert [field.kind for field in world.gh.fields.values() if "own" in field.key] == ["DATE"]


def test_the_place_of_the_source_id_is_no_place_for_a_field(world: World) -> None:
    configure(world, 'own = { growthgenius = "custom3", growthhub = "contact.growthgenius_id" }')
    left = world.gg.add(**ADA, custom3="mine")
    world.run()
    field = world.gh.field("contact.growthgenius_id")
    assert field is None or "mine" not in str(custom(world, world.links()[left], field.id))
    world.clock.skip(60)
    world.gg.edit(left, custom3="other", title="CTO")
    world.run()
    field = world.gh.field("contact.growthgenius_id")
    assert field is not None
    assert left in custom(world, world.links()[left], field.id)


def test_a_new_field_is_a_first_meeting_under_the_policy(world: World) -> None:
    field_id = place(world, "TEXT")
    left = world.gg.add(**ADA, custom3="left")
    settle(world)
    right = world.links()[left]
    world.gh.edit(right, custom={"contact.own_field": "right"})
    settle(world)
    configure(
        world,
        'custom3 = { direction = "none" }',
        'own = { growthgenius = "custom3", growthhub = "contact.own_field", conflicts = "manual" }',
    )
    assert world.run().to_json()["streams"]["contacts"]["conflicts"] == 1
    assert custom(world, right, field_id) == "right"
    assert world.gg.person(left)["custom3"] == "left"


def test_a_field_with_direction_none_does_not_travel(world: World) -> None:
    configure(world, 'title = { direction = "none" }')
    left = world.gg.add(**ADA, title="CTO", company_name="Acme")
    settle(world)
    shown = world.gh.person(world.links()[left])
    assert shown["companyName"] == "Acme"
    assert "CTO" not in json.dumps(shown)


# transforms

INVERTED = {'type = "choices", join = "; "': 'split = "; "', 'split = "; "': 'type = "choices", join = "; "'}
"""What says the same where the left side is the right one."""


@pytest.mark.parametrize(
    ("line", "left_value", "shown", "edit", "back"),
    [
        ('map = { "hot" = "A", "cold" = "B" }', "hot", "A", "B", "cold"),
        ('lookup = "words.csv"', "hot", "A", "B", "cold"),
        ('prefix = "GG-"', "7", "GG-7", "GG-8", "8"),
        ('type = "choices", join = "; "', "a, b", "a; b", "c; a", "a, c"),
        ('split = "; "', "b; a", "a, b", "c", "c"),
    ],
    ids=["map", "lookup", "prefix", "join", "split"],
)
def test_a_transform_with_a_way_back_goes_both_ways(
    world: World, line: str, left_value: str, shown: str, edit: str, back: str
) -> None:
    rows = "A,hot\nB,cold\n" if mirror.SWAPPED else "hot,A\ncold,B\n"
    (world.folder / "words.csv").write_text(f"left,right\n{rows}", encoding="utf-8")
    if mirror.SWAPPED and line.startswith("prefix"):
        pytest.skip("a prefix is put before the values of the left side")
    line = INVERTED.get(line, line) if mirror.SWAPPED else line
    field_id = place(world, "TEXT")
    configure(world, f'own = {{ growthgenius = "custom3", growthhub = "contact.own_field", {line} }}')
    left = world.gg.add(**ADA, custom3=left_value)
    settle(world)
    right = world.links()[left]
    assert custom(world, right, field_id) == shown
    assert world.gg.person(left)["custom3"] == left_value
    world.clock.skip(60)
    world.gh.edit(right, custom={"contact.own_field": edit})
    settle(world)
    assert world.gg.person(left)["custom3"] == back


@pytest.mark.parametrize(
    ("line", "left_value", "right_value"),
    [
        ('type = "choices", join = "; "', "red, blue", "Red; blue"),
        ('split = "; "', "red; blue", "blue, red"),
        ('map = { "hot" = "A", "cold" = "B" }', "hot", "a"),
    ],
    ids=["join", "split", "map"],
)
def test_values_that_agree_after_the_transform_meet_without_a_write_or_a_conflict(
    world: World, line: str, left_value: str, right_value: str
) -> None:
    field_id = place(world, "TEXT")
    left = world.gg.add(**ADA, custom3=left_value)
    settle(world)
    right = world.links()[left]
    world.gh.edit(right, custom={"contact.own_field": right_value})
    settle(world)
    line = INVERTED.get(line, line) if mirror.SWAPPED else line
    fields = f'own = {{ growthgenius = "custom3", growthhub = "contact.own_field", {line}, conflicts = "manual" }}'
    configure(world, fields)
    settle(world)
    assert world.gg.person(left)["custom3"] == left_value
    assert custom(world, right, field_id) == right_value


@pytest.mark.parametrize(
    ("line", "left_value", "shown"), [('case = "upper"', "gold", "GOLD"), ('strip = "()#"', "(#7)", "7")]
)
def test_a_transform_without_a_way_back_goes_one_way(world: World, line: str, left_value: str, shown: str) -> None:
    field_id = place(world, "TEXT")
    line = f'{line}, direction = "left_to_right"'
    configure(world, f'own = {{ growthgenius = "custom3", growthhub = "contact.own_field", {line} }}')
    left = world.gg.add(**ADA, custom3=left_value)
    settle(world)
    assert custom(world, world.links()[left], field_id) == shown


def test_a_template_is_written_when_one_of_its_fields_changes(world: World) -> None:
    field_id = place(world, "TEXT")
    template = 'template = "{{ first_name }} {{ last_name | upper }}", direction = "left_to_right"'
    configure(world, f'own = {{ growthhub = "contact.own_field", {template} }}')
    left = world.gg.add(**ADA, first_name="Ada", last_name="Ames")
    settle(world)
    right = world.links()[left]
    assert custom(world, right, field_id) == "Ada AMES"
    world.clock.skip(60)
    world.gh.edit(right, lastName="Byron")
    settle(world)
    assert world.gg.person(left)["last_name"] == "Byron"
    assert custom(world, right, field_id) == "Ada BYRON"


def test_a_constant_reaches_contacts_of_both_sides(world: World) -> None:
    field_id = place(world, "TEXT")
    configure(world, 'own = { gh = "contact.own_field", value = "GrowthGenius", direction = "left_to_right" }')
    left = world.gg.add(**ADA)
    right = world.gh.add(email="bob@example.com", firstName="Bob")
    settle(world)
    assert custom(world, world.links()[left], field_id) == "GrowthGenius"
    assert custom(world, right, field_id) == "GrowthGenius"


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notes that runs report."""
    found: list[str] = []
    monkeypatch.setattr(SilentProgress, "note", lambda _self, text: found.append(text))
    return found


def test_a_template_without_a_result_names_record_and_field(world: World, notes: list[str]) -> None:
    place(world, "NUMERICAL")
    template = 'template = "{{ title }}", direction = "left_to_right", type = "number"'
    configure(world, f'own = {{ growthhub = "contact.own_field", {template} }}')
    world.gg.add(**ADA, title="CTO")
    assert world.run().to_json()["streams"]["contacts"]["unmapped"] == 1
    assert notes[-1] == (
        'gg: contacts for which the template of own has no result, left alone: "ada@example.com: no number: CTO" (1)'
    )
    settle(world)


def test_undo_and_explain_know_the_field(world: World) -> None:
    field_id = place(world, "NUMERICAL")
    configure(world, 'own = { growthgenius = "custom3", growthhub = "contact.own_field", type = "number" }')
    left = world.gg.add(**ADA, custom3="1")
    settle(world)
    right = world.links()[left]
    world.clock.skip(60)
    world.gg.edit(left, custom3="2")
    changed = world.run()
    assert custom(world, right, field_id) == 2
    explained = world.sync("explain", "ada@example.com", "own", "--json").document
    assert [each["new"] for each in explained["people"][0]["history"]][-1] == "2"
    undone = world.sync("undo", changed.run, "--yes")
    assert undone.code == 0, undone.err
    assert custom(world, right, field_id) == 1


def test_a_conflict_over_a_number_is_settled_with_a_number(world: World) -> None:
    field_id = place(world, "NUMERICAL")
    configure(
        world,
        'own = { growthgenius = "custom3", growthhub = "contact.own_field", type = "number", conflicts = "manual" }',
    )
    left = world.gg.add(**ADA, custom3="1")
    settle(world)
    right = world.links()[left]
    world.clock.skip(60)
    world.gg.edit(left, custom3="2")
    world.gh.edit(right, custom={"contact.own_field": 3})
    assert world.run().to_json()["streams"]["contacts"]["conflicts"] == 1
    (row,) = world.rows("SELECT id FROM conflict")
    wrong = world.sync("conflicts", "resolve", str(row["id"]), "--value", "many")
    assert wrong.code == 2
    assert "not a valid own" in wrong.err
    assert world.sync("conflicts", "resolve", str(row["id"]), "--value", "1,000").code == 0
    settle(world)
    assert (world.gg.person(left)["custom3"], custom(world, right, field_id)) == ("1000", 1000)


def test_a_value_that_is_refused_is_left_out_and_the_rest_travels(world: World) -> None:
    field_id = place(world, "NUMERICAL")
    configure(world, 'own = { growthgenius = "custom3", growthhub = "contact.own_field", type = "number" }')
    left = world.gg.add(**ADA, custom3="1")
    settle(world)
    right = world.links()[left]
    world.clock.skip(60)
    world.gg.edit(left, custom3="2", title="CTO")
    world.gh.faults.append(Fault("drop_after", method="PUT", times=1))
    world.run()
    settle(world)
    assert custom(world, right, field_id) == 2


def test_a_field_at_a_place_that_it_can_only_read_leaves_the_standard_field_of_that_place_as_it_is(
    world: World,
) -> None:
    configure(
        world,
        'mail = { growthgenius = "email", growthhub = "contact.mail_copy" }',
        'labels = { growthgenius = "label_names", growthhub = "contact.label_copy", type = "choices" }',
        'phase = { growthgenius = "stage", growthhub = "contact.phase" }',
        'blocked = { growthgenius = "custom1", growthhub = "dnd", type = "boolean" }',
    )
    left = world.gg.add(**ADA, label_names=["vip"], stage="Lead", first_name="Ada")
    settle(world)
    right = world.links()[left]
    shown = world.gh.person(right)
    assert (shown["email"], shown["tags"]) == ("ada@example.com", ["vip"])
    assert world.gh.custom(right, "contact.stage") == "Lead"
    assert world.gh.custom(right, "contact.mail_copy") == "ada@example.com"
    world.clock.skip(60)
    world.gg.edit(left, email="ada@new.example", stage="Do Not Contact", label_names=["vip", "met"])
    settle(world)
    shown = world.gh.person(right)
    assert (shown["email"], shown["dnd"], sorted(shown["tags"])) == ("ada@new.example", True, ["met", "vip"])
    world.clock.skip(60)
    world.gh.edit(right, email="ada@third.example")
    settle(world)
    assert world.gg.person(left)["email"] == "ada@third.example"
    found = " ".join(finding["problem"] for each in world.sync("check", "--json").document["accounts"]
                     for finding in each["findings"])  # fmt: skip
    for said in (
        "email can only be read",
        "label_names can only be read",
        "stage can only be read",
        "dnd can only be read",
    ):
        assert said in found


@pytest.mark.parametrize("by", ["id", "name"])
@pytest.mark.parametrize("second", ["", 'title = { growthhub = "job_title" }'])
def test_a_run_refuses_two_fields_that_name_one_custom_field_in_two_ways(world: World, by: str, second: str) -> None:
    field_id = world.gh.add_field("Renamed", key="contact.job_title")
    own = f'own = {{ growthgenius = "seo_description", growthhub = "{field_id if by == "id" else "Renamed"}" }}'
    left = world.gg.add(**ADA, title="CTO", seo_description="words")
    configure(world, own, second)
    with world.calls() as calls:
        report = world.run()
    assert (report.exit_code, calls.writes) == (3, [])
    assert "are both written to one custom field" in " ".join(report.errors)
    assert world.links() == {}
    configure(world, own, 'title = { direction = "none" }')
    settle(world)
    assert custom(world, world.links()[left], field_id) == "words"


def test_a_standard_field_at_the_name_of_a_property_is_kept_in_a_custom_field_beside_that_property(
    world: World,
) -> None:
    field_id = place(world, "TEXT", name="City")
    configure(world, 'custom1 = { growthhub = "city" }')
    left = world.gg.add(**ADA, custom1="one", city="Oslo")
    settle(world)
    right = world.links()[left]
    assert (custom(world, right, field_id), world.gh.person(right)["city"]) == ("one", "Oslo")
    world.clock.skip(60)
    world.gh.edit(right, custom={"contact.city": "two"}, city="Rome")
    settle(world)
    assert (world.gg.person(left)["custom1"], world.gg.person(left)["city"]) == ("two", "Rome")


def test_a_check_finds_two_fields_that_name_one_custom_field_in_two_ways(world: World) -> None:
    field_id = place(world, "TEXT", name="Job Title")
    configure(world, f'own = {{ growthgenius = "seo_description", growthhub = "{field_id}" }}')
    found = [each for one in world.sync("check", "--json").document["accounts"] for each in one["findings"]]
    problems = [each["problem"] for each in found if not each["ok"] and each["what"].startswith("field own of ")]
    assert problems == ["Job Title is written by title too"]
