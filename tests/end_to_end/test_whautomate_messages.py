"""Messages of Whautomate go to the other side as notes or conversations, once, and none ever goes to Whautomate."""

from pathlib import Path
from typing import Any

import pytest

from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.sandbox.base import Fault
from connectors.whautomate.sandbox.server import WhautomateBehaviour
from sync.config.model import load
from sync.engine.check import check
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.output.progress import SilentProgress
from sync.output.report import RunReport
from tests.end_to_end.listing_world import KINDS, ListingWorld, listing_world

TABLE = "[connections.sales.messages]\n"


def run(world: ListingWorld, *, skip: float = 120.0, **options: Any) -> RunReport:
    """Let time pass and carry out one run of both streams."""
    world.clock.skip(skip)
    asked = RunOptions(connections=("sales",), unguarded=True, **options)
    (report,) = run_connections(load(world.write_config()), asked, SilentProgress(), lambda _: True, world.clock)
    return report


def copies(world: ListingWorld) -> list[str]:
    """Return the texts of the copies at the left."""
    if isinstance(world.left, GrowthGeniusSandbox):
        return sorted(str(each["rendered_copy"]) for each in world.left.messages())
    assert isinstance(world.left, GrowthHubSandbox)
    return sorted(note["body"] for person in world.left.people() for note in world.left.notes(person["id"]))


def read(world: ListingWorld) -> list[str]:
    """Return the contacts whose messages were read since the last call of this."""
    found = [call.path.rpartition("/")[2] for call in world.wa.calls if "/messages/" in call.path]
    world.wa.calls.clear()
    return found


def with_contacts(world: ListingWorld, number: int = 4) -> list[str]:
    world.fields = TABLE
    world.options["first_run"] = '"go"'
    return [world.add_wa(f"Person N{n}", f"+44207946{n:04}", email=f"p{n}@example.com") for n in range(number)]


@pytest.mark.parametrize("kind", KINDS)
def test_messages_are_copied_once_and_the_next_runs_copy_nothing(tmp_path: Path, kind: str) -> None:
    with listing_world(tmp_path, kind) as world:
        ids = with_contacts(world)
        world.wa.add_message(ids[0], "Is the blue one in stock?")
        world.wa.add_message(ids[0], "It is.", isIncoming="false")
        world.wa.add_message(ids[1], "Never sent", isIncoming="false", status="failed")
        for _ in range(3):
            report = run(world)
            assert report.errors == []
        found = copies(world)
        assert len(found) == 2
        assert "It is." in found[0] + found[1]
        assert "Is the blue one in stock?" in found[0] + found[1]
        assert world.failures() == []


def test_only_contacts_that_changed_are_asked_for_messages_and_all_of_them_where_the_config_says_so(
    tmp_path: Path,
) -> None:
    with listing_world(tmp_path) as world:
        ids = with_contacts(world)
        run(world)
        run(world)
        run(world, skip=4000.0)
        read(world)
        run(world, skip=4000.0)
        assert read(world) == []
        world.wa.edit(ids[2], customFields={"city": "Rome"})
        world.wa.add_message(ids[2], "Hello")
        run(world, skip=4000.0)
        assert read(world) == [ids[2]]
        world.wa.add_message(ids[1], "Hello too")  # moves `lastActivity`, and nothing else
        run(world, skip=4000.0)
        assert read(world) == [ids[1]]
        assert len(copies(world)) == 2
        world.fields = f'{TABLE}people = "all"\n'
        run(world, skip=4000.0)
        assert sorted(read(world)) == sorted(ids)
        world.fields = TABLE
        run(world, skip=4000.0, whole=True)
        assert sorted(read(world)) == sorted(ids)
        assert (len(copies(world)), world.failures()) == (2, [])


def test_a_contact_that_a_webhook_reported_is_asked_for_its_messages(tmp_path: Path) -> None:
    with listing_world(tmp_path, behaviour=WhautomateBehaviour(times="hidden")) as world:
        ids = with_contacts(world)
        for _ in range(3):
            run(world)
        world.wa.add_message(ids[3], "Hello")
        run(world)
        assert copies(world) == [], "without times, nothing says so"
        world.bring_hint(ids[3])
        run(world, lists=False)
        assert len(copies(world)) == 1


def test_messages_of_a_contact_travel_once_it_is_linked(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        with_contacts(world)
        late = world.add_wa("Late Comer", None)
        world.wa.add_message(late, "Hello")
        for _ in range(3):
            run(world, skip=4000.0)
        assert copies(world) == []
        world.wa.edit(late, phoneNumber="+12125550177")
        for _ in range(2):
            run(world, skip=4000.0)
        assert len(copies(world)) == 1


def test_a_plan_counts_the_calls_and_makes_none_of_them(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        ids = with_contacts(world)
        run(world)
        run(world)
        world.fields = f'{TABLE}people = "all"\n'
        read(world)
        report = run(world, dry_run=True, priced=True)
        assert read(world) == []
        world.fields = TABLE
        costs = report.cost, run(world, dry_run=True, priced=True).cost
        with_all, without = (cost["wa"].calls for cost in costs if cost is not None)
        assert with_all - without == len(ids)


def test_contacts_whose_messages_could_not_be_read_are_asked_again(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        ids = with_contacts(world)
        world.wa.add_message(ids[1], "Hello")
        world.wa.faults.append(Fault("status", "GET", f"/messages/{ids[1]}", status=400, times=2))
        for _ in range(3):
            run(world)
        assert copies(world) == []
        assert any(f"the messages of contact {ids[1]} cannot be read" in reason for reason in world.failures())
        run(world)
        assert (len(copies(world)), world.failures()) == (1, [])


@pytest.mark.parametrize("status", [200, 403])
def test_check_tries_the_messages_of_a_contact(tmp_path: Path, status: int) -> None:
    with listing_world(tmp_path) as world:
        with_contacts(world)
        if status != 200:
            world.wa.faults.append(Fault("status", "GET", "/messages/", status=status, times=None))
        found = check(load(world.write_config()), fix=False, warn=lambda _: None, clock=world.clock)
        shown = [finding for name, _, findings in found if name == "wa" for finding in findings]
        (messages,) = [finding for finding in shown if finding.what == "messages"]
        assert (messages.ok, messages.fatal) == (status == 200, status == 200)


def test_a_message_that_is_no_longer_shown_is_not_taken_for_deleted(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        world.contacts = {"deletes": '"propagate"'}
        ids = with_contacts(world)
        world.wa.add_message(ids[0], "Hello")
        for _ in range(2):
            run(world)
        world.wa.forget_messages(ids[0])
        for _ in range(2):
            run(world, whole=True)
        assert len(copies(world)) == 1


def test_no_message_of_the_other_side_goes_to_whautomate(tmp_path: Path) -> None:
    with listing_world(tmp_path, "growthgenius") as world:
        ids = with_contacts(world)
        run(world)
        assert isinstance(world.left, GrowthGeniusSandbox)
        person = {right: left for left, right in world.links().items()}[ids[0]]
        world.left.add_message(contact_id=person, rendered_copy="Hello", message_type="email")
        for _ in range(2):
            assert run(world).errors == []
        assert all(call.method == "GET" for call in world.wa.calls if "/messages" in call.path)
        assert world.wa.messages(ids[0]) == []
