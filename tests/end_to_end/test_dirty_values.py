"""P5 for whatever users type: dirty values come to rest in both systems, and so does an upgrade."""

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World
from tests.thorough import examples

TYPED = st.text(
    st.sampled_from("aZé ,<>(@.;/|\"'0-\u200b\u200d\u00ad\u202e\ufeff\u0301\u0646\u094d👩🚀\t\n"), max_size=10
)
NAMES = st.sampled_from(["Ana", "Ames, Ana", "Ames,", "(No Name)", "ana@example.com", "Dr. Ana", "Ames, Jr.", None])
EMAILS = st.sampled_from([
    "ana@example.com", "Ana Ames <ana@example.com>", "ana@example.com; ames@example.org", "ames@example.org",
    "office@fa\u00df.example", "office@fass.example", "office@xn--fa-hia.example", "a\u200bna@example.com", "x y", None,
])  # fmt: skip
NUMBERS = st.sampled_from([
    "+49 30 5550123 Fax", "+4930 5550123", "+55 11 98555-0123", "+551185550123", "+54 9 11 5555-0123", "+541155550123",
    "+52 1 55 5555 0123", "212-555-0123 / 212-555-0124", "+12125550124", "0000000000", "5555555555", "12345", None,
])  # fmt: skip
TAGS = st.lists(
    st.sampled_from(["hot  lead", " hot lead", "Zoe\u0308", "berlin, mitte", 'a "b"', "\u200bcold"]), max_size=3
)
COUNTRIES = st.sampled_from(
    ["United Kingdom (UK)", "\u00d6sterreich", "Scotland, UK", "Myanmar (Burma)", "Kongo", None]
)
PEOPLE = st.fixed_dictionaries({
    "first": st.one_of(NAMES, TYPED), "last": st.one_of(NAMES, TYPED), "email": EMAILS, "phone": NUMBERS, "tags": TAGS,
    "country": COUNTRIES, "city": TYPED, "as_text": st.booleans(),
})  # fmt: skip


def at_left(person: dict[str, Any]) -> dict[str, Any]:
    tags = ", ".join(f'"{tag.replace(chr(34), chr(34) * 2)}"' for tag in person["tags"])
    return {
        "first_name": person["first"], "last_name": person["last"], "email": person["email"], "city": person["city"],
        "mobile_phone": person["phone"], "country": person["country"],
        "label_names": tags if person["as_text"] else person["tags"],
    }  # fmt: skip


def at_right(person: dict[str, Any]) -> dict[str, Any]:
    return {
        "firstName": person["first"], "lastName": person["last"], "email": person["email"], "phone": person["phone"],
        "city": person["city"], "tags": person["tags"],
    }  # fmt: skip


@settings(max_examples=examples(10), deadline=None)
@given(st.lists(PEOPLE, max_size=5), st.lists(PEOPLE, max_size=5), st.lists(PEOPLE, min_size=4, max_size=4))
def test_whatever_is_typed_on_either_side_comes_to_rest(
    left: list[dict[str, Any]], right: list[dict[str, Any]], edits: list[dict[str, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World.create(Path(folder))
        world.gh.allow_duplicates = True
        with world.gg, world.gh:
            ours = [world.gg.add(**at_left(person)) for person in left]
            theirs = [world.gh.add(**at_right(person)) for person in right]
            assert_comes_to_rest(world)
            for record_id, edit in zip(ours, edits[:2], strict=False):
                world.gg.edit(record_id, **at_left(edit))
            for record_id, edit in zip(theirs, edits[2:], strict=False):
                world.gh.edit(record_id, **at_right(edit))
            assert_comes_to_rest(world)


def assert_comes_to_rest(world: World) -> None:
    for _ in range(2):
        assert world.run(unguarded=True).errors == []
    with world.calls() as calls:
        assert world.run(unguarded=True).errors == []
    assert calls.writes == []


OLD = {
    "first_name": "Ames, Ana", "city": "Bo\u200bnn", "email": "office@fass.example", "phone": "+5215555550123",
    "tags": ["ho\u200bt"],
}  # fmt: skip
"""What a shadow of an earlier version holds, which read addresses, names, numbers and texts otherwise."""


def test_a_state_of_an_earlier_version_is_taken_over_without_a_write_and_no_contact_is_doubled(world: World) -> None:
    left = world.gg.add(first_name="x", city="x", email="x@example.com", mobile_phone="+12125550123", label_names=["x"])
    assert world.run().exit_code == 0
    right = world.links()[left]
    world.gg.edit(
        left, first_name=OLD["first_name"], city=OLD["city"], email="office@fa\u00df.example",
        mobile_phone=OLD["phone"], label_names=OLD["tags"],
    )  # fmt: skip
    world.gh.edit(
        right, firstName=OLD["first_name"], city=OLD["city"], email="office@fa\u00df.example", phone=OLD["phone"],
        tags=OLD["tags"],
    )  # fmt: skip
    make_old(world)
    with world.calls() as calls:
        report = world.run()
    assert (report.exit_code, calls.writes) == (0, [])
    assert (len(world.gg.people()), len(world.gh.people()), world.links()) == (1, 1, {left: right})
    (known,) = world.rows("SELECT email FROM person WHERE side = 'left'")
    assert known["email"] == "office@xn--fa-hia.example"
    world.gg.edit(left, last_name="Amers")
    assert world.run().exit_code == 0
    assert world.gh.person(right)["lastName"] == "Amers"


def make_old(world: World) -> None:
    """Give the state the shadows, the mapping and the index that an earlier version would have left."""
    with closing(sqlite3.connect(world.state_path)) as db, db:
        names = json.loads(db.execute("SELECT fields FROM mapping").fetchone()[0])
        shadows = db.execute("SELECT left_shadow, right_shadow FROM link").fetchone()
        changed = []
        for shadow in map(json.loads, shadows):
            named = dict(zip(names, shadow, strict=True)) | OLD | {"email": "office@fa\u00df.example"}
            changed.append(json.dumps([named[name] for name in names]))
        db.execute(
            "UPDATE link SET left_shadow = ?, right_shadow = ?, left_digest = NULL, right_digest = NULL", changed
        )
        db.execute(
            "UPDATE link SET left_memory = ?",
            (json.dumps({"phones": {"mobile_phone": [OLD["phone"]] * 2}, "slot": "mobile_phone"}),),
        )
        db.execute("UPDATE mapping SET fingerprint = 'earlier'")
        db.execute("UPDATE person SET email = ?", (OLD["email"],))
        db.execute("DELETE FROM cursor")


@pytest.mark.parametrize("edited", ["gh", "gg"])
def test_a_number_that_stood_in_for_a_taken_phone_stays_and_is_listed_once_the_phone_is_another_one(
    world: World, edited: str
) -> None:
    """Bob has Ann's number at GrowthHub, so it went to her mobile field there; then she gets a number of her own."""
    world.gh.add(firstName="Bob", email="bob@example.com", phone="+12125550100")
    left = world.gg.add(first_name="Ann", email="ann@example.com", mobile_phone="+12125550100")
    world.run()
    right = world.links()[left]
    assert world.at_right(left).get("phone") is None
    if edited == "gh":
        world.gh.edit(right, phone="+12125550110")
    else:
        world.gg.edit(left, mobile_phone="+12125550110")
    for _ in range(3):
        world.run()
    assert world.at_right(left)["phone"] == "+12125550110"
    assert world.rows("SELECT field FROM held") == [{"field": "mobile_phone"}]
    (listed,) = world.sync("verify", "--json").document["connections"]
    assert [one["field"] for one in listed["held"]] == ["mobile_phone"]
    assert differences(world) == []
