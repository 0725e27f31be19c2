"""R8, R22, R24 and R29: who is made on the other side, who is not, and what becomes of who is deleted."""

import pytest

from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World


def fill(world: World) -> None:
    """Put two contacts on each side, one of each with a label, and one on both."""
    world.gg.add(first_name="Ann", email="ann@example.com", label_names=["Sync"])
    world.gg.add(first_name="Bob", email="bob@example.com")
    world.gh.add(firstName="Cai", email="cai@example.com", tags=["sync"])
    world.gh.add(firstName="Dan", email="dan@example.com")
    world.gg.add(first_name="Eve", email="eve@example.com", company_name="Acme")
    world.gh.add(firstName="Eve", email="eve@example.com")


def names(world: World) -> tuple[set[str], set[str]]:
    """Return who is on each side."""
    left = {person["first_name"] for person in world.gg.people()}
    return left, {person["firstName"] for person in world.gh.people()}


LEFT, RIGHT = {"Ann", "Bob", "Eve"}, {"Cai", "Dan", "Eve"}


@pytest.mark.parametrize(
    ("contacts", "left", "right", "left_out"),
    [
        ({"create": '"both"'}, LEFT | RIGHT, LEFT | RIGHT, 0),
        ({"create": '"left"'}, LEFT | RIGHT, RIGHT, 2),
        ({"create": '"right"'}, LEFT, LEFT | RIGHT, 2),
        ({"create": '"none"'}, LEFT, RIGHT, 4),
        ({"direction": '"left_to_right"'}, LEFT, LEFT | RIGHT, 2),
        ({"direction": '"right_to_left"'}, LEFT | RIGHT, RIGHT, 2),
        ({"only": '{ left = { tags = ["sync"] } }'}, LEFT | RIGHT, RIGHT | {"Ann"}, 1),
        (
            {"only": '{ left = { tags = ["sync"] }, right = { tags = ["SYNC", "x"] } }'},
            LEFT | {"Cai"},
            RIGHT | {"Ann"},
            2,
        ),
    ],
)
def test_options_decide_where_contacts_are_created_and_contacts_on_both_sides_are_paired(
    world: World, contacts: dict[str, str], left: set[str], right: set[str], left_out: int
) -> None:
    world.contacts = contacts
    fill(world)
    report = world.run()
    assert report.exit_code == 0
    assert names(world) == (left, right)
    assert report.streams["contacts"].left_out == left_out
    eve = next(person for person in world.gh.people() if person["firstName"] == "Eve")
    assert eve["id"] in world.links().values()
    assert eve.get("companyName") == (None if contacts.get("direction") == '"right_to_left"' else "Acme")
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []


@pytest.mark.parametrize("direction", ["left_to_right", "right_to_left"])
def test_a_field_that_goes_one_way_is_never_written_the_other_way(world: World, direction: str) -> None:
    world.contacts["fields"] = f'{{ company = {{ direction = "{direction}" }} }}'
    ann = world.gg.add(first_name="Ann", email="ann@example.com", company_name="Old")
    assert world.run().exit_code == 0
    right = world.links()[ann]
    if direction == "right_to_left":
        assert world.gh.person(right).get("companyName") is None
    world.gg.edit(ann, company_name="Left")
    assert world.run().exit_code == 0
    world.gh.edit(right, companyName="Right")
    assert world.run().exit_code == 0
    expected = ("Left", "Right") if direction == "left_to_right" else ("Right", "Right")
    assert (world.gg.person(ann)["company_name"], world.gh.person(right)["companyName"]) == expected


def test_a_contact_left_out_is_carried_once_the_label_is_there(world: World) -> None:
    world.contacts["only"] = '{ left = { tags = ["sync"] } }'
    bob = world.gg.add(first_name="Bob", email="bob@example.com")
    assert world.run().exit_code == 0
    assert world.gh.people() == []
    world.gg.edit(bob, label_names=["Sync"])
    assert world.run().exit_code == 0
    world.gg.edit(bob, label_names=None, title="CTO")
    assert world.run().exit_code == 0
    assert world.gh.custom(world.links()[bob], "contact.job_title") == "CTO"
    assert world.gh.people()[0]["tags"] == []


def test_of_two_with_the_same_address_the_older_is_carried_and_the_other_names_it(world: World) -> None:
    first = world.gg.add(first_name="Ann", last_name="First", email="ann@example.com")
    world.clock.skip(5)
    second = world.gg.add(first_name="Ann", last_name="Second", email="ANN@example.com")
    for _ in range(2):
        report = world.run()
        assert (report.exit_code, report.streams["contacts"].failed) == (1, 1)
    assert [person["lastName"] for person in world.gh.people()] == ["First"]
    (failure,) = world.rows("SELECT * FROM failure")
    assert failure["record_id"] == second
    assert first in failure["reason"]

    world.gg.edit(second, email="second@example.com")
    assert world.run().exit_code == 0
    assert {person["lastName"] for person in world.gh.people()} == {"First", "Second"}


def test_a_failure_is_tried_again_when_its_cause_is_gone_though_its_record_is_as_it_was(world: World) -> None:
    first = world.gg.add(first_name="Ann", last_name="First", email="ann@example.com")
    world.clock.skip(5)
    world.gg.add(first_name="Ann", last_name="Second", email="ann@example.com")
    assert world.run().exit_code == 1
    world.gg.edit(first, email="first@example.com")
    for _ in range(2):
        world.run()
    assert world.run().exit_code == 0
    assert {(p["lastName"], p["email"]) for p in world.gh.people()} == {
        ("First", "first@example.com"),
        ("Second", "ann@example.com"),
    }


def test_a_duplicate_that_growthhub_names_is_adopted_if_it_is_the_contact(world: World) -> None:
    world.options["settle"] = '"60s"'
    world.gh.quirks.index_lag = 600.0
    world.run(skip=100)
    world.gg.add(first_name="Ann", email="ann@example.com", company_name="Acme")
    world.gh.add(firstName="Ann", email="Ann@Example.com")
    assert world.run(skip=100).exit_code == 0
    assert len(world.gh.people()) == len(world.gg.people()) == len(world.links()) == 1
    assert world.gh.people()[0]["companyName"] == "Acme"
    world.gh.quirks.index_lag = 0.0
    assert world.run(skip=1000).exit_code == 0
    assert len(world.gh.people()) == len(world.gg.people()) == 1


@pytest.mark.parametrize("gone", ["gg", "gh"])
def test_a_deletion_found_by_a_write_is_remembered_and_the_survivor_left_alone(world: World, gone: str) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    right = world.links()[ann]
    if gone == "gh":
        world.gh.remove(right)
        world.gg.edit(ann, company_name="Acme")
    else:
        world.gg.remove(ann)
        world.gh.edit(right, companyName="Acme")
    for _ in range(2):
        assert world.run().exit_code == 0
        assert len(world.gg.people()) + len(world.gh.people()) == 1
    if gone == "gh":
        world.gg.edit(ann, company_name="Beta")
    else:
        world.gh.edit(right, companyName="Beta")
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert deleted(world) == 1


def deleted(world: World) -> int:
    """Return how many deletions `status` counts."""
    from sync.config.model import load
    from sync.operations.status import read_status

    return int(read_status(load(world.config_path))["connections"][0]["deleted"])


def test_an_address_that_moves_from_one_contact_to_another_moves_on_both_sides(world: World) -> None:
    ann = world.gg.add(first_name="Ann", email="shared@example.com")
    bob = world.gg.add(first_name="Bob", email="bob@example.com")
    assert world.run().exit_code == 0
    world.gg.edit(ann, email="ann@example.com")
    world.gg.edit(bob, email="shared@example.com")
    for _ in range(3):
        report = world.run()
    assert report.exit_code == 0
    assert world.at_right(ann)["email"] == "ann@example.com"
    assert world.at_right(bob)["email"] == "shared@example.com"
    assert differences(world) == []
