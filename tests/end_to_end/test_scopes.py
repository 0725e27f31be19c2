"""A token that may not write: `check` says so before a run does, the run names the scope, and `--probe` proves it."""

import re

import pytest

from connectors.growthhub.sandbox.answers import refusal
from connectors.sandbox.base import Call, SandboxResponse
from connectors.sandbox.faults import Fault
from tests.end_to_end.world import Finished, World

WRITING = "contacts.write"


def finding(finished: Finished, account: str, what: str) -> dict[str, object]:
    accounts = {one["account"]: one["findings"] for one in finished.document["accounts"]}
    return next(one for one in accounts[account] if what in one["what"])


def forbid_writing(world: World, status: int) -> None:
    """Have GrowthHub answer so to every write of a contact, and name no scope."""
    allowed = world.gh.handle

    def handle(call: Call) -> SandboxResponse:
        writes = call.method in {"POST", "PUT", "DELETE"} and "search" not in call.path and "/contacts" in call.path
        return refusal(status, "Forbidden resource") if writes else allowed(call)

    world.gh.handle = handle  # type: ignore[method-assign]


def test_a_check_finds_that_a_token_may_not_write_and_changes_nothing(live_world: World) -> None:
    world = live_world
    world.gh.quirks.scopes_missing = frozenset({WRITING})
    checked = world.sync("check", "--json")
    found = finding(checked, "gh", "may write contacts")
    assert (checked.code, found["ok"], found["fatal"]) == (3, False, True)
    assert WRITING in str(found["mend"])
    world.gh.quirks.scopes_missing = frozenset()
    checked = world.sync("check", "--json")
    assert checked.code == 0
    assert all(finding(checked, name, "may write contacts")["ok"] for name in ("gg", "gh"))
    assert (world.gg.people(), world.gh.people(), world.gh.fields) == ([], [], {})


@pytest.mark.parametrize("status", [401, 403])
def test_a_check_finds_it_also_where_the_answer_names_no_scope(live_world: World, status: int) -> None:
    forbid_writing(live_world, status)
    checked = live_world.sync("check", "--json")
    assert (checked.code, finding(checked, "gh", "may write contacts")["ok"]) == (3, False)
    assert WRITING in str(finding(checked, "gh", "may write contacts")["mend"])


def test_a_check_that_cannot_decide_says_what_can(live_world: World) -> None:
    live_world.gh.faults.append(Fault("status", method="PUT", path="/contacts/", status=400, times=None))
    live_world.gg.faults.append(Fault("html", method="PATCH", times=None))
    checked = live_world.sync("check", "--json")
    assert checked.code == 0
    assert "check --probe" in str(finding(checked, "gg", "may write contacts")["mend"])


def test_an_account_that_is_only_read_needs_no_scope_to_write(live_world: World) -> None:
    live_world.contacts["direction"] = '"right_to_left"'
    live_world.gh.quirks.scopes_missing = frozenset({WRITING})
    assert live_world.sync("check").code == 0


def test_a_run_names_the_scope_that_lacks_and_how_to_see_it(world: World) -> None:
    world.gg.add(first_name="Ann", email="ann@example.com")
    world.gh.quirks.scopes_missing = frozenset({WRITING})
    report = world.run()
    assert report.exit_code == 3
    (error,) = report.errors
    assert f"the scope {WRITING}" in error
    assert "sync check" in error
    assert "expired or revoked" not in error


def test_a_403_for_a_write_names_the_scope_as_well(world: World) -> None:
    world.gg.add(first_name="Ann", email="ann@example.com")
    forbid_writing(world, 403)
    report = world.run()
    said = [*report.errors, *(row["reason"] for row in world.rows("SELECT reason FROM failure"))]
    assert len(said) == 1
    assert f"the scope {WRITING}" in said[0]
    assert "sync check" in said[0]


def test_a_probe_makes_changes_and_deletes_one_invented_contact_at_each_account(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", email="ann@example.com")
    with world.calls() as calls:
        probed = world.sync("check", "--probe", "--yes", "--json")
    assert probed.code == 0
    for account in ("gg", "gh"):
        for what in ("may be created", "may be changed", "is deleted again"):
            assert finding(probed, account, what)["ok"]
    made = [call.body for call in calls.to("POST") if "search" not in call.path and "customFields" not in call.path]
    addresses = {address for body in made for address in re.findall(r"growthsync-probe-\w+@example.com", str(body))}
    assert len(addresses) == 2
    assert [person["first_name"] for person in world.gg.people()] == ["Ann"]
    assert world.gh.people() == []


def test_a_probe_is_not_made_without_a_word_of_its_user(live_world: World) -> None:
    with live_world.calls() as calls:
        asked = live_world.sync("check", "--probe")
    assert asked.code == 2
    assert "--yes" in asked.err
    assert calls.counts == (0, 0)


def test_a_probe_says_what_lacks_and_which_contact_is_left(live_world: World) -> None:
    world = live_world
    world.gh.faults.append(Fault("status", method="DELETE", status=400, times=None))
    probed = world.sync("check", "--probe", "--yes", "--json")
    (left,) = world.gh.people()
    found = finding(probed, "gh", "is deleted again")
    assert (probed.code, found["ok"]) == (3, False)
    assert f"gh:{left['id']}" in str(found["mend"])
    world.gh.quirks.scopes_missing = frozenset({WRITING})
    probed = world.sync("check", "--probe", "--yes", "--json")
    assert WRITING in str(finding(probed, "gh", "may be created")["mend"])


def test_a_probe_makes_its_calls_once_each_and_what_it_found_is_kept_for_later_checks(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.sync("run", "--yes").code == 0
    with world.calls() as calls:
        assert world.sync("check", "--probe", "--yes").code == 0
    made = [call for call in calls.gh if call.method == "POST" and call.path == "/contacts/"]
    assert len(made) == 2  # the second one tries what becomes of a double: GrowthHub refuses it
    assert len([call for call in calls.gh if call.method == "PUT" and "Probe, changed'" in str(call.body)]) == 1
    assert len([call for call in calls.gh if call.method == "DELETE"]) == 1
    world.gh.faults.append(Fault("status", method="PUT", path="/contacts/", status=500, times=None))
    world.gg.faults.append(Fault("html", method="PATCH", times=None))
    for _ in range(2):
        checked = world.sync("check", "--json")
        assert checked.code == 0
        for what in ("may be created", "may be changed", "is deleted again"):
            found = finding(checked, "gg", what)
            assert (found["ok"], "sync check --probe" in str(found["what"])) == (True, True)
