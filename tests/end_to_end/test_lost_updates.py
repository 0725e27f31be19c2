"""R20 and R21: what becomes of an update with a lost answer, be it known to have arrived or not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.sandbox.base import Call, Fault
from connectors.sandbox.faults import Kind
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World

SETTLE = 60.0


def linked(world: World) -> tuple[str, str]:
    """Put Ann on both sides, in sync, and return her ids."""
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    left = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", company_name="Old", city="Oslo")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    world.clock.skip(300)
    return left, world.links()[left]


def lose(world: World, kind: Kind = "reset_after") -> str:
    """Run, and let the answer to the update at the right get lost, and all that is asked after it; return the run."""
    asked_after = Fault("reset_before", method="GET", path="/contacts/", skip=1, times=None)
    world.gh.faults = [Fault(kind, method="PUT", times=None), asked_after]
    assert world.run(skip=SETTLE + 2).exit_code == 3
    world.gh.faults = []
    assert len(world.rows("SELECT * FROM intent")) == 1
    return str(world.rows("SELECT id FROM run ORDER BY started_ms DESC")[0]["id"])


def changes(world: World) -> list[dict[str, Any]]:
    return world.rows(
        "SELECT run, account, record_id, field, old, new, rule FROM history WHERE field <> '*' ORDER BY field"
    )


def wrote_ms(world: World) -> object:
    return world.rows("SELECT right_wrote_ms FROM link")[0]["right_wrote_ms"]


def test_what_arrived_is_in_the_history_of_the_run_that_sent_it_and_is_not_sent_again(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="New", city=None)
    before = wrote_ms(world)
    sender = lose(world)
    assert changes(world) == []
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    entry = {"run": sender, "account": "gh", "record_id": right, "rule": "carried"}
    assert changes(world) == [
        {**entry, "field": "city", "old": '"Oslo"', "new": "null"},
        {**entry, "field": "company", "old": '"Old"', "new": '"New"'},
    ]
    assert world.rows("SELECT * FROM intent") == []
    assert wrote_ms(world) != before
    assert differences(world) == []


def test_what_arrived_is_agreed_on_so_that_the_next_edit_of_either_side_is_carried(world: World) -> None:
    left, right = linked(world)
    world.contacts["conflicts"] = '"manual"'
    world.gg.edit(left, company_name="New")
    lose(world)
    world.gg.edit(left, company_name="Newer")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.gh.person(right)["companyName"] == "Newer"
    world.gh.edit(right, city="Rome")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.gg.person(left)["city"] == "Rome"
    assert [row["new"] for row in changes(world) if row["field"] == "company"] == ['"New"', '"Newer"']


@pytest.mark.parametrize("kind", ["reset_after", "drop_after", "cut", "html_after"])
def test_what_arrived_at_one_side_without_an_answer_is_not_taken_back_from_the_other(world: World, kind: Kind) -> None:
    left, right = linked(world)
    world.gg.edit(left, title="CEO")
    world.gh.edit(right, city="Rome")
    world.gg.faults = [Fault(kind, method="PATCH")]
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Rome", "Rome")
    assert world.gh.custom(right, "contact.job_title") == world.gg.person(left)["title"] == "CEO"
    assert [(row["account"], row["new"]) for row in changes(world)] == [("gg", '"Rome"'), ("gh", '"CEO"')]
    with world.calls() as calls:
        assert world.run(skip=SETTLE + 2).exit_code == 0
    assert calls.writes == []


def test_what_arrived_is_not_taken_back_when_its_record_cannot_be_read_once_more(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, title="CEO")
    world.gh.edit(right, city="Rome")
    unread = Fault("status", method="GET", path=f"/contacts/{left}", status=402, skip=2, times=None)
    world.gg.faults = [Fault("reset_after", method="PATCH"), unread]
    world.run(skip=SETTLE + 2)
    world.gg.faults = []
    assert world.gh.person(right)["city"] == "Rome"
    world.clock.skip(90_000)
    assert world.run().exit_code == 0
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Rome", "Rome")
    assert differences(world) == []


def test_what_a_user_typed_at_both_sides_in_the_middle_of_a_run_is_not_taken_back(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, title="CEO")
    world.gh.edit(right, city="Rome")

    def type_it_there_too(call: Call) -> None:
        if call.path == "/contacts/search":
            world.gh.before_answer = None
            world.gg.edit(left, city="Rome")

    world.gh.before_answer = type_it_there_too
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Rome", "Rome")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Rome", "Rome")
    assert differences(world) == []


def test_the_time_of_what_arrived_is_that_of_our_own_write(world: World) -> None:
    left, _ = linked(world)
    world.gg.edit(left, company_name="New")
    before = world.clock.now()
    lose(world)
    world.clock.skip(3600)
    world.run()
    (link,) = world.rows("SELECT right_wrote_ms, right_seen_ms FROM link")
    assert link["right_wrote_ms"] == link["right_seen_ms"]
    assert before <= datetime.fromtimestamp(link["right_wrote_ms"] / 1000, UTC) < world.clock.now() - timedelta(hours=1)


def test_what_did_not_arrive_is_sent_again_and_is_in_the_history_once(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="New")
    lose(world, "reset_before")
    assert world.run().exit_code == 0
    assert world.gh.person(right)["companyName"] == "New"
    assert [row["new"] for row in changes(world)] == ['"New"']
    assert world.rows("SELECT * FROM intent") == []


def test_an_edit_there_since_is_not_mistaken_for_what_was_sent(world: World) -> None:
    left, right = linked(world)
    world.contacts["conflicts"] = '"manual"'
    world.gg.edit(left, company_name="New", city="Rome")
    lose(world)
    world.gh.edit(right, companyName="Theirs")
    assert world.run(skip=SETTLE + 2).exit_code == 1
    (conflict,) = world.rows("SELECT * FROM conflict")
    assert (conflict["left_value"], conflict["right_value"]) == ('"New"', '"Theirs"')
    assert (world.gg.person(left)["company_name"], world.gh.person(right)["companyName"]) == ("New", "Theirs")
    assert [(row["field"], row["old"], row["new"]) for row in changes(world)] == [
        ("city", '"Oslo"', '"Rome"'),  # that it arrived proves that the company, which came with it, did
        ("company", '"Old"', '"New"'),
    ]


@pytest.mark.parametrize("city", ["Rome", None])
def test_what_is_put_back_after_it_arrived_is_not_written_over_again(world: World, city: str | None) -> None:
    left, right = linked(world)
    world.contacts["conflicts"] = '"manual"'
    world.gg.edit(left, company_name="New", city=city)
    lose(world)
    world.gh.edit(right, city="Oslo")
    assert world.run(skip=SETTLE + 2).exit_code == 1
    (conflict,) = world.rows("SELECT * FROM conflict")
    assert (conflict["field"], conflict["right_value"]) == ("city", '"Oslo"')
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == (city, "Oslo")
    assert world.gh.person(right)["companyName"] == "New"


@pytest.mark.parametrize("kind", ["reset_after", "status_after"])
def test_what_a_user_edits_while_an_answer_is_waited_for_is_not_written_over_again(world: World, kind: Kind) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="New", city="Rome")
    world.gh.faults = [Fault(kind, method="PUT", times=2, status=502)]

    def strike(call: Call) -> None:
        if call.method == "GET" and world.gh.person(right)["companyName"] == "New":
            world.gh.before_answer = None
            world.clock.skip(3)
            world.gh.edit(right, city="Bern")

    world.gh.before_answer = strike
    world.contacts["conflicts"] = '"manual"'
    assert world.run(skip=SETTLE + 2).exit_code == 1
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Rome", "Bern")
    assert [conflict["field"] for conflict in world.rows("SELECT field FROM conflict")] == ["city"]


def test_what_an_update_overwrote_is_in_the_history_though_the_record_is_deleted_since(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="New")
    lose(world)
    world.gh.remove(right)
    world.run(skip=SETTLE + 2)
    assert [(row["field"], row["old"], row["new"]) for row in changes(world)] == [("company", '"Old"', '"New"')]


def test_what_was_emptied_at_a_server_that_shows_no_empty_fields_has_arrived(world: World) -> None:
    left, right = linked(world)
    world.gg.behaviour = Behaviour(omits_null=True)
    world.contacts["conflicts"] = '"right"'
    world.gg.edit(left, city="Bern")
    world.gh.edit(right, city=None)
    asked_after = Fault("reset_before", method="GET", path="/contacts/[^/]+$", skip=1, times=None)
    world.gg.faults = [Fault("reset_after", method="PATCH", times=None), asked_after]
    assert world.run(skip=SETTLE + 2).exit_code == 3
    world.gg.faults = []
    world.gg.edit(left, title="CEO")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.gg.person(left)["city"] is None
    overwritten = [(row["old"], row["new"], row["rule"]) for row in changes(world) if row["field"] == "city"]
    assert overwritten == [('"Bern"', "null", "right")]


@pytest.mark.parametrize("skip", [5.0, SETTLE + 2])
def test_an_update_that_is_no_longer_wanted_may_still_take_effect_until_settle_has_passed(
    world: World, skip: float
) -> None:
    left, _ = linked(world)
    world.gg.edit(left, company_name="New")
    lose(world, "reset_before")
    world.gg.edit(left, company_name="Old")
    world.run(skip=skip)
    assert len(world.rows("SELECT * FROM intent")) == (1 if skip < SETTLE else 0)
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.rows("SELECT * FROM intent") == []
    assert changes(world) == []


def test_an_update_of_a_contact_that_was_deleted_since_is_a_deletion_that_was_found(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="New")
    lose(world)
    world.gh.remove(right)
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.rows("SELECT * FROM intent") == []
    assert world.gh.people() == []
    assert [row["gone"] for row in world.rows("SELECT gone FROM link")] == ["right"]


def test_two_with_a_lost_first_meeting_are_linked_by_what_arrived(world: World) -> None:
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    left = world.gg.add(first_name="Ann", email="ann@example.com", company_name="Acme", city="Oslo")
    right = world.gh.add(firstName="Ann", email="ann@example.com", website="https://example.com")
    lose(world)
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.links() == {left: right}
    assert world.gh.person(right)["companyName"] == "Acme"
    filled = {(row["account"], row["field"], row["rule"]) for row in changes(world)}
    assert {("gh", "company", "filled"), ("gh", "city", "filled")} <= filled
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert differences(world) == []


def settle_and_fail(world: World) -> None:
    """Run, and let the reading fail after the settling."""
    world.gg.faults = [Fault("status", method="GET", path="/contacts$", status=500, times=None)]
    assert world.run(skip=SETTLE + 2).exit_code == 3
    world.gg.faults = []
    assert world.rows("SELECT * FROM intent") == []


def test_an_edit_that_is_taken_back_after_it_arrived_is_taken_back_there_too(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="New")
    lose(world)
    settle_and_fail(world)
    world.gg.edit(left, company_name="Old")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.gh.person(right)["companyName"] == world.gg.person(left)["company_name"] == "Old"


def test_a_decision_that_arrived_is_not_carried_out_again_over_a_later_edit(world: World) -> None:
    left, right = linked(world)
    world.contacts["conflicts"] = '"manual"'
    world.gg.edit(left, company_name="Ours")
    world.gh.edit(right, companyName="Theirs")
    assert world.run(skip=SETTLE + 2).exit_code == 1
    (conflict,) = world.rows("SELECT id FROM conflict")
    assert world.sync("conflicts", "resolve", str(conflict["id"]), "--left").code == 0
    lose(world)
    settle_and_fail(world)
    assert world.rows("SELECT * FROM conflict") == []
    world.gh.edit(right, companyName="Later")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.gh.person(right)["companyName"] == world.gg.person(left)["company_name"] == "Later"


@pytest.mark.parametrize("status", [400, 401, 403, 503])
def test_what_a_put_wrote_is_remembered_at_once_though_the_tags_after_it_fail(world: World, status: int) -> None:
    """A write of several calls: what the first ones did is in shadow and history whatever becomes of the last ones."""
    left, right = linked(world)
    world.contacts["conflicts"] = '"manual"'
    world.gg.edit(left, company_name="New", label_names=["VIP"])
    world.gh.faults = [Fault("status", method="POST", path="/tags$", status=status, times=None)]
    first = world.run(skip=SETTLE + 2)
    assert first.exit_code == (3 if status in {401, 503} else 1)
    assert [(each["run"], each["field"], each["new"]) for each in changes(world)] == [(first.run, "company", '"New"')]
    assert bool(world.rows("SELECT * FROM intent")) is (status == 503)  # whether the tags arrived is not known then
    assert world.gh.person(right)["companyName"] == "New"

    world.gh.faults = []
    world.gh.edit(right, companyName="Newer")
    world.gg.edit(left, title="CTO")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.gg.person(left)["company_name"] == "Newer"
    assert world.gh.person(right)["tags"] == ["vip"]
    assert differences(world) == []
    assert world.rows("SELECT * FROM conflict") == []


def test_what_a_failed_call_left_over_is_carried_by_the_next_run_though_no_user_edits_anything(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="New", label_names=["VIP"])
    world.gh.faults = [Fault("status", method="POST", path="/tags$", status=401, times=None)]
    assert world.run(skip=SETTLE + 2).exit_code == 3
    world.gh.faults = []
    with world.calls() as calls:
        assert world.run(skip=SETTLE + 2).exit_code == 0
    assert calls.writes == [f"POST /contacts/{right}/tags"]
    assert differences(world) == []
