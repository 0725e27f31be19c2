"""P8: a run that would rewrite an unusual share of one side stops before the first write, and on every run after."""

import pytest

from connectors.sandbox.faults import Fault
from sync.text_output.runs import plan_lines
from tests.end_to_end.world import START, World


def fill(world: World, count: int) -> list[str]:
    """Add synced contacts, and return their ids at the left."""
    ids = [world.gg.add(first_name="Ann", email=f"person{number}@example.com") for number in range(count)]
    assert world.run().exit_code == 0
    return ids


def test_a_run_that_would_rewrite_most_contacts_writes_nothing_until_it_is_let_through(world: World) -> None:
    ids = fill(world, 60)
    for each in ids[:31]:
        world.gg.edit(each, company_name="Oops")
    for _ in range(2):
        with world.calls() as calls:
            report = world.run()
        assert (report.exit_code, calls.writes) == (4, [])
        assert "31 of 60" in report.guarded
    assert world.run(unguarded=True).exit_code == 0
    assert sum(person.get("companyName") == "Oops" for person in world.gh.people()) == 31
    assert world.run().exit_code == 0


@pytest.mark.parametrize(("people", "changed", "share"), [(60, 30, "0.5"), (25, 20, "0.1"), (30, 25, "25")])
def test_exactly_the_share_passes_and_so_do_twenty(world: World, people: int, changed: int, share: str) -> None:
    world.contacts["max_changed"] = share
    for each in fill(world, people)[:changed]:
        world.gg.edit(each, company_name="Fine")
    assert world.run().exit_code == 0


def test_a_count_is_a_count(world: World) -> None:
    world.contacts["max_changed"] = "3"
    ids = fill(world, 10)
    for each in ids[:4]:
        world.gg.edit(each, company_name="Oops")
    assert world.run().exit_code == 4


def test_new_contacts_do_not_count(world: World) -> None:
    world.contacts["max_changed"] = "0"
    fill(world, 40)
    assert len(world.gh.people()) == 40


def test_a_guarded_run_forgets_nothing_when_the_changes_shrink(world: World) -> None:
    world.contacts["max_changed"] = "2"
    ids = fill(world, 5)
    for each in ids[:3]:
        world.gg.edit(each, company_name="Oops")
    assert world.run().exit_code == 4
    world.gg.edit(ids[0], company_name=None)
    assert world.run().exit_code == 0
    assert [person.get("companyName") for person in world.gh.people()] == [None, "Oops", "Oops", None, None]


def test_first_meetings_that_would_replace_values_are_weighed_too(world: World) -> None:
    world.contacts["conflicts"] = '"left"'
    for number in range(30):
        world.gg.add(first_name="Ann", email=f"person{number}@example.com", company_name="Left")
        world.gh.add(firstName="Ann", email=f"person{number}@example.com", companyName="Right")
    with world.calls() as calls:
        assert world.run().exit_code == 4
    assert calls.writes == []
    assert world.run(unguarded=True).exit_code == 0
    assert {person["companyName"] for person in world.gh.people()} == {"Left"}


def cut_off_while_meeting(world: World) -> None:
    """Pair 30 contacts with blanks to be filled on both sides, and cut the run off between the two."""
    for number in range(30):
        world.gg.add(first_name="Ann", email=f"person{number}@example.com", city="Oslo")
        world.gh.add(firstName="Ann", email=f"person{number}@example.com", companyName="Example Ltd", tags=["lead"])
    refusal = Fault("status", method="PUT", status=401)
    world.gh.faults.append(refusal)
    assert world.run().exit_code == 3
    assert len(world.links()) == 30
    world.gh.faults.remove(refusal)


def test_first_meetings_that_were_cut_off_are_carried_on(world: World) -> None:
    cut_off_while_meeting(world)
    assert world.run().exit_code == 0
    assert {person["city"] for person in world.gh.people()} == {"Oslo"}


def test_values_that_would_be_replaced_after_meetings_were_cut_off_are_weighed(world: World) -> None:
    cut_off_while_meeting(world)
    for each in world.links():
        world.gg.edit(each, company_name="Oops")
    with world.calls() as calls:
        report = world.run()
    assert (report.exit_code, calls.writes) == (4, [])
    assert "30 of 30 people that meet for the first time" in report.guarded


def test_a_guarded_plan_counts_what_it_shows_and_does_not_name_itself_as_advice(world: World) -> None:
    ids = fill(world, 30)
    for each in ids[:25]:
        world.gg.edit(each, company_name="Oops")
    world.clock.skip(2)
    with world.calls() as calls:
        report = world.run(dry_run=True, priced=True)
    assert (report.exit_code, calls.writes) == (4, [])
    assert report.streams["contacts"].accounts["gh"].updated == 25
    assert len(list(report.changes)) == 25
    said = "\n".join(plan_lines([report]))
    assert "would be updated 25" in said
    assert "--dry-run" not in said
    assert "sync run --connection sales --unguarded" in said
    assert world.run().exit_code == 4


def test_the_advice_of_the_guard_repeats_what_was_requested(world: World) -> None:
    ids = fill(world, 30)
    for each in ids:
        world.gg.edit(each, company_name="Oops")
    report = world.run(since=START, streams=("contacts",))
    assert report.typed == "sync run --since 2026-03-02T09:00:00Z --stream contacts --connection sales"
    assert f"{report.typed} --unguarded" in report.guarded
