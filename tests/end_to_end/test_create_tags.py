"""Tags that every contact bears that a run creates: workflows leave out who bears them, and nothing else happens."""

import pytest

from connectors.growthhub.sandbox.answers import refusal
from connectors.sandbox.base import SandboxResponse
from tests.end_to_end.test_consent import at_rest
from tests.end_to_end.test_refused_values import failures, refusing
from tests.end_to_end.world import World

TAG = "via-growthsync"


@pytest.fixture
def tagging(world: World) -> World:
    world.contacts["create_tags"] = '["Via-GrowthSync"]'
    return world


def tags(world: World, left: str, right: str) -> tuple[set[str], set[str]]:
    shown = world.gg.person(left).get("label_names") or []
    names = shown.split(",") if isinstance(shown, str) else shown
    return {str(each).strip().casefold() for each in names}, set(world.gh.person(right)["tags"])


def both(world: World, name: str = "ada") -> tuple[str, str]:
    """Return the ids of a contact that is on both sides."""
    left = next(str(each["id"]) for each in world.gg.people() if each["email"] == f"{name}@example.com")
    return left, world.links()[left]


def test_a_contact_that_is_created_bears_the_tag_in_the_one_call_that_creates(tagging: World) -> None:
    left = tagging.gg.add(first_name="Ada", email="ada@example.com", label_names=["vip"])
    with tagging.calls() as calls:
        assert tagging.run().exit_code == 0
    (created,) = calls.to("POST", "/contacts/")
    assert {each.casefold() for each in created.body["tags"]} == {"vip", TAG}
    assert at_rest(tagging)
    assert tags(tagging, left, tagging.links()[left]) == ({"vip"}, {"vip", TAG})


def test_a_contact_that_is_created_at_the_other_side_bears_it_there_alone(tagging: World) -> None:
    right = tagging.gh.add(firstName="Bo", email="bo@example.com", tags=["lead"])
    assert at_rest(tagging)
    left, _ = both(tagging, "bo")
    assert tags(tagging, left, right) == ({"lead", TAG}, {"lead"})


def test_tags_are_off_by_default(world: World) -> None:
    world.gg.add(first_name="Ada", email="ada@example.com")
    world.run()
    assert world.gh.people()[0]["tags"] == []


def test_a_contact_that_is_there_already_does_not_bear_it(tagging: World) -> None:
    left = tagging.gg.add(first_name="Ada", email="ada@example.com")
    right = tagging.gh.add(firstName="Ada", email="ada@example.com", tags=["lead"])
    assert at_rest(tagging)
    assert tags(tagging, left, right) == ({"lead"}, {"lead"})
    tagging.gg.edit(left, first_name="Adele", label_names=["lead", "vip"])
    assert at_rest(tagging)
    assert tags(tagging, left, right) == ({"lead", "vip"}, {"lead", "vip"})


@pytest.mark.parametrize("side", ["left", "right"])
def test_edits_of_other_tags_are_synced_and_leave_the_tag_where_it_is(tagging: World, side: str) -> None:
    tagging.gg.add(first_name="Ada", email="ada@example.com", label_names=["vip"])
    tagging.run()
    left, right = both(tagging)
    if side == "left":
        tagging.gg.edit(left, label_names=["hot"])
    else:
        tagging.gh.edit(right, tags=["hot", TAG])
    assert at_rest(tagging)
    assert tags(tagging, left, right) == ({"hot"}, {"hot", TAG})


def test_a_contact_that_takes_it_off_has_taken_it_off(tagging: World) -> None:
    tagging.gg.add(first_name="Ada", email="ada@example.com", label_names=["vip"])
    tagging.run()
    left, right = both(tagging)
    tagging.gh.edit(right, tags=["vip"])
    assert at_rest(tagging)
    assert tags(tagging, left, right) == ({"vip"}, {"vip"})


@pytest.mark.parametrize("keeps_the_key", [True, False])
def test_it_is_not_synced_after_the_state_is_lost_nor_when_the_key_goes(tagging: World, *, keeps_the_key: bool) -> None:
    tagging.gg.add(first_name="Ada", email="ada@example.com", label_names=["vip"])
    tagging.run()
    tagging.run()
    left, right = both(tagging)
    if keeps_the_key:
        for ending in ("", "-wal", "-shm"):
            tagging.state_path.with_name(f"sync.db{ending}").unlink(missing_ok=True)
    else:
        del tagging.contacts["create_tags"]
    assert at_rest(tagging)
    tagging.gg.edit(left, first_name="Adele")
    assert at_rest(tagging)
    assert tags(tagging, left, right) == ({"vip"}, {"vip", TAG})


def test_verify_says_that_both_sides_agree(tagging: World) -> None:
    tagging.gg.add(first_name="Ada", email="ada@example.com")
    tagging.run()
    tagging.run()
    report = tagging.run(whole=True, dry_run=True, compared=True)
    assert report.comparison is not None
    assert report.comparison.agree


def test_a_create_with_a_lost_answer_bears_it_once(tagging: World) -> None:
    from connectors.sandbox.faults import Fault

    left = tagging.gg.add(first_name="Ada", email="ada@example.com", label_names=["vip"])
    tagging.gh.faults.append(Fault("reset_after", method="POST", path="/contacts/", times=1))
    tagging.run()
    assert at_rest(tagging)
    assert len(tagging.gh.people()) == 1
    assert tags(tagging, left, tagging.links()[left]) == ({"vip"}, {"vip", TAG})


def test_it_is_put_on_whatever_way_tags_are_synced(tagging: World) -> None:
    tagging.tables = '[connections.sales.contacts.fields]\ntags = { direction = "right_to_left" }\n'
    left = tagging.gg.add(first_name="Ada", email="ada@example.com", label_names=["vip"])
    assert at_rest(tagging)
    assert tags(tagging, left, tagging.links()[left])[1] == {TAG}


@pytest.mark.parametrize("said", [refusal(400, "Bad Request"), refusal(422, ["city must be one of the cities"])])
def test_each_call_that_creates_bears_the_tag_whatever_else_is_refused(tagging: World, said: SandboxResponse) -> None:
    tagging.gg.add(first_name="Ada", email="ada@example.com", city="Rome", state="Lazio", label_names=["vip"])
    refusing(tagging.gh, "Rome", said)
    with tagging.calls() as calls:
        assert tagging.run().exit_code == 1
    creates = calls.to("POST", "/contacts/")
    assert len(creates) > 1
    assert all({each.casefold() for each in call.body["tags"]} == {"vip", TAG} for call in creates)
    (person,) = tagging.gh.people()
    assert (person["state"], set(person["tags"])) == ("Lazio", {"vip", TAG})


@pytest.mark.parametrize(
    "said",
    [
        refusal(400, "Bad Request"),
        refusal(422, ["tags must be an array"]),
        refusal(422, ["each value in tags must be a string"]),
        refusal(422, ["property tags should not exist"]),
    ],
)
def test_no_contact_is_created_where_the_tag_is_refused(tagging: World, said: SandboxResponse) -> None:
    left = tagging.gg.add(first_name="Ada", email="ada@example.com", city="Rome", mobile_phone="+12025550123")
    allow = refusing(tagging.gh, "Via-GrowthSync", said)
    assert tagging.run().exit_code == 1
    assert tagging.gh.people() == []
    (failure,) = failures(tagging)
    assert (failure["operation"], failure["record_id"]) == ("create", left)
    tagging.gg.add(first_name="Bo", email="bo@example.com")
    assert tagging.run().exit_code == 1
    assert tagging.gh.people() == []  # what was learnt from the refusal makes no contact without the tag
    allow()
    tagging.clock.skip(90_000)
    tagging.run()
    assert [set(person["tags"]) for person in tagging.gh.people()] == [{TAG}, {TAG}]
