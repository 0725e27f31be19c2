"""Consent only tightens between Apollo and GrowthHub (P9, R38): a stage of that name, and an unsubscribed address."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.apollo_world import ApolloWorld, writes


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ApolloWorld]:
    world = ApolloWorld.create(tmp_path)
    with world.ap, world.gh:
        yield world


def person_at_apollo(world: ApolloWorld, number: int = 0) -> dict[str, Any]:
    return world.by_email()[f"person{number}@example.com"]


def stage_of(world: ApolloWorld, number: int = 0) -> str | None:
    stage = person_at_apollo(world, number)["contact_stage_id"]
    return None if stage is None else world.ap.stages[stage]


def synced(world: ApolloWorld, count: int = 1, **fields: Any) -> list[str]:
    """Return the ids at the hub of contacts that are the same at both sides."""
    hub_ids = world.add_to_hub(count, **fields)
    world.run()
    world.run(skip=3600.0)
    world.clock.sleep(60.0)
    return hub_ids


def runs(world: ApolloWorld) -> None:
    for _ in range(3):
        assert world.run(skip=3600.0, unguarded=True).status == "ok"


def test_who_unsubscribed_at_apollo_may_not_be_contacted_at_the_hub_and_stays_unsubscribed(world: ApolloWorld) -> None:
    (hub_id,) = synced(world)
    world.ap.edit(person_at_apollo(world)["id"], {"email_unsubscribed": True})
    runs(world)
    assert world.gh.person(hub_id)["dnd"] is True
    mark = len(world.ap.calls)
    world.gh.edit(hub_id, dnd=False)
    runs(world)
    assert person_at_apollo(world)["email_unsubscribed"] is True
    assert writes(world.ap.calls[mark:]) == []


def test_a_new_contact_who_unsubscribed_is_created_at_the_hub_as_not_to_be_contacted(world: ApolloWorld) -> None:
    world.ap.add({"first_name": "Ada", "email": "ada@example.com", "email_unsubscribed": True})
    world.run()
    (ada,) = world.gh.people()
    assert ada["dnd"] is True


def test_the_stage_do_not_contact_forbids_contact_at_the_hub(world: ApolloWorld) -> None:
    (hub_id,) = synced(world)
    stages = {name: key for key, name in world.ap.stages.items()}
    world.ap.edit(person_at_apollo(world)["id"], {"contact_stage_id": stages["Do Not Contact"]})
    runs(world)
    assert world.gh.person(hub_id)["dnd"] is True


def test_who_may_not_be_contacted_at_the_hub_gets_the_stage_in_one_call_for_all(world: ApolloWorld) -> None:
    hub_ids = synced(world, 5)
    for hub_id in hub_ids:
        world.gh.edit(hub_id, dnd=True)
    mark = len(world.ap.calls)
    runs(world)
    assert [stage_of(world, number) for number in range(5)] == ["Do Not Contact"] * 5
    assert [call.path.rpartition("/")[2] for call in writes(world.ap.calls[mark:])] == ["update_stages"]


def test_a_stage_that_a_user_of_apollo_replaces_frees_no_contact_at_the_hub(world: ApolloWorld) -> None:
    (hub_id,) = synced(world, dnd=True)
    assert stage_of(world) == "Do Not Contact"
    stages = {name: key for key, name in world.ap.stages.items()}
    world.ap.edit(person_at_apollo(world)["id"], {"contact_stage_id": stages["Replied"]})
    runs(world)
    assert world.gh.person(hub_id)["dnd"] is True
    assert stage_of(world) == "Replied", "what a user takes back is taken back there alone"


def test_the_e_mail_channel_that_is_blocked_at_the_hub_counts(world: ApolloWorld) -> None:
    (hub_id,) = synced(world)
    world.gh.edit(hub_id, dndSettings={"Email": {"status": "active", "message": "", "code": ""}})
    runs(world)
    assert stage_of(world) == "Do Not Contact"
