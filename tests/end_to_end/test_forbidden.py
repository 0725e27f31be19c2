"""A 403 for one record is its failure; the account is refused only where a plain read is refused too (R42)."""

from typing import Any

import pytest

from connectors.sandbox.base import Call, SandboxResponse
from tests.end_to_end.changed_answers import rewrite
from tests.end_to_end.message_world import minutes
from tests.end_to_end.world import World

COUNT = 6
FIREWALL = SandboxResponse(
    403, b"<html><body>Request blocked by the firewall</body></html>", {"Content-Type": "text/html"}
)


@pytest.fixture
def people(world: World) -> World:
    """Some contacts at both sides who are not at the other one yet."""
    for number in range(COUNT):
        world.gg.add(first_name=f"L{number}", email=f"l{number}@example.com", at=minutes(-60))
        world.gh.add(firstName=f"R{number}", email=f"r{number}@example.com")
    return world


def _forbid_create(world: World, system: str, email: str) -> None:
    def change(call: Call, body: Any) -> Any:
        sent = call.body if isinstance(call.body, dict) else {}
        is_create = call.method == "POST" and call.path.rstrip("/").endswith("/contacts")
        return FIREWALL if is_create and sent.get("contact", sent).get("email") == email else body

    server = world.gh if system == "gh" else world.gg
    handle = server.handle

    def handled(call: Call) -> SandboxResponse:
        answer = change(call, None)
        return answer if isinstance(answer, SandboxResponse) else handle(call)

    server.handle = handled  # type: ignore[method-assign] # a firewall stands before the server


@pytest.mark.parametrize(("system", "email"), [("gh", "l2@example.com"), ("gg", "r2@example.com")])
def test_a_firewall_that_forbids_one_create_holds_up_no_other_contact(people: World, system: str, email: str) -> None:
    """All the others are carried by the same run, and the one is listed with the firewall's answer."""
    _forbid_create(people, system, email)
    report = people.run()
    assert report.exit_code == 1
    assert report.errors == []
    assert len(people.links()) == 2 * COUNT - 1
    (failure,) = people.rows("SELECT who, reason FROM failure")
    assert failure["who"] == email
    assert "403" in failure["reason"]


@pytest.mark.parametrize("system", ["gh", "gg"])
def test_an_update_that_is_forbidden_for_one_contact_is_a_failure_of_its_own(people: World, system: str) -> None:
    """PUT or PATCH of one contact is answered 403: the other edits are carried."""
    assert people.run().exit_code == 0
    links = people.links()
    bad = next(iter(links))
    forbidden = f"/contacts/{links[bad] if system == 'gh' else bad}"
    server = people.gh if system == "gh" else people.gg

    def change(call: Call, body: Any) -> Any:
        return FIREWALL if call.method in {"PUT", "PATCH"} and call.path.endswith(forbidden) else body

    for left, right in links.items():
        if system == "gh":
            people.gg.edit(left, city="Rome")
        else:
            people.gh.edit(right, city="Rome")
    rewrite(server, change)
    report = people.run()
    assert report.exit_code == 1
    assert report.errors == []
    assert people.rows("SELECT count(*) AS n FROM failure") == [{"n": 1}]
    assert sum(each.get("city") == "Rome" for each in server.people()) >= 2 * COUNT - 1


@pytest.mark.parametrize("status", [401, 403])
def test_an_account_that_may_not_even_read_ends_the_run(people: World, status: int) -> None:
    """Each call is refused: that is a problem of the token, and no record is listed for it."""
    rewrite(people.gh, lambda _call, _body: SandboxResponse(status, {"message": "no"}))
    report = people.run()
    assert report.exit_code == 3
    assert people.rows("SELECT * FROM failure") == []


def test_a_missing_scope_is_the_accounts_and_is_named(people: World) -> None:
    """The answer says that the token lacks a scope: the run ends with it, and lists no contact."""

    def change(call: Call, body: Any) -> Any:
        is_create = call.method == "POST" and call.path.endswith("/contacts/")
        said = {"statusCode": 403, "message": "The token is not authorized for this scope."}
        return SandboxResponse(403, said) if is_create else body

    rewrite(people.gh, change)
    report = people.run()
    assert report.exit_code == 3
    assert "scope" in " ".join(report.errors)
    assert people.rows("SELECT * FROM failure") == []
