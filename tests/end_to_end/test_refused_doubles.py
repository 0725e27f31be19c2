"""R9: the record that a server names in a duplicate refusal is met if it is the contact, and else listed."""

from typing import Any

from connectors.sandbox.base import Call, Fault
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World


def made_meanwhile(world: World, **fields: Any) -> None:
    """Let a contact be made by hand at the right just before the first create there is carried out."""

    def strike(call: Call) -> None:
        if call.method == "POST" and call.path.rstrip("/").endswith("/contacts"):
            world.gh.before_answer = None
            world.gh.add(**fields)

    world.gh.before_answer = strike


def test_a_contact_that_was_created_by_hand_just_before_is_met_and_filled_on_both_sides(world: World) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com", title="CEO")
    made_meanwhile(world, firstName="Ann", email="ann@example.com", companyName="Acme")
    report = world.run()
    assert report.exit_code == 0
    assert report.streams["contacts"].accounts["gh"].created == 0
    (made,) = world.gh.people()
    assert world.links() == {ann: made["id"]}
    assert world.gh.custom(made["id"], "contact.job_title") == "CEO"
    assert world.gg.person(ann)["company_name"] == "Acme"
    assert world.rows("SELECT * FROM intent") == world.rows("SELECT * FROM failure") == []
    assert differences(world) == []


def test_a_contact_that_is_named_and_not_there_is_listed_and_made_once_that_has_passed(world: World) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    made_meanwhile(world, firstName="Ann", email="ann@example.com")
    lost = {"statusCode": 404, "message": "Not Found"}
    world.gh.faults = [Fault("status", method="GET", path=r"/contacts/\w+$", status=404, body=lost, times=None)]
    assert world.run().exit_code == 1
    (double,) = world.gh.people()
    (failure,) = world.rows("SELECT * FROM failure")
    assert (failure["record_id"], failure["operation"]) == (ann, "create")
    assert f"gh:{double['id']}" in failure["reason"]
    assert failure["blockers"] == f'["right:{double["id"]}"]'
    assert world.rows("SELECT * FROM intent") == []
    world.gh.faults = []
    world.gh.edit(double["id"], companyName="Acme")
    assert world.run().exit_code == 0
    assert world.links() == {ann: double["id"]}
    assert world.gg.person(ann)["company_name"] == "Acme"
