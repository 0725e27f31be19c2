"""R9 and R16: which contact has a number, and what happens if a server says that another one has it."""

from typing import Any

import pytest

from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World

MINE, THEIRS = "+12125550123", "+12125550199"


def test_a_contact_with_the_number_of_another_contact_is_created_without_it_and_keeps_it_beside(world: World) -> None:
    world.gh.add(firstName="Zoe", lastName="Stranger", email="zoe@example.com", phone=THEIRS)
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", mobile_phone=THEIRS)
    report = world.run()
    assert report.exit_code == 0
    made = world.at_right(ann)
    assert (made["email"], made.get("phone")) == ("ann@example.com", None)
    assert world.gh.custom(made["id"], "contact.mobile_phone") == THEIRS
    assert report.streams["contacts"].unmapped == 1
    assert len(world.gg.people()) == len(world.gh.people()) == 2
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []


def test_a_number_that_another_contact_gets_holds_up_no_other_field(world: World) -> None:
    zoe = world.gh.add(firstName="Zoe", lastName="Stranger", email="zoe@example.com", phone=THEIRS)
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", mobile_phone=MINE)
    assert world.run().exit_code == 0
    world.gg.edit(ann, mobile_phone=THEIRS, company_name="Acme")
    report = world.run()
    assert report.exit_code == 0
    assert report.streams["contacts"].unmapped == 1
    assert world.at_right(ann)["companyName"] == "Acme"
    assert world.at_right(ann)["phone"] == MINE
    assert world.gh.custom(world.links()[ann], "contact.mobile_phone") == THEIRS
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []

    world.gh.edit(zoe, phone=None)
    world.gg.edit(ann, title="CTO")
    assert world.run().exit_code == 0
    assert world.at_right(ann)["phone"] == THEIRS


def test_the_number_of_another_contact_is_not_tried_again_with_every_run_that_looks_back(world: World) -> None:
    world.options["lookback"] = '"10m"'
    world.gh.add(firstName="Zoe", lastName="Stranger", email="zoe@example.com", phone=THEIRS)
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", mobile_phone=MINE)
    assert world.run().exit_code == 0
    world.gg.edit(ann, mobile_phone=THEIRS)
    assert world.run().exit_code == 0
    for _ in range(3):
        with world.calls() as calls:
            report = world.run(skip=60)
        assert (report.exit_code, calls.writes) == (0, [])
    assert sum(calls.counts) == 2


def test_the_number_of_another_contact_that_stands_beside_already_is_not_written_there_again(world: World) -> None:
    world.gh.add(firstName="Zoe", lastName="Stranger", email="zoe@example.com", phone=THEIRS)
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", mobile_phone=MINE)
    assert world.run().exit_code == 0
    world.gg.edit(ann, mobile_phone=THEIRS)
    assert world.run().exit_code == 0
    with world.calls() as calls:
        world.gg.edit(ann, company_name="Acme")
        report = world.run()
    assert (report.exit_code, report.streams["contacts"].unmapped) == (0, 1)
    assert calls.to("PUT")[-1].body == {"companyName": "Acme"}
    assert world.rows("SELECT * FROM intent") == []
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []


def test_a_number_that_a_user_put_beside_is_tried_where_no_other_contact_has_it(world: World) -> None:
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", mobile_phone=MINE)
    assert world.run().exit_code == 0
    right = world.links()[ann]
    world.gh.edit(right, custom={"contact.mobile_phone": THEIRS})
    world.gg.edit(ann, mobile_phone=THEIRS)
    assert world.run().exit_code == 0
    assert world.gh.person(right)["phone"] == THEIRS


def test_an_address_that_another_contact_gets_is_a_failure_that_says_so(world: World) -> None:
    world.gh.add(firstName="Zoe", lastName="Stranger", email="zoe@example.com")
    world.contacts["create"] = '"right"'
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    assert world.run().exit_code == 0
    world.gg.edit(ann, email="zoe@example.com")
    assert world.run().exit_code == 1
    (failure,) = world.rows("SELECT * FROM failure")
    assert "duplicated contacts" in failure["reason"]
    world.gg.edit(ann, email="ann@example.com")
    assert world.run().exit_code == 0
    assert world.rows("SELECT * FROM failure") == []


def test_colleagues_that_share_a_number_stay_two(world: World) -> None:
    world.gh.allow_duplicates = True
    world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", work_phone=MINE)
    world.gg.add(first_name="Bob", last_name="Example", email="bob@example.com", work_phone=MINE)
    world.gh.add(firstName="Cai", lastName="Example", email="cai@example.com", phone=MINE)
    assert world.run().exit_code == 0
    assert len(world.gg.people()) == len(world.gh.people()) == len(world.links()) == 3


def test_a_contact_without_an_address_is_known_by_number_and_name(world: World) -> None:
    world.gg.add(first_name="Ann", last_name="Example", mobile_phone="(212) 555-0123", country="USA")
    world.gh.add(firstName="ann", lastName="example", phone=MINE)
    assert world.run().exit_code in (0, 1)
    assert len(world.gg.people()) == len(world.gh.people()) == len(world.links()) == 1


def test_two_equally_good_matches_are_never_guessed_between(world: World) -> None:
    world.gh.allow_duplicates = True
    world.gg.add(first_name="Ann", last_name="Example", mobile_phone=MINE)
    for _ in range(2):
        world.gh.add(firstName="Ann", lastName="Example", phone=MINE)
    report = world.run()
    assert report.exit_code == 1
    assert report.streams["contacts"].failed == 3
    assert world.links() == {}
    assert (len(world.gg.people()), len(world.gh.people())) == (1, 2)


@pytest.mark.parametrize("slot", ["mobile_phone", "work_phone", "home_phone"])
def test_a_number_goes_back_to_the_field_that_it_came_from(world: World, slot: str) -> None:
    number: dict[str, Any] = {slot: "(212) 555-0123"}
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", **number)
    assert world.run().exit_code == 0
    assert world.at_right(ann)["phone"] == MINE
    world.gh.edit(world.links()[ann], phone=THEIRS)
    assert world.run().exit_code == 0
    assert world.gg.person(ann)[slot] == THEIRS
    world.gh.edit(world.links()[ann], phone=None)
    assert world.run().exit_code == 0
    assert world.gg.person(ann)[slot] is None
    assert world.run().exit_code == 0
    assert differences(world) == []


def test_editing_the_country_changes_no_number(world: World) -> None:
    ann = world.gg.add(
        first_name="Ann", last_name="Example", email="ann@example.com", mobile_phone="020 7946 0123",
        country="United Kingdom",
    )  # fmt: skip
    assert world.run().exit_code == 0
    assert world.at_right(ann)["phone"] == "+442079460123"
    world.gg.edit(ann, country="Germany")
    assert world.run().exit_code == 0
    assert world.at_right(ann)["country"] == "DE"
    assert world.at_right(ann)["phone"] == "+442079460123"


@pytest.mark.parametrize("dirt", ["NaN", "ask Bob", "123"])
def test_what_is_no_number_is_left_out_and_the_rest_is_carried(world: World, dirt: str) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com", mobile_phone=dirt, country="Atlantis", title="CEO")
    assert world.run().exit_code == 0
    made = world.at_right(ann)
    assert (made.get("phone"), made["country"]) == (None, "US")
    assert world.gh.custom(made["id"], "contact.job_title") == "CEO"
    assert world.run().exit_code == 0
    assert world.gg.person(ann)["mobile_phone"] == dirt


def test_the_number_of_another_contact_that_stood_beside_before_two_contacts_met_stays_there(world: World) -> None:
    world.gh.add(firstName="Zoe", lastName="Stranger", email="zoe@example.com", phone=THEIRS)
    world.gh.add_field("Mobile Phone")
    right = world.gh.add(
        firstName="Ann", lastName="Example", email="ann@example.com", custom={"contact.mobile_phone": THEIRS}
    )
    left = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    for _ in range(3):
        assert world.run().exit_code == 0
    assert world.gg.person(left)["mobile_phone"] == THEIRS
    assert world.gh.custom(right, "contact.mobile_phone") == THEIRS
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
