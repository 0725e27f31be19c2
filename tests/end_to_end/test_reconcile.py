"""R24: deletions are found by a scan of everything, confirmed by id, and carried only as the config says."""

import json
from collections.abc import Sequence

import pytest

from connectors.sandbox.base import Call, Fault, Sandbox, SandboxResponse
from connectors.sandbox.faults import Kind
from sync.output.report import RunReport
from tests.end_to_end.comparison import differences
from tests.end_to_end.test_kills import kill_after
from tests.end_to_end.world import World, is_write

NAMES = ("ann", "bob", "cai", "dee", "eve")


def fill(world: World, names: Sequence[str] = NAMES) -> dict[str, tuple[str, str]]:
    """Add contacts in sync, and return the ids of each, left first."""
    left = {name: world.gg.add(first_name=name, email=f"{name}@example.com", title="CEO") for name in names}
    assert world.run().exit_code == 0
    links = world.links()
    return {name: (record_id, links[record_id]) for name, record_id in left.items()}


def propagate(world: World) -> None:
    world.contacts["deletes"] = '"propagate"'


def reconcile(world: World, **options: bool) -> RunReport:
    return world.run(whole=True, **options)


def at_left(world: World) -> list[str]:
    return sorted(person["first_name"] for person in world.gg.people())


def at_right(world: World) -> list[str]:
    return sorted(person["firstName"] for person in world.gh.people())


def only_conflict(world: World) -> dict[str, object]:
    (conflict,) = world.rows("SELECT * FROM conflict")
    return conflict


def settle(world: World, conflict_id: object, side: str) -> None:
    world.write_config()
    assert world.sync("conflicts", "resolve", str(conflict_id), f"--{side}").code == 0


# Under `ignore`


def test_an_ignored_deletion_is_remembered_and_the_survivor_is_left_alone(world: World) -> None:
    people = fill(world)
    world.gg.remove(people["ann"][0])
    world.gh.remove(people["bob"][1])
    for command in ({"whole": True}, {}, {"whole": True}):
        with world.calls() as calls:
            assert world.run(**command).exit_code == 0
        assert calls.writes == []
    assert at_left(world) == ["bob", "cai", "dee", "eve"]
    assert at_right(world) == ["ann", "cai", "dee", "eve"]
    assert world.sync("status", "--json").document["connections"][0]["deleted"] == 2


def test_the_survivor_of_an_ignored_deletion_may_be_edited_and_is_still_not_created_again(world: World) -> None:
    people = fill(world)
    world.gg.remove(people["ann"][0])
    reconcile(world)
    world.gh.edit(people["ann"][1], companyName="Acme")
    for command in ({}, {"whole": True}):
        with world.calls() as calls:
            assert world.run(**command).exit_code == 0
        assert calls.writes == []
    assert world.sync("status", "--json").document["connections"][0]["deleted"] == 1


def test_a_contact_that_is_gone_from_both_sides_is_forgotten(world: World) -> None:
    people = fill(world)
    world.gg.remove(people["ann"][0])
    reconcile(world)
    world.gh.remove(people["ann"][1])
    assert reconcile(world).exit_code == 0
    assert people["ann"][0] not in world.links()
    assert world.sync("status", "--json").document["connections"][0]["deleted"] == 0


@pytest.mark.parametrize("policy", ["ignore", "propagate"])
def test_a_contact_created_again_with_the_same_e_mail_is_linked_again_and_loses_nothing(
    world: World, policy: str
) -> None:
    world.contacts["deletes"] = f'"{policy}"'
    people = fill(world)
    world.gg.remove(people["ann"][0])
    again = world.gg.add(first_name="ann", email="ann@example.com", company_name="Acme")
    assert reconcile(world).exit_code == 0
    assert world.links()[again] == people["ann"][1]
    assert (world.gg.person(again)["title"], world.gh.person(people["ann"][1])["companyName"]) == ("CEO", "Acme")
    assert len(world.gh.people()) == len(NAMES)
    assert differences(world) == []


def test_a_contact_created_again_after_the_deletion_was_remembered_is_linked_by_an_ordinary_run(world: World) -> None:
    people = fill(world)
    world.gh.remove(people["ann"][1])
    reconcile(world)
    again = world.gh.add(firstName="ann", email="ann@example.com")
    assert world.run().exit_code == 0
    assert world.links()[people["ann"][0]] == again
    assert len(world.gg.people()) == len(NAMES)


def test_a_record_that_is_back_is_merged_as_if_it_had_never_been_away(world: World) -> None:
    people = fill(world)
    answer = {"statusCode": 404, "message": "Not Found"}
    world.gh.faults.append(Fault("status", method="GET", path=people["ann"][1], status=404, body=answer, times=None))
    hidden = hide_from_search(world, people["ann"][1])
    reconcile(world)
    assert world.sync("status", "--json").document["connections"][0]["deleted"] == 1
    world.gh.faults.clear()
    hidden.clear()
    world.gg.edit(people["ann"][0], company_name="Acme")
    assert reconcile(world).exit_code == 0
    assert world.gh.person(people["ann"][1])["companyName"] == "Acme"
    assert world.sync("status", "--json").document["connections"][0]["deleted"] == 0


# Under `propagate`


def test_an_ordinary_run_deletes_no_contact(world: World) -> None:
    people = fill(world)
    propagate(world)
    world.gg.remove(people["ann"][0])
    world.gh.edit(people["ann"][1], companyName="Acme")
    world.run()
    assert "ann" in at_right(world)


def hide_from_search(world: World, record_id: str) -> set[str]:
    """Let the search of GrowthHub forget a row, until the set that is returned is cleared."""
    hidden = {record_id}
    answer = world.gh.search

    def forgetful(call: Call) -> SandboxResponse:
        served = answer(call)
        rows = [row for row in served.body["contacts"] if row["id"] not in hidden]
        missing = len(served.body["contacts"]) - len(rows)
        return SandboxResponse(200, {**served.body, "contacts": rows, "total": served.body["total"] - missing})

    handle = world.gh.handle
    world.gh.handle = lambda call: forgetful(call) if call.path == "/contacts/search" else handle(call)  # type: ignore[method-assign]
    return hidden


def test_a_search_that_forgets_a_row_deletes_no_contact(world: World) -> None:
    people = fill(world)
    propagate(world)
    hide_from_search(world, people["ann"][1])
    with world.calls() as calls:
        assert reconcile(world).exit_code == 0
    assert calls.to("GET", people["ann"][1])
    assert calls.writes == []


def test_an_index_that_lags_deletes_no_contact(world: World) -> None:
    propagate(world)
    world.gh.quirks.index_lag = 45.0
    fill(world)
    with world.calls() as calls:
        assert reconcile(world).exit_code == 0
    assert calls.writes == []
    assert len(world.gh.people()) == len(NAMES)


@pytest.mark.parametrize("status", [500, 401])
@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_scan_that_fails_half_way_deletes_no_contact(world: World, account: str, status: int) -> None:
    people = fill(world)
    propagate(world)
    world.gg.remove(people["ann"][0])
    world.gh.remove(people["bob"][1])
    sandbox = world.gg if account == "gg" else world.gh
    path = "/contacts$" if account == "gg" else "/contacts/search$"
    sandbox.faults.append(Fault("status", path=path, status=status, times=None))
    with world.calls() as calls:
        assert reconcile(world).exit_code == 3
    assert calls.writes == []


@pytest.mark.parametrize("status", [500, 401])
def test_a_look_up_by_id_that_fails_deletes_no_contact(world: World, status: int) -> None:
    people = fill(world)
    propagate(world)
    world.gg.remove(people["ann"][0])
    world.gg.faults.append(
        Fault("status", method="GET", path=f"/contacts/{people['ann'][0]}", status=status, times=None)
    )
    with world.calls() as calls:
        assert reconcile(world).exit_code == 3
    assert calls.writes == []


def test_a_deletion_that_a_server_refuses_is_listed_until_it_is_carried(world: World) -> None:
    people = fill(world)
    propagate(world)
    world.gg.remove(people["ann"][0])
    refusal = Fault("status", method="DELETE", status=422, body={"message": "has an open deal"}, times=None)
    world.gh.faults.append(refusal)
    assert reconcile(world).exit_code == 1
    world.clock.skip(3 * 86_400)
    assert world.run().exit_code == 1
    (failure,) = world.sync("failures", "list", "--json").document["failures"]
    assert (failure["who"], failure["account"], failure["operation"]) == ("ann@example.com", "gh", "delete")
    assert "has an open deal" in failure["reason"]
    world.gh.faults.remove(refusal)
    assert reconcile(world).exit_code == 0
    assert "ann" not in at_right(world)


@pytest.mark.parametrize("account", ["gg", "gh"])
@pytest.mark.parametrize(("kind", "landed"), [("status_after", True), ("status", False)])
def test_a_deletion_that_was_never_answered_is_in_the_history_as_ours_once_it_has_landed(
    world: World, account: str, kind: Kind, landed: bool
) -> None:
    people = fill(world)
    propagate(world)
    ann = people["ann"]
    server: Sandbox = world.gg if account == "gg" else world.gh
    (world.gh if account == "gg" else world.gg).remove(ann[account == "gg"])
    server.faults = [Fault(kind, method="DELETE", status=500, times=None)]
    assert reconcile(world).exit_code == 3
    server.faults = []
    report = world.run() if landed else reconcile(world)
    assert (report.exit_code, report.streams["contacts"].accounts[account].deleted) == (0, 1)
    assert "ann" not in at_left(world) + at_right(world)
    entries = world.rows("SELECT run, account, record_id, old, rule FROM history WHERE rule LIKE '%deleted'")
    found, deleted = entries
    assert (found["rule"], deleted["rule"]) == ("found deleted", "deleted")
    assert (deleted["account"], deleted["record_id"]) == (account, ann[account == "gh"])
    assert json.loads(deleted["old"])["email"] == "ann@example.com"
    assert (deleted["run"] == found["run"]) == landed  # it is reported under the run that sent it
    assert world.rows("SELECT * FROM intent") == []


def test_a_listed_failure_whose_record_is_gone_is_taken_off_the_list(world: World) -> None:
    fill(world)
    double = world.gg.add(first_name="twin", email="ann@example.com")
    assert world.run().exit_code == 1
    world.gg.remove(double)
    assert reconcile(world).exit_code == 0


# The guard


def test_the_guard_stops_many_deletions_and_names_the_command_that_lets_them_through(live_world: World) -> None:
    world = live_world
    people = fill(world, [f"person{number}" for number in range(40)])
    propagate(world)
    for left, _ in list(people.values())[:21]:
        world.gg.remove(left)
    with world.calls() as calls:
        stopped = world.sync("reconcile", "--json")
    assert (stopped.code, calls.writes) == (4, [])
    assert "21 of 40" in stopped.run["errors"][0]
    command = stopped.run["errors"][0].rpartition(": ")[2]
    assert command == "sync reconcile --connection sales --unguarded"
    result = world.sync("reconcile")
    assert result.code == 4
    assert f"let it through once: {command}" in result.out
    assert world.sync(*command.split()[1:]).code == 0
    assert len(world.gh.people()) == 19


def test_a_dry_run_of_a_reconcile_moves_nothing_counts_what_follows_and_prices_it(world: World) -> None:
    people = fill(world)
    propagate(world)
    world.gg.remove(people["ann"][0])
    world.gh.remove(people["bob"][1])
    before = world.tables_of_state("allowance")
    with world.calls() as calls:
        planned = reconcile(world, dry_run=True, priced=True)
    assert calls.writes == []
    assert world.tables_of_state("allowance") == before
    deletions = [(one.account, one.operation, one.who, one.field) for one in planned.changes]
    assert deletions == [("gg", "delete", "bob@example.com", "*"), ("gh", "delete", "ann@example.com", "*")]
    with world.calls() as calls:
        done = reconcile(world)
    for account, made in zip(("gg", "gh"), calls.counts, strict=True):
        assert planned.cost is not None
        assert planned.cost[account].calls == made
        assert planned.streams["contacts"].accounts[account] == done.streams["contacts"].accounts[account]


# Deleted here, edited there


def edited_survivor(world: World) -> tuple[str, str]:
    people = fill(world)
    propagate(world)
    world.gg.remove(people["ann"][0])
    world.gh.edit(people["ann"][1], companyName="Acme")
    assert reconcile(world).exit_code == 1
    assert "ann" in at_right(world)
    return people["ann"]


def test_a_survivor_with_an_open_conflict_counts_as_edited_in_the_plan_already(world: World) -> None:
    people = fill(world)
    propagate(world)
    world.contacts["conflicts"] = '"manual"'
    world.gg.edit(people["ann"][0], city="Oslo")
    world.gh.edit(people["ann"][1], city="Bergen")
    assert world.run().exit_code == 1
    world.gg.remove(people["ann"][0])
    planned = reconcile(world, dry_run=True, priced=True)
    assert list(planned.changes) == []
    assert reconcile(world).exit_code == 1
    assert only_conflict(world)["field"] == "*"
    assert "ann" in at_right(world)


# Merged at GrowthHub


@pytest.mark.parametrize("policy", ["ignore", "propagate"])
def test_a_link_follows_a_merge_that_an_ordinary_run_meets_first(world: World, policy: str) -> None:
    people = fill(world)
    world.contacts["deletes"] = f'"{policy}"'
    kept = world.gh.add(firstName="ann", email="ann.new@example.com", city="Oslo")
    world.gh.merge(kept, people["ann"][1])
    assert world.run().exit_code == 0
    assert_followed(world, people["ann"][0], kept)


def test_a_copy_of_a_contact_that_is_still_there_is_a_new_contact_although_it_has_the_marker(world: World) -> None:
    people = fill(world)
    world.gh.add(firstName="Ann's twin", email="twin@example.com", custom={"contact.growthgenius_id": people["ann"][0]})
    assert world.run().exit_code == 0
    assert world.links()[people["ann"][0]] == people["ann"][1]
    assert "Ann's twin" in at_left(world)
    assert reconcile(world).exit_code == 0
    assert len(world.gg.people()) == len(world.gh.people()) == 6


def test_a_plan_follows_a_merge_as_the_run_after_it_does_and_moves_nothing(world: World) -> None:
    people = fill(world)
    world.gh.merge(world.gh.add(firstName="ann", email="ann.new@example.com", city="Oslo"), people["ann"][1])
    before = world.tables_of_state("allowance")
    planned = world.run(dry_run=True)
    assert world.tables_of_state("allowance") == before
    ran = world.run()
    counts = [report.to_json()["streams"]["contacts"]["gg"] for report in (planned, ran)]
    assert counts[0] == counts[1]
    assert counts[1]["created"] == 0


@pytest.mark.parametrize("whole", [True, False])
def test_a_contact_that_took_the_place_of_a_contact_without_a_partner_is_created_once(
    world: World, whole: bool
) -> None:
    people = fill(world)
    kept = world.gh.add(firstName="ann", email="ann.new@example.com", city="Oslo")
    world.gh.merge(kept, people["ann"][1])
    strike_when_planned(world, people["ann"][0])
    report = reconcile(world) if whole else world.run()
    assert report.exit_code == 0
    reconcile(world)
    assert sum(person["email"] == "ann.new@example.com" for person in world.gg.people()) == 1
    assert len(world.gg.people()) == len(world.gh.people()) == 5


def strike_when_planned(world: World, left: str) -> None:
    """Delete a contact at the left after the run has read that side, and before it asks for the contact by id."""

    def strike(call: Call) -> None:
        if call.method == "GET" and "/contacts/" in call.path:
            world.gh.before_answer = None
            world.gg.remove(left)

    world.gh.before_answer = strike


def assert_followed(world: World, left: str, kept: str) -> None:
    """The survivor is linked to the record that was kept, and no contact was made or deleted."""
    assert world.links()[left] == kept
    assert (len(world.gg.people()), len(world.gh.people()), len(world.links())) == (5, 5, 5)
    assert world.gg.person(left)["city"] == "Oslo"
    assert differences(world, lambda name, *_: name == "title") == []  # which has no place without its scope
    with world.calls() as calls:
        assert reconcile(world).exit_code == 0
    assert calls.writes == []


def test_a_listed_merge_that_was_dismissed_stays_off_the_list(world: World) -> None:
    people = fill(world)
    propagate(world)
    world.gh.merge(people["bob"][1], people["ann"][1])
    reconcile(world)
    (failure,) = world.sync("failures", "list", "--json").document["failures"]
    assert world.sync("failures", "dismiss", str(failure["id"]), "--why", "both are wanted").code == 0
    assert reconcile(world).exit_code == 0
    assert at_left(world) == sorted(NAMES)


# Kills


def test_a_reconcile_that_is_killed_while_it_deletes_is_carried_on_by_the_next(live_world: World) -> None:
    world = live_world
    people = fill(world, [f"person{number}" for number in range(12)])
    propagate(world)
    for left, _ in list(people.values())[:6]:
        world.gg.remove(left)
    for number in range(3):
        hang = Fault("hang_after" if number % 2 else "hang", method="DELETE", skip=1, times=1, delay=60.0)
        world.gh.faults.append(hang)
        done = sum(map(is_write, world.gh.calls))
        with world.start("reconcile") as process:
            kill_after(process, world.gh, done + 2)
        world.gh.faults.clear()
    assert world.sync("reconcile").code == 0
    assert len(world.gg.people()) == len(world.gh.people()) == len(world.links()) == 6
    assert world.rows("SELECT * FROM link WHERE gone IS NOT NULL") == []
