"""A record that cannot be read is a contact all the same: the contact at the other side is never created again (R7)."""

from typing import Any

import pytest

from connectors.sandbox.base import Call, SandboxResponse
from tests.end_to_end.changed_answers import rewrite
from tests.end_to_end.message_world import Office, minutes
from tests.end_to_end.world import World

NAMES = ("ana", "bob", "cy", "dan")


def _people(world: World, *, later: bool = False) -> None:
    """The same contacts at both sides."""
    for name in NAMES:
        at = None if later else minutes(-60)
        world.gg.add(first_name=name.title(), last_name="Case", email=f"{name}@example.com", at=at)
        world.gh.add(firstName=name.title(), lastName="Case", email=f"{name}@example.com")


def _bob(world: World, system: str) -> str:
    if system == "gg":
        return world.gg.add(first_name="Bob", email="bob@example.com")
    return world.gh.add(firstName="Bob", email="bob@example.com")


def _counts(world: World) -> tuple[int, int]:
    return len(world.gg.people()), len(world.gh.people())


def _spoil(world: World, system: str, change: Any, broken: list[bool], *, lists_only: bool = False) -> None:
    """Let the answers about bob be changed while `broken` says so."""

    def spoiled(node: Any) -> Any:
        if isinstance(node, list):
            return [spoiled(each) for each in node]
        if not isinstance(node, dict):
            return node
        if node.get("email") == "bob@example.com":
            return {**node, **change}
        return {key: spoiled(inner) for key, inner in node.items()}

    def answer(call: Call, body: Any) -> Any:
        is_list = call.path.endswith(("/contacts", "/contacts/search"))
        return spoiled(body) if broken[0] and (is_list or not lists_only) else body

    rewrite(world.gg if system == "gg" else world.gh, answer)


def _calm(world: World) -> None:
    """Run until what was listed is tried again, and see that all is well."""
    for _ in range(3):
        report = world.run(skip=90_000)
    assert report.exit_code == 0, report.errors
    assert _counts(world) == (len(NAMES), len(NAMES))
    assert len(world.links()) == len(NAMES)
    assert world.rows("SELECT reason FROM failure") == []


def test_contacts_that_could_not_be_read_for_want_of_the_users_are_not_created_again(world: World) -> None:
    """The list of users fails while the first two contacts of a first run are read, and works for the others."""
    _people(world)
    fails = [2]

    def answer(call: Call, body: Any) -> Any:
        if "/users" in call.path and fails[0]:
            fails[0] -= 1
            return SandboxResponse(200, {"user": 1})
        return body

    rewrite(world.gg, answer)
    world.run()
    assert _counts(world) == (len(NAMES), len(NAMES))
    _calm(world)


@pytest.mark.parametrize(("system", "key"), [("gg", "updated_at"), ("gh", "dateUpdated")])
@pytest.mark.parametrize("later", [False, True])
def test_the_counterpart_of_a_record_that_is_listed_waits_for_it(
    world: World, system: str, key: str, *, later: bool
) -> None:
    """It is listed with the other record's name, and both are linked as soon as that one can be read."""
    broken = [True]
    if later:
        world.run()
    _people(world, later=later)
    _spoil(world, system, {key: "0001-01-01T00:00:00Z"}, broken)
    report = world.run()
    assert report.exit_code == 1
    assert _counts(world) == (len(NAMES), len(NAMES))
    world.run(skip=90_000)
    assert _counts(world) == (len(NAMES), len(NAMES))
    side = "left" if system == "gg" else "right"
    (bad,) = world.rows("SELECT * FROM failure WHERE side = ?", side)
    (waits,) = world.rows("SELECT * FROM failure WHERE side <> ?", side)
    assert f"{system}:{bad['record_id']}" in waits["reason"]
    assert waits["blockers"] == f'["{side}:{bad["record_id"]}"]'
    broken[0] = False
    _calm(world)


@pytest.mark.parametrize("system", ["gg", "gh"])
@pytest.mark.parametrize("value", [{}, [[]], {"a": "x"}, "\ud83d", "\x00", "x" * 70_000])
def test_an_address_that_a_list_does_not_show_is_read_by_id(world: World, system: str, value: Any) -> None:
    """The row has something odd in the place of the address, the record itself is fine."""
    _people(world)
    _spoil(world, system, {"email": value}, [True], lists_only=True)
    world.run()
    assert _counts(world) == (len(NAMES), len(NAMES))
    assert len(world.links()) == len(NAMES)


@pytest.mark.parametrize(("system", "key"), [("gg", "email"), ("gg", "mobile_phone"), ("gh", "email"), ("gh", "phone")])
@pytest.mark.parametrize("value", [{}, [[]], {"a": "x"}, ["bob@example.com"], True, "\ud83d", "\x00", "x" * 70_000])
def test_a_contact_is_created_or_paired_only_when_all_that_tells_who_it_is_can_be_read(
    world: World, system: str, key: str, value: Any
) -> None:
    """List and record show something odd. Neither side gets a double, and both records are named until it ends."""
    _people(world)
    broken = [True]
    _spoil(world, system, {key: value}, broken)
    report = world.run()
    assert (report.errors, report.exit_code) == ([], 1)
    assert _counts(world) == (len(NAMES), len(NAMES))
    world.run(skip=90_000)
    assert _counts(world) == (len(NAMES), len(NAMES))
    (bad,) = world.rows("SELECT * FROM failure WHERE side = ?", "left" if system == "gg" else "right")
    assert f"something unreadable in the place of {key}" in bad["reason"]
    broken[0] = False
    _calm(world)


@pytest.mark.parametrize("key", ["email", "mobile_phone"])
def test_a_contact_with_something_unreadable_is_created_once_it_can_be_read(world: World, key: str) -> None:
    """It is on no other side; it waits all the same, since nothing shows that."""
    left = world.gg.add(first_name="Bob", last_name="Case", email="bob@example.com")
    broken = [True]
    _spoil(world, "gg", {key: {"a": "x"}}, broken)
    assert world.run().exit_code == 1
    assert world.gh.people() == []
    assert [row["record_id"] for row in world.rows("SELECT record_id FROM failure")] == [left]
    broken[0] = False
    assert world.run(skip=90_000).exit_code == 0
    assert [one["email"] for one in world.gh.people()] == ["bob@example.com"]


@pytest.mark.parametrize("status", [421, 409, 503])
@pytest.mark.parametrize("system", ["gg", "gh"])
def test_a_counterpart_that_cannot_be_read_by_id_is_waited_for(world: World, system: str, status: int) -> None:
    """One of the two came in an earlier window; the read by id fails when the other one comes."""
    first = _bob(world, system)
    world.contacts = {"create": '"none"'}
    world.run(skip=3600)
    world.run(skip=3600)
    broken = [True]

    def answer(call: Call, body: Any) -> Any:
        return SandboxResponse(status, {"message": "no"}) if broken[0] and call.path.endswith(f"/{first}") else body

    rewrite(world.gg if system == "gg" else world.gh, answer)
    world.clock.skip(3600)
    _bob(world, "gh" if system == "gg" else "gg")
    for _ in range(3):
        world.run(skip=3600)
    assert _counts(world) == (1, 1)
    assert world.links() == {}
    reasons = [row["reason"] for row in world.rows("SELECT reason FROM failure")]
    assert any(str(first) in reason for reason in reasons)
    broken[0] = False
    world.run(skip=90_000)
    world.run(skip=90_000)
    assert _counts(world) == (1, 1)
    assert len(world.links()) == 1
    assert world.rows("SELECT reason FROM failure") == []


def test_messages_of_a_contact_that_could_not_be_read_are_copied_once(office: Office) -> None:
    """The copy comes to the contact that was there, as soon as it is linked."""
    world = office.world
    left = world.gg.add(first_name="Bob", last_name="Case", email="bob@example.com", at=minutes(-60))
    right = world.gh.add(firstName="Bob", lastName="Case", email="bob@example.com")
    office.write(left, "Hello", at=minutes(-4000))
    broken = [True]
    _spoil(world, "gg", {"updated_at": "0001-01-01T00:00:00Z"}, broken)
    world.run()
    assert office.notes(right) == []
    broken[0] = False
    for _ in range(2):
        world.run(skip=90_000)
    assert _counts(world) == (1, 1)
    assert len(office.notes(right)) == 1
