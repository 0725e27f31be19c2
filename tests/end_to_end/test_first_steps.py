"""The shortest way through everything: contacts on both sides, a run, edits, runs."""

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.sandbox.base import Call, SandboxResponse
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World


def test_contacts_are_synced_both_ways_and_edits_follow(world: World) -> None:
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", title="CEO", label_names=["VIP"])
    bob = world.gh.add(firstName="Bob", lastName="Hub", email="bob@example.com", phone="+12125550123", tags=["lead"])
    assert world.run().exit_code == 0
    assert world.at_right(ann)["firstName"] == "Ann"
    assert world.at_left(bob)["mobile_phone"] == "+12125550123"

    world.gg.edit(ann, company_name="Acme")
    world.gh.edit(bob, tags=["lead", "hot"])
    assert world.run().exit_code == 0
    assert world.at_right(ann)["companyName"] == "Acme"
    assert world.at_left(bob)["label_names"] == ["hot", "lead"]

    world.run()
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert differences(world) == []


def test_a_server_that_wants_its_bodies_flat_is_asked_so_by_the_next_run(world: World) -> None:
    world.gg.behaviour = Behaviour(bodies="flat", complains=True)
    world.gh.add(firstName="Ann", email="ann@example.com")
    world.run()
    assert world.run().status == "ok"
    assert [person["email"] for person in world.gg.people()] == ["ann@example.com"]


def test_a_list_that_shows_names_in_lower_case_does_not_change_them(world: World) -> None:
    ann = world.gg.add(first_name="Ann", last_name="McExample", email="ann@example.com")
    world.run()
    world.gh.edit(str(world.at_right(ann)["id"]), city="Oslo")
    answer = world.gh.handle

    def lowered(call: Call) -> SandboxResponse:
        served = answer(call)
        if call.path == "/contacts/search":
            for row in served.body["contacts"]:
                row |= {"firstName": row["firstName"].lower(), "lastName": row["lastName"].lower()}
        return served

    world.gh.handle = lowered  # type: ignore[method-assign] # another reading of the documents, for this test alone
    world.run()
    assert (world.gg.person(ann)["last_name"], world.gg.person(ann)["city"]) == ("McExample", "Oslo")
