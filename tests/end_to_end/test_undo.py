"""R26: undoing a run puts back what it overwrote, on both sides, and holds that until the field is edited again."""

import json
from typing import Any

import pytest

from connectors.sandbox.base import Call, Fault
from state.file import StateFile
from state.lock import hold_connection
from sync.output.report import RunReport
from sync.rules.undo import BARRED, REFUSED
from tests.end_to_end.message_world import Office, minutes
from tests.end_to_end.world import World


def linked(world: World, **fields: Any) -> tuple[str, str]:
    """Put Ann in sync, and return her ids, left first."""
    left = world.gg.add(first_name="Ann", email="ann@example.com", **fields)
    assert world.run().exit_code == 0
    return left, world.links()[left]


def undo(world: World, run: RunReport | str, **options: Any) -> RunReport:
    return world.run(undoes=run if isinstance(run, str) else run.run, **options)


def assert_quiet(world: World) -> None:
    """A run has nothing to write."""
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []


def held(world: World) -> list[tuple[str, Any, Any]]:
    """Return field, left and right value of everything that `verify` lists as held; the sides agree."""
    comparison = world.run(dry_run=True, unguarded=True, whole=True, compared=True).comparison
    assert comparison is not None
    assert comparison.agree, comparison
    return [(one["field"], one["left"], one["right"]) for one in comparison.held]


def left_alone(report: RunReport) -> list[tuple[str, str, str]]:
    return [(one.account, one.field, one.reason) for one in report.left_alone]


def test_a_value_that_was_carried_is_put_back_and_held(world: World) -> None:
    left, right = linked(world, city="Oslo", title="CEO")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    report = undo(world, bad)
    assert (report.exit_code, report.left_alone) == (0, [])
    assert report.streams["contacts"].accounts["gh"].updated == 1
    assert world.gh.person(right)["city"] == "Oslo"
    assert world.gg.person(left)["city"] == "Rome"
    assert held(world) == [("city", "Rome", "Oslo")]
    assert_quiet(world)
    assert held(world) == [("city", "Rome", "Oslo")]


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_next_edit_of_the_field_is_synced_and_ends_the_hold(world: World, side: str) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    undo(world, world.run())
    if side == "left":
        world.gg.edit(left, city="Paris")
    else:
        world.gh.edit(right, city="Paris")
    assert world.run().exit_code == 0
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Paris", "Paris")
    assert held(world) == []
    assert world.rows("SELECT * FROM held") == []
    assert_quiet(world)


def test_an_edit_of_another_field_is_synced_and_ends_nothing(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    undo(world, world.run())
    world.gg.edit(left, company_name="Acme")
    world.gh.edit(right, tags=["vip"])
    assert world.run().exit_code == 0
    assert world.gh.person(right)["companyName"] == "Acme"
    assert world.gg.person(left)["label_names"] == ["vip"]
    assert held(world) == [("city", "Rome", "Oslo")]


def test_a_config_that_maps_otherwise_has_everything_read_and_ends_nothing_that_is_held(world: World) -> None:
    left, _ = linked(world, city="Oslo", title="CEO")
    world.gg.edit(left, city="Rome")
    undo(world, world.run())
    world.tables = '[connections.sales.contacts.fields]\ntitle = { direction = "left_to_right" }\n'
    with world.calls() as calls:
        assert world.run().streams["contacts"].accounts["gg"].read == 1
    assert calls.writes == []
    assert held(world) == [("city", "Rome", "Oslo")]


def test_both_sides_are_put_back(world: World) -> None:
    left, right = linked(world, city="Oslo", company_name="Acme")
    world.gg.edit(left, city="Rome")
    world.gh.edit(right, companyName="Beta")
    bad = world.run()
    assert undo(world, bad).exit_code == 0
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Rome", "Oslo")
    assert (world.gg.person(left)["company_name"], world.gh.person(right)["companyName"]) == ("Acme", "Beta")
    assert held(world) == [("city", "Rome", "Oslo"), ("company", "Acme", "Beta")]
    assert_quiet(world)


def test_what_a_policy_overwrote_comes_back(world: World) -> None:
    world.contacts["conflicts"] = '"left"'
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    world.gh.edit(right, city="Paris")
    assert undo(world, world.run()).exit_code == 0
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Rome", "Paris")
    assert_quiet(world)


def test_what_was_filled_at_a_first_meeting_is_emptied_again_on_both_sides(world: World) -> None:
    left = world.gg.add(first_name="Ann", email="ann@example.com", city="Oslo")
    right = world.gh.add(firstName="Ann", email="ann@example.com", companyName="Acme", tags=["vip"])
    met = world.run()
    assert undo(world, met).exit_code == 0
    assert not world.gh.person(right).get("city")
    assert not world.gg.person(left)["company_name"]
    assert not world.gg.person(left)["label_names"]
    # GrowthHub gives every contact a country
    assert held(world) == [
        ("city", "Oslo", None), ("company", None, "Acme"), ("country", None, "US"), ("tags", None, ("vip",)),
    ]  # fmt: skip
    assert_quiet(world)


def test_tags_are_put_back_one_by_one(world: World) -> None:
    left, right = linked(world, label_names=["a", "b"])
    world.gg.edit(left, label_names=["b", "new"])
    bad = world.run()
    assert set(world.gh.person(right)["tags"]) == {"b", "new"}
    world.gh.edit(right, tags=["b", "new", "later"])
    assert undo(world, bad).exit_code == 0
    assert set(world.gh.person(right)["tags"]) == {"a", "b", "later"}
    assert world.run().exit_code == 0
    assert set(world.gg.person(left)["label_names"]) == {"b", "new", "later"}
    assert held(world) == [("tags", ("b", "later", "new"), ("a", "b", "later"))]
    world.gg.edit(left, label_names=["b", "later"])
    world.gh.edit(right, tags=["b", "later"])
    assert world.run().exit_code == 0
    assert held(world) == []


@pytest.mark.parametrize("seen", [False, True], ids=["no run has seen it", "a run has carried it"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_what_a_user_changed_since_is_left_alone_and_named(world: World, side: str, seen: bool) -> None:
    left, right = linked(world, city="Oslo", title="CEO")
    world.gg.edit(left, city="Rome", title="CTO")
    bad = world.run()
    if side == "left":
        world.gg.edit(left, city="Paris")
    else:
        world.gh.edit(right, city="Paris")
    if seen:
        world.run()
    report = undo(world, bad)
    assert report.exit_code == 1
    assert left_alone(report) == [("gh", "city", "was changed since")]
    assert [one.who for one in report.left_alone] == ["ann@example.com"]
    assert world.gh.custom(right, "contact.job_title") == "CEO"
    assert world.run().exit_code == 0
    assert (world.gg.person(left)["city"], world.gh.person(right)["city"]) == ("Paris", "Paris")


def test_a_value_that_was_changed_and_changed_back_is_a_users_decision(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    world.gg.edit(left, city="Paris")
    world.run()
    world.gg.edit(left, city="Rome")
    world.run()
    assert left_alone(undo(world, bad)) == [("gh", "city", "was changed since")]
    assert world.gh.person(right)["city"] == "Rome"


def test_two_runs_are_undone_from_the_last_to_the_first(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    first = world.run()
    world.gg.edit(left, city="Paris")
    second = world.run()
    assert undo(world, first).exit_code == 1
    assert undo(world, second).exit_code == 0
    assert world.gh.person(right)["city"] == "Rome"
    assert undo(world, first).exit_code == 0
    assert world.gh.person(right)["city"] == "Oslo"
    assert held(world) == [("city", "Paris", "Oslo")]


def test_undoing_twice_is_as_good_as_once(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    undo(world, bad)
    with world.calls() as calls:
        assert undo(world, bad).exit_code == 0
    assert calls.writes == []
    assert world.gh.person(right)["city"] == "Oslo"


def test_an_undo_can_be_undone_and_then_the_run_again(world: World) -> None:
    left, right = linked(world, city="Oslo", label_names=["a"])
    world.gg.edit(left, city="Rome", label_names=["b"])
    bad = world.run()
    undoing = undo(world, bad)
    assert undo(world, undoing).exit_code == 0
    assert (world.gh.person(right)["city"], world.gh.person(right)["tags"]) == ("Rome", ["b"])
    assert held(world) == []
    assert undo(world, bad).exit_code == 0
    assert (world.gh.person(right)["city"], world.gh.person(right)["tags"]) == ("Oslo", ["a"])
    assert_quiet(world)


def test_what_the_server_spells_in_its_own_way_is_put_back(world: World) -> None:
    left, right = linked(world, label_names=["Old"])
    world.gg.edit(left, label_names=["VIP", "Lead"])
    bad = world.run()
    assert world.gh.person(right)["tags"] == ["lead", "vip"]
    assert undo(world, bad).exit_code == 0
    assert world.gh.person(right)["tags"] == ["old"]
    assert_quiet(world)


def test_the_history_has_both_values_under_the_rule_undo(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    report = undo(world, bad)
    (carried,) = world.rows("SELECT * FROM history WHERE run = ? AND field = 'city'", bad.run)
    assert (carried["source"], carried["rule"]) == (f"gg:{left}", "carried")
    (line,) = world.rows("SELECT * FROM history WHERE run = ?", report.run)
    assert (line["account"], line["record_id"], line["field"]) == ("gh", right, "city")
    assert (json.loads(line["old"]), json.loads(line["new"]), line["rule"]) == ("Rome", "Oslo", "undo")
    assert line["source"] is None
    (run,) = world.rows("SELECT * FROM run WHERE id = ?", report.run)
    assert (run["status"], run["undoes"]) == ("ok", bad.run)


def test_what_a_server_cannot_empty_is_named(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gh.edit(right, country=None)
    world.run()
    world.gg.edit(left, country="Germany", city="Rome")
    bad = world.run()
    report = undo(world, bad)
    assert report.exit_code == 1
    assert left_alone(report) == [("gh", "country", REFUSED)]
    assert (world.gh.person(right)["country"], world.gh.person(right)["city"]) == ("DE", "Oslo")
    assert_quiet(world)
    assert held(world) == [("city", "Rome", "Oslo")]


def test_a_refused_write_is_named_with_the_servers_words_and_nothing_is_held(world: World) -> None:
    left, _ = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    world.gh.faults.append(Fault("status", method="PUT", status=422, body={"message": "no such thing"}, times=None))
    report = undo(world, bad)
    assert report.exit_code == 1
    ((account, field, reason),) = left_alone(report)
    assert (account, field) == ("gh", "*")
    assert "no such thing" in reason
    world.gh.faults.clear()
    assert held(world) == []
    assert world.rows("SELECT * FROM failure") == []
    assert undo(world, bad).exit_code == 0
    assert held(world) == [("city", "Rome", "Oslo")]


def test_an_account_that_is_down_ends_it_with_3_and_the_next_undo_finishes(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    world.gh.faults.append(Fault("status", method="PUT", status=401, times=None))
    assert undo(world, bad).exit_code == 3
    world.gh.faults.clear()
    assert undo(world, bad).exit_code == 0
    assert world.gh.person(right)["city"] == "Oslo"


@pytest.mark.parametrize("hides", [False, True])
def test_an_answer_that_was_lost_is_found_and_held_by_this_run_or_the_next(world: World, hides: bool) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    world.gh.faults.append(Fault("drop_after", method="PUT", times=None))

    def strike(call: Call) -> None:
        if call.method == "PUT" and hides:
            world.gh.faults.append(Fault("status", method="GET", path="/contacts/", status=502, times=None))

    world.gh.before_answer = strike
    assert undo(world, bad).exit_code == (3 if hides else 0)
    world.gh.before_answer = None
    world.gh.faults.clear()
    assert world.gh.person(right)["city"] == "Oslo"
    assert_quiet(world)
    assert held(world) == [("city", "Rome", "Oslo")]
    assert world.rows("SELECT * FROM intent") == []
    assert [row["rule"] for row in world.rows("SELECT rule FROM history WHERE field = 'city'")] == ["carried", "undo"]


def test_edits_that_no_run_has_seen_yet_are_synced_after_an_undo(world: World) -> None:
    left, right = linked(world, city="Oslo", company_name="Acme")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    world.gg.edit(left, company_name="Beta", label_names=["new"])
    world.gh.edit(right, website="https://example.org")
    assert undo(world, bad).exit_code == 0
    assert world.run().exit_code == 0
    assert world.gh.person(right)["companyName"] == "Beta"
    assert world.gh.person(right)["tags"] == ["new"]
    assert world.gg.person(left)["website"] == "https://example.org"
    assert held(world) == [("city", "Rome", "Oslo")]


def test_conflicts_and_failures_of_the_same_contact_stay_open(world: World) -> None:
    world.contacts["conflicts"] = '"manual"'
    left, right = linked(world, city="Oslo", company_name="Acme")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    world.gg.edit(left, company_name="Left")
    world.gh.edit(right, companyName="Right")
    assert world.run().exit_code == 1
    assert undo(world, bad).exit_code == 1
    (conflict,) = world.rows("SELECT field FROM conflict")
    assert conflict["field"] == "company"
    assert world.gh.person(right)["city"] == "Oslo"


def test_the_config_may_close_the_way_back(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gh.edit(right, city="Rome")
    bad = world.run()
    assert world.gg.person(left)["city"] == "Rome"
    world.contacts["direction"] = '"left_to_right"'
    report = undo(world, bad)
    assert [(account, name) for account, name, _ in left_alone(report)] == [("gg", "city")]
    assert world.gg.person(left)["city"] == "Rome"


def test_a_dry_run_moves_nothing_and_its_counts_are_those_of_the_undo_after_it(world: World) -> None:
    left, _ = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    before = world.tables_of_state("allowance")
    with world.calls() as calls:
        plan = undo(world, bad, dry_run=True, priced=True)
    assert calls.writes == []
    assert world.tables_of_state("allowance") == before
    (change,) = plan.changes
    assert (change.account, change.field, change.old, change.new) == ("gh", "city", "Rome", "Oslo")
    assert plan.cost is not None
    with world.calls() as calls:
        done = undo(world, bad)
    assert plan.streams["contacts"].accounts == done.streams["contacts"].accounts
    assert plan.cost["gh"].calls == len(calls.gh)
    assert plan.cost["gg"].calls == len(calls.gg)


def test_the_guard_weighs_an_undo_like_any_run(world: World) -> None:
    ids = [world.gg.add(first_name="Ann", email=f"person{number}@example.com") for number in range(30)]
    world.run()
    for left in ids:
        world.gg.edit(left, company_name="Oops")
    bad = world.run(unguarded=True)
    with world.calls() as calls:
        report = undo(world, bad)
    assert (report.exit_code, calls.writes) == (4, [])
    assert f"sync undo {bad.run} --unguarded" in report.guarded
    assert undo(world, bad, unguarded=True).exit_code == 0
    assert {person.get("companyName") for person in world.gh.people()} == {None}
    assert_quiet(world)


def test_contacts_that_were_created_stay_and_are_counted(world: World) -> None:
    linked(world)
    world.gg.add(first_name="Bob", email="bob@example.com")
    world.gh.add(firstName="Cai", email="cai@example.com")
    made = world.run()
    with world.calls() as calls:
        report = undo(world, made)
    assert (report.exit_code, calls.writes) == (0, [])
    assert report.streams["contacts"].kept == {"gg": 1, "gh": 1}
    assert (len(world.gg.people()), len(world.gh.people())) == (3, 3)


@pytest.mark.parametrize("deletes", ["ignore", "propagate"])
def test_contacts_that_were_created_are_deleted_on_request_and_their_counterparts_stay(
    world: World, deletes: str
) -> None:
    world.contacts["deletes"] = f'"{deletes}"'
    linked(world)
    world.gg.add(first_name="Bob", email="bob@example.com")
    world.gh.add(firstName="Cai", email="cai@example.com")
    made = world.run()
    report = undo(world, made, created=True)
    assert report.exit_code == 0
    counts = report.streams["contacts"].accounts
    assert (counts["gg"].deleted, counts["gh"].deleted) == (1, 1)
    for _ in range(2):
        assert [person["first_name"] for person in world.gg.people()] == ["Ann", "Bob"]
        assert sorted(person["firstName"] for person in world.gh.people()) == ["Ann", "Cai"]
        assert set(held(world)) == {("*", "kept", None), ("*", None, "kept")}
        with world.calls() as calls:
            assert world.run(whole=True).exit_code == 0
        assert calls.writes == []


def test_no_contact_is_deleted_where_the_config_lets_nothing_be_written(world: World) -> None:
    linked(world)
    world.gh.add(firstName="Cai", email="cai@example.com")
    made = world.run()
    world.contacts["direction"] = '"left_to_right"'
    report = undo(world, made, created=True)
    assert left_alone(report) == [("gg", "*", BARRED)]
    assert len(world.gg.people()) == 2


def test_another_run_that_holds_the_lock_keeps_an_undo_from_starting(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    state = StateFile.open(world.state_path)
    try:
        with hold_connection(state, "sales", 0), world.calls() as calls:
            report = undo(world, bad)
    finally:
        state.close()
    assert (report.exit_code, calls.counts) == (75, (0, 0))
    assert undo(world, bad).exit_code == 0
    assert world.gh.person(right)["city"] == "Oslo"


def test_a_contact_that_was_created_and_changed_there_since_is_not_deleted_but_named(world: World) -> None:
    linked(world)
    ids = [world.gg.add(first_name=name, email=f"{name}@example.com") for name in ("bob", "cai", "dan", "eve")]
    made = world.run()
    bob, cai, dan, _ = (world.links()[each] for each in ids)
    world.gh.edit(cai, city="Oslo")  # and a run carries it
    world.gg.edit(ids[2], city="Rome")  # which is no change that a contact made there
    world.run()
    world.gh.edit(bob, city="Oslo")
    report = undo(world, made, created=True)
    assert report.exit_code == 1
    assert left_alone(report) == [("gh", "*", "was changed since")] * 2
    assert {one.id for one in report.left_alone} == {bob, cai}
    present = {person["id"] for person in world.gh.people()}
    assert {bob, cai} <= present
    assert dan not in present


def test_a_contact_that_has_written_since_is_not_deleted_but_named(office: Office) -> None:
    world = office.world
    left = world.gg.add(first_name="Ann", email="ann@example.com", at=minutes(-60))
    office.write(left, "Hello", at=minutes(-50))
    made = world.run()
    right = world.links()[left]
    world.gh.add_message(right, "SMS", "inbound", "Hello too", at=minutes(0))
    world.run()
    report = undo(world, made, created=True)
    assert (report.exit_code, left_alone(report)) == (1, [("gh", "*", "was changed since")])
    assert world.gh.person(right)


def test_a_stage_goes_back_in_the_words_of_its_side(world: World) -> None:
    mapped = '{ "Replied" = "Engaged", "Not Interested" = "Lost", "Bounced" = "Lost" }'
    world.tables = f"[connections.sales.contacts.fields]\nstage = {{ map = {mapped} }}\n"
    left, right = linked(world, stage="Replied")
    world.gg.edit(left, stage="Not Interested")
    undoing = undo(world, world.run())
    assert (undoing.exit_code, undoing.left_alone) == (0, [])
    assert world.gh.custom(right, "contact.stage") == "Engaged"
    assert held(world) == [("stage", "Not Interested", "Engaged")]
    assert_quiet(world)
    undo(world, undoing)
    assert world.gh.custom(right, "contact.stage") == "Lost"
    assert held(world) == []


def test_that_a_contact_may_not_be_contacted_is_not_taken_back(world: World) -> None:
    left, right = linked(world, stage="Replied", city="Oslo")
    world.gg.edit(left, stage="Do Not Contact", city="Rome")
    bad = world.run()
    report = undo(world, bad)
    assert report.exit_code == 1
    assert ("gh", "do_not_contact", BARRED) in left_alone(report)
    assert world.gh.person(right)["dnd"] is True
    assert world.gh.person(right)["city"] == "Oslo"
    assert_quiet(world)


def test_what_is_known_of_a_company_is_taken_out_again_and_not_filled_in_once_more(world: World) -> None:
    world.gg.companies.add("acme.example.com", name="acme", industry="software", size_range="11-50")
    left = world.gg.add(first_name="Ann", email="ann@acme.example.com")
    world.run()
    world.contacts["enrich"] = "true"
    filled = world.run(whole=True)
    right = world.links()[left]
    assert world.gh.person(right)["companyName"] == "acme"
    assert undo(world, filled).exit_code == 0
    assert not world.gh.person(right).get("companyName")
    with world.calls() as calls:
        world.run(whole=True)
    assert calls.writes == []
    assert held(world) == []


def test_a_record_that_the_run_made_keeps_what_it_was_created_with(world: World) -> None:
    world.contacts["enrich"] = "true"
    world.gg.companies.add("acme.example.com", name="acme", industry="software", size_range="11-50")
    left = world.gg.add(first_name="Ann", email="ann@acme.example.com")
    made = world.run()
    with world.calls() as calls:
        assert undo(world, made).exit_code == 0
    assert calls.writes == []
    assert world.at_right(left)["companyName"] == "acme"


def test_messages_stay_as_they_are(office: Office) -> None:
    world = office.world
    left, right = office.person("ann")
    world.gg.edit(left, city="Oslo")
    office.write(left, "Hello", at=minutes(-50))
    met = world.run()
    before = office.notes(right)
    assert undo(world, met).exit_code == 0
    assert not world.gh.person(right).get("city")
    assert office.notes(right) == before
    assert_quiet(world)


def test_undoing_that_makes_them_again_from_their_counterparts(world: World) -> None:
    linked(world)
    left = world.gg.add(first_name="Bob", email="bob@example.com", city="Oslo")
    made = world.run()
    undoing = undo(world, made, created=True)
    world.gg.edit(left, city="Rome")
    assert_quiet(world)
    report = undo(world, undoing)
    assert report.exit_code == 0
    assert report.streams["contacts"].accounts["gh"].created == 1
    assert world.at_right(left)["city"] == "Rome"
    assert held(world) == []
    assert world.rows("SELECT * FROM held") == []
    assert_quiet(world)
    with world.calls() as calls:
        assert undo(world, undoing).exit_code == 0
    assert calls.writes == []


def test_contacts_that_a_run_deleted_are_named_and_left(world: World) -> None:
    world.contacts["deletes"] = '"propagate"'
    left, _ = linked(world)
    world.gg.remove(left)
    gone = world.run(whole=True)
    assert world.gh.people() == []
    report = undo(world, gone)
    assert report.exit_code == 1
    ((account, field, reason),) = left_alone(report)
    assert (account, field) == ("gh", "*")
    assert "cannot come back under its old id" in reason
    assert [one.who for one in report.left_alone] == ["ann@example.com"]


def test_a_record_that_is_gone_is_named(world: World) -> None:
    left, right = linked(world, city="Oslo")
    world.gg.edit(left, city="Rome")
    bad = world.run()
    world.gh.remove(right)
    report = undo(world, bad)
    assert report.exit_code == 1
    assert left_alone(report) == [("gh", "*", "is no longer there")]
    assert left_alone(undo(world, bad)) == [("gh", "city", "is no longer there")]


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_deletion_with_a_lost_answer_is_never_carried_to_the_counterpart(world: World, cut: str) -> None:
    world.contacts["deletes"] = '"propagate"'
    linked(world)
    world.gg.add(first_name="Bob", email="bob@example.com")
    made = world.run()
    world.options["settle"] = '"5s"'
    world.gh.faults.append(Fault("drop_before" if cut == "before" else "drop_after", method="DELETE", times=None))
    assert undo(world, made, created=True).exit_code == 3
    world.gh.faults.clear()
    world.run(skip=20, whole=True)
    assert "Bob" in [person["first_name"] for person in world.gg.people()]
    assert world.rows("SELECT * FROM intent") == []
    assert undo(world, made, created=True).exit_code == 0
    assert [person["firstName"] for person in world.gh.people()] == ["Ann"]
    world.run(skip=20, whole=True)
    assert [person["first_name"] for person in world.gg.people()] == ["Ann", "Bob"]
