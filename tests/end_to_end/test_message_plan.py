"""What a plan says of messages: as many as the run after it writes, and what they cost (R27)."""

import pytest

from tests.end_to_end.message_world import Office, minutes


def write_some(office: Office) -> tuple[str, str]:
    left, right = office.person("ann")
    office.write(left, "Hello", rendered_subject="Welcome", at=minutes(-5))
    office.world.gh.add_message(right, "SMS", "inbound", "Call me", at=minutes(-4))
    office.world.gh.add_message(right, "Email", "inbound", "Dear all", at=minutes(-3), subject="Monday")
    return left, right


@pytest.mark.parametrize("met", [False, True], ids=["people who meet now", "people who have met"])
def test_a_plan_counts_and_prices_what_the_run_after_it_does(office: Office, met: bool) -> None:
    world = office.world
    if met:
        office.person("bob")
        world.run()
    write_some(office)
    dry = world.run(dry_run=True, priced=True)
    with world.calls() as calls:
        report = world.run(skip=0)
    for stream in ("contacts", "messages"):
        planned, done = dry.to_json()["streams"][stream], report.to_json()["streams"][stream]
        assert planned == done, stream
    assert dry.cost is not None
    assert (dry.cost["gg"].calls, dry.cost["gh"].calls) == calls.counts


def test_a_plan_shows_each_message_with_its_contact_and_subject(office: Office) -> None:
    write_some(office)
    report = office.world.run(dry_run=True, priced=True)
    shown = {(one.account, one.who, one.new) for one in report.changes if one.field == "text"}
    who = "ann@example.com"
    assert shown == {("gh", who, "Welcome"), ("gg", who, "Call me"), ("gg", who, "Monday")}


def test_a_deep_plan_adds_a_call_for_the_notes_of_every_contact_that_is_linked(office: Office) -> None:
    for name in ("ann", "bob", "cai"):
        office.person(name)
    office.world.run()
    plain, deep = (office.world.run(skip=0, dry_run=True, priced=True, deep=one) for one in (False, True))
    assert plain.cost is not None
    assert deep.cost is not None
    assert deep.cost["gh"].calls - plain.cost["gh"].calls == 3
    assert deep.cost["gg"].calls == plain.cost["gg"].calls


def test_a_plan_moves_nothing_in_the_state(office: Office) -> None:
    write_some(office)
    office.world.run()
    left, _ = office.person("bob")
    office.write(left, "Hello", at=minutes(-2))
    before = office.world.tables_of_state("allowance", "setting")
    office.world.run(dry_run=True, priced=True)
    assert office.world.tables_of_state("allowance", "setting") == before
