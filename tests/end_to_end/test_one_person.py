"""When records are one contact, and which part of a typed text is the value: addresses, numbers, names, tags."""

from typing import Any

import pytest

from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World


def assert_at_rest(world: World) -> None:
    """Two runs after the last edit, both sides agree and the third run writes nothing (P5)."""
    assert world.run().exit_code == 0
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []


def counts(world: World) -> tuple[int, int, int]:
    return len(world.gg.people()), len(world.gh.people()), len(world.links())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("office@faß.example", "office@fass.example"),
        ("strauß@example.com", "strauss@example.com"),
        ("\ufb01n@example.com", "fin@example.com"),
        ("\u0131da@example.com", "ida@example.com"),
    ],
)
def test_addresses_that_only_folding_makes_the_same_are_two_contacts(world: World, one: str, other: str) -> None:
    world.gg.add(first_name="Ann", last_name="One", email=one)
    world.gh.add(firstName="Bob", lastName="Two", email=other)
    assert world.run().exit_code == 0
    assert counts(world) == (2, 2, 2)
    assert_at_rest(world)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@müller.example", "ann@xn--mller-kva.example"),
        ("ann@faß.example", "ann@xn--fa-hia.example"),
        ("Zoe\u0308@example.com", "zo\u00eb@example.com"),
        ("ann\u200b@exam\u00adple.com\ufeff", "ann@example.com"),
        ("Ann Ames <ann@example.com>", "ann@example.com"),
        ("ann@example.com; ann.ames@example.org", "ann@example.com"),
        ("mailto:ann@example.com", "Ann@Example.com"),
    ],
)
def test_spellings_of_one_address_are_one_contact(world: World, one: str, other: str) -> None:
    left = world.gg.add(first_name="Ann", last_name="Ames", email=one)
    world.gh.add(firstName="Ann", lastName="Ames", email=other)
    assert world.run().exit_code == 0
    assert counts(world) == (1, 1, 1)
    assert_at_rest(world)
    assert world.gg.person(left)["email"] == one


def test_the_other_addresses_of_a_field_pair_and_stay_when_the_first_is_edited(world: World) -> None:
    left = world.gg.add(first_name="Ann", last_name="Ames", email="ann@example.com, ames@example.org")
    world.contacts["conflicts"] = '"left"'
    right = world.gh.add(firstName="Ann", lastName="Ames", email="ames@example.org")
    assert world.run().exit_code == 0
    assert counts(world) == (1, 1, 1)
    assert world.gh.person(right)["email"] == "ann@example.com"
    world.gh.edit(right, email="new@example.com")
    assert world.run().exit_code == 0
    assert world.gg.person(left)["email"] == "new@example.com, ames@example.org"
    assert_at_rest(world)


def test_additional_addresses_and_numbers_of_a_record_pair(world: World) -> None:
    world.contacts["conflicts"] = '"right"'
    kept = world.gh.add(firstName="Ann", lastName="Ames", email="ann@example.com", phone="+12125550123")
    world.gh.merge(kept, world.gh.add(firstName="Ann", email="ames@example.org", phone="+12125550124"))
    world.gg.add(first_name="Ann", last_name="Ames", email="AMES@example.org")
    assert world.run().exit_code == 0
    assert counts(world) == (1, 1, 1)
    assert_at_rest(world)


@pytest.mark.parametrize("side", ["left", "right"])
def test_two_names_with_an_address_that_is_only_an_additional_one_of_one_are_listed_and_not_paired(
    world: World, side: str
) -> None:
    if side == "left":
        world.gg.add(first_name="Ann", last_name="Ames", email="ann@example.com; boss@example.com")
        world.gh.add(firstName="Bea", lastName="Boss", email="boss@example.com", city="Bonn")
    else:
        kept = world.gh.add(firstName="Ann", lastName="Ames", email="ann@example.com")
        world.gh.merge(kept, world.gh.add(firstName="Ann", email="boss@example.com"))
        world.gg.add(first_name="Bea", last_name="Boss", email="boss@example.com", city="Bonn")
    left, right = world.gg.people(), world.gh.people()
    for _ in range(2):
        assert world.run().exit_code == 1
        assert counts(world) == (1, 1, 0)
    assert (world.gg.people(), world.gh.people()) == (left, right)
    listed = world.sync("failures", "list", "--json").document["failures"]
    assert {one["who"] for one in listed} == {"ann@example.com", "boss@example.com"}
    assert all("ambiguous" in one["reason"] for one in listed)
    if side == "left":
        (ann,) = left
        world.gg.edit(str(ann["id"]), email="ann@example.com")
    else:
        (bea,) = left
        world.gg.edit(str(bea["id"]), first_name="Ann", last_name="Ames")
    world.contacts["conflicts"] = '"left"'
    assert world.run().exit_code == 0
    assert counts(world) == ((2, 2, 2) if side == "left" else (1, 1, 1))
    assert_at_rest(world)


def test_a_number_that_is_only_an_additional_one_pairs(world: World) -> None:
    kept = world.gh.add(firstName="Ann", lastName="Ames", phone="+12125550123")
    world.gh.merge(kept, world.gh.add(firstName="Ann", lastName="Ames", phone="+12125550124"))
    world.gg.add(first_name="Ann", last_name="Ames", email="ann@example.com", mobile_phone="212-555-0124 home")
    world.run()
    assert counts(world) == (1, 1, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+55 11 98555-0123", "+551185550123"),
        ("+54 9 11 5555-0123", "+541155550123"),
        ("+52 1 55 5555 0123", "+525555550123"),
        ("+49 30 5550123 Fax", "+49305550123"),
        ("+49 170 5550124 / +49 30 5550123", "+491705550124"),
        ("\u202a+1 212\u200b 555 0123\u202c", "+12125550123"),
    ],
)
def test_spellings_of_one_number_are_one_contact_and_are_not_rewritten(world: World, one: str, other: str) -> None:
    left = world.gg.add(first_name="Ann", last_name="Ames", mobile_phone=one)
    right = world.gh.add(firstName="Ann", lastName="Ames", phone=other)
    assert world.run().exit_code == 0
    assert counts(world) == (1, 1, 1)
    assert_at_rest(world)
    assert (world.gg.person(left)["mobile_phone"], world.gh.person(right)["phone"]) == (one, other)


def test_the_other_number_of_a_field_pairs_and_stays_when_the_first_is_edited(world: World) -> None:
    left = world.gg.add(first_name="Ann", email="ann@example.com", mobile_phone="212-555-0123 / 212-555-0124")
    assert world.run().exit_code == 0
    assert world.at_right(left)["phone"] == "+12125550123"
    world.gh.edit(world.links()[left], phone="+12125550199")
    assert world.run().exit_code == 0
    assert world.gg.person(left)["mobile_phone"] == "+12125550199 / 212-555-0124"
    assert_at_rest(world)


@pytest.mark.parametrize("filler", ["0000000000", "5555555555", "+1 555 555 5555", "1234567890", "+11111111111"])
def test_a_number_that_was_typed_to_fill_a_field_pairs_no_one_and_is_not_carried(world: World, filler: str) -> None:
    world.gh.allow_duplicates = True
    ann = world.gg.add(first_name="Ann", mobile_phone=filler, city="Bonn")
    world.gh.add(firstName="Bob", phone=filler)
    world.gh.add(firstName="Ann", phone=filler)
    assert world.run().exit_code == 0
    assert counts(world) == (3, 3, 3)
    assert world.at_right(ann).get("phone") is None
    assert_at_rest(world)


@pytest.mark.parametrize("raw", ["hot  lead", " hot lead", "hot\u00a0lead", "hot\u200b lead"])
def test_a_tag_that_is_not_tidy_can_be_removed_from_either_side(world: World, raw: str) -> None:
    right = world.gh.add(firstName="Ann", email="ann@example.com", tags=[raw, "cold"])
    assert world.run().exit_code == 0
    (left,) = world.links()
    assert world.gg.person(left)["label_names"] == ["cold", "hot lead"]
    assert_at_rest(world)
    world.gg.edit(left, label_names=["cold"])
    assert world.run().exit_code == 0
    assert world.gh.person(right)["tags"] == ["cold"]
    assert_at_rest(world)


def test_a_tag_in_decomposed_letters_can_be_removed_and_others_keep_their_spelling(world: World) -> None:
    left = world.gg.add(first_name="Ann", email="ann@example.com", label_names=["Zoe\u0308", "very  warm"])
    assert world.run().exit_code == 0
    right = world.links()[left]
    world.gh.edit(right, tags=[*world.gh.person(right)["tags"], "new"])
    assert world.run().exit_code == 0
    assert sorted(world.gg.person(left)["label_names"]) == ["Zoe\u0308", "new", "very  warm"]
    world.gh.edit(right, tags=["new"])
    assert world.run().exit_code == 0
    assert world.gg.person(left)["label_names"] == ["new"]
    assert_at_rest(world)


def test_a_tag_with_a_comma_survives_labels_as_text(world: World) -> None:
    left = world.gg.add(first_name="Ann", email="ann@example.com", label_names="cold")
    assert world.run().exit_code == 0
    right = world.links()[left]
    world.gh.edit(right, tags=["cold", 'berlin, "mitte"'])
    assert world.run().exit_code == 0
    assert isinstance(world.gg.person(left)["label_names"], str)
    assert_at_rest(world)
    assert world.gh.person(right)["tags"] == ["cold", 'berlin, "mitte"']
    world.gg.edit(left, label_names="cold")
    assert world.run().exit_code == 0
    assert world.gh.person(right)["tags"] == ["cold"]


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ({"first_name": "Ames, Ana"}, "Ana", "Ames"),
        ({"first_name": "(No Name)", "last_name": "Ames"}, None, "Ames"),
        ({"first_name": "ana@example.com", "last_name": "(No Name)"}, None, None),
        ({"first_name": "A\u200bna\u202c", "last_name": "\ufeffAm\u00ades"}, "Ana", "Ames"),
        ({"full_name": "Dr. Ana Ames"}, "Ana", "Ames"),
    ],
)
def test_a_name_arrives_as_it_is_meant(
    world: World, typed: dict[str, Any], first: str | None, last: str | None
) -> None:
    left = world.gg.add(email="ana@example.com", **typed)
    assert world.run().exit_code == 0
    made = world.at_right(left)
    assert (made.get("firstName") or None, made.get("lastName") or None) == (first, last)
    assert_at_rest(world)
    for name, text in typed.items():
        assert world.gg.person(left)[name] == text


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_name_in_one_field_is_taken_apart_when_the_other_side_edits_it(world: World, side: str) -> None:
    if side == "left":
        left = world.gg.add(email="ana@example.com", first_name="Ames, Ana")
        assert world.run().exit_code == 0
        world.gh.edit(world.links()[left], lastName="Amers")
        assert world.run().exit_code == 0
        person = world.gg.person(left)
        assert (person["first_name"], person["last_name"]) == ("Ana", "Amers")
    else:
        right = world.gh.add(email="ana@example.com", firstName="Ames, Ana")
        assert world.run().exit_code == 0
        (left,) = world.links()
        world.gg.edit(left, first_name="Anna")
        assert world.run().exit_code == 0
        person = world.gh.person(right)
        assert (person["firstName"], person["lastName"]) == ("Anna", "Ames")
    assert_at_rest(world)
    assert differences(world) == []


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_value_that_is_too_long_is_left_out_and_the_rest_of_its_record_is_synced(world: World, side: str) -> None:
    huge = "x" * 1_000_000
    if side == "left":
        left = world.gg.add(first_name=huge, last_name="Ames", email="ann@example.com", city="Bonn")
    else:
        world.gh.add(firstName=huge, lastName="Ames", email="ann@example.com", city="Bonn")
    world.gg.add(first_name="Bob", email="bob@example.com")
    report = world.run()
    assert report.exit_code == 1
    assert (report.streams["contacts"].unmapped, report.streams["contacts"].failed) == (1, 1)
    assert counts(world) == (2, 2, 2)
    pairs = {world.gg.person(one)["email"]: (one, other) for one, other in world.links().items()}
    left, right = pairs["ann@example.com"]
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Bonn", "Bonn")
    assert (world.gg.person(left)["last_name"], world.gh.person(right)["lastName"]) == ("Ames", "Ames")
    assert len(world.state_path.read_bytes()) < 5_000_000
    world.gg.edit(left, city="Cologne")
    ran = world.sync("plan")
    assert "values of first_name that are too long" in ran.err + ran.out
    world.run()
    said = world.sync("explain", "ann@example.com", "--json").out
    assert "first_name" in said
    assert "65536" in said
    with world.calls() as calls:
        assert world.run().exit_code == 1
        assert world.run(skip=90_000).exit_code == 1
    assert calls.writes == []
    (failure,) = world.sync("failures", "list", "--json").document["failures"]
    assert failure["who"] == "ann@example.com"
    assert "first_name" in failure["reason"]
    assert "1000000 bytes" in failure["reason"]
    if side == "left":
        world.gg.edit(left, first_name="Ann")
    else:
        world.gh.edit(right, firstName="Ann")
    assert world.run().exit_code == 0
    assert (world.gg.person(left)["first_name"], world.gh.person(right)["firstName"]) == ("Ann", "Ann")
    assert_at_rest(world)


def test_what_stands_behind_an_address_or_number_stays_when_that_is_emptied(world: World) -> None:
    left = world.gg.add(
        first_name="Ann", email="ann@example.com; ames@example.org", mobile_phone="212-555-0123 / 212-555-0124"
    )
    assert world.run().exit_code == 0
    world.gh.edit(world.links()[left], email=None, phone=None)
    assert world.run().exit_code == 0
    person = world.gg.person(left)
    assert (person["email"], person["mobile_phone"]) == ("ames@example.org", "212-555-0124")
    assert world.run().exit_code == 0
    assert_at_rest(world)


def test_an_edit_of_line_ends_alone_is_carried(world: World) -> None:
    left = world.gg.add(email="ann@example.com", keywords="one two")
    assert world.run().exit_code == 0
    world.gg.edit(left, keywords="one\ntwo")
    assert world.run().exit_code == 0
    assert world.gh.custom(world.links()[left], "contact.keywords") == "one\ntwo"
    assert_at_rest(world)


def test_the_other_number_of_a_custom_field_stays_when_the_first_is_edited(world: World) -> None:
    left = world.gg.add(email="ann@example.com", mobile_phone="+12125550101", work_phone="+12125550123")
    assert world.run().exit_code == 0
    right = world.links()[left]
    world.gh.edit(right, custom={"contact.work_phone": "212-555-0123 / 212-555-0124"})
    assert world.run().exit_code == 0
    world.gg.edit(left, work_phone="+12125550199")
    assert world.run().exit_code == 0
    assert world.gh.custom(right, "contact.work_phone") == "+12125550199 / 212-555-0124"
    assert_at_rest(world)
